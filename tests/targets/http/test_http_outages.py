"""A service that fails, is down, names a time, or must not be asked twice; on real sockets."""

import asyncio
import json
from typing import Any

import pytest
from fastapi import FastAPI, Request, Response
from support.asking import CASE, SECRET, ask_all, ask_case, http, refused, serving

from rag_eval.errors import ReasonedError
from rag_eval.records import Answer
from rag_eval.targets.http.target import HttpTarget


def test_a_service_that_must_not_be_asked_twice() -> None:
    """What may have been taken on is not tried again; what was refused for load is."""
    app, came = FastAPI(), list[int]()

    @app.post("/ask")
    async def ask() -> Response:
        came.append(1)
        return Response("{}", 503 if len(came) == 1 else 502)

    with serving(app) as url:
        error = refused(http(f"{url}/ask", idempotent=False, retries=3))
    assert (error.reason, len(came)) == ("http_status", 2)


def test_a_quota_that_is_used_up_is_asked_once() -> None:
    """Another try would not mend it; the service's own words say so."""
    app, came = FastAPI(), list[int]()

    @app.post("/ask")
    async def ask() -> Response:
        came.append(1)
        return Response('{"error": {"message": "pay first", "code": "insufficient_quota"}}', 429)

    with serving(app) as url:
        error = refused(http(f"{url}/ask", retries=3))
    assert (error.reason, error.status, len(came)) == ("quota", 429, 1)
    assert "pay first" in str(error)


def test_who_sends_us_on_has_taken_it_on() -> None:
    """What goes wrong after a redirect is no reason to ask again, whatever it would mean without one."""
    app, came, told = FastAPI(), list[int](), list[bool]()

    @app.post("/ask")
    async def ask() -> Response:
        came.append(1)
        return Response(status_code=303, headers={"Location": "/result"})

    @app.get("/result")
    async def result() -> Response:
        return Response("{}", 503, {"Retry-After": "0"})

    with serving(app) as url:
        said = http(f"{url}/ask", idempotent=False, retries=3)

        async def scenario() -> Answer:
            async with HttpTarget(said, sending=lambda _, *, sent: told.append(sent)) as target:
                return await target.answer(CASE)

        with pytest.raises(ReasonedError) as caught:
            asyncio.run(scenario())
    assert (caught.value.reason, len(came), told) == ("http_status", 1, [True])


def test_a_deadline_ends_all_tries() -> None:
    """However many retries are left."""
    app = FastAPI()

    @app.post("/ask")
    async def ask() -> Response:
        await asyncio.sleep(0.1)
        return Response("{}", 503)

    with serving(app) as url:
        error = refused(http(f"{url}/ask", retries=50, deadline=0.35))
    assert error.reason == "deadline"
    assert error.attempts < 8


def test_an_outage_is_no_fault_of_the_questions() -> None:
    """While the breaker pauses, no question loses a try, also with none to lose; the login waits as well."""
    app, came = FastAPI(), list[int]()

    @app.post("/ask")
    async def ask() -> Response:
        came.append(1)
        ok = len(came) > 12
        return Response(json.dumps({"answer": "At nine."}), 200 if ok else 503, media_type="application/json")

    cases = [CASE.model_copy(update={"id": f"c{n}"}) for n in range(10)]
    breaker = {"failures": 2, "recovery": 0.05, "patience": 30}
    with serving(app) as url:
        answers = ask_all(http(f"{url}/ask", breaker=breaker, retries=0, concurrency=2), *cases)
    lost = [one for one in answers if not isinstance(one, Answer)]
    assert len(lost) <= 2, "only those that failed before the circuit opened"


def test_a_named_time_holds_for_all_questions() -> None:
    """After `Retry-After: 1` nobody asks for a second."""
    app, came = FastAPI(), list[float]()

    @app.post("/ask")
    async def ask() -> Response:
        came.append(asyncio.get_running_loop().time())
        if len(came) == 1:
            return Response(status_code=429, headers={"retry-after": "1"})
        return Response(json.dumps({"answer": "At nine."}), media_type="application/json")

    cases = [CASE.model_copy(update={"id": f"c{n}"}) for n in range(4)]
    with serving(app) as url:
        assert all(isinstance(one, Answer) for one in ask_all(http(f"{url}/ask", retries=2, concurrency=1), *cases))
    assert came[1] - came[0] >= 0.95


def test_secrets_in_ids_and_extras_are_masked() -> None:
    """A service that repeats the token in whatever is kept is not repeated there; a name of a company is no secret."""
    app = FastAPI()

    @app.post("/ask")
    async def ask(request: Request) -> dict[str, Any]:
        said = request.headers["authorization"]
        return {"answer": "Acme Insurance Group covers it.", "ids": [said], "tokens": {said: [said, float("inf") > 1]}}

    select = {"retrieved_context_ids": "ids", "usage": "tokens"}
    auth = {"kind": "bearer", "token_env": "RAG_SECRET"}
    with pytest.MonkeyPatch.context() as patch, serving(app) as url:
        patch.setenv("COMPANY", "Acme Insurance Group")
        answer = ask_case(http(f"{url}/ask", select=select, auth=auth, headers={"X-Company": "${COMPANY}"}))
    assert SECRET not in answer.model_dump_json()
    assert answer.response == "Acme Insurance Group covers it."
