"""Passages out of a corpus, by id: sections of Markdown pages, or a table with `id` and `text`."""

import itertools
import re
from collections.abc import Iterator
from pathlib import Path

from rag_eval.dataset import documents
from rag_eval.dataset.cells import BadValueError, plain
from rag_eval.dataset.documents.chunks import chunks
from rag_eval.dataset.problems import RowProblem
from rag_eval.dataset.sources import rows
from rag_eval.errors import DataError

_BY_FILE = re.compile(r"\.(?:md|markdown|mdx|txt|text|rst|adoc|x?html?|pdf|docx)#", re.IGNORECASE)
_IDS = ("id", "_id", "doc_id", "docid", "passage_id", "chunk_id")
_TEXTS = ("text", "contents", "content", "passage", "page_content", "body")
"""What the columns of a corpus are called here, by BEIR, AutoRAG, LangChain and others."""


def passages(path: str, *, by_file: bool = False) -> dict[str, str]:
    """Id to text of every passage of a table, or of the documents of a folder.

    A section `## Dogs on board` in `rules.md` is `rules#dogs-on-board` in a folder of pages, as the demo's service has
    it. With `by_file`, and in a folder without pages of its own, documents of all kinds are cut and named as drafts are
    made of them, `guide/rules.md#dogs-on-board`.

    Raises `DataError` for an empty corpus, an unreadable file or an id that stands twice.
    """
    texts: dict[str, str] = {}
    for key, text in _read(path, by_file=by_file):
        if key in texts:
            raise DataError(f"{path}: the passage id {key!r} stands twice")
        texts[key] = text
    if not texts:
        raise DataError(f"{path}: holds no passages: expected Markdown pages, or a table with columns id and text")
    return texts


def names_files(key: str) -> bool:
    """Whether an id is made of a document's name with its ending, as `rules.md#fees` is."""
    return _BY_FILE.search(key) is not None


def _read(named: str, *, by_file: bool) -> Iterator[tuple[str, str]]:
    path = Path(named)
    if path.is_dir() and (by_file or not any(path.glob("*.md"))) and not documents.holds_rows(path):
        yield from _cut(named)
    elif path.is_dir():
        for page in sorted(path.glob("*.md")):
            yield from _sections(page)
    else:
        yield from _table(path)


def _cut(path: str) -> Iterator[tuple[str, str]]:
    for document in documents.read(documents.find(path)):
        if isinstance(document, documents.UnreadableDocument):
            raise DataError(f"{document.path}: {document.message}")
        yield from ((chunk.id, chunk.text) for chunk in chunks(document))


def _table(path: Path) -> Iterator[tuple[str, str]]:
    for row in rows.read(str(path)):
        if isinstance(row, RowProblem):
            raise DataError(str(row))
        try:
            values = plain(row.values)
        except BadValueError as error:
            raise DataError(f"{row.file}:{row.line}: expected {error.expected}, found {error.found}") from error
        key = next((values[name] for name in _IDS if values.get(name) not in (None, "")), None)
        text = next((values[name] for name in _TEXTS if isinstance(values.get(name), str)), None)
        if key is None or text is None:
            raise DataError(f"{row.file}:{row.line}: expected columns id and text, found {sorted(values)}")
        title = values.get("title")
        if isinstance(title, str) and title and "_id" in values and not text.startswith(title):
            text = f"{title}\n{text}"  # as BEIR's passages are read
        yield str(key), text


def _sections(page: Path) -> Iterator[tuple[str, str]]:
    """Cut a page before each `## `; what its title stands over is the intro, if there is anything."""
    lines = _lines(page)
    starts = [number for number, line in enumerate(lines) if number == 0 or line.startswith("## ")]
    for start, end in itertools.pairwise([*starts, len(lines)]):
        heading = lines[start].lstrip("#").strip()
        body = "\n".join(lines[start + 1 : end]).rstrip()
        name = _slug(heading) if lines[start].startswith("## ") else "intro"
        if not name:
            raise DataError(f"{page}: the heading {heading!r} has no letter a-z or digit to make an id of")
        if body or not lines[start].startswith("# "):
            yield f"{page.stem}#{name}", f"{heading}\n{body}".rstrip()


def _lines(page: Path) -> list[str]:
    try:
        lines = page.read_text(encoding="utf-8-sig").split("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{page}: expected a page in UTF-8: {error}") from error
    return lines[next((number for number, line in enumerate(lines) if line.strip()), len(lines)) :]


def _slug(heading: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", heading.lower()).strip("-")
