"""What people put around a table in a spreadsheet: a title above it, empty rows and columns, totals below it."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from pathlib import Path

from rag_eval.dataset import names
from rag_eval.dataset.problems import RowProblem, shown
from rag_eval.dataset.sources.row import DataRow, RowNote
from rag_eval.errors import DataError
from rag_eval.language.sentences import shorten

Record = tuple[int, Sequence[str]]
"""The line that a record begins on, and its cells."""
HIGHEST = 15
"""Rows with something in them among which the header is looked for."""
_TOTAL = re.compile(
    r"(grand |sub)?totals?|sums?|averages?|avg\.?|means?|counts?|median|gesamt(summe)?|summen?|mittelwert|durchschnitt"
    r"|anzahl|insgesamt|moyenne|somme|promedio|suma|totale|media|合计|总计|合計",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"[-+]?[\d.,\s]*\d\s*%?")
_SHOWN = 60
_ASKING = frozenset({"user_input"})


def is_question(cell: str) -> bool:
    """Whether a cell is what a column of questions is called, in any spelling."""
    return names.fields_of(cell) == _ASKING


def rows(path: Path, records: Iterable[Record]) -> Iterator[DataRow | RowProblem | RowNote]:
    """The rows of a table by the names in its header, which need not be its first line.

    Empty rows and columns are passed over; lines above the header and a row of totals at the end are too, with a note.
    A column without a name that holds something is called by its number. Raises `DataError` without a header, or
    with one in which a name stands twice.
    """
    apart: set[int] = set()
    filled = _filled(records, apart)
    first = [*islice(filled, HIGHEST)]
    if not first:
        raise DataError(f"{path}:1: expected a header with the names of the columns, found nothing")
    place = _header_at([cells for _, cells in first])
    for line, cells in first[:place]:
        text = shorten(" ".join(cell.strip() for cell in cells if cell.strip()), _SHOWN)
        yield RowNote(f"{path}:{line}", f"stands above the header and was passed over: {text!r}")
    line, cells = first[place]
    header = _named(path, line, cells)
    below = _without_rest(path, chain(first[place + 1 :], filled), apart)
    yield from (row if isinstance(row, RowNote) else _row(path, row[0], header, row[1]) for row in below)


def _filled(records: Iterable[Record], apart: set[int]) -> Iterator[Record]:
    """The rows that hold something; `apart` gets the lines of those that stand below an empty one."""
    empty = False
    for line, cells in records:
        if not any(cell.strip() for cell in cells):
            empty = True
            continue
        if empty:
            apart.add(line)
        empty = False
        yield line, cells


def _header_at(first: Sequence[Sequence[str]]) -> int:
    """The first row that names questions, if fewer cells stand in those above it than in it; else the first row."""
    for place, cells in enumerate(first):
        if any(map(is_question, cells)):
            width = _width(cells)
            return place if all(_width(above) < max(width, 2) for above in first[:place]) else 0
    titles = 0
    while titles < len(first) - 1 and _width(first[titles]) == 1 and _width(first[titles + 1]) >= 1:
        titles += 1
    return titles if titles and _width(first[titles]) > 1 and titles < len(first) - 1 else 0


def _width(cells: Sequence[str]) -> int:
    return sum(bool(cell.strip()) for cell in cells)


def _named(path: Path, line: int, cells: Sequence[str]) -> list[str]:
    """The names of the columns, empty for those that have none."""
    header = [cell.strip() for cell in cells]
    twice = sorted({name for name in header if name and header.count(name) > 1})
    if twice:
        raise DataError(f"{path}:{line}: the column {shown(twice[0])} stands twice in the header. Rename one of them.")
    return header


def _row(path: Path, line: int, header: list[str], cells: Sequence[str]) -> DataRow | RowProblem:
    if len(cells) > len(header) and not any(cell.strip() for cell in cells[len(header) :]):
        cells = cells[: len(header)]
    if len(cells) == len(header):
        return DataRow(str(path), line, _values(header, cells))
    return RowProblem(str(path), line, "the row", f"{len(header)} cells", f"{len(cells)}: {shown(cells)}")


def _values(header: list[str], cells: Sequence[str]) -> Mapping[str, str | None]:
    values: dict[str, str | None] = {}
    for number, (name, cell) in enumerate(zip(header, cells, strict=True), start=1):
        if name:
            values[name] = cell or None
        elif cell.strip():
            values[f"column {number}"] = cell
    return values


def _without_rest(path: Path, records: Iterable[Record], apart: set[int]) -> Iterator[Record | RowNote]:
    """The rows, but for what stands at the end and is none.

    That is a row of nothing but a word such as Total and numbers, and a single cell below an empty row where all rows
    above had several.
    """
    waiting: list[Record] = []
    narrowest = 0
    for line, cells in records:
        width = _width(cells)
        if _is_total(cells) or (width == 1 and narrowest > 1 and (line in apart or waiting)):
            waiting.append((line, cells))
            continue
        yield from waiting
        narrowest = min([*([narrowest] if narrowest else []), width, *(_width(cells) for _, cells in waiting)])
        waiting.clear()
        yield line, cells
    for line, cells in waiting:
        text = shorten(" ".join(cell.strip() for cell in cells if cell.strip()), _SHOWN)
        yield RowNote(f"{path}:{line}", f"stands below the rows and was passed over, as no question: {text!r}")


def _is_total(cells: Sequence[str]) -> bool:
    filled = [cell.strip() for cell in cells if cell.strip()]
    words = [cell.rstrip(": ") for cell in filled if not _NUMBER.fullmatch(cell)]
    return len(filled) > 1 and bool(words) and all(map(_TOTAL.fullmatch, words))
