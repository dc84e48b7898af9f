"""Running the service on a socket until it is told to stop, in this process or in several workers."""

import asyncio
import ipaddress
import math
import os
import secrets
import signal
import socket
import tempfile
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any, Literal

import uvicorn
from fastapi import FastAPI
from pydantic import SecretStr
from uvicorn.config import STARTUP_FAILURE
from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle
from uvicorn.supervisors.multiprocess import Multiprocess

from rag_eval.staging.api import create_app
from rag_eval.staging.errors import ListenError, SettingsError, StagingError
from rag_eval.staging.logs import Logs
from rag_eval.staging.settings import Settings

_GRACE_S = 1.0
"""Seconds that requests under way may take to end beyond their deadline after a stop was asked for."""
_HEAD_S = 10.0
"""Seconds in which the head of a request must have come."""
_WATCH_S = 1.0
_HUNG_S = 60
"""Seconds without a sign of life after which a worker is replaced; on a busy machine it may take many to start."""
_PING_S = 1.0
"""Seconds that a worker has to say whether it listens."""
_MULTIPROCESS = "PROMETHEUS_MULTIPROC_DIR"


def serve(
    settings: Settings,
    host: str = "127.0.0.1",
    port: int = 8000,
    on_ready: Callable[[str], None] = lambda _: None,
    *,
    workers: int = 1,
    logs: bool = False,
) -> None:
    """Run the service until SIGTERM or Ctrl-C, let requests under way end, and return.

    Port 0 takes a free one. `on_ready` is called once, with the base URL, as soon as requests are accepted. With
    `logs`, lines of JSON go to standard error. Several workers share the socket, the accounts and the documents;
    limits and answers they share by Redis alone.

    Raises:
        CorpusError: the pages cannot be read.
        ListenError: the address is in use or is not one of this machine.
        SettingsError: the data folder cannot be used, or several workers cannot share what is set.
    """
    if settings.registration is None:
        settings = settings.model_copy(update={"registration": _safe_registration(host)})
    if workers > 1 and settings.qdrant_path is not None:
        raise SettingsError("RAG_STAGING_QDRANT_PATH: one process holds the folder; use one worker, or a Qdrant server")
    with listen(host, port) as listener:
        if workers > 1:
            _serve_with(workers, settings, listener, on_ready, logs=logs)
        else:
            app = create_app(settings, logs=Logs() if logs else None)
            Server(app, on_ready, _grace(settings)).run(sockets=[listener])


def _safe_registration(host: str) -> Literal["open", "closed"]:
    """Whoever reaches this machine only may make an account; the rest of the world not unless somebody said so."""
    try:
        is_local = ipaddress.ip_address(host).is_loopback
    except ValueError:
        is_local = host == "localhost"
    return "open" if is_local else "closed"


def _serve_with(
    workers: int, settings: Settings, listener: socket.socket, on_ready: Callable[[str], None], *, logs: bool
) -> None:
    """Run workers that agree on tokens, accounts, documents and numbers."""
    with tempfile.TemporaryDirectory(prefix="rag-staging-") as folder:
        shared = {"jwt_secret": settings.jwt_secret or SecretStr(secrets.token_urlsafe(48))}
        settings = settings.model_copy(update={**shared, "data": settings.data or Path(folder, "data")})
        # Read by prometheus_client when a worker imports it.
        before = os.environ.get(_MULTIPROCESS)
        if before is None:
            Path(folder, "metrics").mkdir()
            os.environ[_MULTIPROCESS] = str(Path(folder, "metrics"))
        try:
            app = partial(create_worker, settings, logs=logs)
            grace = _grace(settings)
            config = uvicorn.Config(
                app,
                factory=True,
                workers=workers,
                timeout_graceful_shutdown=grace,
                timeout_worker_healthcheck=_HUNG_S,
                **_config(),
            )
            _Workers(config, listener, on_ready).run()
        finally:
            if before is None:
                del os.environ[_MULTIPROCESS]


def create_worker(settings: Settings, *, logs: bool) -> FastAPI:
    """The application of one worker, which ends when whoever started it has gone."""
    threading.Thread(target=_end_with, args=(os.getppid(),), daemon=True).start()
    return create_app(settings, logs=Logs() if logs else None)


