"""Reading a CSV file that has been through a spreadsheet, whatever that made of it.

Excel and LibreOffice part cells by what the country uses, change how lines end, leave out empty cells at a row's end,
and drop the byte order mark.
"""

import csv
import difflib
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rag_eval.dataset.problems import RowProblem
from rag_eval.dataset.review.items import same_text
from rag_eval.errors import DataError

_LONGEST_CELL = 2**31 - 1
_UTF16 = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True)
class SpreadsheetRow:
    """A row of a table, and where it begins."""

    file: str
    line: int
    cells: Mapping[str, str]

    def problem(self, field: str, expected: str, value: str) -> RowProblem:
        """What is wrong with a cell."""
        return RowProblem(self.file, self.line, field, expected, value)

    def text(self, name: str, before: str | None) -> str | None:
        """A cell's text, None where it is empty; what it was before where only its line ends changed."""
        cell = self.cells[name]
        return before if same_text(cell, before) else cell or None


def read(path: Path, needed: Sequence[str]) -> Iterator[SpreadsheetRow]:
    """The rows of a table with a header, in order, without empty ones.

    Columns may stand in any order, with others among them. Raises `DataError` where one that is needed is missing,
    where a row has more cells than the header, or where the file is no such table.
    """
    text, before = _without_hint(_decoded(path))
    csv.field_size_limit(_LONGEST_CELL)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    try:
        header = [cell.strip() for cell in next(reader, [])]
        _expect(path, header, needed)
        line = reader.line_num + before + 1
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield _line(path, line, header, cells)
            line = reader.line_num + before + 1
    except csv.Error as error:
        raise DataError(f"{path}:{reader.line_num + before}: is not CSV: {error}") from error


def _decoded(path: Path) -> str:
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error.strerror}") from error
    if raw.startswith(_UTF16):  # "Unicode text" of Excel
        return raw.decode("utf-16", errors="replace")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise DataError(
            f"{path}:{line}: expected UTF-8, found byte 0x{raw[error.start]:02x}. "
            "Do: save it as 'CSV UTF-8', or with the character set Unicode (UTF-8)"
        ) from error


def _without_hint(text: str) -> tuple[str, int]:
    """The text without a first line that only tells Excel what parts the cells, and how many lines that was."""
    if not text.lower().startswith("sep="):
        return text, 0
    return text.split("\n", 1)[1] if "\n" in text else "", 1


def _delimiter(text: str) -> str:
    header = text.splitlines()[0] if text else ""
    return max(",;\t", key=header.count)


def _expect(path: Path, header: Sequence[str], needed: Sequence[str]) -> None:
    twice = sorted({name for name in header if name and header.count(name) > 1})
    if twice:
        raise DataError(f"{path}:1: the column {twice[0]} stands twice in the header")
    missing = [name for name in needed if name not in header]
    if missing:
        near = {name: difflib.get_close_matches(name, header, n=1) for name in missing}
        listed = ", ".join(name + (f" (found {near[name][0]})" if near[name] else "") for name in missing)
        raise DataError(f"{path}:1: columns are missing: {listed}. Do: keep the columns that --to-csv wrote")


def _line(path: Path, line: int, header: Sequence[str], cells: Sequence[str]) -> SpreadsheetRow:
    if any(cell.strip() for cell in cells[len(header) :]):
        raise DataError(f"{path}:{line}: the row: expected {len(header)} cells as in the header, found {len(cells)}")
    padded = [*cells, *[""] * (len(header) - len(cells))]
    return SpreadsheetRow(str(path), line, dict(zip(header, padded, strict=False)))
