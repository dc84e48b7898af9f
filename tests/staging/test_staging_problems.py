"""Whatever is refused is answered in one shape, and never says what somebody sent."""

import json
import sqlite3
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel, Field
from staging.serving import answered, problem

from rag_eval.staging import problems
from rag_eval.staging.errors import ServiceRefusal
from rag_eval.staging.wire import ProblemReply


class Form(BaseModel):
    """Something to send."""

    password: str = Field(min_length=8)
    inner: dict[str, int] = Field(default_factory=dict)


def app(error: Exception | None = None) -> FastAPI:
    """An application with a route that fails, and one that takes a form."""
    app = FastAPI(telemetry={"tracing": False, "metrics": False, "logs": False})
    problems.answer_problems(app)

    @app.get("/fails")
    async def fails() -> None:
        assert error is not None
        raise error

    @app.post("/form")
    async def form(form: Form, n: int = 0) -> int:
        return n + len(form.password)

    return app


def refused(application: FastAPI, method: str, path: str, **request: Any) -> httpx2.Response:
    """What comes back; its body has the one shape."""
    response = answered(application, method, path, **request)
    ProblemReply.model_validate(response.json())
    return response


def test_a_refusal_is_told_as_it_is() -> None:
    """With its own code, sentence and headers."""
    refusal = ServiceRefusal(409, "username_taken", "choose another — bitte", {"Retry-After": "7"})
    response = refused(app(refusal), "GET", "/fails")
    assert problem(response) == (409, "username_taken", "choose another — bitte")
    assert response.headers["retry-after"] == "7"


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "bad_request"),
        (401, "unauthorized"),
        (403, "forbidden"),
        (404, "not_found"),
        (413, "too_large"),
        (415, "unsupported_type"),
        (429, "rate_limited"),
        (418, "error"),
    ],
)
def test_what_the_framework_refuses_has_a_code_too(status: int, code: str) -> None:
    """A status that nobody foresaw as well, with the headers that came along."""
    response = refused(app(HTTPException(status, "no", {"X-Why": "so"})), "GET", "/fails")
    assert problem(response) == (status, code, "no")
    assert response.headers["x-why"] == "so"


def test_a_detail_that_is_no_text_becomes_one() -> None:
    """The message is a text in any case."""
    assert problem(refused(app(HTTPException(400, {"a": 1})), "GET", "/fails")) == (400, "bad_request", "{'a': 1}")


def test_what_is_not_there_and_what_may_not_be_done_there() -> None:
    """In the one shape."""
    assert problem(refused(app(), "GET", "/nowhere"))[:2] == (404, "not_found")
    assert problem(refused(app(), "PUT", "/fails"))[:2] == (405, "method_not_allowed")


@pytest.mark.parametrize(
    ("request_", "where"),
    [
        ({"json": {"password": "short-1"}}, ["password: "]),
        ({"json": {}}, ["password: "]),
        ({"json": {"password": "long enough", "inner": {"a": "x"}}}, ["inner.a: "]),
        ({"json": {"password": "long enough"}, "params": {"n": "x"}}, ["n: "]),
        ({"json": {"password": "short-1"}, "params": {"n": "x"}}, ["n: ", "password: "]),
        ({"content": b"{", "headers": {"Content-Type": "application/json"}}, ["1: "]),
        ({}, ["body: "]),
    ],
)
def test_what_is_wrong_with_a_request_is_named_by_its_place(request_: dict[str, Any], where: list[str]) -> None:
    """All of it at once, in sentences."""
    status, code, message = problem(refused(app(), "POST", "/form", **request_))
    assert (status, code) == (422, "invalid_request")
    sentences = message.split("; ")
    assert len(sentences) == len(where)
    assert all(any(sentence.startswith(place) for sentence in sentences) for place in where)


@pytest.mark.parametrize("body", [{"password": "hunter2"}, {"password": 70_000_001}, {"password": ["hunter2"]}])
def test_what_was_sent_is_not_said_again(body: dict[str, Any]) -> None:
    """It may be a password, and answers are logged by others."""
    text = refused(app(), "POST", "/form", json=body).text
    assert "hunter2" not in text
    assert "70000001" not in text


def test_a_store_that_is_busy_is_not_the_client_s_fault() -> None:
    """Who asked is told to come again, and nothing of what the database said."""
    response = refused(app(sqlite3.OperationalError("database is locked: /srv/secret.db")), "GET", "/fails")
    assert problem(response) == (503, "unavailable", "accounts and documents cannot be reached; try again")
    assert response.headers["retry-after"] == "1"


def test_what_openapi_says_of_a_status_is_what_comes() -> None:
    """The one shape, a short word, and the headers that go with it."""
    said = problems.documented(401, 429, 404)
    assert list(said) == [401, 429, 404]
    assert all(entry["model"] is ProblemReply for entry in said.values())
    assert [list(said[status]["headers"]) for status in said] == [["WWW-Authenticate"], ["Retry-After"], []]
    assert said[404]["description"] == "not_found"
    with pytest.raises(KeyError):
        problems.documented(418)


def test_a_refusal_alone_is_a_whole_answer() -> None:
    """For layers around the routes."""
    response = problems.refused(ServiceRefusal(504, "deadline_exceeded", "late"))
    assert json.loads(bytes(response.body)) == {"error": {"code": "deadline_exceeded", "message": "late"}}
    assert response.status_code == 504
