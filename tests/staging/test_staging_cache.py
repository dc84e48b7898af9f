"""Answers that are kept for a while in the staging service's own process; Redis is tested with the service."""

import asyncio

from rag_eval.staging.cache import STALE_S, CachedAnswer, MemoryCache, key_of


class _Clock:
    """A clock that stands still until it is moved."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_key_depends_on_all_that_the_answer_was_made_of() -> None:
    """Model, question, and the passages in their order; and it tells nothing of them."""
    keys = {
        key_of("m", "q", ["a", "b"]),
        key_of("n", "q", ["a", "b"]),
        key_of("m", "r", ["a", "b"]),
        key_of("m", "q", ["b", "a"]),
        key_of("m", "q", ["ab"]),
    }
    assert len(keys) == 5
    assert key_of("m", "q", ["a", "b"]) in keys
    assert all(len(key) == 64 and "q" not in key for key in keys)


def test_an_answer_is_kept_for_a_day() -> None:
    """After that there is none, as if nobody had asked."""

    async def scenario() -> list[CachedAnswer | None]:
        clock = _Clock()
        cache = MemoryCache(clock)
        seen = [await cache.get("k")]
        await cache.put("k", kept)
        for clock.now in (1.0, STALE_S - 1, STALE_S + 1):
            seen.append(await cache.get("k"))
        await cache.aclose()
        return seen

    kept = CachedAnswer("yes", 0.0)
    assert asyncio.run(scenario()) == [None, kept, kept, None]
