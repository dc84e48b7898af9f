"""Where the sentences of a document stand."""

from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.growth import grows_linearly

from rag_eval.language.spans import sentence_spans

_TEXTS = st.lists(
    st.sampled_from([
        "# Head", "- item. Two.", "1) one", "| a | b |", "> said. More.", "```", "~~~", "```py", "```x``` y", "<div>",
        "One. Two! Three?", "Dr. No (i.e. him) left.", "語。語。", "a\u2028b", "…", "\"Yes.\" 'No.'", " ", "", "=====",
    ])
    | st.text(max_size=30),
    max_size=12,
).flatmap(lambda lines: st.sampled_from(["\n", "\r\n", " ", "\n\n"]).map(lambda end: end.join(lines)))  # fmt: skip


def _said(text: str) -> list[tuple[str, str]]:
    return [(text[span.start : span.end], span.kind) for span in sentence_spans(text)]


@given(_TEXTS)
def test_any_text(text: str) -> None:
    """Spans are in order, do not overlap, hold something, and have no white space at their ends."""
    spans = sentence_spans(text)
    for span in spans:
        assert 0 <= span.start < span.end <= len(text)
        assert text[span.start : span.end] == text[span.start : span.end].strip()
        assert span.kind in ("prose", "item", "row", "heading")
    assert all(one.end <= other.start for one, other in pairwise(spans))


@settings(deadline=None)
@given(st.lists(st.text("ABC ", min_size=1, max_size=20).map(lambda text: f"X{text}x."), min_size=1, max_size=8))
def test_nothing_lost(said: list[str]) -> None:
    """Of plain prose nothing but white space lies outside the spans, wherever its lines are wrapped."""
    text = "\n".join(said)
    edges = [0, *(edge for span in sentence_spans(text) for edge in span[:2]), len(text)]
    assert all(not text[a:b].strip() for a, b in zip(edges[::2], edges[1::2], strict=True))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", []),
        ("One. Two! Three?", [("One.", "prose"), ("Two!", "prose"), ("Three?", "prose")]),
        ("A line\nthat is wrapped. Next.", [("A line\nthat is wrapped.", "prose"), ("Next.", "prose")]),
        ("One\n\ntwo", [("One", "prose"), ("two", "prose")]),
        ("Dr. No left at 5 p.m. today.", [("Dr. No left at 5 p.m. today.", "prose")]),
        ('He said "Go." Then he went.', [('He said "Go."', "prose"), ("Then he went.", "prose")]),
        ("Version 2.5 costs 3.50 euros. cheap", [("Version 2.5 costs 3.50 euros. cheap", "prose")]),
        ("語。二", [("語。", "prose"), ("二", "prose")]),
        ("## Head\ntext", [("Head", "heading"), ("text", "prose")]),
        ("- one. Two\n  goes on\n- three", [("one.", "item"), ("Two\n  goes on", "item"), ("three", "item")]),
        ("1. one\n2) two\n(3) three", [("one", "item"), ("two", "item"), ("three", "item")]),
        ("| a. B | c |\n| d | e |", [("| a. B | c |", "row"), ("| d | e |", "row")]),
        ("> quoted", [("quoted", "prose")]),
        ("a\n```\ncode. Code.\n```\nb", [("a", "prose"), ("b", "prose")]),
        ("a\r\n```py\r\ncode\r\n```\r\nb", [("a", "prose"), ("b", "prose")]),
        ("a\n```\n~~~\n```py\n```\nb", [("a", "prose"), ("b", "prose")]),
        ("a\n````\n```\n````\nb", [("a", "prose"), ("b", "prose")]),
        ("```code``` in prose.\nMore.", [("```code``` in prose.", "prose"), ("More.", "prose")]),
        ("a\n```\nnever closed. X", [("a", "prose")]),
        ("<div>\ntext\n[link]: http://x.org\n![picture](x.png)", [("text", "prose")]),
    ],
)
def test_kinds(text: str, said: list[tuple[str, str]]) -> None:
    """Sentences, items, rows and headings are told apart; code, tags and link targets are none of them."""
    assert _said(text) == said


@pytest.mark.parametrize("part", ["a. ", " ", ".'", "- ", "`"])
def test_time(part: str) -> None:
    """Large and odd texts take time in proportion to their length."""
    assert grows_linearly(lambda size: sentence_spans(f". {part * size}a"), 50_000)
