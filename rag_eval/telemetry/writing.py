"""Lines on their way to a stream: a bounded queue, and a thread that may wait for the stream in place of the run."""

import os
import queue
import sys
import threading
from collections.abc import Callable
from typing import TextIO

MOST = 10_000
"""Lines that may wait."""
AT_ONCE = 200
CLOSING_S = 2.0
"""Seconds that the end of a command waits for a stream that takes nothing."""


class LogWriter:
    """Takes lines from any thread without ever waiting; what there is no room for is counted.

    The thread begins with the first line. After `close`, lines are written at once.
    """

    def __init__(
        self, stream: TextIO, dropped_line: Callable[[int], str], *, most: int = MOST, closing_s: float = CLOSING_S
    ) -> None:
        """`told` makes the line that says how many were dropped."""
        self._stream, self._told, self._closing_s = stream, dropped_line, closing_s
        self._lines: queue.Queue[str | None] = queue.Queue(most)
        self._lock = threading.Lock()
        self._thread: threading.Thread | None = None
        self._closed = False
        self.dropped = 0

    def write(self, line: str) -> None:
        """Put a line, with its end, into the queue."""
        if self._closed:
            self._out(line)
            return
        if self._thread is None:
            self._begin()
        try:
            self._lines.put_nowait(line)
        except queue.Full:
            self._drop()

    def flush(self) -> None:
        """Nothing: who logs does not wait."""

    def waiting(self) -> int:
        """Lines in the queue."""
        return self._lines.qsize()

    def close(self) -> None:
        """Wait, but not for long, until all is written; then say how many lines were dropped, if any were."""
        self._closed = True
        if self._thread is None:
            return
        try:
            self._lines.put(None, timeout=self._closing_s)
        except queue.Full:
            return  # the stream has taken nothing for all that time; whom should it be said to
        self._thread.join(self._closing_s)

    def _begin(self) -> None:
        with self._lock:
            if self._thread is None:
                self._thread = threading.Thread(target=self._work, name="rag-eval-log", daemon=True)
                self._thread.start()

    def _work(self) -> None:
        while (line := self._lines.get()) is not None:
            lines = [line]
            while len(lines) < AT_ONCE and not self._lines.empty():
                further = self._lines.get_nowait()
                if further is None:
                    self._lines.put(None)
                    break
                lines.append(further)
            self._out("".join(lines))
        if self.dropped:
            self._out(self._told(self.dropped))

    def _drop(self) -> None:
        with self._lock:
            self.dropped += 1

    def _out(self, text: str) -> None:
        try:
            _write(self._stream, text)
        except (OSError, ValueError):  # closed, or its reader has gone: there is nowhere to say so
            self._drop()


def _write(stream: TextIO, text: str) -> None:
    """Past the stream's own buffer: at the end of the process, Python waits for whoever holds that buffer's lock."""
    if stream.isatty():
        sys.stderr.write(text)  # a progress bar that stands there has put itself in between
        sys.stderr.flush()
        return
    try:
        number = stream.fileno()
    except (OSError, AttributeError):
        stream.write(text)
        stream.flush()
        return
    rest = text.encode("utf-8", "backslashreplace")
    while rest:
        rest = rest[os.write(number, rest) :]
