"""YAML: a list of rows, or promptfoo's configuration with its `tests`."""

from collections.abc import Iterator
from pathlib import Path

from rag_eval import yamltext
from rag_eval.dataset.problems import RowProblem, shown
from rag_eval.dataset.sources import nested
from rag_eval.dataset.sources.encodings import encoding_of
from rag_eval.dataset.sources.row import DataRow, RowNote
from rag_eval.dataset.sources.row_format import RowFormat
from rag_eval.errors import DataError

_LONGEST = 50_000_000
"""Characters of a file; PyYAML takes a minute for such a one."""


def read(path: Path) -> Iterator[DataRow | RowProblem | RowNote]:
    """Yield the rows of a file, counted from 1 by `line`; raises `DataError` where it is no YAML or holds none."""
    encoding = encoding_of(path)
    if encoding.note:
        yield encoding.note
    with encoding.open(path) as file:
        text = file.read()
    try:
        content = yamltext.load(text.removeprefix("\ufeff"), _LONGEST)
    except ValueError as error:
        raise DataError(f"{path}: is not YAML: {error}") from error
    tests = content.get("tests") if isinstance(content, dict) else None
    if isinstance(tests, str):
        raise DataError(f"{path}: its tests stand in another file. Do: rag-eval build-dataset {tests} -o …")
    values = nested.rows(tests if isinstance(tests, list) else content)
    if values is None:
        raise DataError(f"{path}: {nested.no_rows(content)}")
    for number, value in enumerate(values, start=1):
        if isinstance(value, dict):
            yield DataRow(str(path), number, value)
        elif isinstance(value, str) and isinstance(tests, list):
            yield RowNote(str(path), f"test {number} names another file, {value}, which was not read")
        else:
            yield RowProblem(str(path), number, "the row", "an object of columns", shown(value))


FORMAT = RowFormat((".yaml", ".yml"), read)
