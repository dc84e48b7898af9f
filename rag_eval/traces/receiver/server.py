"""A small OTLP/HTTP receiver: what a service's OpenTelemetry exporter sends is kept as a capture that can be replayed.

The one place of the traces family that knows FastAPI and uvicorn.

https://opentelemetry.io/docs/specs/otlp/#otlphttp
"""

import asyncio
import signal
import socket
import sqlite3
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import uvicorn
from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from rag_eval.errors import UsageError
from rag_eval.traces.receiver import responses
from rag_eval.traces.receiver.admission import Admission, ReceiverLimits, RequestMemory
from rag_eval.traces.receiver.connections import prompt_protocol
from rag_eval.traces.receiver.intake import Intake, IntakeJob
from rag_eval.traces.receiver.refusal import SLOW, UNKNOWN, RequestRefusal
from rag_eval.traces.receiver.requests import JSON, LOGS, PROTOBUF, TRACES, Signal
from rag_eval.traces.receiver.store import CaptureCounts, CaptureLimits, CaptureStore
from rag_eval.traces.receiver.tally import RequestTally

_GRACE_S = 10
"""Seconds that requests under way may take to end after a stop was asked for."""
_DRAINED = 4
"""A refused body is read on up to so many times the limit: a client that still sends would not see the answer."""
_DRAIN_S = 5.0
_NOT_FOUND = 404


def create_app(intake: Intake, gate: Admission, tally: RequestTally) -> FastAPI:
    """The receiver as an ASGI application; `gate` says what is let in, `intake` keeps it, `tally` counts the rest.

    Exporters add `/v1/traces` and the like to whatever base they were given, so that any path may stand before.
    """
    app = FastAPI(title="rag-eval capture", openapi_url=None)

    @app.post("/v1/traces")
    @app.post("/{base:path}/v1/traces")
    async def traces(request: Request) -> Response:
        return await _answer(request, TRACES, intake, gate, tally)

    @app.post("/v1/logs")
    @app.post("/{base:path}/v1/logs")
    async def logs(request: Request) -> Response:
        return await _answer(request, LOGS, intake, gate, tally)

    @app.post("/v1/metrics")
    @app.post("/{base:path}/v1/metrics")
    async def metrics(request: Request) -> Response:
        return await _dropped(request, gate, tally)

    @app.get("/health")
    async def health() -> dict[str, str]:
        return {"status": "ok"}

    @app.exception_handler(HTTPException)
    async def unknown(request: Request, error: Exception) -> Response:
        status = error.status_code if isinstance(error, HTTPException) else _NOT_FOUND
        tally.refuse(request.url.path, _client(request), f"{status}, expected POST to …/v1/traces or …/v1/logs")
        headers = error.headers if isinstance(error, HTTPException) else None
        return JSONResponse({"detail": "expected POST to a path that ends in /v1/traces or /v1/logs"}, status, headers)

    return app


def _client(request: Request) -> str:
    """Who sends, by what it calls itself and its address."""
    address = request.client.host if request.client else ""
    return " ".join(part for part in (request.headers.get("user-agent", ""), address) if part)


async def _answer(request: Request, kind: Signal, intake: Intake, gate: Admission, tally: RequestTally) -> Response:
    media = _media(request)
    try:
        with gate.one_more() as room:
            kept = await intake.take(await _job(request, kind, gate, room))
    except RequestRefusal as refused:
        return await _refused(request, refused, gate, tally)
    return Response(responses.acceptance(kind, media, kept), media_type=media)


async def _dropped(request: Request, gate: Admission, tally: RequestTally) -> Response:
    """Metrics are acknowledged, so that an exporter does not repeat them and log errors, and not kept."""
    try:
        gate.let_in(request.client.host if request.client else "", request.headers.get)
    except RequestRefusal as refused:
        return await _refused(request, refused, gate, tally)
    await _drain(request, gate.limits.body)
    tally.metrics += 1
    media = _media(request)
    return Response(b"" if media == PROTOBUF else b"{}", media_type=media)


def _media(request: Request) -> str:
    """The form of the answer; what is no OTLP at all is answered in the one that a person can read."""
    return PROTOBUF if request.headers.get("content-type", "").startswith(PROTOBUF) else JSON


