"""How an unknown service wants to be asked is found by asking it."""

import json
from typing import Any

import httpx2
import pytest
from support.rag_server import RagServer, Request, Response

from rag_eval.targets.http.discovery import QUESTION, discover

ASKED = "When does the pool open?"
ANSWER = "The pool opens at six."
DOCS = [{"text": "It opens at six.", "id": "a"}, {"text": "Towels cost two euros.", "id": "b"}]


def described(name: str) -> dict[str, Any]:
    """An OpenAPI document, as FastAPI writes it."""
    fields = {"k": {"type": "integer", "default": 3}, name: {"type": "string"}, "lang": {"type": "string"}}
    content = {"application/json": {"schema": {"$ref": "#/components/schemas/Q"}}}
    schemas = {"Q": {"type": "object", "properties": fields, "required": [name]}}
    return {"paths": {"/v2/ask": {"post": {"requestBody": {"content": content}}}}, "components": {"schemas": schemas}}


def service(field: str, *, describes: bool = False, names_fields: bool = True) -> RagServer:
    """A service that takes questions under one name."""

    def answer(request: Request) -> Response:
        if request.path == "/openapi.json":
            return Response(body=described(field)) if describes else Response(404, {})
        if field not in (request.body or {}):
            loc = {"detail": [{"type": "missing", "loc": ["body", field], "msg": "Field required"}]}
            return Response(422, loc if names_fields else {"message": "bad request"})
        return Response(body={"answer": ANSWER if request.body[field] == ASKED else "?", "contexts": DOCS})

    return RagServer(answer)


@pytest.mark.parametrize(
    ("field", "describes", "names_fields", "asked"),
    [
        ("frage", True, False, 1),
        ("question", False, False, 1),
        ("frage", False, True, 2),
        ("prompt", False, False, 3),
    ],
)
def test_a_service_is_asked_in_its_own_way(field: str, asked: int, *, describes: bool, names_fields: bool) -> None:
    """By its description, by what it says is missing, or by the usual names."""
    with service(field, describes=describes, names_fields=names_fields) as server:
        sketch = discover(f"{server.url}/v2/ask", ASKED)
        assert sum(request.method == "POST" for request in server.requests) == asked
    assert (sketch.body, sketch.answered, sketch.remarks) == ({field: QUESTION}, True, [])
    assert sketch.select["retrieved_contexts"] == "contexts[].text"


def chat(request: httpx2.Request) -> httpx2.Response:
    """A service that takes messages and nothing else."""
    body = json.loads(request.content or b"{}")
    told = body.get("messages", [{}])[0].get("content")
    message = {"choices": [{"message": {"role": "assistant", "content": ANSWER}}]}
    return httpx2.Response(200, json=message) if told == ASKED else httpx2.Response(400, json={"error": "no messages"})


def test_a_chat_is_asked_with_messages() -> None:
    """After the usual names."""
    sketch = discover("http://127.0.0.1/v1/chat", ASKED, httpx2.MockTransport(chat))
    assert sketch.body == {"messages": [{"role": "user", "content": QUESTION}]}
    assert sketch.select == {"response": "choices[0].message.content"}
    assert sketch.remarks == ["no contexts were found in its answer: see select"]


@pytest.mark.parametrize(
    ("status", "content", "remark", "asked"),
    [
        (401, b'{"detail": "no token"}', "it wants credentials: set target.auth", 1),
        (404, b'{"detail": "Not Found"}', "answered 404", 1),
        (500, b"oops", "answered 500: oops", 6),
        (400, b"{}", "answered 400", 6),
        (200, b"At six.", "no JSON", 1),
        (
            200,
            b'{"success": false, "error": "no such model"}',
            "answered 200: the service says that it failed: no such model",
            6,
        ),
        (200, b'{"ok": true}', "no text in its answer", 1),
        (302, b"", "answered 302", 1),
    ],
)
def test_what_could_not_be_found_is_told(status: int, content: bytes, remark: str, asked: int) -> None:
    """The proposal is then a guess, and says so; nobody is asked again and again."""
    posts: list[httpx2.Request] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        posts.extend([request] if request.method == "POST" else [])
        headers = {"content-type": "application/json" if content[:1] == b"{" else "text/plain"}
        return httpx2.Response(status if request.method == "POST" else 404, content=content, headers=headers)

    sketch = discover("http://127.0.0.1/ask", ASKED, httpx2.MockTransport(answer))
    [said] = sketch.remarks
    assert (sketch.answered, remark in said, len(posts)) == (False, True, asked)


def test_a_service_that_is_away_is_told() -> None:
    """With its address, and nothing is raised."""
    sketch = discover("http://127.0.0.1:9/ask", ASKED)
    assert "http://127.0.0.1:9/ask could not be asked" in sketch.remarks[0]


def test_a_chat_is_asked_as_chats_are() -> None:
    """By where it is: with its first model, and as a stream where it says that it answers only so."""
    asked: list[Any] = []

    def answer(request: httpx2.Request) -> httpx2.Response:
        if request.url.path == "/v1/models":
            return httpx2.Response(200, json={"data": [{"id": "rag-1"}]})
        if request.method != "POST":
            return httpx2.Response(404)
        asked.append(json.loads(request.content))
        if "stream" not in asked[-1]:
            return httpx2.Response(400, json={"error": {"message": "only stream=true is supported"}})
        chunk = json.dumps({"choices": [{"index": 0, "delta": {"content": ANSWER}, "finish_reason": "stop"}]})
        kind = {"content-type": "text/event-stream"}
        return httpx2.Response(200, headers=kind, text=f"data: {chunk}\n\ndata: [DONE]\n\n")

    found = discover("http://rag/v1/chat/completions", ASKED, httpx2.MockTransport(answer))
    assert found.answered
    assert found.body == {"model": "rag-1", "messages": [{"role": "user", "content": QUESTION}], "stream": True}
    assert found.stream == {"kind": "sse", "delta": "choices[0].delta.content"}
    assert len(asked) == 2


def test_a_service_that_breaks_on_a_body_is_asked_with_another() -> None:
    """Where it has not looked at what it got it answers 500."""

    def answer(request: httpx2.Request) -> httpx2.Response:
        if request.method != "POST":
            return httpx2.Response(404)
        given = json.loads(request.content)
        return httpx2.Response(200, json={"answer": ANSWER}) if "prompt" in given else httpx2.Response(500)

    found = discover("http://rag/ask", ASKED, httpx2.MockTransport(answer))
    assert (found.answered, found.body) == (True, {"prompt": QUESTION})


def test_an_error_is_no_answer_and_graphql_is_proposed_a_query() -> None:
    """What GraphQL says of a question that is no query is quoted; the names in the proposal are for a person."""
    errors = {"data": None, "errors": [{"message": "Syntax Error: Unexpected Name 'When'."}]}
    found = discover("http://rag/graphql", ASKED, httpx2.MockTransport(lambda _: httpx2.Response(200, json=errors)))
    assert not found.answered
    assert found.body["variables"] == {"question": QUESTION}
    assert found.select == {"response": "data.ask.answer"}
    [remark] = found.remarks
    assert "Syntax Error: Unexpected Name 'When'." in remark
    assert "name your query" in remark
