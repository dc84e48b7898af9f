"""What stands between a run and the service that it asks: so many at a time, no faster than allowed, not when down."""

from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

from rag_eval.errors import ReasonedError
from rag_eval.resilience.breaker import Breaker
from rag_eval.resilience.inflight import InFlight
from rag_eval.resilience.rate import Rate

T = TypeVar("T")

_TOO_MUCH = frozenset({"rate_limited", "timeout"})
_UNAVAILABLE = 503
"""Reasons, and the status, by which a service says that less would be more."""


class Watch(Protocol):
    """Whoever counts waits."""

    def __call__(self, seconds: float, why: str, /) -> None:
        """So many seconds were waited for a rate, or a breaker."""


def _unseen(_: float, __: str) -> None:
    pass


class Manners:
    """Lets a request go out when it may."""

    def __init__(self, inflight: InFlight, rate: Rate | None, breaker: Breaker | None, watch: Watch = _unseen) -> None:
        self.inflight, self.rate, self.breaker, self._watch = inflight, rate, breaker, watch

    async def aclose(self) -> None:
        """Let go of what is held."""
        if self.rate is not None:
            await self.rate.aclose()

    async def send(self, request: Callable[[], Awaitable[T]]) -> T:
        """Send one request in its turn; raises what it raises, and `UnreachableError` when patience has ended."""
        async with self.inflight.place():
            probe = await self._turn()
            since = self._now()
            try:
                result = await self._counted(request, probe=probe)
            except ReasonedError as error:
                if error.reason in _TOO_MUCH or error.status == _UNAVAILABLE:
                    self.inflight.was_too_much(since)
                raise
            finally:
                if self.rate is not None:
                    self.rate.done()
            self.inflight.went_well()
            return result

    def _now(self) -> float:
        return self.inflight.clock()

    async def _turn(self) -> bool:
        """Wait for breaker and rate; whether the request is a probe."""
        while True:
            probe = await self.breaker.ready() if self.breaker is not None else False
            if self.rate is not None:
                try:
                    self._watch(await self.rate.take(), "rate")
                except BaseException:
                    self._give_back(probe=probe)
                    raise
            if probe or self.breaker is None or self.breaker.is_closed:
                return probe
            if self.rate is not None:
                self.rate.done()  # the place that was waited for goes to nobody: the service went down meanwhile

    def _give_back(self, *, probe: bool) -> None:
        if probe and self.breaker is not None:
            self.breaker.probed()

    async def _counted(self, request: Callable[[], Awaitable[T]], *, probe: bool) -> T:
        if self.breaker is None:
            return await request()
        with self.breaker.counting(probe=probe):
            return await request()
