"""What a file of traces holds, by its first bytes and, for tables and lines, by its name; a reader for each form."""

import codecs
import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from rag_eval.traces import jsontext
from rag_eval.traces.dialects.rows import RowFields
from rag_eval.traces.exchange import Exchange, SkippedTrace
from rag_eval.traces.reading import capture_folder, files, json_lines, json_values, otlp_protobuf, parquet_rows
from rag_eval.traces.reading.json_values import KeyedBody
from rag_eval.traces.span import TraceSpan

PlacedBody = tuple[int, str | None, TraceSpan | Exchange | SkippedTrace]
"""Line (0 where the file is one document), key of the trace, and what was read."""
_PARQUET = b"PAR1"
_LINES = (".json", ".jsonl", ".ndjson", ".log", ".txt")
_TABLES = (".csv", ".tsv")
_LONGEST_CELL = 2**31 - 1
_NO_TRACES = (
    "holds no traces: expected JSON, lines of JSON, OTLP as protobuf, or CSV, packed with gzip or zstd or not packed"
)


@dataclass(frozen=True)
class FileForm:
    """One way in which a file holds traces."""

    recognised: Callable[[bytes, Path], bool]
    """Whether a file with these first bytes and this name is one."""
    read: Callable[[Path, io.BufferedReader, RowFields], Iterator[PlacedBody]]


def read(path: Path, stream: io.BufferedReader, fields: RowFields) -> Iterator[PlacedBody]:
    """Everything in an unpacked file, of whatever form; nothing of an empty one.

    Raises `CorruptFileError` or EOFError where it breaks off, and OSError.
    """
    head = stream.peek(files.HEAD_BYTES)[: files.HEAD_BYTES]
    if not _text(head):
        return
    for form in _FORMS:
        if form.recognised(head, path):
            yield from form.read(path, stream, fields)
            return
    yield whole_file(path, "not_a_trace_file", _NO_TRACES)


def read_capture(path: Path) -> Iterator[PlacedBody]:
    """The spans of a folder that `rag-eval capture` writes to."""
    return _captured(path, capture_folder.read(path))


def whole_file(path: Path, reason: str, message: str) -> PlacedBody:
    """Why a whole file holds nothing."""
    return 0, None, SkippedTrace(str(path), 0, None, reason, message)


def _text(head: bytes) -> bytes:
    return head.removeprefix(codecs.BOM_UTF8).lstrip()


def _is_parquet(head: bytes, _: Path) -> bool:
    return head.startswith(_PARQUET)


def _parquet(path: Path, _: io.BufferedReader, fields: RowFields) -> Iterator[PlacedBody]:
    """A file of a capture, or a table of spans or rows, whose rows count from 1."""
    try:
        if parquet_rows.is_capture(path):
            yield from _captured(path, capture_folder.read_file(path))
            return
        for number, row in enumerate(parquet_rows.read(path), start=1):
            yield from _placed(number, json_values.read(row, fields, str(path), number))
    except ValueError as error:
        yield whole_file(path, "not_a_trace_file", f"is a damaged Parquet file: {error}")


def _captured(path: Path, bodies: Iterator[KeyedBody]) -> Iterator[PlacedBody]:
    read_any = False
    try:
        for placed in _placed(0, bodies):
            read_any = True
            yield placed
    except ValueError as error:
        reason = "truncated" if read_any or path.is_dir() else "not_a_trace_file"
        yield whole_file(path, reason, f"is no Parquet file of rag-eval capture, or a damaged one: {error}")


def _is_utf16(head: bytes, _: Path) -> bool:
    return head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))


def _utf16(path: Path, _: io.BufferedReader, __: RowFields) -> Iterator[PlacedBody]:
    yield whole_file(path, "not_a_trace_file", "expected UTF-8, found UTF-16. Do: iconv -f UTF-16 -t UTF-8")


def _is_json(head: bytes, _: Path) -> bool:
    return _text(head)[:1] in (b"{", b"[")


