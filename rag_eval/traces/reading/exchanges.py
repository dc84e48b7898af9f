"""Files of captured traces to exchanges, in bounded memory and in the order of first appearance."""

import csv
import io
import itertools
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path

from rag_eval.errors import DataError, UsageError
from rag_eval.traces import assembly, jsontext
from rag_eval.traces.dialects import mlflow, rows
from rag_eval.traces.exchange import Exchange, SkippedTrace
from rag_eval.traces.reading import capture_folder, files, json_lines, json_values, mlflow_store, otlp_protobuf
from rag_eval.traces.reading.files import CorruptFileError
from rag_eval.traces.reading.json_values import KeyedBody
from rag_eval.traces.reading.spill import SpillBuffer
from rag_eval.traces.span import TracePart, TraceSpan

_OF_A_FILE = frozenset({"empty_file", "not_a_trace_file", "unreadable"})
_EMPTY = "the file is empty or has no traces. Capture some, or leave it out."
_LOOKED_AT = 200
_FILES_LOOKED_AT = 20
_LONGEST_CELL = 2**31 - 1
_DAMAGED = "the file is damaged or breaks off here; what stood before was read"


def read(path: str, *, fields: Mapping[str, str] | None = None) -> Iterator[Exchange | SkippedTrace]:
    """Every trace in a file, a folder or the files of a pattern, each as an exchange or as the reason why it is none.

    `fields` maps names of `Exchange` to JMESPaths; with any, every JSON object is a row of its own. Raises `DataError`
    where there is no file, or where the one that was named holds no traces, and `ConfigError` for bad fields.
    `mlflow:EXPERIMENT` names the traces of an MLflow store.
    """
    finders = rows.compile_fields(fields or {})
    if mlflow_store.is_store(path):
        return _read(_tracked(path, finders))
    return _read(_parts(files.trace_files(path), finders, alone=Path(path).is_file()))


def _tracked(path: str, finders: rows.RowFields) -> Iterator[TracePart]:
    own = itertools.count()
    for number, trace in enumerate(mlflow_store.read(path), start=1):
        for key, body in json_values.read(trace, finders, path, number):
            yield TracePart(key or f"alone:{next(own)}", path, number, body)


def _read(found: Iterator[TracePart]) -> Iterator[Exchange | SkippedTrace]:
    with SpillBuffer() as spill:
        spill.add(found)
        numbers: Counter[str] = Counter()
        for parts in spill.traces():
            yield _trace(parts, numbers)


def _trace(parts: list[TracePart], numbers: Counter[str]) -> Exchange | SkippedTrace:
    first = parts[0]
    numbers[first.file] += 1
    line = first.line or numbers[first.file]
    if isinstance(first.body, TraceSpan):
        return assembly.assemble([part.body for part in parts if isinstance(part.body, TraceSpan)], first.file, line)
    if isinstance(first.body, Exchange):
        return Exchange(**{**vars(first.body), "line": line})
    return SkippedTrace(**{**vars(first.body), "line": line})


def sniff(path: str) -> str | None:
    """The dialect of a file of traces by its first pieces; None where it is something else, such as plain rows.

    Of a folder or a pattern, that of the first file that has one.
    """
    if mlflow_store.is_store(path):
        return mlflow.NAME
    try:
        paths = files.trace_files(path)[:_FILES_LOOKED_AT]
    except DataError:
        return None
    return next((dialect for each in paths if (dialect := _sniffed(each))), None)


def _sniffed(path: Path) -> str | None:
    try:
        found = itertools.islice(_file(path, rows.compile_fields({})), _LOOKED_AT)
        told = {body.dialect for _, _, body in found if isinstance(body, TraceSpan)}
    except UsageError:
        return None
    named = sorted(told - {"otlp"})
    return named[0] if named else next(iter(told), None)


def _parts(paths: list[Path], finders: rows.RowFields, *, alone: bool) -> Iterator[TracePart]:
    """All files one after the other; what belongs to no trace gets a key of its own."""
    own = itertools.count()
    for path in paths:
        for line, key, body in _file(path, finders):
            if alone and isinstance(body, SkippedTrace) and body.reason in _OF_A_FILE:
                raise DataError(f"{path}: {body.message}")
            yield TracePart(key or f"alone:{next(own)}", str(path), line, body)


