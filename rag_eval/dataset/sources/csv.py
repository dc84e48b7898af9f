"""CSV and TSV, UTF-8, with a header."""

import codecs
import csv
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from rag_eval.dataset.problems import RowProblem, shown
from rag_eval.dataset.sources.row import DataRow
from rag_eval.dataset.sources.row_format import RowFormat
from rag_eval.errors import DataError

if TYPE_CHECKING:
    import _csv

_LONGEST_CELL = 2**31 - 1


def read(path: Path) -> Iterator[DataRow | RowProblem]:
    """Yield each record with the line it begins on; a record with too many or too few cells is a `RowProblem`."""
    csv.field_size_limit(_LONGEST_CELL)
    with path.open("rb") as file:
        reader = csv.reader(_decoded(path, file), delimiter=_delimiter(path), strict=True)
        header = _header(path, _next(path, reader, 1))
        line = reader.line_num + 1
        while (cells := _next(path, reader, line)) is not None:
            if cells:
                yield _row(path, line, header, cells)
            line = reader.line_num + 1


def _next(path: Path, reader: "_csv.Reader", line: int) -> list[str] | None:
    """The record that begins in a line, None at the end of the file."""
    try:
        return next(reader, None)
    except csv.Error as error:
        began = f" in the record that begins in line {line}. Is a quote missing there?"
        raise DataError(f"{path}:{reader.line_num}: is not CSV: {error}{began}") from error


def _decoded(path: Path, lines: Iterator[bytes] | object) -> Iterator[str]:
    assert hasattr(lines, "__iter__")
    for number, line in enumerate(lines, start=1):
        try:
            yield line.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            wide = line.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
            raise DataError(
                f"{path}:{number}: expected UTF-8, found byte 0x{line[error.start]:02x} in column {error.start + 1}. "
                f"Do: iconv -f {'UTF-16' if wide else 'WINDOWS-1252'} -t UTF-8, or export the table as UTF-8."
            ) from error


def _delimiter(path: Path) -> str:
    if path.suffix.lower() == ".tsv":
        return "\t"
    with path.open("rb") as file:
        first = file.readline().decode("utf-8", errors="replace")
    # Spreadsheets of half of Europe write semicolons into what they call CSV.
    return ";" if first.count(";") > first.count(",") else ","


def _header(path: Path, cells: list[str] | None) -> list[str]:
    if not cells:
        what = "an empty file" if cells is None else "an empty line"
        raise DataError(f"{path}:1: expected a header with the names of the columns, found {what}")
    names = [cell.strip() for cell in cells]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise DataError(f"{path}:1: the column {shown(twice[0])} stands twice in the header. Rename one of them.")
    return names


def _row(path: Path, line: int, header: list[str], cells: list[str]) -> DataRow | RowProblem:
    if len(cells) == len(header):
        return DataRow(str(path), line, {name: cell or None for name, cell in zip(header, cells, strict=True)})
    return RowProblem(str(path), line, "the row", f"{len(header)} cells", f"{len(cells)}: {shown(cells)}")


FORMAT = RowFormat((".csv", ".tsv"), read)
