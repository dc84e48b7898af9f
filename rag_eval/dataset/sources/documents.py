"""Passages out of a corpus, by id: sections of Markdown pages, or a table with `id` and `text`."""

import re
from collections.abc import Iterator
from pathlib import Path

from rag_eval.dataset import sources
from rag_eval.dataset.problems import Problem
from rag_eval.errors import DataError

_HEADING = re.compile(r"^## +(.+?)\s*$")


def passages(path: str) -> dict[str, str]:
    """Id to text of every passage. A page's section `## Dogs on board` in `rules.md` is `rules#dogs-on-board`.

    Raises `DataError` for an empty corpus, an unreadable file or an id that stands twice.
    """
    found: dict[str, str] = {}
    for key, text in _read(Path(path)):
        if key in found:
            raise DataError(f"{path}: the passage id {key!r} stands twice")
        found[key] = text
    if not found:
        raise DataError(f"{path}: holds no passages: expected Markdown pages, or a table with columns id and text")
    return found


def _read(path: Path) -> Iterator[tuple[str, str]]:
    if path.is_dir():
        for page in sorted(path.glob("*.md")):
            yield from _sections(page)
    else:
        yield from _table(path)


def _table(path: Path) -> Iterator[tuple[str, str]]:
    for row in sources.read(str(path)):
        if isinstance(row, Problem):
            raise DataError(str(row))
        if not row.values.get("id") or not isinstance(row.values.get("text"), str):
            raise DataError(f"{row.file}:{row.line}: expected columns id and text, found {sorted(row.values)}")
        yield str(row.values["id"]), row.values["text"]


def _sections(page: Path) -> Iterator[tuple[str, str]]:
    try:
        lines = page.read_text(encoding="utf-8").splitlines()
    except UnicodeDecodeError as error:
        raise DataError(f"{page}: expected UTF-8: {error}") from error
    name, held = "intro", list[str]()
    for line in lines:
        heading = _HEADING.match(line)
        if heading is None:
            held.append(line.removeprefix("# ") if name == "intro" else line)
            continue
        if len(held) > 1 or name != "intro":
            yield f"{page.stem}#{name}", "\n".join(held).strip()
        name, held = _slug(heading[1]), [heading[1]]
    yield f"{page.stem}#{name}", "\n".join(held).strip()


def _slug(heading: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", heading.lower()).strip("-")
