"""The corpus: Markdown pages of a folder, cut into passages whose ids and texts anyone can work out again.

The rule, in full:

* The pages are the files `*.md` directly in the folder, by name. PAGE is the file name without `.md`.
* The first line that is not blank is the title: `# Title`.
* Each line that starts with `## ` is a heading and starts a section, which ends before the next one.
* A section's id is `PAGE#SECTION`, where SECTION is the heading in lower case with each run of characters
  other than a-z and 0-9 replaced by one `-`, and none at the ends: `## Fees & deposits` on `berths.md` is
  `berths#fees-deposits`.
* A section's text is its lines as they stand, the first one being the heading without `## `; blank space at
  its end is cut off.
* What stands between title and first heading is the section `PAGE#intro`, its first line the title without
  `# `. Where nothing stands there, there is no such section.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from rag_eval.staging.errors import CorpusError

_LONGEST = 2000
"""Characters of a passage of an uploaded document."""
_MOST = 2000
"""Passages of an uploaded document."""


@dataclass(frozen=True)
class HandbookPassage:
    """One section of one page."""

    id: str
    """`PAGE#SECTION`, unique in its corpus."""
    title: str
    """Of the page."""
    heading: str
    """Of the section; the title again for an intro."""
    text: str
    """What is shown as a context, the heading as its first line."""
    owner: str | None = None
    """Id of the account that uploaded it and alone may find it; None for the corpus, which is everybody's."""


def read_passages(folder: Path) -> list[HandbookPassage]:
    """Read all pages of a folder, by file name and then as they stand on the page.

    Raises:
        CorpusError: there is no page, one cannot be read, or two sections would have the same id.
    """
    files = sorted(folder.glob("*.md"), key=lambda path: path.name)
    if not files:
        raise CorpusError(f"{folder}: no pages here; a corpus is a folder with files named *.md")
    return [passage for path in files for passage in _read_page(path)]


def default_corpus() -> Path:
    """Find the handbook that comes with the package: inside it when installed, in `datasets/` in a checkout.

    Raises:
        CorpusError: it is in neither place.
    """
    here = Path(__file__).resolve().parent
    places = (here / "pages", here.parents[1] / "datasets" / "harbour" / "source" / "pages")
    for place in places:
        if place.is_dir():
            return place
    raise CorpusError(f"no handbook at {places[0]} or {places[1]}; name a folder of pages in RAG_STAGING_CORPUS")


def slug(heading: str) -> str:
    """Turn a heading into the SECTION part of an id; empty where it has no letter or digit."""
    return re.sub(r"[^a-z0-9]+", "-", heading.lower()).strip("-")


def _read_page(path: Path) -> list[HandbookPassage]:
    """Cut one page into passages and see that their ids differ."""
    page = tuple(_sections(path))
    seen: set[str] = set()
    for passage in page:
        if passage.id in seen:
            raise CorpusError(f"{path}: two sections would be {passage.id!r}; give one of them another heading")
        seen.add(passage.id)
    return list(page)


def _sections(path: Path) -> Iterator[HandbookPassage]:
    """Yield the passages of a page as they stand on it."""
    for heading, section, passage in _cut(path.stem, _lines(path)):
        if not section:
            raise CorpusError(f"{path}: the heading {heading!r} has no letter a-z or digit to make an id of")
        yield passage


def _cut(page: str, lines: list[str]) -> Iterator[tuple[str, str, HandbookPassage]]:
    """Yield heading, SECTION and passage of a page whose first line is its title."""
    title = lines[0].removeprefix("# ").strip()
    starts = [n for n, line in enumerate(lines) if n == 0 or line.startswith("## ")]
    for start, end in zip(starts, [*starts[1:], len(lines)], strict=True):
        heading = lines[start].lstrip("#").strip()
        body = "\n".join(lines[start + 1 : end]).rstrip()
        section = slug(heading) if start else "intro"
        if start or body:
            yield heading, section, HandbookPassage(f"{page}#{section}", title, heading, f"{heading}\n{body}".rstrip())


def passages_of(document: str, name: str, text: str, owner: str) -> list[HandbookPassage]:
    """Cut an uploaded Markdown page or plain text; ids are `DOCUMENT#NUMBER`, counted from 1.

    Sections are cut as those of a page; what is longer than 2,000 characters is cut again between paragraphs. A text
    without a title takes the name of its file.

    Raises:
        CorpusError: there is no text in it, or more passages than a document may have.
    """
    lines = text.removeprefix("\ufeff").replace("\r\n", "\n").strip().split("\n")
    if not any(line.strip() for line in lines):
        raise CorpusError(f"{name}: there is no text in it")
    if not re.match(r"# +\S", lines[0]):
        lines = [f"# {name.rpartition('.')[0] or name}", *lines]
    pieces = [
        (section.title, section.heading, piece)
        for _, _, section in _cut(document, lines)
        for piece in _shortened(section.text)
    ] or [(title := lines[0].removeprefix("# ").strip(), title, title)]
    if len(pieces) > _MOST:
        raise CorpusError(f"{name}: {len(pieces)} passages are more than the {_MOST} that a document may have")
    return [HandbookPassage(f"{document}#{n}", *piece, owner) for n, piece in enumerate(pieces, start=1)]


def _shortened(text: str) -> Iterator[str]:
    """Cut a long text between paragraphs; a paragraph stays whole up to the same length."""
    piece = ""
    for paragraph in text.split("\n\n"):
        if piece and len(piece) + len(paragraph) > _LONGEST:
            yield piece
            piece = ""
        piece = f"{piece}\n\n{paragraph}" if piece else paragraph
        if len(piece) > _LONGEST:
            *whole, piece = (piece[start : start + _LONGEST] for start in range(0, len(piece), _LONGEST))
            yield from whole
    if piece.strip():
        yield piece


def _lines(path: Path) -> list[str]:
    """Read a page from its title on."""
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise CorpusError(f"{path}: cannot be read: {error}") from error
    while lines and not lines[0].strip():
        lines.pop(0)
    if not lines or not re.match(r"# +\S", lines[0]):
        raise CorpusError(f"{path}: the first line must be the title, such as '# Opening hours'")
    return lines
