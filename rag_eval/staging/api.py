"""The application: routes, what surrounds them, and what they are told apart by in OpenAPI."""

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.middleware.cors import CORSMiddleware
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from rag_eval.staging.logs import Logs
from rag_eval.staging.middleware import Envelope, KnownMethods
from rag_eval.staging.parts import Parts, build
from rag_eval.staging.problems import answer_problems
from rag_eval.staging.retrieval import Retriever
from rag_eval.staging.routes import accounts, documents, queries, watching
from rag_eval.staging.settings import Settings
from rag_eval.staging.writer import AnswerWriter

_BODY = 64 * 1024
"""Bytes; the longest question is 2,000 characters."""
_AROUND_A_FILE = 16 * 1024
"""Bytes that a multipart form needs beside its file."""


def create_app(
    settings: Settings,
    *,
    clock: Callable[[], float] = time.time,
    writer: AnswerWriter | None = None,
    vectors: Retriever | None = None,
    logs: Logs | None = None,
) -> FastAPI:
    """Build the service: read and index the pages, and return it as an ASGI application.

    `clock` gives seconds since 1970 and is what tokens expire by; `writer` and `vectors` take the place of those in
    the settings. `logs` are written from now on until the application has ended; without them, what is logged goes
    where the program that this is part of sends it.

    Raises:
        CorpusError: the pages cannot be read.
        SettingsError: the data folder cannot be used.
    """
    parts = build(settings, clock=clock, writer=writer, vectors=vectors, logs=logs)
    # The interactive pages of /docs load scripts from elsewhere; the description itself is at /openapi.json.
    # FastAPI's own spans and metrics stay off: those of the OpenTelemetry project and of Prometheus are used.
    app = FastAPI(
        title="Handbook",
        summary="Answers questions from a handbook and from what its users upload.",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # it would send whoever says another Host to that host
        lifespan=_lifespan,
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.state.parts = parts
    for router in (accounts.router(parts), queries.router(parts), documents.router(parts), watching.router(parts)):
        app.include_router(router)
    answer_problems(app)
    _surround(app, parts)
    return app


def _surround(app: FastAPI, parts: Parts) -> None:
    """Wrap the routes; what is added last is outermost."""
    settings = parts.settings
    bodies = {documents.UPLOAD: settings.upload_bytes + _AROUND_A_FILE}
    app.add_middleware(
        Envelope, deadline_s=settings.deadline_s, body=_BODY, bodies=bodies,
        is_known=lambda token: parts.tokens.read(token, "access") is not None,
    )  # fmt: skip
    parts.metrics.watch(app)
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware, allow_origins=list(settings.cors_origins), allow_methods=["GET", "POST"],
            allow_headers=["Authorization", "Content-Type", "X-Request-ID"],
        )  # fmt: skip
    app.add_middleware(KnownMethods)
    if settings.trusted_proxies:
        app.add_middleware(ProxyHeadersMiddleware, trusted_hosts=list(settings.trusted_proxies))
    parts.tracing.watch(app)


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    parts: Parts = app.state.parts
    async with parts.closing:
        parts.indexing.resume()
        yield
