"""Files of captured traces to exchanges, in bounded memory and in the order of first appearance."""

import csv
import io
import itertools
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from rag_eval.errors import DataError, UsageError
from rag_eval.traces import assembling, files, jsontext, lines, readers
from rag_eval.traces.files import Torn
from rag_eval.traces.readers import Found, captured, jsonl, mlflow, protobuf, tracker
from rag_eval.traces.record import Exchange, Skipped
from rag_eval.traces.spill import Spill
from rag_eval.traces.step import Part, Step

_OF_A_FILE = frozenset({"empty_file", "not_a_trace_file", "unreadable"})
_EMPTY = "the file is empty or has no traces. Capture some, or leave it out."
_LOOKED_AT = 200
_FILES_LOOKED_AT = 20
_LONGEST_CELL = 2**31 - 1
_DAMAGED = "the file is damaged or breaks off here; what stood before was read"


def read(path: str, *, fields: Mapping[str, str] | None = None) -> Iterator[Exchange | Skipped]:
    """Every trace in a file, a folder or the files of a pattern, each as an exchange or as the reason why it is none.

    `fields` maps names of `Exchange` to JMESPaths; with any, every JSON object is a row of its own. Raises `DataError`
    where there is no file, or where the one that was named holds no traces, and `ConfigError` for bad fields.
    `mlflow:EXPERIMENT` names the traces of an MLflow store.
    """
    finders = jsonl.compiled(fields or {})
    if tracker.is_one(path):
        return _read(_tracked(path, finders))
    return _read(_parts(files.of(path), finders, alone=Path(path).is_file()))


def _tracked(path: str, finders: jsonl.Fields) -> Iterator[Part]:
    own = itertools.count()
    for number, trace in enumerate(tracker.read(path), start=1):
        for key, body in readers.read(trace, finders, path, number):
            yield Part(key or f"alone:{next(own)}", path, number, body)


def _read(found: Iterator[Part]) -> Iterator[Exchange | Skipped]:
    with Spill() as spill:
        spill.add(found)
        numbers: Counter[str] = Counter()
        for parts in spill.traces():
            yield _trace(parts, numbers)


def _trace(parts: list[Part], numbers: Counter[str]) -> Exchange | Skipped:
    first = parts[0]
    numbers[first.file] += 1
    line = first.line or numbers[first.file]
    if isinstance(first.body, Step):
        return assembling.assembled([part.body for part in parts if isinstance(part.body, Step)], first.file, line)
    if isinstance(first.body, Exchange):
        return Exchange(**{**vars(first.body), "line": line})
    return Skipped(**{**vars(first.body), "line": line})


def sniff(path: str) -> str | None:
    """The dialect of a file of traces by its first pieces; None where it is something else, such as plain rows.

    Of a folder or a pattern, that of the first file that has one.
    """
    if tracker.is_one(path):
        return mlflow.NAME
    try:
        paths = files.of(path)[:_FILES_LOOKED_AT]
    except DataError:
        return None
    return next((dialect for each in paths if (dialect := _sniffed(each))), None)


def _sniffed(path: Path) -> str | None:
    try:
        found = itertools.islice(_file(path, jsonl.compiled({})), _LOOKED_AT)
        told = {body.dialect for _, _, body in found if isinstance(body, Step)}
    except UsageError:
        return None
    named = sorted(told - {"otlp"})
    return named[0] if named else next(iter(told), None)


def _parts(paths: list[Path], finders: jsonl.Fields, *, alone: bool) -> Iterator[Part]:
    """All files one after the other; what belongs to no trace gets a key of its own."""
    own = itertools.count()
    for path in paths:
        for line, key, body in _file(path, finders):
            if alone and isinstance(body, Skipped) and body.reason in _OF_A_FILE:
                raise DataError(f"{path}: {body.message}")
            yield Part(key or f"alone:{next(own)}", str(path), line, body)


Placed = tuple[int, str | None, Step | Exchange | Skipped]


def _file(path: Path, finders: jsonl.Fields) -> Iterator[Placed]:
    empty = True
    try:
        for found in _captured(path, captured.read(path)) if path.is_dir() else _opened(path, finders):
            empty = False
            yield found
        if empty:
            yield _whole(path, "empty_file", _EMPTY)
    except Torn:
        yield 0, None, Skipped(str(path), 0, None, "truncated", _DAMAGED)
    except OSError as error:
        message = f"cannot be read ({error.strerror or error}). Check that it is there and that you may read it."
        yield 0, None, Skipped(str(path), 0, None, "unreadable", message)


