"""Running the service on a socket until it is told to stop."""

import signal
import socket
from collections.abc import Callable
from types import FrameType

import uvicorn
from fastapi import FastAPI

from rag_eval.staging.api import create_app
from rag_eval.staging.errors import ListenError
from rag_eval.staging.settings import Settings

_GRACE_S = 10
"""Seconds that requests under way may take to end after a stop was asked for."""


def serve(
    settings: Settings,
    host: str = "127.0.0.1",
    port: int = 8000,
    on_ready: Callable[[str], None] = lambda _: None,
) -> None:
    """Run the service until SIGTERM or Ctrl-C, let requests under way end, and return.

    Port 0 takes a free one. `on_ready` is called once, with the base URL, as soon as requests are accepted.

    Raises:
        CorpusError: the pages cannot be read.
        ListenError: the address is in use or is not one of this machine.
    """
    app = create_app(settings)
    with listen(host, port) as listener:
        Server(app, on_ready).run(sockets=[listener])


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


class Server(uvicorn.Server):
    """A uvicorn server that says when it is ready, writes no access log, and returns after a signal."""

    def __init__(self, app: FastAPI, on_ready: Callable[[str], None]) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                log_config=None,
                access_log=False,
                server_header=False,
                ws="none",
                lifespan="on",
                timeout_graceful_shutdown=_GRACE_S,
            )
        )
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
