"""Excel's and OpenDocument's workbooks, by python-calamine: the first sheet that holds something."""

from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from rag_eval.dataset.problems import RowProblem
from rag_eval.dataset.sources import table
from rag_eval.dataset.sources.row import DataRow, RowNote
from rag_eval.dataset.sources.row_format import RowFormat
from rag_eval.errors import DataError, UsageError


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
    try:
        with python_calamine.CalamineWorkbook.from_path(path) as book:
            sheets = [(name, book.get_sheet_by_name(name)) for name in book.sheet_names]
            read_ = [(name, _records(sheet.to_python(skip_empty_area=False))) for name, sheet in sheets]
    except (python_calamine.CalamineError, OSError, ValueError) as error:
        raise DataError(f"{path}: is no workbook that can be read: {error}. Do: save the sheet as CSV UTF-8") from error
    return [(name, records) for name, records in read_ if any(cell.strip() for _, cells in records for cell in cells)]


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
