"""Real clients export to the receiver, in environments of their own, and what they recorded is read as it was.

The environments are made once for each list of pins and kept in pytest's cache; without a registry they are skipped.
"""

import importlib.util
import json
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from support.receiving import Running, receiving

from rag_eval import traces
from rag_eval.identifiers import hex_digest

pytestmark = [pytest.mark.slow, pytest.mark.installs, pytest.mark.timeout(900)]

HERE = Path(__file__).resolve().parent
APPS = HERE / "apps"
CLIENTS = {
    "LangChain, OpenInference": ("langchain_chain.py", "first.txt", {}),
    "LangChain, OpenLLMetry": ("langchain_chain.py", "first.txt", {"CLIENT": "openllmetry"}),
    "LlamaIndex, OpenInference": ("llamaindex_engine.py", "first.txt", {}),
    "OpenAI SDK, OpenTelemetry": ("openai_sdk.py", "first.txt", {}),
    "Haystack, OpenInference": ("haystack_pipeline.py", "second.txt", {}),
    "Langfuse": ("langfuse_observe.py", "second.txt", {}),
    "Pydantic AI, Logfire": ("pydantic_agent.py", "second.txt", {}),
}
WITHOUT_IDS = ("LangChain, OpenLLMetry",)
OWN_WORDS = {("LlamaIndex, OpenInference", "Xyzzy?"): "Empty Response"}
"""What a framework answers by itself, without asking the model."""


def _hotel() -> ModuleType:
    spec = importlib.util.spec_from_file_location("hotel", APPS / "hotel.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


HOTEL = _hotel()


class _Model(BaseHTTPRequestHandler):
    """OpenAI's API as far as the clients need it: says what the hotel's model says, calls the tool that is offered."""

    def log_message(self, *_: Any) -> None:
        """Say nothing."""

    def do_POST(self) -> None:
        """Answer a request for a chat."""
        asked = json.loads(self.rfile.read(int(self.headers["content-length"])))
        question = [each["content"] for each in asked["messages"] if each["role"] == "user"][-1]
        if asked.get("tools") and asked["messages"][-1]["role"] == "user":
            called = {"name": asked["tools"][0]["function"]["name"], "arguments": json.dumps({"query": question})}
            calls = [{"id": "call-1", "type": "function", "function": called}]
            self._send(200, _completion({"role": "assistant", "content": None, "tool_calls": calls}, "tool_calls"))
            return
        try:
            text = HOTEL.reply(question)
        except RuntimeError as error:
            self._send(400, {"error": {"message": str(error), "type": "invalid_request_error"}})
            return
        if asked.get("stream"):
            self._stream(text)
        else:
            self._send(200, _completion({"role": "assistant", "content": text}, "stop"))

    def _send(self, status: int, body: dict[str, Any]) -> None:
        raw = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(raw)))
        self.end_headers()
        self.wfile.write(raw)

    def _stream(self, text: str) -> None:
        self.send_response(200)
        self.send_header("content-type", "text/event-stream")
        self.end_headers()
        for at, word in enumerate(text.split(" ")):
            delta = {"role": "assistant", "content": word if not at else f" {word}"}
            self._chunk({"index": 0, "delta": delta, "finish_reason": None})
        self._chunk({"index": 0, "delta": {}, "finish_reason": "stop"})
        self.wfile.write(b"data: [DONE]\n\n")

    def _chunk(self, choice: dict[str, Any]) -> None:
        body = {"id": "c", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": [choice]}
        self.wfile.write(f"data: {json.dumps(body)}\n\n".encode())


def _completion(message: dict[str, Any], why: str) -> dict[str, Any]:
    usage = {"prompt_tokens": 40, "completion_tokens": 9, "total_tokens": 49}
    choices = [{"index": 0, "finish_reason": why, "message": message}]
    return {"id": "c", "object": "chat.completion", "created": 1, "model": "m", "choices": choices, "usage": usage}


@pytest.fixture(scope="module")
def model() -> Iterator[str]:
    """The address of the model."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Model)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/v1"
    server.shutdown()
    server.server_close()
    thread.join()


def _environment(pins: Path, cache: Path) -> Path:
    """The Python of an environment with these pins; skips where they cannot be had."""
    folder = cache / f"{pins.stem}-{hex_digest(pins.read_text(), 12)}"
    python, ready = folder / "bin" / "python", folder / "ready"
    if ready.exists():
        return python
    subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
    command = [str(python), "-m", "pip", "install", "--quiet", "--retries", "1", "-r", str(pins)]
    try:
        subprocess.run(command, capture_output=True, text=True, timeout=600, check=True)
    except subprocess.CalledProcessError as error:
        pytest.skip(f"the clients cannot be installed, the registry may be away: {error.stderr.strip()[-200:]}")
    except subprocess.TimeoutExpired:
        pytest.skip("the clients cannot be installed in ten minutes, the registry may be slow")
    ready.touch()
    return python


def _run(name: str, receiver: Running, model: str, cache: Path) -> None:
    """Run a client to its end."""
    app, pins, env = CLIENTS[name]
    python = _environment(HERE / pins, cache)
    own = {"OTEL_EXPORTER_OTLP_ENDPOINT": receiver.url, "MODEL_URL": model, "NO_PROXY": "127.0.0.1", **env}
    kept = {each: os.environ[each] for each in ("PATH", "HOME", "LANG") if each in os.environ}
    done = subprocess.run(
        [str(python), str(APPS / app)], env=kept | own, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert "failed:" in done.stdout  # one question breaks the model


@pytest.mark.parametrize("name", CLIENTS)
def test_what_a_client_recorded_is_read_as_it_was(
    tmp_path: Path, model: str, request: pytest.FixtureRequest, name: str
) -> None:
    """Question, answer, contexts and ids; a failed request has none and says why, an empty search found nothing."""
    with receiving(tmp_path / "capture") as receiver:
        _run(name, receiver, model, request.config.cache.mkdir("clients"))
    read = {
        each.question: (each.response and each.response.strip(), each.contexts, each.context_ids)
        for each in traces.read(str(tmp_path / "capture"))
        if isinstance(each, traces.Exchange)
    }
    truth: dict[str, Any] = {}
    for question in HOTEL.QUESTIONS:
        keys = HOTEL.search(question)
        answer = None if HOTEL.BREAKS in question else OWN_WORDS.get((name, question), HOTEL_ANSWER.format(question))
        ids = None if name in WITHOUT_IDS and keys else tuple(keys)
        truth[question] = (answer, tuple(HOTEL.PASSAGES[key] for key in keys), ids)
    assert read == truth


HOTEL_ANSWER = 'The answer to "{}" is yes.'
