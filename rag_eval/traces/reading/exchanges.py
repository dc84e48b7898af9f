"""Files of captured traces to exchanges, in bounded memory and in the order of first appearance."""

import itertools
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from rag_eval.errors import DataError, UsageError
from rag_eval.traces import assembly, span_settings
from rag_eval.traces.dialects import mlflow, rows
from rag_eval.traces.exchange import Exchange, SkippedTrace
from rag_eval.traces.reading import files, forms, json_values, mlflow_store
from rag_eval.traces.reading.files import CorruptFileError
from rag_eval.traces.reading.forms import PlacedBody
from rag_eval.traces.reading.spill import SpillBuffer
from rag_eval.traces.span import TracePart, TraceSpan
from rag_eval.traces.span_settings import BY_RULES, SpanSettings

_OF_A_FILE = frozenset({"empty_file", "not_a_trace_file", "unreadable"})
_EMPTY = "the file is empty or has no traces. Capture some, or leave it out."
_LOOKED_AT = 200
_FILES_LOOKED_AT = 20
_DAMAGED = "the file is damaged or breaks off here; what stood before was read"


def read(
    path: str, *, fields: Mapping[str, str] | None = None, spans: SpanSettings = BY_RULES
) -> Iterator[Exchange | SkippedTrace]:
    """Every trace in a file, a folder or the files of a pattern, each as an exchange or as the reason why it is none.

    `fields` maps names of `Exchange` to JMESPaths; with any, every JSON object is a row of its own. `spans` says which
    spans retrieve and answer where no rule can know. Raises `DataError` where there is no file, or where the one that
    was named holds no traces, and `ConfigError` for bad fields. `mlflow:EXPERIMENT` names traces of an MLflow store.
    """
    finders = rows.compile_fields(fields or {})
    if mlflow_store.is_store(path):
        return _read(_tracked(path, finders), spans)
    return _read(_parts(files.trace_files(path), finders, alone=Path(path).is_file()), spans)


def _tracked(path: str, finders: rows.RowFields) -> Iterator[TracePart]:
    own = itertools.count()
    for number, trace in enumerate(mlflow_store.read(path), start=1):
        for key, body in json_values.read(trace, finders, path, number):
            yield TracePart(key or f"alone:{next(own)}", path, number, body)


def _read(parts_: Iterator[TracePart], settings: SpanSettings) -> Iterator[Exchange | SkippedTrace]:
    with SpillBuffer() as spill:
        with span_settings.using(settings):
            spill.add(parts_)
        numbers: Counter[str] = Counter()
        for parts, turn in spill.traces():
            yield from _numbered(_trace(parts, numbers, settings), turn)


def _numbered(read: list[Exchange | SkippedTrace], turn: int | None) -> Iterator[Exchange | SkippedTrace]:
    """Exchanges with their number in their conversation: that of their trace, and on where it has several."""
    if turn is None:
        yield from read
        return
    names = {each.conversation for each in read if isinstance(each, Exchange)}
    first = turn if len(names) == 1 else 1
    asked: Counter[str] = Counter()
    for each in read:
        if isinstance(each, SkippedTrace) or each.conversation is None:
            yield each
            continue
        yield replace(each, turn=first + asked[each.conversation])
        asked[each.conversation] += 1


def _trace(parts: list[TracePart], numbers: Counter[str], settings: SpanSettings) -> list[Exchange | SkippedTrace]:
    first = parts[0]
    numbers[first.file] += 1
    line = first.line or numbers[first.file]
    if isinstance(first.body, TraceSpan):
        bodies = [part.body for part in parts if isinstance(part.body, TraceSpan)]
        return assembly.assemble(bodies, first.file, line, settings)
    if isinstance(first.body, Exchange):
        return [Exchange(**{**vars(first.body), "line": line})]
    return [SkippedTrace(**{**vars(first.body), "line": line})]


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
        bodies = itertools.islice(_file(path, rows.compile_fields({})), _LOOKED_AT)
        dialects = {body.dialect for _, _, body in bodies if isinstance(body, TraceSpan)}
    except UsageError:
        return None
    named = sorted(dialects - {"otlp"})
    return named[0] if named else next(iter(dialects), None)


def _parts(paths: list[Path], finders: rows.RowFields, *, alone: bool) -> Iterator[TracePart]:
    """All files one after the other; what belongs to no trace gets a key of its own."""
    own = itertools.count()
    for path in paths:
        for line, key, body in _file(path, finders):
            if alone and isinstance(body, SkippedTrace) and body.reason in _OF_A_FILE:
                raise DataError(f"{path}: {body.message}")
            yield TracePart(key or f"alone:{next(own)}", str(path), line, body)


def _file(path: Path, finders: rows.RowFields) -> Iterator[PlacedBody]:
    empty = True
    try:
        for placed in forms.read_capture(path) if path.is_dir() else _opened(path, finders):
            empty = False
            yield placed
        if empty:
            yield forms.whole_file(path, "empty_file", _EMPTY)
    except CorruptFileError:
        yield 0, None, SkippedTrace(str(path), 0, None, "truncated", _DAMAGED)
    except OSError as error:
        message = f"cannot be read ({error.strerror or error}). Check that it is there and that you may read it."
        yield 0, None, SkippedTrace(str(path), 0, None, "unreadable", message)


def _opened(path: Path, finders: rows.RowFields) -> Iterator[PlacedBody]:
    with files.opened(path) as stream:
        yield from forms.read(path, stream, finders)
