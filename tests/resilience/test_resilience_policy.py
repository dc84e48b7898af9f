"""The policy of requests: how many at a time, how fast, and not when it is down; with a clock that a test turns."""

import asyncio

from support.calls import Clock, breaker, down, fail, request

from rag_eval.resilience import InFlight, RequestPolicy


def test_only_one_probe_goes_out() -> None:
    """While the probe of a half-open circuit is under way, nobody else asks."""

    async def scenario() -> int:
        policy = RequestPolicy(InFlight(8), None, breaker(Clock(), []))
        await fail(policy, 3)
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
        policy = RequestPolicy(InFlight(8), None, breaker(Clock(), []))
        await fail(policy, 3)

        async def hangs() -> str:
            await asyncio.sleep(60)
            return "never"

        probe = asyncio.create_task(policy.send(hangs))
        await asyncio.sleep(0.1)
        probe.cancel()
        await asyncio.gather(probe, return_exceptions=True)
        return await asyncio.wait_for(policy.send(request(None)), 5)

    assert asyncio.run(scenario()) == "answered"
