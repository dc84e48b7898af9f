"""What stands between a run and the service that it asks: so many at a time, no faster than allowed, not when down."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol, TypeVar

from rag_eval.errors import ReasonedError
from rag_eval.records import Reason
from rag_eval.resilience.breaker import Breaker, is_down
from rag_eval.resilience.inflight import InFlight
from rag_eval.resilience.pauses import Pauses
from rag_eval.resilience.rate import Rate

T = TypeVar("T")

LONGEST_RETRY_AFTER = 300.0
"""Seconds; a service that names a later time is asked again after these."""
_TOO_MUCH = frozenset({Reason.RATE_LIMITED, Reason.TIMEOUT})
"""Reasons by which a service says that less would be more; `_UNAVAILABLE` is the status that does."""
_UNAVAILABLE = 503


class WaitObserver(Protocol):
    """Whoever counts waits."""

    def __call__(self, seconds: float, why: str, /) -> None:
        """So many seconds were waited for a rate, or a breaker."""


def _unseen(_: float, __: str) -> None:
    pass


class RequestPolicy:
    """Lets a request go out when it may."""

    def __init__(
        self,
        inflight: InFlight,
        rate: Rate | None,
        breaker: Breaker | None,
        watch: WaitObserver = _unseen,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        pauses: Pauses | None = None,
    ) -> None:
        """With `pauses` a refusal for being asked too often is waited for, and is no failure of the call."""
        self.inflight, self.rate, self.breaker = inflight, rate, breaker
        self._watch, self._sleep = watch, sleep
        self._pauses = pauses
        self._not_before = 0.0

    async def aclose(self) -> None:
        """Let go of what is held."""
        if self.rate is not None:
            await self.rate.aclose()

    async def send(self, request: Callable[[], Awaitable[T]]) -> T:
        """Send one request in its turn; raises what it raises, and `UnreachableError` when patience has ended."""
        while True:
            async with self.inflight.slot():
                probe = await self._turn()
                since = self._now()
                try:
                    result = await self._counted(request, probe=probe)
                except ReasonedError as error:
                    self._back_off(error, since)
                    if not self._is_the_outage(error) and not self._is_paused(error, since):
                        raise
                    continue  # that the service is down is no fault of this question: it waits like all the others
                finally:
                    if self.rate is not None:
                        self.rate.complete()
                self.inflight.on_success()
                if self._pauses is not None:
                    self._pauses.answered()
                return result

    def _back_off(self, error: ReasonedError, since: float) -> None:
        """Learn from a request that failed: less at a time, or nothing before the time that the service named."""
        if error.reason in _TOO_MUCH or error.status == _UNAVAILABLE:
            self.inflight.on_overload(since)
        after = getattr(error, "after", None)
        if after:
            self._not_before = max(self._not_before, self._now() + min(after, LONGEST_RETRY_AFTER))

    def _is_paused(self, error: ReasonedError, since: float) -> bool:
        """Whether the service was asked too often, and is waited for."""
        if self._pauses is None or error.reason != Reason.RATE_LIMITED:
            return False
        wait = self._pauses.refused(since, getattr(error, "after", None))
        if wait is not None:
            self._not_before = max(self._not_before, self._now() + min(wait, LONGEST_RETRY_AFTER))
        return wait is not None

    def _is_the_outage(self, error: ReasonedError) -> bool:
        """Whether a failure that may be tried again fell into a pause of the breaker."""
        return self.breaker is not None and not self.breaker.is_closed and error.retriable and is_down(error)

    def _now(self) -> float:
        return self.inflight.clock()

    async def _turn(self) -> bool:
        """Wait for breaker and rate; whether the request is a probe."""
        while True:
            while (wait := self._not_before - self._now()) > 0:
                self._watch(wait, "retry_after")
                await self._sleep(wait)
            probe = await self.breaker.ready() if self.breaker is not None else False
            if self.rate is not None:
                try:
                    self._watch(await self.rate.acquire(), "rate")
                except BaseException:
                    self._give_back(probe=probe)
                    raise
            if probe or self.breaker is None or self.breaker.is_closed:
                return probe
            if self.rate is not None:
                self.rate.release()  # the service went down while this place was waited for

    def _give_back(self, *, probe: bool) -> None:
        if probe and self.breaker is not None:
            self.breaker.probed()

    async def _counted(self, request: Callable[[], Awaitable[T]], *, probe: bool) -> T:
        if self.breaker is None:
            return await request()
        with self.breaker.counting(probe=probe):
            return await request()
