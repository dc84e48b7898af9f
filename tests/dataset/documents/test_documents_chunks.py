"""Documents as passages: slices of the text, each with an id that outlives edits elsewhere."""

import re
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.growth import grows_linearly

from rag_eval.dataset.documents import Document
from rag_eval.dataset.documents.chunks import LONGEST, TextChunk, chunks, page_of

_LINES = st.sampled_from([
    "# Start", "# A", "## A", "# A 2", "# a #", "### `B<T>`", "#", "# **", "Under", "=====", "---", "```", "```py",
    "~~~", "`` ` ``", "```x``` y", "", " ", "\t", "- item", "1. item", "| a | b |", "> said", "title: x", "\x0c",
    "\u2028", "A sentence. And one more! " * 40, "x" * 2100, " " * 2100, "word " * 500, "Dr. No.",
    "é ß 語。語。",
])  # fmt: skip
_ENDS = st.sampled_from(["\n", "\r\n", "\n\n", ""])
_MARKDOWN = st.lists(st.tuples(_LINES | st.text(max_size=20), _ENDS), max_size=14).map(
    lambda lines: "".join(line + end for line, end in lines)
)
_FRONT = re.compile(r"\A---[ \t]*\r?\n(?![ \t]*\r?\n)(?:.*?\n)?---[ \t]*(?:\r?\n|\Z)", re.DOTALL)
_HEADINGS = re.compile(r"(?:\s* {0,3}(?:#{1,6}[ \t][^\n]*|[^\n]+\n(?:=+|-{3,})[ \t\r]*)(?:\n|\Z))+")


def _document(text: str, kind: str = "markdown", pages: tuple[int, ...] = ()) -> Document:
    return Document("guide/a.md", kind, "", text, pages=pages)


def _cut(text: str, kind: str = "markdown") -> list[TextChunk]:
    return list(chunks(_document(text, kind)))


def _names(text: str, kind: str = "markdown") -> list[str]:
    return [chunk.id.partition("#")[2] for chunk in _cut(text, kind)]


def _demand_slices(document: Document, found: list[TextChunk]) -> None:
    for chunk in found:
        assert chunk.text == document.text[chunk.start : chunk.end]
        assert 0 < len(chunk.text) <= LONGEST
        assert chunk.text == chunk.text.strip()
        assert chunk.document == document.id
        assert chunk.id.startswith(f"{document.id}#")
    assert all(one.end <= other.start for one, other in pairwise(found))
    assert len({chunk.id for chunk in found}) == len(found)


def _left_out(text: str, found: list[TextChunk], begin: int = 0) -> list[str]:
    edges = [begin, *(edge for chunk in found for edge in (chunk.start, chunk.end)), len(text)]
    return [gap.strip() for a, b in zip(edges[::2], edges[1::2], strict=True) if (gap := text[a:b]).strip()]


@pytest.mark.slow
@given(_MARKDOWN)
def test_any_markdown(text: str) -> None:
    """Passages are short slices in order with ids of their own; only headings and front matter are left out."""
    document = _document(text)
    found = list(chunks(document))
    _demand_slices(document, found)
    front = _FRONT.match(text)
    for gap in _left_out(text, found, front.end() if front else 0):
        assert _HEADINGS.fullmatch(gap)


@given(_MARKDOWN, st.sampled_from(["text", "html", "docx"]))
def test_any_text(text: str, kind: str) -> None:
    """Plain text loses nothing but white space, whatever it looks like; nor does any kind lose more than headings."""
    document = _document(text, kind)
    found = list(chunks(document))
    _demand_slices(document, found)
    if kind == "text":
        assert _left_out(text, found) == []


@given(st.lists(st.text(max_size=60) | st.just("# no heading") | st.just("x " * 1500), min_size=1, max_size=6))
def test_any_pages(texts: list[str]) -> None:
    """Pages are cut apart, lose nothing but white space, and each passage lies on the page that its id names."""
    starts = tuple(sum(len(text) + 2 for text in texts[:at]) for at in range(len(texts)))
    document = _document("\n\n".join(texts), "pdf", starts)
    found = list(chunks(document))
    _demand_slices(document, found)
    assert _left_out(document.text, found) == []
    for chunk in found:
        name = f"page-{page_of(document, chunk.start)}"
        assert re.fullmatch(rf"{name}(?:~\d+)?", chunk.id.partition("#")[2])
        assert page_of(document, chunk.end - 1) == page_of(document, chunk.start)


def test_no_pages() -> None:
    """A document without pages has no page anywhere."""
    assert page_of(_document("text"), 2) is None


_BODY = st.text("ab. \n", max_size=200).map(lambda text: f"x{text}")


