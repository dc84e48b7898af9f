"""Calls of a service that is down, and a clock that a test turns."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable
from typing import Any

from rag_eval.errors import ReasonedError, TargetError
from rag_eval.resilience import Breaker, RequestPolicy


class Clock:
    """Time that passes by sleeping only."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        """What it shows."""
        return self.now

    async def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds
        await asyncio.sleep(0)


def down() -> ReasonedError:
    """What a service that is down ends a request with."""
    return TargetError("no answer", reason="timeout")


def breaker(clock: Clock, states: list[str], **settings: Any) -> Breaker:
    """A breaker that opens after three failures in a row."""
    settings = {"failures": 3, "recovery": 0.05, "patience": 60.0, **settings}
    return Breaker(**settings, name="it", sleep=asyncio.sleep, clock=clock, watch=states.append)


def request(error: ReasonedError | None) -> Callable[[], Awaitable[str]]:
    """A request that is answered, or ends in an error."""

    async def send() -> str:
        if error is not None:
            raise error
        return "answered"

    return send


async def fail(policy: RequestPolicy, times: int) -> None:
    """Send so many requests to a service that is down."""
    for _ in range(times):
        with contextlib.suppress(ReasonedError):
            await policy.send(request(down()))
