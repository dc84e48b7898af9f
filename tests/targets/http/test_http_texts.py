"""Answers that are no JSON, or in no UTF-8, or hold no answer at all because the service only searches."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi import Request as Request_
from fastapi.responses import StreamingResponse
from support.asking import serving
from support.login_service import ask, ask_all, http, refused
from support.rag_server import RagServer, Request, Response

from rag_eval.records import Answer, Case
from rag_eval.targets.http.config import HttpConfig
from rag_eval.targets.http.exchange import HttpExchange

TEXT = "The pool opens at six. Größe: 25 m."


def served(body: bytes, kind: str) -> RagServer:
    """A service that answers so whatever it is asked."""

    def answer(_: Request) -> Response:
        return Response(body=body, headers={"content-type": kind})

    return RagServer(answer)


def bare(url: str, **settings: Any) -> HttpConfig:
    """A service of which only the answer is looked for."""
    return http(url, **{"select": {}, **settings})


@pytest.mark.parametrize(
    ("encoding", "kind"),
    [("utf-8", "text/plain"), ("latin-1", "Text/Plain; Charset=ISO-8859-1"), ("utf-8-sig", "text/markdown")],
)
def test_an_answer_that_is_text_is_the_response(encoding: str, kind: str) -> None:
    """In the charset that it declares; nothing of it is looked for by a path."""
    with served(TEXT.encode(encoding), kind) as server:
        answer = ask(bare(server.url, receive="text"))
    assert (answer.response, answer.retrieved_contexts) == (TEXT, None)


def test_text_that_nobody_expects_names_the_setting() -> None:
    """And an empty text is no answer."""
    with served(TEXT.encode(), "text/plain") as server:
        error = refused(bare(server.url))
    assert (error.reason, "target.receive: text" in str(error), server.url in str(error)) == ("not_json", True, True)
    with served(b" \n", "text/plain") as server:
        assert refused(bare(server.url, receive="text")).reason == "no_answer"


@pytest.mark.parametrize("encoding", ["iso-8859-1", "utf-8", "utf-16", "windows-1252", "no-such-charset"])
def test_json_is_read_in_the_charset_that_it_declares(encoding: str) -> None:
    """One that nobody knows is read as JSON usually is."""
    body = json.dumps({"answer": TEXT}, ensure_ascii=False).encode("utf-8" if "no-such" in encoding else encoding)
    with served(body, f"application/json; charset={encoding}") as server:
        assert ask(bare(server.url)).response == TEXT


STREAMS = [
    ({"kind": "text"}, TEXT.encode("latin-1"), "text/plain; charset=latin-1"),
    (
        {"kind": "sse"},
        "data: The pool\n\ndata:  opens at six.\n\ndata:  Größe: 25 m.\n\ndata: [DONE]\n\n".encode(),
        "Text/Event-Stream",
    ),
    (
        {"kind": "vercel"},
        '0:"The pool opens "\n2:[{"k":1}]\n0:"at six. Größe: 25 m."\nd:{"finishReason":"stop"}\n'.encode(),
        "text/plain",
    ),
]


@pytest.mark.parametrize(("stream", "body", "kind"), STREAMS)
def test_text_that_comes_in_pieces_is_put_together(stream: dict[str, Any], body: bytes, kind: str) -> None:
    """Text as it comes, the data of events that are no JSON, and the lines of the Vercel AI SDK."""
    with served(body, kind) as server:
        answer = ask(bare(server.url, stream=stream))
    assert answer.response == TEXT
    assert answer.first_token_s is not None


def test_sources_of_a_vercel_stream_are_collected() -> None:
    """Each line is an event that the paths of `select` look into."""
    lines = 'h:{"id":"a"}\n0:"At six."\nh:{"id":"b"}\nd:{"finishReason":"stop"}\n'
    with served(lines.encode(), "text/plain") as server:
        answer = ask(bare(server.url, stream={"kind": "vercel"}, select={"retrieved_context_ids": "[id]"}))
    assert answer.retrieved_context_ids == ("a", "b")


@pytest.mark.parametrize(
    ("stream", "body", "reason"),
    [
        ({"kind": "sse"}, b'data: The pool\n\ndata: {"error": "index is locked"}\n\n', "service_error"),
        ({"kind": "vercel"}, b'0:"The pool"\n3:"index is locked"\n', "service_error"),
        ({"kind": "vercel"}, b'0:"The pool"\n', "cut_off"),
        ({"kind": "vercel"}, b'0:"The pool"\nd:{"finishReason":"length"}\n', "cut_off"),
        ({"kind": "vercel"}, b"The pool\n", "not_a_stream"),
        ({"kind": "text"}, b"  ", "no_answer"),
    ],
)
def test_what_is_no_whole_text_is_a_failure(stream: dict[str, Any], body: bytes, reason: str) -> None:
    """An error inside of a stream is quoted, and half an answer is none."""
    with served(body, "text/event-stream" if stream["kind"] == "sse" else "text/plain") as server:
        error = refused(bare(server.url, stream=stream, retries=0))
    assert error.reason == reason
    if reason == "service_error":
        assert "index is locked" in str(error)


def test_a_service_that_only_searches_has_contexts_and_no_response() -> None:
    """Where its path is null nothing is looked for; where it is not, the failure names that."""
    body = json.dumps({"hits": [{"text": "The pool opens at six."}]}).encode()
    select = {"retrieved_contexts": "hits[].text"}
    with served(body, "application/json") as server:
        answer = ask(bare(server.url, select={**select, "response": None}))
        error = refused(bare(server.url, select=select))
    assert (answer.response, answer.retrieved_contexts) == (None, ("The pool opens at six.",))
    assert "target.select.response: null" in str(error)


@pytest.mark.parametrize(
    "settings",
    [
        {"stream": {"kind": "ndjson"}},
        {"stream": {"kind": "text", "delta": "a"}},
        {"stream": {"kind": "text"}, "receive": "text"},
    ],
)
def test_settings_that_contradict_each_other(settings: dict[str, Any]) -> None:
    """They are told before anything is asked."""
    with pytest.raises(ValueError, match=r"leave|needs"):
        HttpConfig.model_validate({"kind": "http", "url": "http://h/", **settings})


@pytest.mark.parametrize(
    ("settings", "body"),
    [({"receive": "text"}, TEXT.encode()), *[({"stream": s}, b) for s, b, _ in STREAMS[1:]]],
)
def test_a_load_test_reads_the_same(settings: dict[str, Any], body: bytes) -> None:
    """Out of a body that came whole."""
    exchange = HttpExchange(HttpConfig.model_validate({"kind": "http", "url": "http://h/", **settings}))
    assert exchange.answer(body).response == TEXT


@pytest.mark.parametrize(
    ("body", "response", "contexts"),
    [
        (json.dumps({"answer": TEXT, "docs": ["Six."]}), "from_json(@).answer", "from_json(@).docs"),
        ({"statusCode": 200, "body": json.dumps({"answer": TEXT, "docs": ["Six."]})}, "body", "body"),
        ({"answer": TEXT, "docs": json.dumps(["Six."])}, "answer", "from_json(docs)"),
    ],
)
def test_json_in_a_text_is_read_and_where_nobody_expects_it_is_told_of(
    body: object, response: str, contexts: str
) -> None:
    """Twice encoded answers, those of AWS Lambda, and lists as texts."""
    if response == "body":
        response, contexts = "from_json(body).answer", "from_json(body).docs"
    with served(json.dumps(body).encode(), "application/json") as server:
        answer = ask(http(server.url, select={"response": response, "retrieved_contexts": contexts}))
        error = refused(http(server.url, select={"response": "answer", "retrieved_contexts": "docs"}))
    assert (answer.response, answer.retrieved_contexts) == (TEXT, ("Six.",))
    assert "holds JSON as a text, which from_json(" in str(error)


def test_a_text_that_is_no_json_is_a_failure() -> None:
    """With what is wrong with it."""
    with served(json.dumps({"body": "{half"}).encode(), "application/json") as server:
        error = refused(http(server.url, select={"response": "from_json(body).answer"}))
    assert (error.reason, "from_json(): the text is no JSON" in str(error)) == ("no_answer", True)


@pytest.mark.parametrize("kind", ["text/plain", "application/octet-stream", "application/x-ndjson"])
@pytest.mark.parametrize("before", ["", "\ufeff", ": ping\n\n", "\n\n", "id: 1\n"])
def test_events_that_are_called_something_else_are_events(kind: str, before: str) -> None:
    """A service that names no type for its stream sends text by default."""
    body = f"{before}data: At\n\ndata:  six.\n\ndata: [DONE]\n\n".encode()
    with served(body, kind) as server:
        assert ask(bare(server.url, stream={"kind": "sse"})).response == "At six."


@pytest.mark.parametrize("body", [b"At six.", b"da", b"", b'{"error": "no"}', b"<html>data: </html>"])
def test_text_that_is_no_events_is_none(body: bytes) -> None:
    """Whatever it is, it is no stream."""
    with served(body, "text/plain") as server:
        assert refused(bare(server.url, stream={"kind": "sse"})).reason == "not_a_stream"


def test_a_connection_is_kept_behind_the_end_of_a_stream() -> None:
    """The service is not cut off in the middle of its last words, and the next question needs no new connection."""
    ports: list[int] = []
    app = FastAPI()

    async def pieces() -> AsyncIterator[str]:
        for text in ("At", " six.", "[DONE]"):
            yield f"data: {text}\n\n"
        await asyncio.sleep(0.01)
        yield ": closing\n\n"
        ended.append(True)

    @app.post("/")
    async def answer(request: Request_) -> StreamingResponse:
        assert request.client is not None
        ports.append(request.client.port)
        return StreamingResponse(pieces(), media_type="text/event-stream")

    ended: list[bool] = []
    with serving(app) as url:
        cases = [Case(id=str(n), user_input="When?") for n in range(3)]
        answers = ask_all(bare(f"{url}/", stream={"kind": "sse"}, concurrency=1), *cases)
    assert [isinstance(each, Answer) and each.response for each in answers] == ["At six."] * 3
    assert (len(ended), len({*ports})) == (3, 1)
