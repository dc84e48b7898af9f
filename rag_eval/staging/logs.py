"""Log lines as JSON by structlog, one a request and one for each thing that an operator must know.

A line holds what stands in `OPEN` and nothing else: no question, no passage, no password, no token can get in by a
careless field or by the message of an exception. Lines are written by a thread of their own from a bounded queue, so
that a full disk or a slow terminal does not stop the event loop; what finds no place is counted.
"""

import logging
import os
import queue
import sys
import traceback
from collections.abc import Callable, MutableMapping
from contextlib import suppress
from logging.handlers import QueueHandler, QueueListener
from types import TracebackType
from typing import Any, Self, TextIO

import structlog
from opentelemetry import trace

OPEN = frozenset({
    "action", "count", "degraded", "document", "error", "event", "frames", "level", "logger", "method", "part",
    "passages", "port", "profile", "reason", "request_id", "route", "seconds", "state", "status", "timestamp",
    "trace_id", "user", "version", "worker",
})  # fmt: skip
"""The names that a line may hold; `user` is an account's id."""

_WAITING = 10_000
_NOISY = frozenset({"bm25s", "httpx", "httpx2", "httpcore", "openai", "qdrant_client"})
_CLOSING_S = 2.0
_FRAMES = 8

Event = MutableMapping[str, Any]


class _Bounded(QueueHandler):
    """Never waits for a place in the queue."""

    def __init__(self, waiting: "queue.Queue[logging.LogRecord]", lost: Callable[[int], None]) -> None:
        super().__init__(waiting)
        self._lost = lost

    def filter(self, record: logging.LogRecord) -> bool:
        """Leave out what libraries say of each call; some set their own level whatever one sets for them."""
        is_noise = record.levelno < logging.WARNING and record.name.partition(".")[0] in _NOISY
        return not is_noise and bool(super().filter(record))

    def enqueue(self, record: logging.LogRecord) -> None:
        """Put a line into the queue; a full one loses it, which is counted."""
        try:
            self.queue.put_nowait(record)
        except queue.Full:
            self._lost(1)

    def prepare(self, record: logging.LogRecord) -> logging.LogRecord:
        """Turn a record into its line here, where request and trace are known."""
        record.msg, record.args = self.format(record), None
        record.exc_info = record.exc_text = record.stack_info = None
        return record


class _Patient(QueueListener):
    """Ends when all is written, or after two seconds where nobody takes it."""

    def stop(self) -> None:
        """Write what waits, and end."""
        if self._thread is None:
            return
        with suppress(queue.Full):
            self.queue.put(self._sentinel, timeout=_CLOSING_S)  # type: ignore[attr-defined]  # it is a queue.Queue
        self._thread.join(_CLOSING_S)
        self._thread = None


class _Writing:
    """Writes lines past all locks: a thread that is stuck in one would keep the process from ending."""

    level = logging.NOTSET

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        try:
            self._file: int | None = stream.fileno()
        except (OSError, ValueError, AttributeError):
            self._file = None

    def handle(self, record: logging.LogRecord) -> None:
        """Write one line; whoever closed the stream has no use for it."""
        line = f"{record.msg}\n"
        with suppress(OSError, ValueError):
            if self._file is None:
                self._stream.write(line)
                return
            left = line.encode("utf-8", "replace")
            while left:
                left = left[os.write(self._file, left) :]


class Logs:
    """Everything that this process logs, on a stream; used as `with Logs() as logs`."""

    def __init__(self, stream: TextIO | None = None, level: int = logging.INFO) -> None:
        self._stream, self._level = stream or sys.stderr, level
        self.lost: Callable[[int], None] = lambda _: None
        """Is told how many lines found no place."""

    def __enter__(self) -> Self:
        waiting: queue.Queue[logging.LogRecord] = queue.Queue(_WAITING)
        self._listener = _Patient(waiting, _Writing(self._stream))  # type: ignore[arg-type]  # it asks for no more
        self._handler = _Bounded(waiting, self._note_lost)
        self._handler.setFormatter(structlog.stdlib.ProcessorFormatter(processors=_steps(), foreign_pre_chain=_START))
        root = logging.getLogger()
        self._root_level = root.level
        root.addHandler(self._handler)
        root.setLevel(self._level)
        self._listener.start()
        return self

    def _note_lost(self, lines: int) -> None:
        self.lost(lines)  # set later than this object is made

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, place: TracebackType | None
    ) -> None:
        # What comes too late is dropped: without any handler the standard library would print it as it is.
        logging.getLogger().addHandler(logging.NullHandler())
        logging.getLogger().removeHandler(self._handler)
        logging.getLogger().setLevel(self._root_level)
        self._listener.stop()


def _trace(_: Any, __: str, event: Event) -> Event:
    """Say in which trace something happened."""
    context = trace.get_current_span().get_span_context()
    return {"trace_id": f"{context.trace_id:032x}", **event} if context.is_valid else event


def _where(_: Any, __: str, event: Event) -> Event:
    """Turn an exception into its name and its place; what it says may repeat what a user sent."""
    info = event.pop("exc_info", None)
    error = sys.exc_info()[1] if info is True else info[1] if isinstance(info, tuple) else info
    if isinstance(error, BaseException):
        frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
        event["error"] = type(error).__name__
        event["frames"] = [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
    return event


def _open(_: Any, __: str, event: Event) -> Event:
    """Leave out what may not be said; lines of libraries keep their message only where they are no exception's."""
    if "frames" in event and not event.get("_from_structlog", True):
        event["event"] = "exception"
    return {name: value for name, value in event.items() if name in OPEN}


_START: list[Callable[[Any, str, Event], Any]] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    _trace,
]


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """A logger over the standard library's of this name: silent below warnings until `Logs` is entered.

    structlog is not configured for the process: whoever runs the service inside of another program has a say there.
    """
    logger: structlog.stdlib.BoundLogger = structlog.wrap_logger(
        logging.getLogger(name),
        processors=[
            structlog.stdlib.filter_by_level,
            *_START,
            _where,
            _open,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        context_class=dict,
    )
    return logger


def _steps() -> list[Callable[[Any, str, Event], Any]]:
    return [_where, _open, structlog.processors.JSONRenderer()]
