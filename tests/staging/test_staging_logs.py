"""What is logged: JSON, one line a request, nothing that a user sent, and never at the price of waiting."""

import io
import json
import logging
import threading
from typing import Any

import httpx2
import pytest
from opentelemetry import trace
from opentelemetry.sdk.trace import TracerProvider
from pydantic import SecretStr
from staging.serving import Configure, client_of, log_in, running
from support.llm_server import Model

from rag_eval.staging.api import create_app
from rag_eval.staging.logs import OPEN, Logs, get_logger

_CANARIES = ("canary-question", "canary-password", "canary-document", "canary-answer", "canary-token", "canary-key")


def lines(stream: io.StringIO) -> list[dict[str, Any]]:
    """Every line, which must be an object."""
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def visit(client: httpx2.Client) -> None:
    """Do everything that a client does, with words that must not be seen again."""
    account = {"username": "grace", "password": "canary-password"}
    client.post("/api/v1/auth/register", json=account)
    log_in(client, "grace", "canary-password")
    for path in ("", "enhanced", "stream"):
        client.post(f"/api/v1/query/{path}", json={"query": "ferry canary-question"})
    client.post("/api/v1/query/?canary-question=1", json={"query": 5, "canary-question": "x"})
    client.post("/api/v1/documents/upload", files={"file": ("canary-document.md", b"# canary-document\n\ntext")})
    client.post("/api/v1/documents/upload", files={"file": ("canary-document.pdf", b"canary-document")})
    client.get("/canary-question")
    client.post("/api/v1/query/", json={}, headers={"Authorization": "Bearer canary-token"})
    client.post("/api/v1/auth/login", data={"username": "canary-question", "password": "canary-password"})


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["none", "500", "garbage"])
def test_nothing_that_was_sent_is_logged(configure: Configure, fault: Any) -> None:
    """No question, document, password, token or answer, whether the model answers or not; every line is JSON."""
    stream, model = io.StringIO(), Model(says="canary-answer", fault=fault)
    with running(model.app) as llm:
        settings = configure(LLM_BASE_URL=f"{llm}/v1", LLM_MODEL="tiny")
        settings = settings.model_copy(update={"llm_api_key": SecretStr("canary-key")})
        with running(create_app(settings, logs=Logs(stream, logging.DEBUG))) as url, client_of(url) as client:
            visit(client)
            token = client.headers["Authorization"].removeprefix("Bearer ")
    for canary in (*_CANARIES, "right horse", token):
        assert canary not in stream.getvalue()
    said = lines(stream)
    assert {name for line in said for name in line} <= OPEN
    requests = [line for line in said if line["event"] == "request"]
    assert len(requests) == 11
    assert {line["route"] for line in requests} >= {"/api/v1/query/", "/api/v1/documents/upload", "none"}
    assert all(len(line["request_id"]) == 32 for line in requests)
    if fault != "none":
        assert any(line["event"] == "part failed" and line["part"] == "llm" for line in said)


def test_an_error_is_told_by_its_place(configure: Configure) -> None:
    """The line names the kind and the place of an error, not its message, and has the id that the client was given."""
    stream = io.StringIO()
    app = create_app(configure(), logs=Logs(stream))

    async def broken() -> None:
        raise RuntimeError("canary-question")

    app.get("/broken")(broken)
    with running(app) as url, client_of(url) as client:
        response = client.get("/broken", headers={"X-Request-ID": "my-own-request-1"})
    assert (response.status_code, response.headers["X-Request-ID"]) == (500, "my-own-request-1")
    (line,) = (line for line in lines(stream) if line["event"] == "failed")
    assert (line["error"], line["request_id"], line["level"]) == ("RuntimeError", "my-own-request-1", "error")
    assert "test_staging_logs.py" in line["frames"][-1]
    assert "canary" not in stream.getvalue()


@pytest.mark.parametrize("said", ["", "short", "x" * 100, "with blank", "quote\"'", "ü" * 10])
def test_a_request_id_that_is_none_is_made(configure: Configure, said: str) -> None:
    """What a client says is taken over only if it can do no harm in a line."""
    with running(create_app(configure())) as url, client_of(url) as client:
        response = client.get("/nowhere", headers={b"X-Request-ID": said.encode()})
    assert len(response.headers["X-Request-ID"]) == 32


def test_lines_know_their_trace() -> None:
    """A line that is written within a span has its trace's id."""
    stream = io.StringIO()
    tracer = TracerProvider(shutdown_on_exit=False).get_tracer("test")
    with Logs(stream), tracer.start_as_current_span("x") as span:
        get_logger("rag_eval.staging.test").info("here")
    (line,) = lines(stream)
    assert line["trace_id"] == f"{span.get_span_context().trace_id:032x}"
    assert trace.get_current_span().get_span_context().is_valid is False


class _Stuck(io.StringIO):
    """A terminal that somebody has stopped."""

    def __init__(self) -> None:
        super().__init__()
        self.free = threading.Event()

    def write(self, text: str) -> int:
        self.free.wait()
        return super().write(text)


@pytest.mark.slow
def test_nobody_waits_for_a_stream_that_is_stuck(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lines beyond the queue are dropped and counted; the rest is written once the stream is free."""
    monkeypatch.setattr("rag_eval.staging.logs._WAITING", 100)
    stream, lost = _Stuck(), [0]
    logs = Logs(stream)

    def note(count: int) -> None:
        lost[0] += count

    logs.lost = note
    with logs:
        for n in range(300):
            get_logger("rag_eval.staging.test").info("line", count=n)
        stream.free.set()
    written = lines(stream)
    assert lost[0] > 0
    assert len(written) + lost[0] == 300
    assert [line["count"] for line in written] == sorted(line["count"] for line in written)
