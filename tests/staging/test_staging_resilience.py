"""The service over HTTP while its language model is away in every way that it can be."""

import socket
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx2
import pytest
from fastapi import FastAPI
from staging.serving import Clock, Configure, Start, client_of, log_in, problem, running
from support.llm_server import Fault, Model

from rag_eval.staging.api import create_app

_QUERY = "/api/v1/query/"
_ASKED = {"query": "When is the last boat?"}
_EXTRACTED = "The last boat is at 19:30."


@pytest.fixture
def model() -> Model:
    """What the model does."""
    return Model()


@pytest.fixture
def llm(model: Model) -> Iterator[str]:
    """Where it does it."""
    with running(model.app) as base:
        yield f"{base}/v1"


def variables(llm: str, **more: str) -> dict[str, str]:
    """Settings with a model, and more time than any machine needs."""
    return {
        "LLM_BASE_URL": llm,
        "LLM_MODEL": "tiny",
        "LLM_TIMEOUT_S": "60",
        "DEADLINE_S": "120",
        "BREAKER_RECOVERY_S": "10",
        "CACHE_TTL_S": "0",
        **more,
    }


def grant(app: FastAPI, seconds: float) -> None:
    """Have the model be waited for so long; soon enough to give up on what hangs is too soon for what works."""
    app.state.parts.circuits["llm"]._timeout_s = seconds


def breaker(client: httpx2.Client) -> str:
    """The state of the model's breaker, as Prometheus sees it."""
    lines = client.get("/metrics").text.splitlines()
    value = next(line for line in lines if line.startswith('rag_breaker_state{part="llm"}')).split()[-1]
    return {"0.0": "closed", "1.0": "half_open", "2.0": "open"}[value]


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["hang", "500", "empty", "garbage"])
def test_a_model_that_fails(
    model: Model, llm: str, start: Start, configure: Configure, clock: Clock, fault: Fault
) -> None:
    """It is asked five times and then left alone; every answer is flagged; one probe brings it back."""
    app = create_app(configure(**variables(llm)))
    client = log_in(start(app))
    assert client.post(_QUERY, json=_ASKED).json()["answer"] == model.says
    model.fault, model.asked = fault, []
    grant(app, 1.0 if fault == "hang" else 60.0)  # in which the question must have come to it
    for _ in range(8):
        body = client.post(_QUERY, json=_ASKED).json()
        assert (body["answer"], body["degraded"], body["degraded_by"]) == (_EXTRACTED, True, ["llm"])
    assert (len(model.asked), breaker(client)) == (5, "open")
    ready = client.get("/ready").json()
    assert (ready["status"], ready["parts"]["llm"]) == ("degraded", "down")

    clock.now += 10.5
    assert client.get("/ready").json()["parts"]["llm"] == "probing"
    client.post(_QUERY, json=_ASKED)
    assert (len(model.asked), breaker(client)) == (6, "open"), "a failed probe leaves it open"

    clock.now += 10.5
    model.fault = "none"
    grant(app, 60.0)
    body = client.post(_QUERY, json=_ASKED).json()
    assert (body["answer"], body["degraded"]) == (model.says, False)
    assert (breaker(client), client.get("/ready").json()["status"]) == ("closed", "ready")


