"""JSON Lines, and JSON files that hold rows in one of the ways of `nested`; either is told by what stands in it."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from rag_eval.dataset.problems import RowProblem, shown
from rag_eval.dataset.sources import nested
from rag_eval.dataset.sources.encodings import TextEncoding, encoding_of
from rag_eval.dataset.sources.row import DataRow, RowNote
from rag_eval.dataset.sources.row_format import RowFormat
from rag_eval.errors import DataError

_BLANK = "\ufeff \t\r\n"
"""What may stand around JSON: blanks, and the byte order mark that some editors put first."""


class _Twice(dict[str, Any]):
    """An object with a key that stands twice, of which one would hide the other."""

    key: str


def read(path: Path) -> Iterator[DataRow | RowProblem | RowNote]:
    """Yield the object on each line; empty lines are passed over, anything else is a `RowProblem`.

    A file that is one JSON value, or objects of several lines one after the other, is read as what it is; `line` then
    counts the rows from 1.
    """
    encoding = encoding_of(path)
    if encoding.note:
        yield encoding.note
    values = None if encoding.wrong or _is_lines(path, encoding) else _values(path, encoding)
    if values is None:
        yield from _lines(path, encoding)
    else:
        yield from _counted(path, values)


def read_whole(path: Path) -> Iterator[DataRow | RowProblem | RowNote]:
    """Yield the rows of one JSON value, counted from 1 by `line`; JSON Lines that are called so are read as such."""
    encoding = encoding_of(path)
    if encoding.note:
        yield encoding.note
    with encoding.open(path) as file:
        text = file.read()
    try:
        content = _parsed(text)
    except (ValueError, RecursionError) as error:
        if _is_lines(path, encoding):
            yield from _lines(path, encoding)
            return
        raise DataError(f"{path}: is not JSON: {error}. One object a line belongs into a .jsonl file.") from error
    values = nested.rows(content)
    if values is None:
        raise DataError(f"{path}: {nested.no_rows(content)}")
    yield from _counted(path, values)


def _is_lines(path: Path, encoding: TextEncoding) -> bool:
    """Whether the first line is a whole object, and another line follows."""
    with encoding.open(path) as file:
        lines = (line for line in file if line.strip(_BLANK))
        first, second = next(lines, ""), next(lines, None)
    try:
        return second is not None and isinstance(_parsed(first), dict)
    except (ValueError, RecursionError):
        return False


def _values(path: Path, encoding: TextEncoding) -> Iterable[Any] | None:
    """The rows of one JSON value, or of several objects one after the other; None where it is neither."""
    with encoding.open(path) as file:
        text = file.read().strip(_BLANK)
    if not text.startswith(("[", "{")):
        return None
    try:
        content = _parsed(text)
    except (ValueError, RecursionError):
        return _several(text)
    values = nested.rows(content)
    if isinstance(content, dict) and not (values and all(map(nested.asks, values := [*values]))):
        return [content]  # one row, whatever its columns are called
    return values


def _several(text: str) -> list[Any] | None:
    """Objects that stand one after the other, each over as many lines as it takes; None where something else does."""
    decoder, values, place = json.JSONDecoder(object_pairs_hook=_object), [], 0
    while place < len(text):
        try:
            value, place = decoder.raw_decode(text, place)
        except (ValueError, RecursionError):
            return None
        values.append(value)
        place += len(text[place:]) - len(text[place:].lstrip()) if text[place : place + 1].isspace() else 0
    return values if all(isinstance(value, dict) for value in values) else None


def _parsed(text: str) -> Any:
    return json.loads(text.strip(_BLANK), object_pairs_hook=_object)


def _counted(path: Path, values: Iterable[Any]) -> Iterator[DataRow | RowProblem]:
    for number, value in enumerate(values, start=1):
        yield _checked(path, number, value)


def _lines(path: Path, encoding: TextEncoding) -> Iterator[DataRow | RowProblem]:
    if encoding.wrong or encoding.name == "utf-8-sig":  # a line that is spoilt is a problem of its own
        with path.open("rb") as raw:
            yield from (_of_bytes(path, number, line) for number, line in enumerate(raw, start=1) if line.strip())
        return
    with encoding.open(path) as file:
        yield from (_row(path, number, line) for number, line in enumerate(file, start=1) if line.strip(_BLANK))


def _of_bytes(path: Path, number: int, line: bytes) -> DataRow | RowProblem:
    try:
        # The byte order mark that some editors put first is not JSON.
        return _row(path, number, line.decode("utf-8-sig" if number == 1 else "utf-8"))
    except UnicodeDecodeError as error:
        return RowProblem(str(path), number, "the line", "UTF-8", f"byte 0x{line[error.start]:02x} at {error.start}")


def _row(path: Path, number: int, text: str) -> DataRow | RowProblem:
    try:
        value = json.loads(text, object_pairs_hook=_object)
    except json.JSONDecodeError as error:
        text_there = f"{shown(text.strip())}, column {error.colno}"
        return RowProblem(str(path), number, "the line", f"a JSON object ({error.msg})", text_there)
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
ARRAY_FORMAT = RowFormat((".json",), read_whole, readable=_is_array)
