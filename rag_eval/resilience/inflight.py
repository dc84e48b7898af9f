"""How many requests are under way at a time: one more for each round that went well, half as many when it was too much.

Additive increase, multiplicative decrease, as TCP has it (Chiu & Jain, "Analysis of the increase and decrease
algorithms for congestion avoidance", 1989).
"""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

_LESS = 0.5
"""What is left of the number when the service was overloaded."""


class InFlight:
    """Lets so many through at a time, and adapts how many that is."""

    def __init__(self, most: int, *, adapts: bool = True, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._adapts = adapts
        self._allowed = float(most)
        self._now = 0
        self._free = asyncio.Condition()
        self.clock = clock
        self._lowered_at = 0.0

    @property
    def allowed(self) -> int:
        """How many may be under way now, at least 1."""
        return max(1, int(self._allowed))

    @property
    def now(self) -> int:
        """How many are."""
        return self._now

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[float]:
        """Hold a place as soon as one is free; gives when it was taken, by the clock."""
        async with self._free:
            await self._free.wait_for(lambda: self._now < self.allowed)
            self._now += 1
        try:
            yield self.clock()
        finally:
            async with self._free:
                self._now -= 1
                self._free.notify_all()

    def on_success(self) -> None:
        """A request was answered in good order."""
        if self._adapts:
            self._allowed = min(float(self._most), self._allowed + 1 / self._allowed)

    def on_overload(self, since: float) -> None:
        """A request that was sent `since` was refused for load, or timed out.

        What was sent before the number was last lowered says nothing about the lower one.
        """
        if self._adapts and since >= self._lowered_at:
            self._allowed = max(1.0, self._allowed * _LESS)
            self._lowered_at = self.clock()
