"""JSON Lines, and JSON files that hold one array of objects."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rag_eval.dataset.problems import RowProblem, shown
from rag_eval.dataset.sources import nested
from rag_eval.dataset.sources.row import DataRow
from rag_eval.dataset.sources.row_format import RowFormat
from rag_eval.errors import DataError


class _Twice(dict[str, Any]):
    """An object with a key that stands twice, of which one would hide the other."""

    key: str


def read(path: Path) -> Iterator[DataRow | RowProblem]:
    """Yield the object on each line; empty lines are passed over, anything else is a `RowProblem`."""
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            if line.strip():
                yield _row(path, number, line)


def read_array(path: Path) -> Iterator[DataRow | RowProblem]:
    """Yield the objects of one JSON array, or the questions of a SQuAD file; `line` counts them from 1."""
    try:
        content = json.loads(path.read_bytes(), object_pairs_hook=_object)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{path}: is not JSON: {error}. One object a line belongs into a .jsonl file.") from error
    values = nested.rows(content)
    if values is None:
        raise DataError(f"{path}: expected an array of objects, found {type(content).__name__}")
    for number, value in enumerate(values, start=1):
        yield _checked(path, number, value)


def _row(path: Path, number: int, line: bytes) -> DataRow | RowProblem:
    try:
        # The byte order mark that some editors put first is not JSON.
        text = line.decode("utf-8-sig" if number == 1 else "utf-8")
    except UnicodeDecodeError as error:
        return RowProblem(str(path), number, "the line", "UTF-8", f"byte 0x{line[error.start]:02x} at {error.start}")
    try:
        value = json.loads(text, object_pairs_hook=_object)
    except (ValueError, RecursionError) as error:
        return RowProblem(str(path), number, "the line", f"a JSON object ({error})", shown(text.strip()))
    return _checked(path, number, value)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) == len(pairs):
        return fields
    keys = [key for key, _ in pairs]
    twice = _Twice(fields)
    twice.key = next(key for key in keys if keys.count(key) > 1)
    return twice


def _checked(path: Path, number: int, value: Any) -> DataRow | RowProblem:
    match value:
        case _Twice():
            return RowProblem(str(path), number, shown(value.key), "a key that stands once", "it twice")
        case dict():
            return DataRow(str(path), number, value)
        case _:
            return RowProblem(str(path), number, "the line", "a JSON object", shown(value))


def _is_array(path: Path) -> bool:
    """Not so of JSON Lines or an object of columns, which Hugging Face's `datasets` also takes from such a file."""
    with path.open("rb") as stream:
        return stream.read(100).lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"[")


FORMAT = RowFormat((".jsonl", ".ndjson"), read)
ARRAY_FORMAT = RowFormat((".json",), read_array, readable=_is_array)
