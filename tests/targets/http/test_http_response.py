"""One request and its answer: whole, in pieces, and from the host that was asked."""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
from fastapi import FastAPI, Request, Response
from fastapi.responses import StreamingResponse
from support.asking import CASE, SECRET, ask_case, http, refused, serving

from rag_eval.records import THINKING


def streaming(pieces: list[str], kind: str, *, seconds: float = 0.05) -> FastAPI:
    """A service that answers in pieces."""
    app = FastAPI()

    @app.post("/ask")
    async def ask() -> StreamingResponse:
        async def body() -> AsyncIterator[str]:
            for piece in pieces:
                await asyncio.sleep(seconds)
                yield piece

        return StreamingResponse(body(), media_type=kind)

    return app


SSE = [
    'data: {"delta": "At "}\n\n',
    ': a comment\n\ndata: {"delta": "nine."}\n\n',
    'data: {"contexts": [{"text": "Nine."}]}\n\n',
    "data: [DONE]\n\n",
]


def test_an_answer_in_events() -> None:
    """Pieces are put together, contexts come from whichever event has them, the first piece has its time."""
    stream = {"kind": "sse", "delta": "delta", "needs_done": True}
    with serving(streaming(SSE, "text/event-stream")) as url:
        answer = ask_case(http(f"{url}/ask", stream=stream, select={"retrieved_contexts": "contexts[].text"}))
    assert (answer.response, answer.retrieved_contexts) == ("At nine.", ("Nine.",))
    assert answer.first_token_s is not None
    assert answer.latency_s is not None
    assert 0.03 < answer.first_token_s < answer.latency_s - 0.03


def test_an_answer_in_lines() -> None:
    """NDJSON, also where a piece of the network ends in the middle of a line."""
    pieces = ['{"delta": "At "}\n{"del', 'ta": "nine."}\n', '{"contexts": [{"text": "Nine."}]}']
    stream = {"kind": "ndjson", "delta": "delta"}
    with serving(streaming(pieces, "application/x-ndjson")) as url:
        answer = ask_case(http(f"{url}/ask", stream=stream, select={"retrieved_contexts": "contexts[].text"}))
    assert (answer.response, answer.retrieved_contexts) == ("At nine.", ("Nine.",))


@pytest.mark.parametrize(
    ("pieces", "kind", "reason"),
    [
        (SSE[:1], "text/event-stream", "cut_off"),
        (["data: nonsense\n\n"], "text/event-stream", "not_json"),
        (["data: [DONE]\n\n"], "text/event-stream", "no_answer"),
        (["event: error\ndata: overloaded\n\n"], "text/event-stream", "service_error"),
        (['{"answer": "At nine."}'], "application/json", "not_a_stream"),
    ],
)
def test_a_stream_that_goes_wrong(pieces: list[str], kind: str, reason: str) -> None:
    """Cut off before its end, no JSON, no text, an error event, no stream at all."""
    stream = {"kind": "sse", "delta": "delta", "needs_done": True}
    with serving(streaming(pieces, kind, seconds=0)) as url:
        assert refused(http(f"{url}/ask", stream=stream)).reason == reason


def test_what_is_thought_first_takes_no_part() -> None:
    """Left out on request, of the text and of the time to its first piece; kept, it is marked."""
    pieces = [f"data: {json.dumps({'delta': text})}\n\n" for text in ("<think>Six", "?</th", "ink>", " At six", ".")]
    stream = {"kind": "sse", "delta": "delta"}
    with serving(streaming(pieces, "Text/Event-Stream")) as url:
        kept = ask_case(http(f"{url}/ask", stream=stream, select={}))
        dropped = ask_case(http(f"{url}/ask", stream=stream, select={"thinking": "drop"}))
    assert (kept.response, kept.metadata[THINKING]) == ("<think>Six?</think> At six.", True)
    assert (dropped.response, dropped.metadata[THINKING]) == ("At six.", False)
    assert kept.first_token_s is not None
    assert dropped.first_token_s is not None
    assert kept.first_token_s < 0.15 < dropped.first_token_s


def test_redirects_on_the_same_host_are_followed() -> None:
    """With the question and the credentials; a circle ends."""
    app, came = FastAPI(), list[Any]()

    @app.post("/old")
    async def old() -> Response:
        return Response(status_code=307, headers={"location": "/ask"})

    @app.post("/ask")
    async def new(request: Request) -> dict[str, str]:
        came.append((await request.json(), request.headers.get("authorization")))
        return {"answer": "At nine."}

    @app.post("/round")
    async def round_() -> Response:
        return Response(status_code=308, headers={"location": "/round"})

    auth = {"kind": "bearer", "token_env": "RAG_SECRET"}
    with serving(app) as url:
        assert ask_case(http(f"{url}/old", auth=auth)).response == "At nine."
        assert refused(http(f"{url}/round")).reason == "http_status"
    assert came == [({"query": CASE.user_input}, f"Bearer {SECRET}")]


def test_latency_counts_the_hops_of_a_redirect() -> None:
    """What a redirect takes is part of what the user waits."""
    app = FastAPI()

    @app.post("/old")
    async def old() -> Response:
        await asyncio.sleep(0.2)
        return Response(status_code=307, headers={"location": "/ask"})

    @app.post("/ask")
    async def new() -> dict[str, str]:
        return {"answer": "At nine."}

    with serving(app) as url:
        answer = ask_case(http(f"{url}/old", send="multipart"))
    assert answer.latency_s is not None
    assert answer.latency_s >= 0.2