def _opened(path: Path, finders: jsonl.Fields) -> Iterator[Placed]:
    with files.opened(path) as stream:
        yield from _by_form(path, stream, finders)


def _captured(path: Path, found: Iterator[Found]) -> Iterator[Placed]:
    read_any = False
    try:
        for placed in _placed(0, found):
            read_any = True
            yield placed
    except ValueError as error:
        reason = "truncated" if read_any or path.is_dir() else "not_a_trace_file"
        yield _whole(path, reason, f"is no Parquet file of rag-eval capture, or a damaged one: {error}")


def _by_form(path: Path, stream: io.BufferedReader, finders: jsonl.Fields) -> Iterator[Placed]:
    match files.form(stream, path):
        case "json":
            yield from _json(path, stream, finders)
        case "frames":
            yield from _frames(path, stream, finders)
        case "protobuf":
            yield from _protobuf(path, stream)
        case "parquet":
            yield from _captured(path, captured.read_file(path))
        case "csv":
            yield from _table(path, stream, finders)
        case "empty":
            return
        case "utf16":
            yield _whole(path, "not_a_trace_file", "expected UTF-8, found UTF-16. Do: iconv -f UTF-16 -t UTF-8")
        case "unknown":
            yield _whole(path, "not_a_trace_file", _NO_TRACES)


_NO_TRACES = (
    "holds no traces: expected JSON, lines of JSON, OTLP as protobuf, or CSV, packed with gzip or zstd or not packed"
)


def _whole(path: Path, reason: str, message: str) -> Placed:
    return 0, None, Skipped(str(path), 0, None, reason, message)


def _json(path: Path, stream: io.BufferedReader, finders: jsonl.Fields) -> Iterator[Placed]:
    for piece in lines.read(stream):
        if isinstance(piece, lines.Broken):
            yield piece.line, None, Skipped(str(path), piece.line, None, piece.reason, piece.message)
        else:
            yield from _placed(piece.line, readers.read(piece.value, finders, str(path), piece.line))


def _placed(line: int, found: Iterator[Found]) -> Iterator[Placed]:
    for key, body in found:
        yield line, key, body


def _frames(path: Path, stream: io.BufferedReader, finders: jsonl.Fields) -> Iterator[Placed]:
    """Records of the Collector; each counts as a line."""
    for number, record in enumerate(files.frames(stream), start=1):
        plain = files.unpacked_record(record)
        try:
            if plain[:1] == b"{":
                found = readers.read(jsontext.loads(plain), finders, str(path), number)
                yield from _placed(number, found)
            else:
                for part in protobuf.resources(io.BytesIO(plain)):
                    yield from _placed(number, iter(protobuf.read(part)))
        except ValueError:
            message = "the record is neither OTLP as protobuf nor JSON"
            yield number, None, Skipped(str(path), number, None, "broken_record", message)


def _protobuf(path: Path, stream: io.BufferedReader) -> Iterator[Placed]:
    read_any = False
    try:
        for part in protobuf.resources(stream):
            yield from _placed(0, iter(protobuf.read(part)))
            read_any = True
    except ValueError:
        reason = "broken_record" if read_any else "not_a_trace_file"
        yield _whole(path, reason, "a part of the file is no OTLP message" if read_any else _NO_TRACES)


def _table(path: Path, stream: io.BufferedReader, finders: jsonl.Fields) -> Iterator[Placed]:
    """Rows of a CSV with a header."""
    csv.field_size_limit(_LONGEST_CELL)
    text = (line.decode("utf-8", "replace").removeprefix("\ufeff") for line in stream)
    delimiter = "\t" if ".tsv" in path.suffixes else ","
    rows = csv.DictReader(text, delimiter=delimiter, restkey="", restval="")
    try:
        for row in rows:
            plain = {key: cell for key, cell in row.items() if key}
            yield from _placed(rows.line_num, readers.read(plain, finders, str(path), rows.line_num))
    except csv.Error as error:
        line = rows.line_num
        yield line, None, Skipped(str(path), line, None, "broken_csv", f"the rest of the file is not CSV: {error}")
