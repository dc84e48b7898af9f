"""Documents as passages: cut at headings and pages, long ones at paragraphs; each is a slice of its document's text.

An id is made of the document's path and the heading, so that an edit in one section leaves the ids of the others as
they are: `guide/install.md#on-linux`, `~2` for the second part of a long section, `#page-7` in a PDF. Behind the `#`
stands what the page's own links have there: the name that a heading gives itself (`## Fees { #fees }`, an `id` in
HTML), else one that is made of its words as GitHub and MkDocs do.
"""

import re
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from rag_eval.dataset.documents.document import Document
from rag_eval.language.spans import sentence_spans

LONGEST: Final = 2000
"""Characters of a passage; some 450 tokens, what retrievers mostly index."""

_FIRST: Final = "start"
"""Names what stands before the first heading."""
_HEADING: Final = re.compile(r"^ {0,3}(#{1,6})[ \t]+(\S[^\n]*)$", re.MULTILINE)
_CLOSING: Final = re.compile(r"(?<![^ \t])#+$")
_UNDERLINED: Final = re.compile(r"^(?! {4})([^\s>|#-][^\n]{0,120})\r?\n(=+|-{3,})[ \t]*\r?$", re.MULTILINE)
_ATTRIBUTES: Final = re.compile(r"\{:?[ \t]*(?:[.\w=\"-]+[ \t]+)*#([\w.:-]+)[^{}]*\}")
_NAMED: Final = re.compile(r"<a\s(?:[^<>]*\s)?(?:id|name)=[\"']?([\w.:-]+)", re.IGNORECASE)
_FENCED: Final = re.compile(
    r"^[ \t]*(```++(?=[^`\n]*\n)|~~~++)[^\n]*\n.*?(?:^[ \t]*\1[`~]*[ \t]*\r?$|\Z)", re.MULTILINE | re.DOTALL
)
_FRONT_MATTER: Final = re.compile(r"\A---[ \t]*\r?\n(?![ \t]*\r?\n)(?:.*?\n)?---[ \t]*(?:\r?\n|\Z)", re.DOTALL)
_PARAGRAPH: Final = re.compile(r"(?:\r?\n[ \t]*){2,}")
_BLANK: Final = re.compile(r"\s*")
_LONGEST_NAME: Final = 100
_INDENT: Final = 4
"""Spaces before a `#` from which it is code and no heading."""
_MARKUP: Final = re.compile(r"<[^<>]+>|[*_`\[\]]|\(https?://[^()]*\)")
"""None of its parts reads past where the next may begin, or a heading of nothing but openings would take for ever."""


@dataclass(frozen=True)
class TextChunk:
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
    headed: bool = False
    """Whether it begins with a heading."""


@dataclass(frozen=True)
class _Heading:
    start: int
    level: int
    words: str
    anchor: str = ""
    """The name that it gives itself, else that of its words."""


def chunks(document: Document) -> Iterator[TextChunk]:
    """The passages of a document in order; what stands under no heading before the first one is a passage too."""
    for section in _sections(document):
        for number, (start, end) in enumerate(_parts(document.text, section), start=1):
            key = f"{document.id}#{section.name}" + (f"~{number}" if number > 1 else "")
            yield TextChunk(key, document.id, start, end, section.title, document.text[start:end])


def page_of(document: Document, offset: int) -> int | None:
    """The page, from 1, on which an offset lies; None for documents without pages."""
    return bisect_right(document.pages, offset) or None


def _sections(document: Document) -> Iterator[_Section]:
    if document.pages:
        ends = [*document.pages[1:], len(document.text)]
        for number, (start, end) in enumerate(zip(document.pages, ends, strict=True), start=1):
            yield _Section(start, end, f"page-{number}", f"{document.id} › page {number}")
        return
    front = _FRONT_MATTER.match(document.text) if document.kind == "markdown" else None
    begin = front.end() if front else 0
    heads = [head for head in _heads(document) if head.start >= begin] if document.kind != "text" else []
    taken = Counter([_FIRST])
    path: list[tuple[int, str]] = [(0, document.id)]
    yield _Section(begin, heads[0].start if heads else len(document.text), _FIRST, document.id)
    for head, after in pairwise([*heads, _Heading(len(document.text), 0, "")]):
        path = [*(above for above in path if above[0] < head.level), (head.level, head.words)]
        title = " › ".join(name for _, name in path)
        name = _free(document.anchors.get(head.start) or head.anchor, taken)
        yield _Section(head.start, after.start, name, title, headed=True)


