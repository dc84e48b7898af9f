"""Ask: at once, with a confidence, or in pieces."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Annotated, Any, cast

from fastapi import APIRouter, Depends, Header, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

from rag_eval.staging.asking import Outcome, PendingQuery, QueryService
from rag_eval.staging.errors import PartError
from rag_eval.staging.logs import get_logger
from rag_eval.staging.parts import Parts
from rag_eval.staging.problems import documented
from rag_eval.staging.routes.known import Known, Ours, deadline_of
from rag_eval.staging.wire import (
    Delta,
    EnhancedReply,
    Part,
    ProblemDetail,
    ProblemReply,
    Query,
    Reply,
    ReplyContext,
    ScoredContext,
)

Control = Annotated[
    str | None, Header(alias="Cache-Control", description="`no-cache` asks for an answer that is written anew.")
]


async def _asked(user: Known, asked: Query, request: Request, control: Control = None) -> PendingQuery:
    """A question with who asks it until when."""
    fresh = "no-cache" in (control or "").lower()
    return PendingQuery(asked.query, asked.max_results, user, deadline_of(request), fresh=fresh)


Question = Annotated[PendingQuery, Depends(_asked)]
_STREAM: dict[int | str, dict[str, Any]] = {
    200: {
        "description": "Events whose data is `{'delta': text}`, then one with the whole reply, then `[DONE]`; or "
        "`{'error': …}` where the answer broke off.",
        # As FastAPI describes its own streams, in the words of OpenAPI 3.2.
        "content": {
            "text/event-stream": {
                "itemSchema": {"type": "object", "properties": {"data": {"type": "string"}}, "required": ["data"]}
            }
        },
    }
}
_log = get_logger(__name__)


def router(parts: Parts) -> APIRouter:
    """The routes, as the settings have them."""
    limited = parts.limits.on(parts.settings.query_limit, "query")
    routes = APIRouter(
        prefix="/api/v1/query", tags=["questions"], responses=documented(400, 401, 408, 413, 422, 429, 500, 503, 504)
    )
    routes.post("/")(limited(query))
    routes.post("", include_in_schema=False)(limited(query))  # the same, for who leaves out the slash
    routes.post("/enhanced")(limited(enhanced))
    routes.post("/stream", response_class=StreamingResponse, responses=_STREAM)(limited(stream))
    return routes


async def query(
    parts: Ours,
    asked: Question,
    request: Request,
    response: Response,  # noqa: ARG001  the limit writes into it
) -> Reply:
    """Answer a question from the handbook and from what this user uploaded."""
    outcome = await QueryService(parts).ask(asked)
    return _reply(parts, outcome, request)


async def enhanced(
    parts: Ours,
    asked: Question,
    request: Request,
    response: Response,  # noqa: ARG001  the limit writes into it
) -> EnhancedReply:
    """Answer a question and say how well each passage, and the best matching sentences, cover it, from 0 to 1.

    The confidence is the share of the question's words, each weighted by its rarity in the handbook (IDF),
    that these sentences and their headings hold.
    """
    outcome = await QueryService(parts).ask(asked)
    contexts = [
        ScoredContext(
            id=hit.passage.id,
            text=hit.passage.text,
            score=hit.score,
            coverage=parts.extractor.coverage(asked.query, hit.passage),
        )
        for hit in outcome.hits
    ]
    whole = dict(_reply(parts, outcome, request)) | {"contexts": contexts}
    return EnhancedReply(**whole, confidence=outcome.extract.confidence)


async def stream(
    parts: Ours,
    asked: Question,
    request: Request,
    response: Response,  # noqa: ARG001  the limit writes into it
) -> StreamingResponse:
    """Answer a question in pieces, as server-sent events."""
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(_events(parts, asked, request), media_type="text/event-stream", headers=headers)


async def _events(parts: Parts, asked: PendingQuery, request: Request) -> AsyncIterator[str]:
    outcome = Outcome()
    try:
        # Closed here, and not by whoever collects garbage: its spans end in the context that they began in.
        async with aclosing(QueryService(parts).stream(asked, outcome)) as pieces:
            async for piece in pieces:
                yield _event(Delta(delta=piece))
        yield _event(_reply(parts, outcome, request))
    except PartError as error:
        _log.warning("part failed", part="llm", reason=str(error))
        yield _event(ProblemReply(error=ProblemDetail(code="broke_off", message="the answer broke off; ask again")))
        return
    yield "data: [DONE]\n\n"


def _event(record: BaseModel) -> str:
    return f"data: {record.model_dump_json()}\n\n"


def _reply(parts: Parts, outcome: Outcome, request: Request) -> Reply:
    away = sorted(outcome.degraded | request.state.degraded)
    return Reply(
        answer=outcome.answer,
        contexts=[ReplyContext(id=hit.passage.id, text=hit.passage.text, score=hit.score) for hit in outcome.hits],
        profile=parts.settings.profile,
        degraded=bool(away),
        degraded_by=cast("list[Part]", away),
        cached=outcome.cached,
    )
