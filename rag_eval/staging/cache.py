"""Answers that a language model wrote, kept for a while: in this process, or in Redis for several workers.

The key is made of the question and of the passages that were found for it, so that an answer is given again only where
the same would be asked, and never to somebody who may not find these passages.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Protocol

from pydantic import TypeAdapter

from rag_eval.staging.errors import PartRejection, Unreachable

if TYPE_CHECKING:
    from redis.asyncio import Redis

_PREFIX = "rag-staging:answer:"
_MOST = 10_000
"""Answers in memory."""
STALE_S = 24 * 3600.0
"""How long an answer is kept for the case that the model is away."""


@dataclass(frozen=True)
class CachedAnswer:
    """An answer, and when it was written, in seconds since 1970."""

    answer: str
    at: float


_KEPT = TypeAdapter(CachedAnswer)


class Cache(Protocol):
    """Whatever keeps answers."""

    async def get(self, key: str) -> CachedAnswer | None:
        """Return what was kept; raises `PartError` where that cannot be known."""
        ...

    async def put(self, key: str, kept: CachedAnswer) -> None:
        """Keep an answer; raises `PartError` where that cannot be done."""
        ...

    async def aclose(self) -> None:
        """Let go of connections."""
        ...


def key_of(model: str, question: str, contexts: Sequence[str]) -> str:
    """The name under which an answer is kept; tells nothing of what it is made of."""
    reply = json.dumps([model, question, list(contexts)]).encode()
    return hashlib.sha256(reply).hexdigest()


class MemoryCache:
    """The answers of the last day, ten thousand at most; by cachetools."""

    def __init__(self, clock: Callable[[], float]) -> None:
        from cachetools import TTLCache

        self._kept: TTLCache[str, CachedAnswer] = TTLCache(_MOST, STALE_S, timer=clock)

    async def get(self, key: str) -> CachedAnswer | None:
        """See `Cache.get`."""
        return self._kept.get(key)

    async def put(self, key: str, kept: CachedAnswer) -> None:
        """See `Cache.put`."""
        self._kept[key] = kept

    async def aclose(self) -> None:
        """See `Cache.aclose`."""


class RedisCache:
    """Answers in Redis, where they end by themselves."""

    def __init__(self, client: "Redis") -> None:
        self._client = client

    async def get(self, key: str) -> CachedAnswer | None:
        """See `Cache.get`; what is no answer of ours counts as none."""
        from redis.exceptions import RedisError

        try:
            reply = await self._client.get(_PREFIX + key)
        except RedisError as error:
            raise _told(error) from error
        try:
            return _KEPT.validate_json(reply, strict=True) if reply is not None else None
        except ValueError:
            return None

    async def put(self, key: str, kept: CachedAnswer) -> None:
        """See `Cache.put`."""
        from redis.exceptions import RedisError

        try:
            await self._client.set(_PREFIX + key, json.dumps(asdict(kept)), ex=int(STALE_S))
        except RedisError as error:
            raise _told(error) from error

    async def aclose(self) -> None:
        """See `Cache.aclose`."""
        await self._client.aclose()


def redis_client(url: str) -> "Redis":
    """A client that connects when it is first used."""
    from redis.asyncio import Redis

    return Redis.from_url(url, **redis_manners())


def redis_manners() -> dict[str, Any]:
    """How a client of Redis behaves here: it connects anew once, as all its connections broke where Redis began anew.

    All else, and the time, are the circuit's: what was slow may have been counted, and is not sent again from here.
    """
    from redis.asyncio.retry import Retry
    from redis.backoff import NoBackoff
    from redis.exceptions import ConnectionError as Broken

    return {"retry": Retry(NoBackoff(), 1, (Broken,)), "socket_connect_timeout": None, "socket_timeout": None}


def _told(error: Exception) -> Unreachable | PartRejection:
    from redis.exceptions import ConnectionError as Broken
    from redis.exceptions import TimeoutError as Slow

    kind = Unreachable if isinstance(error, Broken | Slow | OSError) else PartRejection
    return kind(f"redis: {type(error).__name__}")
