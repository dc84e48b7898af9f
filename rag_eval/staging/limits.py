"""How often somebody may ask, by slowapi.

Its decorator counts with a blocking client, which would stop the event loop for each round trip to Redis, and for the
whole timeout of one that hangs. Here the same decorator counts with the asynchronous half of `limits`, the library
beneath slowapi: a moving window, exact over all workers that share a Redis. While Redis is away each worker counts in
its own memory, and answers say `degraded`.
"""

import functools
import math
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address, ip_network
from typing import Any, Literal, ParamSpec, TypeVar

from fastapi import Request, Response
from limits import RateLimitItem, parse_many
from limits.aio.storage import MemoryStorage, Storage
from limits.aio.strategies import MovingWindowRateLimiter
from limits.errors import StorageError
from limits.storage import storage_from_string
from slowapi import Limiter

from rag_eval.staging.cache import redis_manners
from rag_eval.staging.circuits import Circuit, Deadline
from rag_eval.staging.errors import PartError, PartRejection, ServiceRefusal, Unreachable
from rag_eval.staging.settings import UNLIMITED

Scope = Literal["query", "upload", "account"]
P = ParamSpec("P")
R = TypeVar("R")

_NEIGHBOURHOOD = 64
"""Bits of an IPv6 address that tell one customer from the next; the rest is his to choose."""


@dataclass(frozen=True)
class _Standing:
    """How somebody stands with the limit that is nearest to being reached."""

    item: RateLimitItem
    remaining: int
    reset: float
    """Seconds since 1970."""


def key_of(request: Request) -> str:
    """Whose request it is: the user's who is known by a token, else the address'; the two never share a key."""
    user: str | None = getattr(request.state, "user", None)
    if user is not None:
        return f"user:{user}"
    host = request.client.host if request.client else "unknown"
    return f"address:{_neighbourhood(host)}"


def _neighbourhood(host: str) -> str:
    try:
        address = ip_address(host)
    except ValueError:
        return host
    if not isinstance(address, IPv6Address):
        return host
    return str(address.ipv4_mapped or ip_network((address, _NEIGHBOURHOOD), strict=False))


class RequestLimits(Limiter):
    """slowapi's limiter, counting without blocking."""

    def __init__(
        self,
        redis_url: str | None,
        circuit: Circuit | None,
        exceeded: Callable[[str], None] = lambda _: None,
    ) -> None:
        """`circuit` guards Redis; `exceeded` is told the scope of each request over a limit."""
        super().__init__(key_func=key_of, strategy="moving-window", headers_enabled=True)
        self._circuit, self._exceeded = circuit, exceeded
        self._own = MovingWindowRateLimiter(MemoryStorage())
        self._shared = MovingWindowRateLimiter(_redis(redis_url)) if redis_url else None

    def on(self, rate: str, scope: Scope) -> Callable[[Callable[P, Awaitable[R]]], Callable[P, Awaitable[R]]]:
        """Decorate an endpoint that takes `request` and `response`; all of one scope share the limit.

        Adds `X-RateLimit-Limit`, `-Remaining` and `-Reset`; over the limit the endpoint is not called, and the client
        gets 429 with `Retry-After`.
        """
        items = [] if rate == UNLIMITED else parse_many(rate)

        def decorated(endpoint: Callable[P, Awaitable[R]]) -> Callable[P, Awaitable[R]]:
            @functools.wraps(endpoint)
            async def limited(*args: P.args, **kwargs: P.kwargs) -> R:
                request, response = kwargs["request"], kwargs["response"]
                assert isinstance(request, Request)
                assert isinstance(response, Response)
                headers = await self._take(request, items, scope)
                response.headers.update(headers)
                answer = await endpoint(*args, **kwargs)
                if isinstance(answer, Response):
                    answer.headers.update(headers)
                return answer

            return limited

        return decorated if items else lambda endpoint: endpoint

    async def _take(self, request: Request, items: list[RateLimitItem], scope: Scope) -> dict[str, str]:
        """Take a place in each window; raises `ServiceRefusal` where one is full."""
        key = (scope, key_of(request))
        standings = []
        for item in items:
            is_in, standing = await self._count(request, item, key)
            if not is_in:
                self._exceeded(scope)
                seconds = max(1, math.ceil(standing.reset - time.time()))
                raise ServiceRefusal(
                    429,
                    "rate_limited",
                    f"more than {item.amount} requests per {item.multiples} {item.GRANULARITY.name}; "
                    f"try again in {seconds} s",
                    {**_headers(standing), "Retry-After": str(seconds)},
                )
            standings.append(standing)
        return _headers(min(standings, key=lambda standing: standing.remaining))

    async def _count(self, request: Request, item: RateLimitItem, key: tuple[str, str]) -> tuple[bool, _Standing]:
        if self._shared is not None and self._circuit is not None:
            shared = self._shared
            deadline: Deadline = request.state.deadline
            try:
                return await self._circuit.call(lambda: _hit(shared, item, key), deadline)
            except PartError:
                request.state.degraded.add("redis")
        return await _hit(self._own, item, key)

    async def aclose(self) -> None:
        """Let go of connections to Redis."""
        bridge: Any = getattr(self._shared.storage, "bridge", None) if self._shared else None
        if bridge is not None:
            await bridge.storage.aclose()


async def _hit(limiter: MovingWindowRateLimiter, item: RateLimitItem, key: tuple[str, str]) -> tuple[bool, _Standing]:
    try:
        is_in = await limiter.hit(item, *key)
        stats = await limiter.get_window_stats(item, *key)
    except StorageError as error:
        kind = PartRejection if "ResponseError" in type(error.storage_error).__name__ else Unreachable
        raise kind(f"redis: {type(error.storage_error).__name__}") from error
    return is_in, _Standing(item, max(0, stats.remaining), stats.reset_time)


def _headers(standing: _Standing) -> dict[str, str]:
    return {
        "X-RateLimit-Limit": str(standing.item.amount),
        "X-RateLimit-Remaining": str(standing.remaining),
        "X-RateLimit-Reset": str(math.ceil(standing.reset)),
    }


def _redis(url: str) -> Storage:
    storage = storage_from_string(
        f"async+{url}",
        implementation="redispy",
        wrap_exceptions=True,
        key_prefix="rag-staging:limit",
        **redis_manners(),
    )
    assert isinstance(storage, Storage)
    return storage