@settings(deadline=None)
@given(st.lists(_BODY, min_size=2, max_size=5), st.data())
def test_edit_elsewhere(bodies: list[str], data: st.DataObject) -> None:
    """An edit inside one section, however long it gets, leaves ids and texts of all others as they are."""
    at = data.draw(st.integers(0, len(bodies) - 1))
    edited = [*bodies[:at], data.draw(_BODY | st.just("long " * 900)), *bodies[at + 1 :]]

    def others(texts: list[str]) -> list[tuple[str, str]]:
        found = _cut("\n".join(f"# Part {number}\n{text}\n" for number, text in enumerate(texts)))
        mine = re.compile(rf"part-{at}(?:~\d+)?")
        return [(one.id, one.text) for one in found if not mine.fullmatch(one.id.partition("#")[2])]

    assert others(edited) == others(bodies)


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("intro\n# A\nx\n## B\ny", ["start", "a", "b"]),
        ("# A\nx\n# A\ny\n# A 2\nz", ["a", "a-2", "a-2-2"]),
        ("# A 2\nx\n# A\ny\n# A\nz", ["a-2", "a", "a-3"]),
        ("intro\n# Start\nx", ["start", "start-2"]),
        ("# Ärger & Straße!\nx\n# 日本\ny\n# ???\nz", ["ärger-straße", "日本", "section"]),
        ("Title\n=====\nx\n\nSub\n---\ny", ["title", "sub"]),
        ("Title\r\n=====\r\nx\r\n\r\nSub\r\n---\r\ny", ["title", "sub"]),
        ("# One\n\n## Two\nx", ["two"]),
        ("One\n===\n\n## Two\nx", ["two"]),
        ("# A\n```\n# code\n```\n# B\nx", ["a", "b"]),
        ("# A\r\n```\r\n# code\r\n```\r\n# B\r\nx", ["a", "b"]),
        ("# A\n~~~\n# code\n```\n# code\n~~~\n# B\nx", ["a", "b"]),
        ("# A\n````\n```\n# code\n````\n# B\nx", ["a", "b"]),
        ("# A\n```never closed\n# code", ["a"]),
        ("```code``` in a line\n# A\nx", ["start", "a"]),
        ("    # code\n#none\n####### none\n# A\nx", ["start", "a"]),
        ("# C# and F#\nx", ["c-and-f"]),
        ("# What's new in v2.1?\nx\n# snake_case - and more\ny", ["whats-new-in-v21", "snake_case-and-more"]),
        ("# A { #the-a }\nx\n## B {#b2}\ny\n## C {: .x #c_3 }\nz\n## D {1}\nz", ["the-a", "b2", "c_3", "d-1"]),
        ('# <a name="old"></a>New\nx\n# A {#old}\ny', ["old", "old-2"]),
        ("---\ntitle: x\n---\ny\n# A\nz", ["start", "a"]),
        ("---\r\ntitle: x\r\n---\r\n# A\r\nz", ["a"]),
        ("---\ntitle: x\n---", []),
        ("# Only a heading", []),
        ("", []),
        (" \n\t\n", []),
        ("# H\n\n" + "x" * LONGEST, ["h"]),
        ("# H\n\n" + "x" * LONGEST + "\n\nmore", ["h", "h~2"]),
        ("x" * 1000 + "\n\n" + "y" * (LONGEST - 1002), ["start"]),
        ("x" * 1000 + "\n\n" + "y" * (LONGEST - 1001), ["start", "start~2"]),
        ("# " + "long " * 40 + "\nx", ["long-" * 19 + "long"]),
    ],
)
def test_names(text: str, names: list[str]) -> None:
    """Sections are named by their headings, the second of a name by a number, further parts of one by `~2`."""
    assert _names(text) == names


def test_text_of_front_matter() -> None:
    """Front matter is in no passage; between rules that only part the text nothing is lost."""
    assert [chunk.text for chunk in _cut("---\ntitle: x\ntags: [a]\n---\n\nHello\n")] == ["Hello"]
    assert [chunk.text for chunk in _cut("---\n\nHello\n\n---\nmore")] == ["---\n\nHello\n\n---\nmore"]
    assert [chunk.text for chunk in _cut("---\nHello\n---\nmore", "text")] == ["---\nHello\n---\nmore"]


def test_title() -> None:
    """A passage's title is the way to it from the outermost heading, without markup and closing signs."""
    text = "# The *Guide* ##\r\n\r\n## [Install](https://x.org/a)\r\n\r\n#### On `Linux`\r\nx\r\n## C#\r\ny"
    assert [chunk.title for chunk in _cut(text)] == [
        "guide/a.md › The Guide › Install › On Linux",
        "guide/a.md › The Guide › C#",
    ]


def test_paragraphs_together() -> None:
    """Short paragraphs stand together up to the limit; none is cut where there is an empty line to cut at."""
    text = "\n\n".join(f"Paragraph {number} {'x' * 600}" for number in range(7))
    found = [chunk.text for chunk in _cut(text)]
    assert "\n\n".join(found) == text
    assert [part.count("Paragraph") for part in found] == [3, 3, 1]


def test_long_paragraph() -> None:
    """A paragraph that is too long is cut between sentences."""
    text = " ".join(f"This is sentence number {number} of the paragraph." for number in range(200))
    found = [chunk.text for chunk in _cut(text)]
    assert " ".join(found) == text
    assert len(found) > 4
    assert all(part.startswith("This") and part.endswith("paragraph.") for part in found)


def test_empty_lines_in_code() -> None:
    """Code between fences is not cut at its empty lines."""
    text = "Prose.\n\n" + "y" * 1500 + "\n\n```\n" + "code\n\n" * 150 + "```\n\nMore."
    assert [chunk.text[-3:] for chunk in _cut(text)] == ["yyy", "re."]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("head", "part", "tail"),
    [
        ("# a", " ", "b\ntext"),
        ("# ", "#", "x\ntext"),
        ("", "x", ""),
        ("", "```\ncode\n```\n\n", ""),
        ("", "# Example\ntext\n", ""),
        ("```\n", "```\n", ""),
        ("", "x\n---\n", ""),
        ("", "a. ", ""),
    ],
)
def test_time(head: str, part: str, tail: str) -> None:
    """Large and odd documents take time in proportion to their length."""

    def cut(size: int) -> None:
        chunks = _cut(head + part * (size // len(part)) + tail)
        assert all(len(chunk.text) <= LONGEST for chunk in chunks)

    assert grows_linearly(cut, 200_000)
