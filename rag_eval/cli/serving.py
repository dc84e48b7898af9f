"""One page on a socket of this machine, for whoever was given its address."""

import secrets
import signal
import threading
from collections.abc import Callable
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import FrameType
from typing import Any

from rag_eval.errors import RagEvalError, UsageError

HOST = "127.0.0.1"
_HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Resource-Policy": "same-origin",
}


class _PageServer(ThreadingHTTPServer):
    """Serves one page below a path that cannot be guessed: other users of the machine can reach the port too."""

    daemon_threads = True

    def __init__(self, port: int, render: Callable[[], str]) -> None:
        super().__init__((HOST, port), _PageHandler)
        self.render = render
        self.rendering = threading.Lock()
        self.path = f"/{secrets.token_urlsafe(16)}/"
        self.hosts = {f"{HOST}:{self.server_port}", f"localhost:{self.server_port}"}


class _PageHandler(BaseHTTPRequestHandler):
    server: _PageServer
    server_version, sys_version = "rag-eval", ""

    def do_GET(self) -> None:
        """Answer with the page, or with nothing."""
        if self.headers.get("Host") not in self.server.hosts or self.path.partition("?")[0] != self.server.path:
            self._answer(HTTPStatus.NOT_FOUND, "There is nothing here. Open the address that rag-eval view printed.")
            return
        try:
            with self.server.rendering:
                page = self.server.render()
        except RagEvalError as error:
            self._answer(HTTPStatus.CONFLICT, str(error), "text/plain; charset=utf-8")
            return
        self._answer(HTTPStatus.OK, page)

    def _answer(self, status: HTTPStatus, text: str, kind: str = "") -> None:
        body = text.encode(errors="replace")
        self.send_response(status)
        for name, value in _HEADERS.items():
            self.send_header(name, kind if kind and name == "Content-Type" else value)
        self.send_header("Content-Length", str(len(body)))
        with suppress(ConnectionError):  # a tab that was closed while its page came is nobody's mistake
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  http.server's names
        """Say nothing: the address holds the secret."""


def serve(render: Callable[[], str], port: int, on_ready: Callable[[str], None]) -> None:
    """Serve a page until Ctrl-C or SIGTERM; `on_ready` is called once with its address. Raises `UsageError`."""
    try:
        server = _PageServer(port, render)
    except OSError as error:
        raise UsageError(f"cannot listen on port {port}: {error.strerror}. Do: another --port, or 0") from error

    def stop(_: int, __: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        on_ready(f"http://{HOST}:{server.server_port}{server.path}")
        server.serve_forever()
    except KeyboardInterrupt:
        pass  # to be told to stop is no failure
    finally:
        server.server_close()
        signal.signal(signal.SIGTERM, before)
