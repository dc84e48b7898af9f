"""Passages out of a corpus, by id: sections of Markdown pages, or a table with `id` and `text`."""

import itertools
import re
from collections.abc import Iterator
from pathlib import Path

from rag_eval.dataset.cells import BadValueError, plain
from rag_eval.dataset.problems import RowProblem
from rag_eval.dataset.sources import rows
from rag_eval.errors import DataError


def passages(path: str) -> dict[str, str]:
    """Id to text of every passage. A page's section `## Dogs on board` in `rules.md` is `rules#dogs-on-board`.

    Raises `DataError` for an empty corpus, an unreadable file or an id that stands twice.
    """
    texts: dict[str, str] = {}
    for key, text in _read(Path(path)):
        if key in texts:
            raise DataError(f"{path}: the passage id {key!r} stands twice")
        texts[key] = text
    if not texts:
        raise DataError(f"{path}: holds no passages: expected Markdown pages, or a table with columns id and text")
    return texts


def _read(path: Path) -> Iterator[tuple[str, str]]:
    if path.is_dir():
        for page in sorted(path.glob("*.md")):
            yield from _sections(page)
    else:
        yield from _table(path)


def _table(path: Path) -> Iterator[tuple[str, str]]:
    for row in rows.read(str(path)):
        if isinstance(row, RowProblem):
            raise DataError(str(row))
        try:
            values = plain(row.values)
        except BadValueError as error:
            raise DataError(f"{row.file}:{row.line}: expected {error.expected}, found {error.found}") from error
        if values.get("id") in (None, "") or not isinstance(values.get("text"), str):
            raise DataError(f"{row.file}:{row.line}: expected columns id and text, found {sorted(values)}")
        yield str(values["id"]), values["text"]


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