def _free(name: str, taken: Counter[str]) -> str:
    """The name, with a number if it is taken."""
    taken[name] += 1
    if taken[name] == 1:
        return name
    while (numbered := f"{name}-{taken[name]}") in taken:
        taken[name] += 1
    taken[numbered] = 1
    return numbered


def _heads(document: Document) -> list[_Heading]:
    """Each heading that does not stand inside code."""
    text = document.text
    code = [(match.start(), match.end()) for match in _FENCED.finditer(text)]
    heads = [(m.start(), len(m[1]), m[2]) for m in _HEADING.finditer(text)]
    heads += [(m.start(), 1 if m[2].startswith("=") else 2, m[1]) for m in _UNDERLINED.finditer(text)]
    in_code = _inside(code)
    kept = [_heading(at, level, words) for at, level, words in sorted(heads) if not in_code(at)]
    return [head for head in kept if head.words]


def _heading(start: int, level: int, line: str) -> _Heading:
    """A heading without the name that it gives itself, as `{ #fees }` at its end or by a link in it."""
    line = line.rstrip()
    brace = line.rfind("{") if line.endswith("}") else -1
    attributes = _ATTRIBUTES.fullmatch(line, brace) if brace >= 0 else None
    named = attributes or _NAMED.search(line)
    words = line[:brace] if attributes else line
    anchor = named[1] if named else _slug(_MARKUP.sub(lambda match: match[0] if match[0] == "_" else "", words))
    return _Heading(start, level, _plain(words), anchor)


def _inside(stretches: Sequence[tuple[int, int]]) -> Callable[[int], bool]:
    """Whether an offset lies in one of the stretches, which are in order."""
    starts = [start for start, _ in stretches]

    def inside(at: int) -> bool:
        place = bisect_right(starts, at) - 1
        return place >= 0 and at < stretches[place][1]

    return inside


def _plain(heading: str) -> str:
    return " ".join(_MARKUP.sub("", _CLOSING.sub("", heading.rstrip())).split())


def _slug(heading: str) -> str:
    """The words of a heading in small letters, without signs, parted by dashes: `What's new?` is `whats-new`."""
    words = re.sub(r"[^\w\s-]", "", heading.lower())
    return re.sub(r"[-\s]+", "-", words).strip("-")[:_LONGEST_NAME].strip("-") or "section"


def _parts(text: str, section: _Section) -> Iterator[tuple[int, int]]:
    """A section in slices of at most `LONGEST` characters, cut where it hurts least, without a heading alone."""
    for start, end in _packed(_pieces(text, section.start, section.end)):
        if not (section.headed and start < section.start + _INDENT and _is_heading(text[start:end])):
            yield start, end


def _packed(pieces: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Pieces put together as long as they fit."""
    stretch: tuple[int, int] | None = None
    for start, end in pieces:
        if stretch and end - stretch[0] > LONGEST:
            yield stretch
            stretch = None
        stretch = (stretch[0] if stretch else start, end)
    if stretch:
        yield stretch


def _is_heading(text: str) -> bool:
    """Whether there is nothing more than a heading."""
    return bool(_HEADING.fullmatch(text) or _UNDERLINED.fullmatch(text))


def _pieces(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Paragraphs; one that is too long as its sentences, and those, if need be, in even cuts."""
    for a, b in _paragraphs(text, start, end):
        if b - a <= LONGEST:
            yield a, b
            continue
        at = a
        ends = [a + span.end for span in sentence_spans(text[a:b])]
        for stop in [*ends, b]:
            while (at := _past_blank(text, at, stop)) < stop:
                cut = min(stop, at + LONGEST)
                yield at, at + len(text[at:cut].rstrip())
                at = cut


def _past_blank(text: str, start: int, end: int) -> int:
    match = _BLANK.match(text, start, end)
    return match.end() if match else start


def _paragraphs(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Stretches between empty lines, without white space around them; code between fences is not cut."""
    code = [(m.start(), m.end()) for m in _FENCED.finditer(text, start, end)]
    in_code = _inside(code)
    cuts = [m for m in _PARAGRAPH.finditer(text, start, end) if not in_code(m.start())]
    edges = [start, *(edge for cut in cuts for edge in (cut.start(), cut.end())), end]
    for a, b in zip(edges[::2], edges[1::2], strict=True):
        if (begin := _past_blank(text, a, b)) < b:
            yield begin, begin + len(text[begin:b].rstrip())
