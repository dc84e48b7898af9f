"""A RAG service on loopback that answers from a table and counts what it was asked, with faults on demand."""

import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Request:
    """What came in."""

    method: str
    path: str
    headers: Mapping[str, str]
    query: Mapping[str, str]
    body: Any
    seen: int
    """How often the same question was asked before."""


@dataclass(frozen=True)
class Response:
    """What goes out."""

    status: int = 200
    body: Any = None
    """JSON, or bytes as they are."""
    headers: Mapping[str, str] = field(default_factory=dict)
    seconds: float = 0.0
    """Of waiting first."""
    cut: bool = False
    """Whether the connection breaks in the middle of the body."""


def plain(question: str) -> dict[str, Any]:
    """An answer that repeats the question, with two contexts."""
    contexts = [{"id": "p1", "text": f"It is said: {question}"}, {"id": "p2", "text": "Something else altogether."}]
    return {"answer": f"It is said: {question}", "contexts": contexts}


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    """So many connections may wait; the five of the standard library make a burst wait for a second."""


class RagServer:
    """Used as `with RagServer() as server`, then `server.url`."""

    def __init__(self, answer: Callable[[Request], Response] | None = None, *, seconds: float = 0.0) -> None:
        self.answer = answer or (lambda request: Response(body=plain(_question(request))))
        self.seconds = seconds
        self.answered: Counter[str] = Counter()
        """Question to number of whole answers with status 200."""
        self.log: list[tuple[float, str]] = []
        """When each whole answer left, by the monotonic clock, and its question."""
        self.asked: Counter[str] = Counter()
        self.requests: list[Request] = []
        self.peak = 0
        self._in_flight = 0
        self._lock = threading.Lock()
        self._server = _Listener(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                self._serve()

            def do_POST(self) -> None:
                self._serve()

            def _serve(self) -> None:
                raw = self.rfile.read(int(self.headers.get("content-length") or 0))
                parts = urlsplit(self.path)
                query = {key: values[0] for key, values in parse_qs(parts.query).items()}
                form = self.headers.get("content-type", "").startswith("application/x-www-form-urlencoded")
                body: Any = {k: v[0] for k, v in parse_qs(raw.decode()).items()} if form else json.loads(raw or b"null")
                headers = {name.lower(): value for name, value in self.headers.items()}
                with server._lock:
                    draft = Request(self.command, parts.path, headers, query, body, 0)
                    key = _question(draft)
                    request = Request(self.command, parts.path, headers, query, body, server.asked[key])
                    server.asked[key] += 1
                    server.requests.append(request)
                    server._in_flight += 1
                    server.peak = max(server.peak, server._in_flight)
                try:
                    response = server.answer(request)
                    time.sleep(server.seconds + response.seconds)
                    self._send(response, key)
                finally:
                    with server._lock:
                        server._in_flight -= 1

            def _send(self, response: Response, key: str) -> None:
                body = response.body if isinstance(response.body, bytes) else json.dumps(response.body).encode()
                if response.status == 200 and not response.cut:
                    with server._lock:
                        server.answered[key] += 1
                        server.log.append((time.monotonic(), key))
                try:
                    self.send_response(response.status)
                    for name, value in {"content-type": "application/json", **response.headers}.items():
                        self.send_header(name, value)
                    self.send_header("content-length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body[: len(body) // 2] if response.cut else body)
                except OSError:
                    self.close_connection = True
                if response.cut:
                    self.close_connection = True

            def log_message(self, *_: object) -> None:
                pass

        return Handler


def _question(request: Request) -> str:
    """What a request asks; its path for one that asks nothing, such as a login."""
    body = request.body if isinstance(request.body, dict) else {}
    return str(body.get("query") or request.query.get("query") or request.path)
