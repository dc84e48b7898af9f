"""The review page on a socket of this machine; the one place of the dataset family that knows FastAPI and uvicorn."""

import asyncio
import secrets
import signal
import socket
from collections.abc import Awaitable, Callable
from importlib.resources import files
from types import FrameType
from typing import Annotated

import uvicorn
from fastapi import FastAPI, HTTPException, Query, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse

from rag_eval.dataset.review.access_control import COOKIE_AGE_S, HEADERS, SESSION, AccessControl, page_headers
from rag_eval.dataset.review.agreement import Agreement
from rag_eval.dataset.review.corpus import PassageText, SearchResults
from rag_eval.dataset.review.session import (
    DecisionNews,
    DecisionPost,
    DecisionReceipt,
    ItemBatch,
    ReviewInfo,
    ReviewSession,
)
from rag_eval.errors import RagEvalError, UsageError
from rag_eval.records import Record

HOST = "127.0.0.1"
_NONCE = "NONCE-OF-THIS-ANSWER"
MOST_SEARCHED = 1000
"""Letters of what is searched for."""
_GRACE_S = 5
"""Seconds that requests under way may take to end after a stop was asked for."""


class _Token(Record):
    token: str


def create_app(desk: ReviewSession, gate: AccessControl) -> FastAPI:
    """The page and its API over a desk, as an ASGI application; `gate` says who may speak to it."""
    app = FastAPI(title="rag-eval review", openapi_url=None)
    _let_in(app, gate)
    _answer(app, desk)

    @app.exception_handler(RagEvalError)
    async def refused(_: Request, error: RagEvalError) -> JSONResponse:
        return JSONResponse({"message": str(error)}, 409)

    return app


def _let_in(app: FastAPI, gate: AccessControl) -> None:
    page = files("rag_eval.dataset.review").joinpath("page.html").read_text(encoding="utf-8")

    @app.middleware("http")
    async def guard(request: Request, go_on: Callable[[Request], Awaitable[Response]]) -> Response:
        session = request.cookies.get(gate.cookie)
        refusal = gate.refusal(request.method, request.url.path, request.headers.get, session)
        response = (
            JSONResponse({"message": refusal.message}, refusal.status) if refusal is not None else await go_on(request)
        )
        for name, value in HEADERS.items():
            response.headers.setdefault(name, value)
        return response

    @app.get("/")
    async def index() -> HTMLResponse:
        nonce = secrets.token_urlsafe(16)
        return HTMLResponse(page.replace(_NONCE, nonce), headers=dict(page_headers(nonce)))

    @app.post(SESSION)
    async def enter(shown: _Token, response: Response) -> dict[str, bool]:
        session = gate.exchange(shown.token)
        if session is None:
            raise HTTPException(401, "this link was used already, or is of a server that has ended")
        response.set_cookie(gate.cookie, session, COOKIE_AGE_S, httponly=True, samesite="strict", path="/")
        return {"entered": True}


def _answer(app: FastAPI, desk: ReviewSession) -> None:
    # SQLite's calls take less than a millisecond and come from one person: they need no threads.
    @app.get("/api/review")
    async def about() -> ReviewInfo:
        return desk.about()

    @app.get("/api/cases")
    async def cases(start: Annotated[int, Query(ge=0)] = 0) -> ItemBatch:
        return desk.chunk(start)

    @app.get("/api/decisions")
    async def news(after: Annotated[int, Query(ge=0)] = 0) -> DecisionNews:
        return desk.news(after)

    @app.post("/api/decisions")
    async def decide(posted: DecisionPost) -> DecisionReceipt:
        return desk.take(posted)

    @app.get("/api/passages")
    async def search(words: Annotated[str, Query(min_length=1, max_length=MOST_SEARCHED)]) -> SearchResults:
        # A large corpus takes seconds to read the first time; a decision must not wait for that.
        return await asyncio.to_thread(desk.corpus.search, words)

    @app.get("/api/passage")
    async def passage(key: Annotated[str, Query(alias="id", min_length=1)]) -> PassageText:
        return await asyncio.to_thread(desk.corpus.passage, key)

    @app.get("/api/agreement")
    async def agree() -> Agreement:
        # scikit-learn takes seconds to load the first time; a decision must not wait for that.
        return await asyncio.to_thread(desk.agreement, desk.store.after(0))


def serve(desk: ReviewSession, port: int, on_ready: Callable[[str], None]) -> None:
    """Serve the page on loopback until Ctrl-C or SIGTERM; `on_ready` is called once with the link, when it listens.

    Port 0 takes a free one. Raises `UsageError` if the port is in use.
    """
    with _listen(port) as listener:
        number = listener.getsockname()[1]
        gate = AccessControl(f"rag-eval-review-{number}")
        link = f"http://{HOST}:{number}/#token={gate.token}"
        _Server(create_app(desk, gate), lambda: on_ready(link)).run(sockets=[listener])


def _listen(port: int) -> socket.socket:
    try:
        listener = socket.create_server((HOST, port))
    except OSError as error:
        raise UsageError(f"cannot listen on port {port}: {error.strerror}. Do: another --port, or 0") from error
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


class _Server(uvicorn.Server):
    """A uvicorn server that says when it is ready, writes no log, and returns after a signal."""

    def __init__(self, app: FastAPI, on_ready: Callable[[], None]) -> None:
        super().__init__(
            uvicorn.Config(
                app, log_config=None, access_log=False, server_header=False, ws="none", lifespan="off",
                timeout_graceful_shutdown=_GRACE_S,
            )
        )  # fmt: skip
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start listening, then tell."""
        await super().startup(sockets)
        self._on_ready()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002  uvicorn's signature
        """Stop in good order; at once when Ctrl-C comes a second time. To be told to stop is no failure."""
        self.force_exit = self.should_exit and sig == signal.SIGINT
        self.should_exit = True
