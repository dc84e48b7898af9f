"""Metrics for whoever collects them: on a port, or in a file for the node exporter's textfile collector."""

import os
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from rag_eval.errors import UsageError
from rag_eval.telemetry.live import LIVE

if TYPE_CHECKING:
    from wsgiref.simple_server import WSGIServer

    from rag_eval.telemetry.prometheus import Instruments

HOST = "RAG_EVAL_METRICS_HOST"
EVERY_S = 5.0
"""Seconds between two versions of the file."""
CLOSING_S = 2.0
"""Seconds that the end of a run waits for the last one."""

_log = structlog.get_logger()


@contextmanager
def exposed(
    port: int | None, file: Path | None, *, environ: Mapping[str, str] | None = None, every_s: float = EVERY_S
) -> Iterator[str | None]:
    """Count, and show what is counted, for as long as the block lasts; gives the URL if there is one.

    Raises `UsageError` if prometheus_client is not installed, or the port cannot be listened on.
    """
    if port is None and file is None:
        yield None
        return
    instruments = _instruments()
    values = os.environ if environ is None else environ
    server = None if port is None else _Server(values.get(HOST) or "127.0.0.1", port, instruments)
    watch = _Watch(instruments, server, file, every_s)
    LIVE.instruments = instruments
    try:
        yield None if server is None else server.url
    finally:
        LIVE.instruments = None
        watch.close()
        if server is not None:
            server.close()


def _instruments() -> "Instruments":
    try:
        from rag_eval.telemetry.prometheus import Instruments
    except ImportError as error:
        raise UsageError(
            f"--metrics-port and --metrics-file need prometheus_client ({error}). Do: pip install 'rag-eval[metrics]'"
        ) from error
    return Instruments()


class _Server:
    """prometheus_client's own server, in a thread."""

    def __init__(self, host: str, port: int, instruments: "Instruments") -> None:
        self._httpd: WSGIServer
        try:
            self._httpd, self.thread = instruments.listen(host, port)
        except (OSError, OverflowError) as error:
            raise UsageError(
                f"--metrics-port {port}: cannot listen on {host}:{port}: {error}. "
                f"Do: choose another port, or 0 for a free one; the host is {HOST}, 127.0.0.1 if that is not set"
            ) from error
        # A collector that hangs up in the middle would print a traceback.
        self._httpd.handle_error = lambda *_: None  # type: ignore[method-assign]
        shown = f"[{host}]" if ":" in host else host
        self.url = f"http://{shown}:{self._httpd.server_port}/metrics"

    def close(self) -> None:
        """Stop listening, without waiting for who is still being answered."""
        setattr(self._httpd, "block_on_close", False)  # noqa: B010 - of the mixin, which its type does not tell
        if self.thread.is_alive():
            self._httpd.shutdown()
        self._httpd.server_close()


class _Watch:
    """Writes the file now and then, and sees whether the server still lives; each trouble is told once."""

    def __init__(self, instruments: "Instruments", server: _Server | None, file: Path | None, every_s: float) -> None:
        self._instruments, self._server, self._file, self._every_s = instruments, server, file, every_s
        self._told: set[str] = set()
        self._end = threading.Event()
        self._thread = threading.Thread(target=self._work, name="rag-eval-metrics", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Write the last version; a disk that hangs is left behind."""
        self._end.set()
        self._thread.join(CLOSING_S)

    def _work(self) -> None:
        while True:
            last = self._end.is_set()
            self._write()
            if self._server is not None and not last and not self._server.thread.is_alive():
                self._tell("the metrics server has ended; the run goes on", where=self._server.url)
            if last:
                return
            self._end.wait(self._every_s)

    def _write(self) -> None:
        if self._file is None:
            return
        try:
            self._instruments.write(self._file)
        except OSError as error:
            why = error.strerror or type(error).__name__
            self._tell("the metrics file cannot be written; the run goes on", file=str(self._file), why=why)

    def _tell(self, message: str, **facts: str) -> None:
        if message not in self._told:
            self._told.add(message)
            _log.warning(message, **facts)
