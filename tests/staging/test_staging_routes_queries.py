"""Answers in pieces, by server-sent events."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import httpx2
import pytest
from staging.serving import Configure, Start, log_in, problem, running
from support.llm_server import Model

from rag_eval.staging.api import create_app

_STREAM = "/api/v1/query/stream"
_ASKED = {"query": "When is the last boat?"}


@pytest.fixture
def model() -> Model:
    """What the model does."""
    return Model(says="At half past seven in the evening.")


@pytest.fixture
def serve(model: Model, start: Start, configure: Configure) -> Iterator[Callable[..., httpx2.Client]]:
    """Starts a service with that model, and as much time as is said; returns a client, logged in."""
    with running(model.app) as llm:

        def serving(**variables: str) -> httpx2.Client:
            times = {"LLM_TIMEOUT_S": "60", "DEADLINE_S": "120", **variables}
            return log_in(start(create_app(configure(LLM_BASE_URL=f"{llm}/v1", LLM_MODEL="tiny", **times))))

        yield serving


@pytest.fixture
def client(serve: Callable[..., httpx2.Client]) -> httpx2.Client:
    """A client of one that has time."""
    return serve()


def events(response: httpx2.Response) -> tuple[list[str], dict[str, Any], bool]:
    """The pieces, the last object, and whether the stream said that it is whole."""
    assert response.headers["Content-Type"].startswith("text/event-stream")
    data = [line.removeprefix("data: ") for line in response.text.splitlines() if line]
    is_whole = data[-1] == "[DONE]"
    objects = [json.loads(one) for one in data if one != "[DONE]"]
    return [one["delta"] for one in objects if "delta" in one], objects[-1], is_whole


def test_pieces_and_the_whole(client: httpx2.Client, model: Model) -> None:
    """Pieces as the model writes them, then the reply that the other endpoint gives, then the end."""
    pieces, reply, is_whole = events(client.post(_STREAM, json=_ASKED))
    assert (len(pieces), "".join(pieces), is_whole) == (7, model.says, True)
    assert (reply["answer"], reply["degraded"]) == (model.says, False)
    assert reply["contexts"] == client.post("/api/v1/query/", json=_ASKED).json()["contexts"]
    assert 'rag_llm_tokens_total{direction="output",model="tiny",operation="chat"} 7.0' in client.get("/metrics").text


def test_without_a_model(start: Start, configure: Configure) -> None:
    """The extracted answer comes in one piece."""
    pieces, reply, is_whole = events(log_in(start(create_app(configure()))).post(_STREAM, json=_ASKED))
    assert (pieces, reply["answer"], is_whole) == (["The last boat is at 19:30."], "The last boat is at 19:30.", True)


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["500", "hang", "empty"])
def test_a_model_that_does_not_begin(serve: Callable[..., httpx2.Client], model: Model, fault: Any) -> None:
    """The pages' sentences stand in, flagged."""
    model.fault = fault
    client = serve(LLM_TIMEOUT_S="0.1" if fault == "hang" else "60")
    pieces, reply, is_whole = events(client.post(_STREAM, json=_ASKED))
    assert (pieces, is_whole) == (["The last boat is at 19:30."], True)
    assert (reply["degraded"], reply["degraded_by"]) == (True, ["llm"])


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["cut", "hang later"])
def test_a_model_that_breaks_off(serve: Callable[..., httpx2.Client], model: Model, fault: Any) -> None:
    """What is out cannot be taken back: the stream ends with an error, and does not say that it is whole."""
    model.fault = fault
    client = serve(DEADLINE_S="2" if fault == "hang later" else "120")
    pieces, last, is_whole = events(client.post(_STREAM, json=_ASKED))
    assert (pieces, is_whole) == (["At", " half"], False)
    assert last["error"]["code"] == "broke_off"


def test_refusals_come_before_the_stream(client: httpx2.Client) -> None:
    """With their status, in the one shape."""
    assert problem(client.post(_STREAM, json={}))[:2] == (422, "invalid_request")
    del client.headers["Authorization"]
    assert problem(client.post(_STREAM, json=_ASKED))[:2] == (401, "unauthorized")


def test_a_model_that_always_breaks_off_is_left_alone(client: httpx2.Client, model: Model) -> None:
    """After five times the pages' sentences stand in."""
    model.fault = "cut"
    wholes = [events(client.post(_STREAM, json={"query": f"When is the last boat, {n}?"}))[2] for n in range(7)]
    assert (wholes, len(model.asked)) == ([False] * 5 + [True] * 2, 5)


def test_half_a_letter(client: httpx2.Client, model: Model) -> None:
    """A server that cuts an emoji in two does not break the stream."""
    model.says = "At half \ud83d past"
    pieces, reply, is_whole = events(client.post(_STREAM, json=_ASKED))
    assert is_whole
    assert reply["answer"] == "".join(pieces) == "At half \ufffd past"
