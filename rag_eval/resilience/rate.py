"""No more requests in a stretch of time than somebody allows, on this machine or on several that share a Redis.

Written as the `limits` library writes it: `10/minute`, `5/second;200/hour`. Its moving window holds on the sender's
clock; what a service counts is when requests arrive, which networks shift. Within one process a place is therefore
taken until a whole window after the answer came, so that no window at the service can hold one request too many.
"""

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from rag_eval.errors import ConfigError, UnreachableError

Clock = Callable[[], float]
Sleep = Callable[[float], Awaitable[None]]

MEMORY = "memory://"
_LONGEST_NAP = 5.0
"""Seconds after which a wait looks again, in case another machine's clock or a shared limit has changed."""
_SHORTEST_NAP = 0.01


@dataclass
class _Window:
    """The places of one limit in this process: when each is free again, by the monotonic clock."""

    amount: int
    seconds: float
    free_at: deque[float] = field(default_factory=deque)
    under_way: int = 0


class Rate:
    """Lets requests through as they are allowed: `acquire` before one, `complete` or `release` after it."""

    def __init__(
        self,
        rate: str,
        *,
        storage: str = MEMORY,
        name: str = "target",
        setting: str = "target.rate",
        clock: Clock = time.monotonic,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        """Read a limit; raises `ConfigError` for one that cannot be read, or a storage that is not there."""
        import limits  # most services are asked without one

        try:
            self._items = limits.parse_many(rate)
        except ValueError as error:
            raise ConfigError(f"{setting}: {rate!r} is no rate; it reads 10/minute, or 5/second;200/hour") from error
        if any(item.amount < 1 for item in self._items):
            raise ConfigError(f"{setting}: {rate!r} allows nothing; it reads 10/minute, or 5/second;200/hour")
        self._windows = [_Window(item.amount, float(item.get_expiry())) for item in self._items]
        self._shared = None if storage == MEMORY else _shared(storage)
        self._name, self._clock, self._sleep = name, clock, sleep
        self._turn = asyncio.Lock()

    async def acquire(self) -> float:
        """Wait until one more request is allowed; gives the seconds that were waited.

        Raises `UnreachableError` if the shared storage is away: several machines would exceed the limit without it.
        """
        began = self._clock()
        async with self._turn:  # first come, first served
            while (wait := self._wait() or await self._shared_wait()) > 0:
                await self._sleep(min(max(wait, _SHORTEST_NAP), _LONGEST_NAP))
            for window in self._windows:
                window.under_way += 1
        return self._clock() - began

    def release(self) -> None:
        """A place that was taken and is not used."""
        for window in self._windows:
            window.under_way -= 1

    def complete(self) -> None:
        """A request that was let through has its answer, or has failed."""
        now = self._clock()
        for window in self._windows:
            window.under_way -= 1
            window.free_at.append(now + window.seconds)

    async def aclose(self) -> None:
        """Close the connections to a shared storage."""
        bridge = getattr(getattr(self._shared, "storage", None), "bridge", None)
        if bridge is not None:  # `limits` has no way of its own
            await bridge.storage.aclose()

    def _wait(self) -> float:
        """Seconds until this process may send, 0 if it may now."""
        now, longest = self._clock(), 0.0
        for window in self._windows:
            while window.free_at and window.free_at[0] <= now:
                window.free_at.popleft()
            if len(window.free_at) + window.under_way >= window.amount:
                longest = max(longest, window.free_at[0] - now if window.free_at else _SHORTEST_NAP)
        return longest

    async def _shared_wait(self) -> float:
        """Take a place in the storage that machines share; seconds until one is free if there is none."""
        if self._shared is None:
            return 0.0
        from limits.errors import StorageError

        try:
            for item in self._items:
                if not await self._shared.test(item, self._name):
                    stats = await self._shared.get_window_stats(item, self._name)
                    return max(_SHORTEST_NAP, float(stats.reset_time) - time.time())
            for item in self._items:
                if not await self._shared.hit(item, self._name):
                    return _SHORTEST_NAP  # another machine took the place between the look and the grasp
        except StorageError as error:
            message = f"target.rate_storage cannot be reached, and without it the rate cannot be kept: {error}"
            raise UnreachableError(message) from error
        return 0.0


def _shared(storage: str) -> Any:
    """The moving window of the `limits` library over a storage that is named as it names them."""
    from limits.aio.strategies import MovingWindowRateLimiter
    from limits.errors import ConfigurationError
    from limits.storage import storage_from_string

    scheme, _, rest = storage.partition("://")
    options: dict[str, Any] = {"implementation": "redispy"} if scheme.removeprefix("async+").startswith("redis") else {}
    try:
        where = f"async+{scheme.removeprefix('async+')}://{rest}"
        return MovingWindowRateLimiter(storage_from_string(where, wrap_exceptions=True, **options))
    except (ConfigurationError, ValueError, TypeError) as error:
        hint = "Do: pip install 'rag-eval[redis]'" if scheme.startswith("redis") else "It reads redis://host:6379/0"
        # Not what the library says, which may repeat a password.
        raise ConfigError(
            f"target.rate_storage: {scheme}://… cannot be used ({type(error).__name__}). {hint}"
        ) from None
