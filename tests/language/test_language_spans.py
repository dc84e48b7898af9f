"""Spans say where in a text a sentence stands."""

from hypothesis import given
from hypothesis import strategies as st

from rag_eval.language.spans import sentence_spans

PAGE = "# Title\n\nOne. Two.\n\n- a\n- b\n\n```\nx = 1\n```\n\n| a | b |\n|---|---|\n| 1 | 2 |\n"


def test_each_kind_of_line_is_told() -> None:
    """Code is left out."""
    found = [(span.kind, PAGE[span.start : span.end]) for span in sentence_spans(PAGE)]
    assert found[:5] == [("heading", "Title"), ("prose", "One."), ("prose", "Two."), ("item", "a"), ("item", "b")]
    assert {kind for kind, _ in found[5:]} == {"row"}
    assert not any("x = 1" in text for _, text in found)


def test_a_wrapped_sentence_is_one() -> None:
    """A line goes on with the one before it, unless a blank one stands between."""
    text = "It goes\non here.\n\nNot here."
    assert [text[span.start : span.end] for span in sentence_spans(text)] == ["It goes\non here.", "Not here."]


@given(st.text(alphabet="ab. \n#-|`>1", max_size=60))
def test_spans_are_in_order_and_hold_no_outer_white_space(text: str) -> None:
    """Whatever the layout, none overlaps another."""
    end = 0
    for span in sentence_spans(text):
        assert end <= span.start < span.end <= len(text)
        assert text[span.start : span.end] == text[span.start : span.end].strip()
        end = span.end
