"""Connections to the receiver: who is slow to say what is wanted does not keep others away."""

import asyncio
from typing import Any, ClassVar

from uvicorn.protocols.http.h11_impl import H11Protocol, RequestResponseCycle


class PromptProtocol(H11Protocol):
    """HTTP on a connection that is ended where the headers of a request do not come in time.

    Where as many are open as may be, the one that has waited longest for headers makes room for the next.
    """

    header_seconds: ClassVar[float] = 10.0

    def __init__(self, *args: Any, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self._slow: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Wait for headers, but not for ever."""
        if self.limit_concurrency is not None and len(self.connections) + 1 >= self.limit_concurrency:
            self._make_room()
        super().connection_made(transport)
        self._await_headers()

    def data_received(self, data: bytes) -> None:
        """Go on with what came: headers that are whole are waited for no more."""
        super().data_received(data)
        if self._is_asked():
            self._stop_waiting()
        elif self._slow is None and not self.transport.is_closing():
            self._await_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        """Nothing is waited for any more."""
        self._stop_waiting()
        super().connection_lost(exc)

    def _is_asked(self) -> bool:
        cycle: RequestResponseCycle | None = self.cycle
        return cycle is not None and not cycle.response_complete

    def _await_headers(self) -> None:
        self._slow = self.loop.call_later(self.header_seconds, self._end)

    def _stop_waiting(self) -> None:
        if self._slow is not None:
            self._slow.cancel()
            self._slow = None

    def _end(self) -> None:
        self._slow = None
        if not self._is_asked():
            self.transport.abort()

    def _make_room(self) -> None:
        waiting = (each for each in self.connections if isinstance(each, PromptProtocol) and each._slow is not None)  # noqa: SLF001 - of its own kind
        longest = min(waiting, key=lambda each: each._slow.when() if each._slow else 0.0, default=None)  # noqa: SLF001
        if longest is not None:
            self.connections.discard(longest)
            longest.transport.abort()


def prompt_protocol(seconds: float) -> type[PromptProtocol]:
    """The protocol of connections whose headers must come within so many seconds."""
    return type("PromptProtocol", (PromptProtocol,), {"header_seconds": seconds})
