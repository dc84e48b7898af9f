"""An OpenAI-compatible server on loopback whose model is the embedded judge, with faults on demand.

It counts every call that it answered by what was asked, so that tests can tell whether anything was asked twice.
"""

import json
import re
import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

from rag_eval.judges.embedded.embedder import vector
from rag_eval.judges.shapes import SHAPES
from rag_eval.language.prompts import read_input

_TITLE = re.compile(r'"title": "(\w+)", "type": "object"\}')


@dataclass(frozen=True)
class Call:
    """A chat call as the server sees it."""

    number: int
    """From 1, over all calls."""
    prompt: str
    shape: str
    method: str
    """`json_schema`, `function_calling`, `json_mode` or `text`."""
    max_tokens: int
    seen: int
    """How often this very prompt was asked before."""


@dataclass(frozen=True)
class Fault:
    """What goes wrong with a call."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    body: str | None = None
    """Instead of the whole answer."""
    content: str | None = None
    """Instead of what the model says."""
    finish: str = "stop"
    seconds: float = 0.0
    """Of waiting before answering."""


Behaviour = Callable[[Call], Fault | None]


class _Listener(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    """So many connections may wait; the five of the standard library make a burst wait for a second."""


class JudgeServer:
    """Used as `with JudgeServer() as server`, then `server.url`."""

    def __init__(self, behave: Behaviour = lambda _: None, *, seconds: float = 0.0) -> None:
        self.behave = behave
        self.seconds = seconds
        self.answered: Counter[str] = Counter()
        """Prompt to number of whole answers."""
        self.log: list[tuple[float, str]] = []
        """When each whole answer left, by the monotonic clock, and its prompt."""
        self.asked: Counter[str] = Counter()
        self.methods: Counter[str] = Counter()
        self.peak = 0
        self._in_flight = 0
        self._lock = threading.Lock()
        self._server = _Listener(("127.0.0.1", 0), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05})

    @property
    def url(self) -> str:
        """The base URL that a client is given."""
        return f"http://127.0.0.1:{self._server.server_address[1]}/v1"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def chat(self, said: dict[str, Any]) -> tuple[int, Mapping[str, str], bytes]:
        """Answer one chat call."""
        prompt = said["messages"][-1]["content"]
        shape, method = _shape(said, prompt)
        with self._lock:
            seen = self.asked[prompt]
            self.asked[prompt] += 1
            self.methods[method] += 1
            limit = said.get("max_completion_tokens") or said.get("max_tokens") or 0
            call = Call(self.asked.total(), prompt, shape, method, limit, seen)
        fault = self.behave(call) or Fault()
        time.sleep(self.seconds + fault.seconds)
        if fault.body is not None or fault.status != 200:
            return fault.status, fault.headers, (fault.body or '{"error": {"message": "no"}}').encode()
        content = fault.content if fault.content is not None else model(shape, prompt)
        with self._lock:
            self.answered[prompt] += 1
            self.log.append((time.monotonic(), prompt))
        return 200, fault.headers, json.dumps(_completion(said, shape, method, content, fault.finish)).encode()

    def embed(self, said: dict[str, Any]) -> tuple[int, Mapping[str, str], bytes]:
        """Answer one embedding call."""
        return _embed(said)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True
            wbufsize = -1

            def do_GET(self) -> None:
                self._send(200, {}, b'{"object": "list", "data": []}')

            def do_POST(self) -> None:
                said = json.loads(self.rfile.read(int(self.headers["content-length"])))
                with server._lock:
                    server._in_flight += 1
                    server.peak = max(server.peak, server._in_flight)
                try:
                    self._send(*(server.chat(said) if self.path.endswith("/chat/completions") else server.embed(said)))
                finally:
                    with server._lock:
                        server._in_flight -= 1

            def _send(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
                try:
                    self.send_response(status)
                    for name, value in {"content-type": "application/json", **headers}.items():
                        self.send_header(name, value)
                    self.send_header("content-length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                except OSError:
                    self.close_connection = True

            def log_message(self, *_: object) -> None:
                pass

        return Handler


def model(shape: str, prompt: str) -> str:
    """What the model says: the embedded judge's reply."""
    heuristic = SHAPES[shape].heuristic
    assert heuristic is not None
    return json.dumps(heuristic(read_input(prompt)))


def _shape(said: dict[str, Any], prompt: str) -> tuple[str, str]:
    form = said.get("response_format") or {}
    if form.get("type") == "json_schema":
        return form["json_schema"]["name"], "json_schema"
    if said.get("tools"):
        return said["tools"][0]["function"]["name"], "function_calling"
    return _TITLE.findall(prompt)[-1], "json_mode" if form.get("type") == "json_object" else "text"


def _completion(said: dict[str, Any], shape: str, method: str, content: str, finish: str) -> dict[str, Any]:
    message: dict[str, Any] = {"role": "assistant", "content": content}
    if method == "function_calling":
        call = {"id": "c1", "type": "function", "function": {"name": shape, "arguments": content}}
        message = {"role": "assistant", "content": None, "tool_calls": [call]}
    return {
        "id": "chat",
        "object": "chat.completion",
        "created": 1,
        "model": said["model"],
        "choices": [{"index": 0, "message": message, "finish_reason": finish, "logprobs": None}],
        "usage": {"prompt_tokens": 100, "completion_tokens": 20, "total_tokens": 120},
    }


def _embed(said: dict[str, Any]) -> tuple[int, Mapping[str, str], bytes]:
    texts = said["input"] if isinstance(said["input"], list) else [said["input"]]
    data = [{"object": "embedding", "index": i, "embedding": vector(text)} for i, text in enumerate(texts)]
    body = {"object": "list", "data": data, "model": said["model"], "usage": {"prompt_tokens": 1, "total_tokens": 1}}
    return 200, {}, json.dumps(body).encode()