def _is_lines(head: bytes, path: Path) -> bool:
    """A file of lines that was cut at its front begins in the middle of one."""
    return _suffix(path) in _LINES and b"\0" not in _text(head)


def _json(path: Path, stream: io.BufferedReader, fields: RowFields) -> Iterator[PlacedBody]:
    for piece in json_lines.read(stream):
        if isinstance(piece, json_lines.BrokenPiece):
            yield piece.line, None, SkippedTrace(str(path), piece.line, None, piece.reason, piece.message)
        else:
            yield from _placed(piece.line, json_values.read(piece.value, fields, str(path), piece.line))


def _placed(line: int, bodies: Iterator[KeyedBody]) -> Iterator[PlacedBody]:
    for key, body in bodies:
        yield line, key, body


def _is_frames(head: bytes, _: Path) -> bool:
    """Records with their length before them."""
    size = int.from_bytes(head[:4], "big")
    return 0 < size <= files.MAX_RECORD_BYTES and (head[4:8] == files.ZSTD or head[4:5] in (b"\n", b"{"))


def _frames(path: Path, stream: io.BufferedReader, fields: RowFields) -> Iterator[PlacedBody]:
    """Records of the Collector; each counts as a line."""
    for number, record in enumerate(files.frames(stream), start=1):
        plain = files.unpack_record(record)
        try:
            if plain[:1] == b"{":
                bodies = json_values.read(jsontext.loads(plain), fields, str(path), number)
                yield from _placed(number, bodies)
            else:
                for part in otlp_protobuf.resources(io.BytesIO(plain)):
                    yield from _placed(number, iter(otlp_protobuf.read(part)))
        except ValueError:
            message = "the record is neither OTLP as protobuf nor JSON"
            yield number, None, SkippedTrace(str(path), number, None, "broken_record", message)


def _is_protobuf(head: bytes, _: Path) -> bool:
    """One message."""
    return head[:1] == b"\n"


def _protobuf(path: Path, stream: io.BufferedReader, _: RowFields) -> Iterator[PlacedBody]:
    read_any = False
    try:
        for part in otlp_protobuf.resources(stream):
            yield from _placed(0, iter(otlp_protobuf.read(part)))
            read_any = True
    except ValueError:
        reason = "broken_record" if read_any else "not_a_trace_file"
        yield whole_file(path, reason, "a part of the file is no OTLP message" if read_any else _NO_TRACES)


def _is_table(_: bytes, path: Path) -> bool:
    return _suffix(path) in _TABLES


def _table(path: Path, stream: io.BufferedReader, fields: RowFields) -> Iterator[PlacedBody]:
    """Rows of a CSV with a header."""
    csv.field_size_limit(_LONGEST_CELL)
    text = (line.decode("utf-8", "replace").removeprefix("\ufeff") for line in stream)
    delimiter = "\t" if ".tsv" in path.suffixes else ","
    rows = csv.DictReader(text, delimiter=delimiter, restkey="", restval="")
    try:
        for row in rows:
            plain = {key: cell for key, cell in row.items() if key}
            yield from _placed(rows.line_num, json_values.read(plain, fields, str(path), rows.line_num))
    except csv.Error as error:
        line = rows.line_num
        yield line, None, SkippedTrace(str(path), line, None, "broken_csv", f"the rest of the file is not CSV: {error}")


def _suffix(path: Path) -> str:
    """The last ending of a name that does not say how the file is packed."""
    suffixes = [suffix for each in path.suffixes if (suffix := each.lower()) not in files.PACKED_SUFFIXES]
    return suffixes[-1] if suffixes else ""


_FORMS = (
    FileForm(_is_parquet, _parquet),
    FileForm(_is_utf16, _utf16),
    FileForm(_is_json, _json),
    FileForm(_is_frames, _frames),
    FileForm(_is_protobuf, _protobuf),
    FileForm(_is_table, _table),
    FileForm(_is_lines, _json),
)
"""In the order in which they are tried."""