Placed = tuple[int, str | None, TraceSpan | Exchange | SkippedTrace]


def _file(path: Path, finders: rows.RowFields) -> Iterator[Placed]:
    empty = True
    try:
        for found in _captured(path, capture_folder.read(path)) if path.is_dir() else _opened(path, finders):
            empty = False
            yield found
        if empty:
            yield _whole(path, "empty_file", _EMPTY)
    except CorruptFileError:
        yield 0, None, SkippedTrace(str(path), 0, None, "truncated", _DAMAGED)
    except OSError as error:
        message = f"cannot be read ({error.strerror or error}). Check that it is there and that you may read it."
        yield 0, None, SkippedTrace(str(path), 0, None, "unreadable", message)


def _opened(path: Path, finders: rows.RowFields) -> Iterator[Placed]:
    with files.opened(path) as stream:
        yield from _by_form(path, stream, finders)


def _captured(path: Path, found: Iterator[KeyedBody]) -> Iterator[Placed]:
    read_any = False
    try:
        for placed in _placed(0, found):
            read_any = True
            yield placed
    except ValueError as error:
        reason = "truncated" if read_any or path.is_dir() else "not_a_trace_file"
        yield _whole(path, reason, f"is no Parquet file of rag-eval capture, or a damaged one: {error}")


def _by_form(path: Path, stream: io.BufferedReader, finders: rows.RowFields) -> Iterator[Placed]:
    match files.form(stream, path):
        case "json":
            yield from _json(path, stream, finders)
        case "frames":
            yield from _frames(path, stream, finders)
        case "protobuf":
            yield from _protobuf(path, stream)
        case "parquet":
            yield from _captured(path, capture_folder.read_file(path))
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
    return 0, None, SkippedTrace(str(path), 0, None, reason, message)


def _json(path: Path, stream: io.BufferedReader, finders: rows.RowFields) -> Iterator[Placed]:
    for piece in json_lines.read(stream):
        if isinstance(piece, json_lines.BrokenPiece):
            yield piece.line, None, SkippedTrace(str(path), piece.line, None, piece.reason, piece.message)
        else:
            yield from _placed(piece.line, json_values.read(piece.value, finders, str(path), piece.line))


def _placed(line: int, found: Iterator[KeyedBody]) -> Iterator[Placed]:
    for key, body in found:
        yield line, key, body


def _frames(path: Path, stream: io.BufferedReader, finders: rows.RowFields) -> Iterator[Placed]:
    """Records of the Collector; each counts as a line."""
    for number, record in enumerate(files.frames(stream), start=1):
        plain = files.unpack_record(record)
        try:
            if plain[:1] == b"{":
                found = json_values.read(jsontext.loads(plain), finders, str(path), number)
                yield from _placed(number, found)
            else:
                for part in otlp_protobuf.resources(io.BytesIO(plain)):
                    yield from _placed(number, iter(otlp_protobuf.read(part)))
        except ValueError:
            message = "the record is neither OTLP as protobuf nor JSON"
            yield number, None, SkippedTrace(str(path), number, None, "broken_record", message)


def _protobuf(path: Path, stream: io.BufferedReader) -> Iterator[Placed]:
    read_any = False
    try:
        for part in otlp_protobuf.resources(stream):
            yield from _placed(0, iter(otlp_protobuf.read(part)))
            read_any = True
    except ValueError:
        reason = "broken_record" if read_any else "not_a_trace_file"
        yield _whole(path, reason, "a part of the file is no OTLP message" if read_any else _NO_TRACES)


def _table(path: Path, stream: io.BufferedReader, finders: rows.RowFields) -> Iterator[Placed]:
    """Rows of a CSV with a header."""
    csv.field_size_limit(_LONGEST_CELL)
    text = (line.decode("utf-8", "replace").removeprefix("\ufeff") for line in stream)
    delimiter = "\t" if ".tsv" in path.suffixes else ","
    rows = csv.DictReader(text, delimiter=delimiter, restkey="", restval="")
    try:
        for row in rows:
            plain = {key: cell for key, cell in row.items() if key}
            yield from _placed(rows.line_num, json_values.read(plain, finders, str(path), rows.line_num))
    except csv.Error as error:
        line = rows.line_num
        yield line, None, SkippedTrace(str(path), line, None, "broken_csv", f"the rest of the file is not CSV: {error}")