def _end_with(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(_WATCH_S)
    os.kill(os.getpid(), signal.SIGTERM)


def _grace(settings: Settings) -> int:
    """A request that was taken on has its time, also when the service is told to stop."""
    return math.ceil(settings.deadline_s + _GRACE_S)


class _Workers(Multiprocess):
    """uvicorn's workers: those that die are replaced, SIGTERM and Ctrl-C end all of them in good order."""

    def __init__(self, config: uvicorn.Config, listener: socket.socket, on_ready: Callable[[str], None]) -> None:
        super().__init__(config, [listener])
        self._on_ready, self._url = on_ready, base_url(listener)
        self._all_listen = False

    def keep_subprocess_alive(self) -> None:
        """Replace workers that died, whose gauges are forgotten; tell, once, when all of them listen."""
        from prometheus_client.multiprocess import mark_process_dead

        before = {process.pid for process in self.processes}
        super().keep_subprocess_alive()
        for pid in before - {process.pid for process in self.processes}:
            if pid is not None:
                mark_process_dead(pid)  # type: ignore[no-untyped-call]
        if any(process.exitcode == STARTUP_FAILURE for process in self.processes):
            raise StagingError("a worker could not start; its lines above say why")
        if not self._all_listen and all(process.is_ready(_PING_S) for process in self.processes):
            self._all_listen = True
            self._on_ready(self._url)


def listen(host: str, port: int) -> socket.socket:
    """Open a socket on a host, by name or by address, and a port; 0 takes a free one.

    Raises:
        ListenError: the address is in use or is not one of this machine.
    """
    # The resolver would take a port above 65535 for another one, without a word.
    if port not in range(65536):
        raise ListenError(f"cannot listen on {host}:{port}: a port is a number from 0 to 65535; 0 takes a free one")
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)[0]
        listener = socket.create_server(address, family=family)
    except (OSError, UnicodeError) as error:
        raise ListenError(
            f"cannot listen on {host}:{port}: {error}; choose another port, or 0 for a free one"
        ) from error
    # Connections inherit it. Without it head and body of an answer are 40 ms apart on a kept connection:
    # asyncio sets it by itself only on sockets of its own making.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return listener


class TimedProtocol(H11Protocol):
    """uvicorn's protocol, which waits for ever for the head of a request; this one does not."""

    _timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin to wait."""
        super().connection_made(transport)
        self._await_head()

    def data_received(self, data: bytes) -> None:
        """Take what came; a drop now and then does not begin the time anew."""
        super().data_received(data)
        self._await_head()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no more."""
        super().connection_lost(exc)
        if self._timer is not None:
            self._timer.cancel()

    def _is_idle(self) -> bool:
        cycle: RequestResponseCycle | None = self.cycle  # None until the first head has come
        return cycle is None or cycle.response_complete

    def _await_head(self) -> None:
        if self._is_idle() and self._timer is None:
            self._timer = self.loop.call_later(_HEAD_S, self._late)
        elif not self._is_idle() and self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _late(self) -> None:
        self._timer = None
        if self._is_idle() and not self.transport.is_closing():
            self.transport.abort()


def _config() -> dict[str, Any]:
    """What both ways to run share."""
    return {
        "log_config": None,
        "access_log": False,  # ours says more, and holds no query string
        "server_header": False,
        "proxy_headers": False,  # uvicorn would believe whatever anyone on this machine says of where he comes from
        "ws": "none",
        "http": TimedProtocol,
        "lifespan": "on",
        "h11_max_incomplete_event_size": 32 * 1024,
    }


class Server(uvicorn.Server):
    """A uvicorn server that says when it is ready, writes no access log, and returns after a signal."""

    def __init__(self, app: FastAPI, on_ready: Callable[[str], None], grace_s: int = 10) -> None:
        super().__init__(uvicorn.Config(app, timeout_graceful_shutdown=grace_s, **_config()))
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start listening, then tell."""
        await super().startup(sockets)
        for listener in sockets or []:
            self._on_ready(base_url(listener))

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002  uvicorn's signature
        """Stop in good order; at once when Ctrl-C comes a second time.

        Unlike uvicorn's own, it does not raise the signal again in the end: to be told to stop is no failure.
        """
        self.force_exit = self.should_exit and sig == signal.SIGINT
        self.should_exit = True


def base_url(listener: socket.socket) -> str:
    """Return the URL at which a listening socket is reached, such as `http://127.0.0.1:8000`."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if listener.family == socket.AF_INET6 else f"http://{host}:{port}"