async def _refused(request: Request, refused: RequestRefusal, gate: Admission, tally: RequestTally) -> Response:
    tally.refuse(request.url.path, _client(request), f"{refused.status}, {refused.message}")
    if refused.status != SLOW:
        await _drain(request, gate.limits.body * _DRAINED)
    headers = {"Connection": "close"}
    if refused.retry_after is not None:
        headers["Retry-After"] = str(refused.retry_after)
    if refused.status == UNKNOWN:
        headers["WWW-Authenticate"] = "Bearer"
    media = _media(request)
    return Response(responses.refusal(refused, media), refused.status, headers, media)


async def _job(request: Request, kind: Signal, gate: Admission, room: RequestMemory) -> IntakeJob:
    gate.let_in(request.client.host if request.client else "", request.headers.get)
    media, encoding = gate.content(request.headers.get)
    try:
        async with asyncio.timeout(gate.limits.seconds):
            body = await _body(request, room)
    except TimeoutError as error:
        raise RequestRefusal(SLOW, f"the body did not arrive within {gate.limits.seconds:g} seconds") from error
    except ClientDisconnect as error:
        raise RequestRefusal(400, "the body breaks off") from error
    return IntakeJob(kind, media, encoding, body, gate.limits.body)


async def _body(request: Request, room: RequestMemory) -> bytes:
    chunks = []
    async for chunk in request.stream():
        room.take(len(chunk))
        chunks.append(chunk)
    return b"".join(chunks)


async def _drain(request: Request, most: int) -> None:
    """Read on and keep nothing, for a while."""
    try:
        async with asyncio.timeout(_DRAIN_S):
            async for chunk in request.stream():
                most -= len(chunk)
                if most < 0:
                    return
    except (TimeoutError, ClientDisconnect, RuntimeError):
        return  # RuntimeError: it was read to its end before


def serve(  # noqa: PLR0913 - each is one setting of the command
    folder: Path,
    *,
    host: str,
    port: int,
    token: str | None,
    limits: ReceiverLimits,
    most: CaptureLimits,
    on_ready: Callable[[str], None],
    on_tick: Callable[[CaptureCounts], bool],
    warn: Callable[[str], None],
    tally: RequestTally | None = None,
) -> CaptureCounts:
    """Receive until Ctrl-C, SIGTERM, or until `on_tick` says that it is enough; returns what the folder then holds.

    `on_ready` is called once with the URL, `on_tick` ten times a second. Port 0 takes a free one. Requests under way
    are ended and kept. `tally` counts what is not. Raises `UsageError` where the folder or the port cannot be used.
    """
    gate = Admission(limits, token)
    with _listen(host, port) as listener:
        store = CaptureStore.open_(folder, most)
        intake = Intake(store, limits.patience, warn)
        try:
            app = create_app(intake, gate, RequestTally() if tally is None else tally)
            tick = lambda: on_tick(store.counts)  # noqa: E731
            _Server(app, limits, lambda: on_ready(_url(listener)), tick).run(sockets=[listener])
        finally:
            intake.close()
            _close(store, warn)
    return store.counts


def _close(store: CaptureStore, warn: Callable[[str], None]) -> None:
    try:
        store.close()
    except (OSError, sqlite3.Error) as error:
        warn(f"{store.folder}: no Parquet file could be written: {error}. The log stays, and is read with the folder.")


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        listener = socket.create_server(address, family=family)
    except (OSError, UnicodeError) as error:
        raise UsageError(f"cannot listen on {host}:{port}: {error}. Do: another --port, or 0") from error
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if listener.family == socket.AF_INET6 else f"http://{host}:{port}"


class _Server(uvicorn.Server):
    """A uvicorn server that says when it is ready, asks now and then whether it is enough, and writes no log."""

    def __init__(
        self, app: FastAPI, limits: ReceiverLimits, on_ready: Callable[[], None], enough: Callable[[], bool]
    ) -> None:
        super().__init__(
            uvicorn.Config(
                app, log_config=None, log_level="error", access_log=False, server_header=False, ws="none",
                lifespan="off", limit_concurrency=limits.connections, timeout_graceful_shutdown=_GRACE_S,
                http=prompt_protocol(limits.header_seconds),
            )
        )  # fmt: skip
        self._on_ready, self._enough = on_ready, enough

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start listening, then tell."""
        await super().startup(sockets)
        self._on_ready()

    async def on_tick(self, counter: int) -> bool:
        """Whether to stop; uvicorn asks ten times a second."""
        return await super().on_tick(counter) or self._enough()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002  uvicorn's signature
        """Stop in good order; at once when Ctrl-C comes a second time. To be told to stop is no failure."""
        self.force_exit = self.should_exit and sig == signal.SIGINT
        self.should_exit = True
