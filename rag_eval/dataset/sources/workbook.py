"""Excel's and OpenDocument's workbooks, by python-calamine: the first sheet that holds something."""

import re
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from rag_eval.dataset.problems import RowProblem
from rag_eval.dataset.sources import table
from rag_eval.dataset.sources.row import DataRow, RowNote
from rag_eval.dataset.sources.row_format import RowFormat
from rag_eval.errors import DataError, UsageError

_LARGEST = 1 << 28
"""Bytes that a workbook may have unpacked."""
_MOST_CELLS = 10_000_000
_SHEET = re.compile(r"worksheets/[^/]+\.xml$")
_COLUMN = re.compile(rb'\br="([A-Z]{1,3})\d{1,7}"')
_ROW = re.compile(rb'\br="[A-Z]{0,3}(\d{1,7})"')


def read(path: Path) -> Iterator[DataRow | RowProblem | RowNote]:
    """Yield the rows of a sheet with their numbers in it; raises `DataError` for what is no workbook or is empty.

    Several sheets that hold something are told; the others are not read. Raises `UsageError` without the extra.
    """
    sheets = _sheets(path)
    if not sheets:
        raise DataError(f"{path}: holds no rows: all of its sheets are empty")
    (name, records), *others = sheets
    if others:
        rest = ", ".join(other for other, _ in others)
        yield RowNote(str(path), f"of its sheets {name} was read, not {rest}; save another one as a file of its own")
    yield from table.rows(path, records)


def _sheets(path: Path) -> list[tuple[str, list[table.Record]]]:
    """The sheets that hold something, each with its name."""
    try:
        import python_calamine
    except ModuleNotFoundError as error:
        way = "pip install 'rag-eval[excel]', or save the sheet as CSV (CSV UTF-8 in Excel)"
        raise UsageError(f"{path}: workbooks are read by python-calamine, which is not installed. Do: {way}") from error
    _look_at(path)
    try:
        with python_calamine.CalamineWorkbook.from_path(path) as book:
            sheets = [(name, book.get_sheet_by_name(name)) for name in book.sheet_names]
            read_ = [(name, _records(sheet.to_python(skip_empty_area=False))) for name, sheet in sheets]
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        raise DataError(f"{path}: is no workbook that can be read: {error}. Do: save the sheet as CSV UTF-8") from error
    return [(name, records) for name, records in read_ if any(cell.strip() for _, cells in records for cell in cells)]


def _look_at(path: Path) -> None:
    """Raise `DataError` for a workbook that would fill the memory, as calamine makes room for every cell of a sheet.

    One that is no archive, such as an old `.xls`, is calamine's to judge.
    """
    advice = "Do: save the rows as CSV UTF-8"
    try:
        with zipfile.ZipFile(path) as parts:
            size = sum(part.file_size for part in parts.infolist())
            if size > _LARGEST:
                raise DataError(f"{path}: unpacks to {size:,} bytes, which no workbook here should. {advice}")
            for part in parts.namelist():
                if _SHEET.search(part.lower()) and (cells := _cells(parts.read(part))) > _MOST_CELLS:
                    span = f"{cells:,} cells from the first to the last, most of them empty"
                    raise DataError(f"{path}: {part} spans {span}. {advice}, or delete what stands far outside")
    except (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, RuntimeError):
        return


def _cells(sheet: bytes) -> int:
    """How many cells a sheet spans."""
    columns = max(map(_column, {*_COLUMN.findall(sheet)}), default=0)
    rows = max(map(int, {*_ROW.findall(sheet)}), default=0)
    return columns * rows


def _column(letters: bytes) -> int:
    number = 0
    for letter in letters:
        number = 26 * number + letter - 64
    return number


def _records(rows: Sequence[Sequence[Any]]) -> list[table.Record]:
    return [(number, [_text(cell) for cell in cells]) for number, cells in enumerate(rows, start=1)]


def _text(cell: Any) -> str:
    """A cell as it is seen in the sheet: 3 where a workbook has 3.0."""
    match cell:
        case bool():
            return str(cell).lower()
        case float() if cell.is_integer():
            return str(int(cell))
        case datetime() if cell.time() == time():
            return cell.date().isoformat()
        case datetime() | date() | time():
            return cell.isoformat()
        case timedelta():
            return str(cell)
        case _:
            return str(cell)


FORMAT = RowFormat((".xlsx", ".xlsm", ".xlsb", ".xls", ".ods"), read, packed=True)
