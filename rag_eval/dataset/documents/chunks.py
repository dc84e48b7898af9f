"""Documents as passages: cut at headings and pages, long ones at paragraphs; each is a slice of its document's text.

An id is made of the document's path and the heading, so that an edit in one section leaves the ids of the others as
they are: `guide/install.md#on-linux`, `~2` for the second part of a long section, `#page-7` in a PDF.
"""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from rag_eval.dataset.documents.document import Document
from rag_eval.language.spans import sentence_spans

LONGEST: Final = 2000
"""Characters of a passage; some 450 tokens, what retrievers mostly index."""

_HEADING: Final = re.compile(r"^ {0,3}(#{1,6})[ \t]+(.+?)[ \t]*#*[ \t]*$", re.MULTILINE)
_UNDERLINED: Final = re.compile(r"^(?! {4})([^\s>|#-][^\n]{0,120})\r?\n(=+|-{3,})[ \t]*$", re.MULTILINE)
_FENCED: Final = re.compile(r"^[ \t]*(```+|~~~+)[^\n]*\n.*?(?:^[ \t]*\1[`~]*[ \t]*$|\Z)", re.MULTILINE | re.DOTALL)
_FRONT_MATTER: Final = re.compile(r"\A---\r?\n.*?^---[ \t]*\r?\n", re.MULTILINE | re.DOTALL)
_PARAGRAPH: Final = re.compile(r"(?:\r?\n[ \t]*){2,}")
_MARKUP: Final = re.compile(r"<[^>]+>|[*_`\[\]]|\(https?://[^)]*\)")


@dataclass(frozen=True)
class Chunk:
    """A passage: `text` is `document.text[start:end]`."""

    id: str
    document: str
    start: int
    end: int
    title: str
    """The headings above it, from the outermost, joined by ` › `."""
    text: str


@dataclass(frozen=True)
class _Section:
    start: int
    end: int
    name: str
    title: str


def chunks(document: Document) -> Iterator[Chunk]:
    """The passages of a document in order; what stands under no heading before the first one is a passage too."""
    for section in _sections(document):
        parts = list(_parts(document.text, section.start, section.end))
        for number, (start, end) in enumerate(parts, start=1):
            key = f"{document.id}#{section.name}" + (f"~{number}" if number > 1 else "")
            yield Chunk(key, document.id, start, end, section.title, document.text[start:end])


def page_of(document: Document, offset: int) -> int | None:
    """The page, from 1, on which an offset lies; None for documents without pages."""
    return bisect_right(document.pages, offset) or None


def _sections(document: Document) -> Iterator[_Section]:
    if document.pages:
        ends = [*document.pages[1:], len(document.text)]
        for number, (start, end) in enumerate(zip(document.pages, ends, strict=True), start=1):
            yield _Section(start, end, f"page-{number}", f"{document.id} › page {number}")
        return
    heads = _heads(document) if document.kind != "text" else []
    taken: Counter[str] = Counter()
    path: list[tuple[int, str]] = [(0, document.id)]
    begin = front[0].__len__() if (front := _FRONT_MATTER.match(document.text)) else 0
    yield _Section(begin, heads[0][0] if heads else len(document.text), "start", document.id)
    for (start, level, heading), after in pairwise([*heads, (len(document.text), 0, "")]):
        path = [*(one for one in path if one[0] < level), (level, heading)]
        name = _slug(heading)
        taken[name] += 1
        name = f"{name}-{taken[name]}" if taken[name] > 1 else name
        yield _Section(start, after[0], name, " › ".join(said for _, said in path))


def _heads(document: Document) -> list[tuple[int, int, str]]:
    """Offset, level and words of each heading that does not stand inside code."""
    text = document.text
    code = [(match.start(), match.end()) for match in _FENCED.finditer(text)]
    found = [(m.start(), len(m[1]), m[2]) for m in _HEADING.finditer(text)]
    found += [(m.start(), 1 if m[2].startswith("=") else 2, m[1]) for m in _UNDERLINED.finditer(text)]
    starts = [start for start, _ in code]

    def in_code(at: int) -> bool:
        place = bisect_right(starts, at) - 1
        return place >= 0 and at < code[place][1]

    kept = [(at, level, _plain(words)) for at, level, words in sorted(found) if not in_code(at)]
    return [head for head in kept if head[2]]


def _plain(heading: str) -> str:
    return " ".join(_MARKUP.sub("", heading).split())


def _slug(heading: str) -> str:
    """Letters and digits of any script, parted by dashes."""
    return re.sub(r"[\W_]+", "-", heading.casefold()).strip("-")[:60].strip("-") or "section"


def _parts(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """A section in slices of at most `LONGEST` characters, cut where it hurts least."""
    at = None
    last = start
    for piece_start, piece_end in _pieces(text, start, end):
        if at is not None and piece_end - at > LONGEST:
            yield at, last
            at = None
        at = piece_start if at is None else at
        last = piece_end
    if at is not None and _says_something(text[at:last]):
        yield at, last


def _says_something(text: str) -> bool:
    """Whether there is more than a heading."""
    lines = [line for line in text.splitlines() if line.strip()]
    return len(lines) > 1 or (bool(lines) and not _HEADING.match(lines[0]))


def _pieces(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Paragraphs; one that is too long as its sentences, and those, if need be, in even cuts."""
    for a, b in _paragraphs(text, start, end):
        if b - a <= LONGEST:
            yield a, b
            continue
        at = a
        ends = [a + span.end for span in sentence_spans(text[a:b])]
        for stop in [*ends, b]:
            while stop - at > LONGEST:
                yield at, at + LONGEST
                at += LONGEST
            if stop > at and text[at:stop].strip():
                yield at + _blank(text[at:stop]), stop
            at = max(at, stop)


def _blank(text: str) -> int:
    return len(text) - len(text.lstrip())


def _paragraphs(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Stretches between empty lines, without white space around them; code between fences is not cut."""
    code = [(m.start(), m.end()) for m in _FENCED.finditer(text, start, end)]
    cuts = [m for m in _PARAGRAPH.finditer(text, start, end) if not any(a < m.start() < b for a, b in code)]
    edges = [start, *(edge for cut in cuts for edge in (cut.start(), cut.end())), end]
    for a, b in zip(edges[::2], edges[1::2], strict=True):
        stretch = text[a:b]
        if stretch.strip():
            yield a + _blank(stretch), b - (len(stretch) - len(stretch.rstrip()))
