"""Turns of a conversation."""

import asyncio
from typing import Any

from fastapi import FastAPI, Request, Response
from support.asking import ask_all, http, serving

from rag_eval.errors import ReasonedError
from rag_eval.records import Answer, Case


def test_turns_of_a_conversation_keep_order_session_and_cookies() -> None:
    """Two conversations at once: each turn knows those before it, and none of the other conversation."""
    app, came = FastAPI(), list[tuple[Any, Any, Any]]()

    @app.post("/ask")
    async def ask(request: Request, response: Response) -> dict[str, Any]:
        body = await request.json()
        came.append((body["query"], body["session"], request.cookies.get("chat")))
        await asyncio.sleep(0.02)
        response.set_cookie("chat", body["query"][0])
        return {"answer": f"{len(body['history'])} before", "sid": f"s-{body['query'][0]}"}

    body = {"query": "{{ user_input }}", "session": "{{ session or '' }}", "history": []}
    cases = [Case(id=f"{name}{n}", user_input=f"{name}{n}", metadata={"chat": name}) for n in range(3) for name in "ab"]
    with serving(app) as url:
        said = http(f"{url}/ask", body=body, conversation="metadata.chat", select={"session": "sid"})
        answers = ask_all(said, *cases)
    assert all(isinstance(one, Answer) for one in answers)
    for name in "ab":
        mine = [one for one in came if one[0].startswith(name)]
        assert mine == [(f"{name}0", "", None), (f"{name}1", f"s-{name}", name), (f"{name}2", f"s-{name}", name)]


def test_a_turn_after_a_failed_one_is_not_asked() -> None:
    """It would be another question; the failure says so."""
    app, came = FastAPI(), list[str]()

    @app.post("/ask")
    async def ask(request: Request) -> Response:
        came.append((await request.json())["query"])
        return Response("{}", 500)

    cases = [Case(id=f"a{n}", user_input=f"a{n}", metadata={"chat": "a"}) for n in range(2)]
    with serving(app) as url:
        first, second = ask_all(http(f"{url}/ask", conversation="metadata.chat"), *cases)
    assert isinstance(first, ReasonedError)
    assert isinstance(second, ReasonedError)
    assert (first.reason, second.reason) == ("http_status", "earlier_turn_failed")
    assert came == ["a0"]
