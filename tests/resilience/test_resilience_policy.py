"""The policy of requests: how many at a time, how fast, and not when it is down; with a clock that a test turns."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.redis_server import RedisServer

from rag_eval.errors import ConfigError, ReasonedError, TargetError, UnreachableError
from rag_eval.resilience import Breaker, InFlight, Rate, RequestPolicy
from rag_eval.resilience.breaker import is_down


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


# Rate


@settings(max_examples=40, deadline=None)
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


# In flight


def test_additive_increase_multiplicative_decrease() -> None:
    """Half as many after a refusal, once for all that were sent before; one more for each round that went well."""
    clock = Clock()
    flight = InFlight(16, clock=clock)
    clock.now += 1
    flight.on_overload(clock())
    flight.on_overload(1000.5)  # sent before the number was lowered
    assert flight.allowed == 8
    for _ in range(9):
        flight.on_success()
    assert flight.allowed == 9
    for _ in range(200):
        flight.on_success()
    assert flight.allowed == 16
    for _ in range(20):
        clock.now += 1
        flight.on_overload(clock())
    assert flight.allowed == 1


def test_no_more_at_a_time_than_allowed() -> None:
    """Whatever happens to those that hold a place."""

    async def scenario() -> int:
        flight, peak = InFlight(3), 0

        async def one(n: int) -> None:
            nonlocal peak
            async with flight.slot():
                peak = max(peak, flight.now)
                await asyncio.sleep(0.001)
                if n % 3 == 0:
                    raise down()

        await asyncio.gather(*(one(n) for n in range(30)), return_exceptions=True)
        assert flight.now == 0
        return peak

    assert asyncio.run(scenario()) == 3


# Breaker


def _breaker(clock: Clock, states: list[str], **said: Any) -> Breaker:
    settings_ = {"failures": 3, "recovery": 0.05, "patience": 60.0, **said}
    return Breaker(**settings_, name="it", sleep=asyncio.sleep, clock=clock, watch=states.append)


def _request(error: ReasonedError | None) -> Callable[[], Awaitable[str]]:
    async def request() -> str:
        if error is not None:
            raise error
        return "answered"

    return request


async def _fail(policy: RequestPolicy, times: int) -> None:
    for _ in range(times):
        with contextlib.suppress(ReasonedError):
            await policy.send(_request(down()))


def test_it_opens_probes_and_closes() -> None:
    """Open after three in a row, one probe at a time, closed by one that is answered."""
    states: list[str] = []

    async def scenario() -> list[str]:
        policy = RequestPolicy(InFlight(8), None, _breaker(Clock(), states))
        await _fail(policy, 2)
        await policy.send(_request(None))
        await _fail(policy, 2)
        assert states == []
        await _fail(policy, 1)
        assert states == ["open"]
        await _fail(policy, 1)
        assert states == ["open", "half_open", "open"]
        return await asyncio.gather(*(policy.send(_request(None)) for _ in range(5)))

    assert asyncio.run(scenario()) == ["answered"] * 5
    assert states == ["open", "half_open", "open", "half_open", "closed"]


def test_only_one_probe_goes_out() -> None:
    """While the probe of a half-open circuit is under way, nobody else asks."""

    async def scenario() -> int:
        policy = RequestPolicy(InFlight(8), None, _breaker(Clock(), []))
        await _fail(policy, 3)
        under_way = most = 0

        async def slow() -> str:
            nonlocal under_way, most
            under_way += 1
            most = max(most, under_way)
            await asyncio.sleep(0.1)
            under_way -= 1
            raise down()

        tasks = [asyncio.create_task(policy.send(slow)) for _ in range(6)]
        await asyncio.sleep(0.25)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        return most

    assert asyncio.run(scenario()) == 1


def test_a_cancelled_probe_leaves_the_way_free() -> None:
    """Another may probe; nothing hangs."""

    async def scenario() -> str:
        policy = RequestPolicy(InFlight(8), None, _breaker(Clock(), []))
        await _fail(policy, 3)

        async def hangs() -> str:
            await asyncio.sleep(60)
            return "never"

        probe = asyncio.create_task(policy.send(hangs))
        await asyncio.sleep(0.1)
        probe.cancel()
        await asyncio.gather(probe, return_exceptions=True)
        return await asyncio.wait_for(policy.send(_request(None)), 5)

    assert asyncio.run(scenario()) == "answered"


def test_patience_ends() -> None:
    """After so long without an answer the run is told, with the last reason."""
    clock = Clock()

    async def scenario() -> None:
        policy = RequestPolicy(InFlight(8), None, _breaker(clock, [], patience=100))
        await _fail(policy, 3)
        clock.now += 101
        await policy.send(_request(None))

    with pytest.raises(UnreachableError, match=r"it has been failing for 101 s; last: no answer"):
        asyncio.run(scenario())


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (TargetError("x", reason="timeout"), True),
        (TargetError("x", reason="connection"), True),
        (TargetError("x", reason="http_status", status=503), True),
        (TargetError("x", reason="http_status", status=404), False),
        (TargetError("x", reason="not_json"), False),
        (ValueError("x"), False),
    ],
)
def test_what_counts_as_down(error: Exception, expected: bool) -> None:  # noqa: FBT001
    """No answer, or a status of 500 and above; not an answer that is of no use."""
    assert is_down(error) is expected


def test_answers_of_no_use_close_the_circuit() -> None:
    """A service that answers 400 to everything is up; asking it is no reason to pause."""
    states: list[str] = []

    async def scenario() -> None:
        policy = RequestPolicy(InFlight(8), None, _breaker(Clock(), states))
        for _ in range(10):
            with contextlib.suppress(ReasonedError):
                await policy.send(_request(TargetError("x", reason="http_status", status=400)))

    asyncio.run(scenario())
    assert states == []
