"""How many requests are under way at a time."""

import asyncio

from support.calls import Clock, down

from rag_eval.resilience import InFlight


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
