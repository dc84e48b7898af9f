"""CSV and TSV with a header, as programs and spreadsheets of all countries write them."""

import csv
import re
from collections.abc import Iterator, Sequence
from itertools import chain, islice
from pathlib import Path

from rag_eval.dataset.problems import RowProblem
from rag_eval.dataset.sources import table
from rag_eval.dataset.sources.encodings import encoding_of
from rag_eval.dataset.sources.row import DataRow, RowNote
from rag_eval.dataset.sources.row_format import RowFormat
from rag_eval.errors import DataError

_LONGEST_CELL = 2**31 - 1
_SEPARATOR = re.compile(r"\s*\"?sep=(.)\"?[,;\t ]*\s*", re.IGNORECASE)
"""The line by which Excel is told what stands between cells."""
_BETWEEN = (",", ";", "\t", "|")


def read(path: Path) -> Iterator[DataRow | RowProblem | RowNote]:
    """Yield each record with the line it begins on; one with too many or too few cells is a `RowProblem`.

    What stands between cells is what Excel's `sep=` says, else that by which a line of the first names a column of
    questions, else what its first line has most of. See `table.rows` for what may stand around the table, and
    `encodings` for how it may be written. Raises `DataError` for what is no CSV.
    """
    csv.field_size_limit(_LONGEST_CELL)
    encoding = encoding_of(path)
    if encoding.note:
        yield encoding.note
    with encoding.open(path) as lines:
        first = [*islice(lines, table.HIGHEST)]
        named = _SEPARATOR.fullmatch(first[0]) if first else None
        between = named[1] if named else _between(first, "\t" if path.suffix.lower() == ".tsv" else ",")
        before = 1 if named else 0
        yield from table.rows(path, _records(path, chain(first[before:], lines), between, before))


def _between(first: Sequence[str], usual: str) -> str:
    """What stands between the cells."""
    candidates = sorted(_BETWEEN, key=lambda sign: sign != usual)
    for line in first:
        named = [sign for sign in candidates if _names_questions(line, sign)]
        if named:
            return named[0]
    counts = {sign: "".join(first[:1]).count(sign) for sign in candidates}
    most = max(candidates, key=lambda sign: counts[sign])  # the usual one where several are as frequent
    return most if counts[most] else usual


def _names_questions(line: str, sign: str) -> bool:
    cells = [cell.strip().strip('"') for cell in line.split(sign)]
    return len(cells) > 1 and any(map(table.is_question, cells))


def _records(path: Path, lines: Iterator[str], between: str, before: int) -> Iterator[table.Record]:
    reader = csv.reader(lines, delimiter=between, strict=True)
    line = before + 1
    while True:
        try:
            cells = next(reader, None)
        except csv.Error as error:
            began = f" in the record that begins in line {line}. Is a quote missing there?"
            raise DataError(f"{path}:{reader.line_num + before}: is not CSV: {error}{began}") from error
        if cells is None:
            return
        yield line, cells
        line = reader.line_num + before + 1


FORMAT = RowFormat((".csv", ".tsv"), read)
