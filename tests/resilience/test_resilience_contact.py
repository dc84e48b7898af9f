"""The first calls of a service go out one at a time, and no more where all of them end alike."""

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import pytest

from rag_eval.errors import FirstContactError, ReasonedError, TargetError
from rag_eval.resilience import FirstContact, FirstSteps


class Service:
    """Answers, or fails as it is told to, call by call; the last way for all further calls."""

    def __init__(self, *ends: ReasonedError | str) -> None:
        self.calls = self.under_way = self.peak = 0
        self._ends = ends

    async def ask(self) -> str:
        """One call."""
        end = self._ends[min(self.calls, len(self._ends) - 1)]
        self.calls += 1
        self.under_way += 1
        self.peak = max(self.peak, self.under_way)
        for _ in range(50):  # so long that all that may go out has gone
            await asyncio.sleep(0)
        self.under_way -= 1
        if isinstance(end, ReasonedError):
            raise end
        return end


def fails(reason: str, attempts: int = 1) -> ReasonedError:
    """A failure that was tried so often."""
    error = TargetError(f"because of {reason}", reason=reason)
    error.attempts = attempts
    return error


def ask(service: Service, times: int, contact: FirstContact | None = None) -> Sequence[Any]:
    """What so many calls at once come to."""
    first = contact or FirstContact("target")

    async def scenario() -> Sequence[Any]:
        return await asyncio.gather(*(first.call(service.ask) for _ in range(times)), return_exceptions=True)

    return asyncio.run(scenario())


@pytest.mark.parametrize("reason", ["unauthorized", "http_status", "quota", "no_answer", "truncated", "refused"])
def test_five_calls_that_end_alike_are_the_last(reason: str) -> None:
    """The service is asked five times by forty, and the sixth is told what the fifth was."""
    service = Service(fails(reason))
    ends = ask(service, 40)
    assert service.calls == 5
    assert [type(end) for end in ends] == [TargetError] * 5 + [FirstContactError] * 35
    assert str(ends[5]) == f"because of {reason}"
    assert (ends[5].stage, ends[5].reason) == ("target", reason)


def test_one_call_goes_out_at_first() -> None:
    """The rest waits for its answer, and then goes out together."""
    service = Service("yes")
    seen: list[int] = []
    contact = FirstContact("target", made=lambda: seen.append(service.calls))
    assert ask(service, 8, contact) == ["yes"] * 8
    assert seen == [1]
    assert service.peak == 7


@pytest.mark.parametrize(
    "ends",
    [
        (fails("unauthorized"), fails("no_answer"), fails("unauthorized")),
        (fails("rate_limited"), fails("unauthorized")),
        (fails("unauthorized"), "yes", fails("unauthorized")),
    ],
)
def test_a_service_that_fails_in_several_ways_is_asked_to_the_end(ends: Sequence[ReasonedError | str]) -> None:
    """So is one that fails for a reason that lies in one question or passes, and one that has answered."""
    service = Service(*ends)
    ask(service, 20)
    assert service.calls == 20


def test_every_try_of_a_service_that_is_away_counts() -> None:
    """Five tries of one call are as good as five calls; of a key that is wrong it is the calls that count."""
    away, refused = Service(fails("connection", attempts=5)), Service(fails("unauthorized", attempts=5))
    ask(away, 10)
    ask(refused, 10)
    assert (away.calls, refused.calls) == (1, 5)


def test_what_comes_after_the_first_answer_goes_step_by_step() -> None:
    """A judge that fails is known before a service has been asked forty times; one that answers opens for all."""
    service = Service("yes")

    async def calls_after(*moves: Callable[[], None]) -> list[int]:
        counts = [service.calls]
        for move in moves:
            move()
            for _ in range(200):
                await asyncio.sleep(0)
            counts.append(service.calls)
        return counts

    async def scenario() -> list[int]:
        steps = FirstSteps()
        contact = FirstContact("target", opened=steps.wait)
        async with asyncio.TaskGroup() as group:
            for _ in range(9):
                group.create_task(contact.call(service.ask))
            return await calls_after(lambda: None, steps.step, steps.step, steps.open)

    assert asyncio.run(scenario()) == [0, 1, 2, 3, 9]


def test_nothing_is_held_back_on_demand() -> None:
    """Whoever goes on with a run in spite of its failures asks all of it."""
    service = Service(fails("unauthorized"))
    ask(service, 20, FirstContact("target", most=None))
    assert (service.calls, service.peak) == (20, 20)
