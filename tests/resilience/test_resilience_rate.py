"""A rate that is kept: no window holds one request too many, also when machines share it."""

import asyncio
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.calls import Clock
from support.redis_server import RedisServer

from rag_eval.errors import ConfigError, UnreachableError
from rag_eval.resilience import Rate


@given(st.lists(st.floats(0, 3), min_size=1, max_size=40), st.integers(1, 5), st.integers(1, 3))
def test_no_window_holds_one_too_many(takes: list[float], amount: int, seconds: int) -> None:
    """However long each answer takes, no stretch of the window's length holds more requests than allowed."""
    clock = Clock()
    sent: list[float] = []

    async def scenario() -> None:
        rate = Rate(f"{amount}/{seconds} second", clock=clock, sleep=clock.sleep)
        for took in takes:
            await rate.acquire()
            sent.append(clock())
            clock.now += took
            rate.complete()

    asyncio.run(scenario())
    for at in sent:
        assert sum(1 for other in sent if at <= other < at + seconds) <= amount


def test_several_limits_hold_at_once() -> None:
    """`2/second;3/minute`: the fourth waits for the minute."""
    clock = Clock()

    async def scenario() -> list[float]:
        rate = Rate("2/second;3/minute", clock=clock, sleep=clock.sleep)
        times = []
        for _ in range(4):
            await rate.acquire()
            times.append(clock() - 1000)
            rate.complete()
        return times

    first, second, third, fourth = asyncio.run(scenario())
    assert (first, second) == (0, 0)
    assert 1 <= third < 1.1
    assert 60 <= fourth < 61.2


@pytest.mark.parametrize("said", ["", "fast", "10/fortnight", "ten/minute", "-1/second"])
def test_what_is_no_rate(said: str) -> None:
    """It says how one is written."""
    with pytest.raises(ConfigError, match="10/minute"):
        Rate(said)


@pytest.mark.slow
def test_two_machines_share_a_limit(tmp_path: Path) -> None:
    """Over Redis, two processes' worth of askers together stay within it; without Redis asking stops with a reason."""
    with RedisServer(tmp_path) as server:

        async def scenario() -> list[float]:
            rates = [Rate("6/second", storage=server.url, name="shared") for _ in range(2)]
            sent: list[float] = []

            async def machine(rate: Rate) -> None:
                for _ in range(9):
                    await rate.acquire()
                    sent.append(time.monotonic())
                    rate.complete()

            await asyncio.gather(*map(machine, rates))
            await asyncio.gather(*(rate.aclose() for rate in rates))
            return sent

        began = time.monotonic()
        sent = sorted(asyncio.run(scenario()))
        # However busy the machine is: the seventh cannot come before a second has passed, nor the 13th before two.
        assert sent[6] - began >= 0.99
        assert sent[12] - began >= 1.98
        server.stop()

        async def away() -> None:
            rate = Rate("6/second", storage=server.url)
            try:
                await rate.acquire()
            finally:
                await rate.aclose()

        with pytest.raises(UnreachableError, match="rate_storage"):
            asyncio.run(away())
