"""Answers by a language model, from a small server that plays one."""

import asyncio
import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from rag_eval.staging.errors import WriterError
from rag_eval.staging.writer import ChatWriter


@dataclass
class Model:
    """What the played model says next, and what it was asked."""

    url: str
    status: int = 200
    body: bytes = b""
    delay_s: float = 0.0
    asked: list[dict[str, Any]] = field(default_factory=list)

    def says(self, content: object) -> None:
        """Have it answer with this message."""
        self.body = json.dumps({"choices": [{"message": {"role": "assistant", "content": content}}]}).encode()


@pytest.fixture
def model() -> Iterator[Model]:
    """A chat endpoint on a free loopback port."""
    with ThreadingHTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        played = Model(f"http://127.0.0.1:{server.server_port}/v1")
        server.RequestHandlerClass = _handler(played)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield played
        server.shutdown()
        thread.join()


def _handler(model: Model) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            model.asked.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            time.sleep(model.delay_s)
            try:
                self._reply()
            except ConnectionError:
                assert model.delay_s, "only who waits too long hangs up"

        def _reply(self) -> None:
            self.send_response(model.status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(model.body)))
            self.end_headers()
            self.wfile.write(model.body)

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002  the base class' name
            """Say nothing."""

    return Handler


def write(url: str, timeout_s: float = 10) -> str:
    """Ask for one answer."""

    async def once() -> str:
        writer = ChatWriter(url, "tiny", "none", timeout_s)
        try:
            return await writer.write("When?", ["first text", "second text"])
        finally:
            await writer.aclose()

    return asyncio.run(once())


def test_answer(model: Model) -> None:
    """The model's message is the answer, and it was shown the question and every context."""
    model.says(" At noon.\n")
    assert write(model.url) == "At noon."
    shown = model.asked[0]["messages"][1]["content"]
    assert all(part in shown for part in ("When?", "[1] first text", "[2] second text"))
    assert model.asked[0]["model"] == "tiny"


@pytest.mark.parametrize(
    "spoil",
    [
        lambda model: model.says(""),
        lambda model: model.says("  "),
        lambda model: model.says(None),
        lambda model: setattr(model, "body", b'{"choices": []}'),
        lambda model: setattr(model, "body", b"<html>"),
        lambda model: setattr(model, "body", b""),
        lambda model: setattr(model, "status", 401),
    ],
    ids=["empty", "blank", "null", "no choices", "no json", "no body", "refused"],
)
def test_unusable_reply(model: Model, spoil: Callable[[Model], None]) -> None:
    """Whatever comes back that is no answer is one kind of error."""
    spoil(model)
    with pytest.raises(WriterError, match="tiny wrote no answer"):
        write(model.url)


def test_slow_model(model: Model) -> None:
    """The time limit holds for everything together."""
    model.says("late")
    model.delay_s = 1.0
    began = time.monotonic()
    with pytest.raises(WriterError, match="Timeout"):
        write(model.url, timeout_s=0.2)
    assert time.monotonic() - began < 0.9


def test_nobody_there() -> None:
    """A port where nobody listens is that error too."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(WriterError, match="tiny wrote no answer"):
        write(f"http://127.0.0.1:{port}/v1")