@pytest.mark.usefixtures("clock")
def test_a_model_that_refuses_connections(start: Start, configure: Configure) -> None:
    """The same where nobody listens, until somebody does."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    client = log_in(start(create_app(configure(**variables(f"http://127.0.0.1:{port}/v1")))))
    for _ in range(4):
        assert client.post(_QUERY, json=_ASKED).json()["degraded_by"] == ["llm"]
    assert breaker(client) == "open"
    assert 'rag_fallbacks_total{part="llm"} 4.0' in client.get("/metrics").text


@pytest.mark.slow
@pytest.mark.usefixtures("clock")
def test_many_at_once_while_the_model_hangs(model: Model, llm: str, start: Start, configure: Configure) -> None:
    """Fifty requests that all wait for it: all are answered."""
    model.fault = "hang"
    app = create_app(configure(**variables(llm)))
    client = log_in(start(app))
    grant(app, 0.2)
    with ThreadPoolExecutor(50) as pool:
        responses = list(pool.map(lambda _: client.post(_QUERY, json=_ASKED), range(50)))
    assert {response.status_code for response in responses} == {200}
    assert {response.json()["answer"] for response in responses} == {_EXTRACTED}
    assert breaker(client) == "open"


def test_a_request_that_is_not_seen_to_in_time(start: Start, configure: Configure) -> None:
    """Where something blocks beyond the deadline the client is told so, in the one shape."""
    app = create_app(configure(DEADLINE_S="0.2"))

    async def slow() -> None:
        import asyncio

        await asyncio.sleep(3600)

    app.get("/slow")(slow)
    assert problem(start(app).get("/slow"))[:2] == (504, "deadline_exceeded")


@pytest.mark.slow
def test_a_body_that_does_not_come(configure: Configure) -> None:
    """Who says that a body will come and sends none is told so, and does not hold the connection for ever."""
    with running(create_app(configure(DEADLINE_S="1"))) as url, client_of(url) as client:
        token = log_in(client).headers["Authorization"]
        port = int(url.rpartition(":")[2])
        with socket.create_connection(("127.0.0.1", port)) as wire:
            head = f"POST /api/v1/query/ HTTP/1.1\r\nHost: x\r\nAuthorization: {token}\r\n"
            wire.sendall(f"{head}Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{{".encode())
            assert b" 408 " in wire.recv(4096).split(b"\r\n")[0]


def test_an_earlier_answer_stands_in(model: Model, llm: str, start: Start, configure: Configure) -> None:
    """Where the same was asked before, what the model wrote then is given, and flagged."""
    client = log_in(start(create_app(configure(**variables(llm, CACHE_TTL_S="0.001")))))
    client.post(_QUERY, json=_ASKED)
    model.fault = "500"
    body = client.post(_QUERY, json=_ASKED).json()
    assert (body["answer"], body["degraded"], body["cached"]) == (model.says, True, True)


def test_answers_are_given_again(model: Model, llm: str, start: Start, configure: Configure) -> None:
    """For a while, and not to who asks for a fresh one."""
    client = log_in(start(create_app(configure(**variables(llm, CACHE_TTL_S="3600")))))
    said = [client.post(_QUERY, json=_ASKED).json()["cached"] for _ in range(3)]
    assert (said, len(model.asked)) == ([False, True, True], 1)
    fresh = client.post(_QUERY, json=_ASKED, headers={"Cache-Control": "no-cache"}).json()
    assert (fresh["cached"], len(model.asked)) == (False, 2)
    text = client.get("/metrics").text
    for result, count in (("miss", 1), ("hit", 2), ("bypass", 1)):
        assert f'rag_cache_requests_total{{result="{result}"}} {count}.0' in text
    assert 'rag_llm_tokens_total{direction="input",model="tiny",operation="chat"} 22.0' in text


def test_an_answer_is_given_again_only_to_who_may_find_its_passages(
    model: Model, llm: str, start: Start, configure: Configure
) -> None:
    """What was written from one user's document is not shown to another who asks the same."""
    client = start(create_app(configure(**variables(llm, CACHE_TTL_S="3600"))))
    client.post("/api/v1/auth/register", json={"username": "grace", "password": "long enough"})
    log_in(client)
    told = client.post(
        "/api/v1/documents/upload", files={"file": ("a.md", b"# Secret\n\nThe last boat is a zeppelin.")}
    )
    while client.get(told.headers["Location"]).json()["state"] != "indexed":
        time.sleep(0.02)
    mine = client.post(_QUERY, json=_ASKED).json()
    theirs = log_in(client, "grace", "long enough").post(_QUERY, json=_ASKED).json()
    assert any("zeppelin" in context["text"] for context in mine["contexts"])
    assert not any("zeppelin" in context["text"] for context in theirs["contexts"])
    assert (theirs["cached"], len(model.asked)) == (False, 2)
