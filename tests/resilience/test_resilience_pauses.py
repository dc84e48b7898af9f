"""A service that only says that it is asked too often is left alone, each time longer, until it answers."""

import asyncio

import pytest
from structlog.testing import capture_logs
from support.calls import Clock

from rag_eval.errors import ReasonedError, TargetError
from rag_eval.resilience import InFlight, Pauses, RequestPolicy

REFUSED = TargetError("slow down", reason="rate_limited")


def test_pauses_grow_while_it_refuses_and_shrink_while_it_answers() -> None:
    """What was sent before a pause was lengthened does not lengthen it again."""
    clock = Clock()
    pauses = Pauses(600, "it", clock)
    assert pauses.refused(clock.now, None) == 1.0
    assert pauses.refused(clock.now - 1, None) == 1.0
    clock.now += 1
    assert [pauses.refused(clock.now, None) for _ in range(7)] == [2, 4, 8, 16, 32, 60, 60]
    pauses.answered()
    assert pauses.refused(clock.now, None) == 60.0
    assert pauses.refused(clock.now, 7.0) == 7.0


def test_a_pause_is_told_of_where_it_is_longer_than_any_before() -> None:
    """A service that is always busy does not fill the terminal."""
    clock = Clock()
    pauses = Pauses(600, "it", clock)
    with capture_logs() as lines:
        for _ in range(20):
            pauses.refused(clock.now, None)
            pauses.answered()
    assert [line["seconds"] for line in lines] == [1.0]
    with capture_logs() as lines:
        pauses.refused(clock.now, None)
        pauses.refused(clock.now, None)
        pauses.refused(clock.now, 7.0)
    assert [line["seconds"] for line in lines] == [2.0, 7.0]


def test_patience_ends_where_nothing_is_answered() -> None:
    """Counted from the first refusal after the last answer."""
    clock = Clock()
    pauses = Pauses(10, "it", clock)
    assert pauses.refused(clock.now, None)
    clock.now += 9
    assert pauses.refused(clock.now, None)
    pauses.answered()
    clock.now += 9
    assert pauses.refused(clock.now, None)
    clock.now += 10
    assert pauses.refused(clock.now, None) is None
    assert Pauses(0, "it", clock).refused(clock.now, 1.0) is None


def test_a_refused_call_waits_and_is_no_failure() -> None:
    """With pauses it is sent again until patience ends; any other failure is raised at once."""
    clock = Clock()
    policy = RequestPolicy(InFlight(2, clock=clock), None, None, sleep=clock.sleep, pauses=Pauses(30, "it", clock))
    sent: list[float] = []

    async def request() -> str:
        sent.append(clock.now)
        if len(sent) < 4:
            raise REFUSED
        return "answered"

    async def refuse() -> str:
        raise REFUSED

    began = clock.now
    assert asyncio.run(policy.send(request)) == "answered"
    assert [at - began for at in sent] == [0, 1, 3, 7]
    with pytest.raises(ReasonedError, match="slow down"):
        asyncio.run(policy.send(refuse))
    assert clock.now - began >= 30
