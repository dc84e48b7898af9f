"""When a service counts as down, and how it is seen that it is back; with a clock that a test turns."""

import asyncio
import contextlib
import re
from typing import Any

import pytest
from structlog.testing import capture_logs
from support.calls import Clock, breaker, fail, request

from rag_eval.errors import ReasonedError, TargetError, UnreachableError
from rag_eval.resilience import InFlight, RequestPolicy
from rag_eval.resilience.breaker import is_down


def test_it_opens_probes_and_closes() -> None:
    """Open after three in a row, one probe at a time, closed by one that is answered."""
    states: list[str] = []

    async def scenario() -> list[str]:
        policy = RequestPolicy(InFlight(8), None, breaker(Clock(), states))
        await fail(policy, 2)
        await policy.send(request(None))
        await fail(policy, 2)
        assert states == []
        await fail(policy, 1)
        assert states == ["open"]
        await fail(policy, 1)
        assert states == ["open", "half_open", "open"]
        return await asyncio.gather(*(policy.send(request(None)) for _ in range(5)))

    assert asyncio.run(scenario()) == ["answered"] * 5
    assert states == ["open", "half_open", "open", "half_open", "closed"]


def test_patience_ends() -> None:
    """After so long without an answer the run is told, with the last reason."""
    clock = Clock()

    async def scenario() -> None:
        policy = RequestPolicy(InFlight(8), None, breaker(clock, [], patience=100))
        await fail(policy, 3)
        clock.now += 101
        await policy.send(request(None))

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
        policy = RequestPolicy(InFlight(8), None, breaker(Clock(), states))
        for _ in range(10):
            with contextlib.suppress(ReasonedError):
                await policy.send(request(TargetError("x", reason="http_status", status=400)))

    asyncio.run(scenario())
    assert states == []


def test_a_service_that_never_answered_is_told_of_at_its_first_failure() -> None:
    """Once, with what it does; when asking pauses, until when it is waited. One that has answered is not told of."""

    async def scenario(*requests: ReasonedError | None) -> list[Any]:
        policy = RequestPolicy(InFlight(8), None, breaker(Clock(), []))
        with capture_logs() as lines:
            for error in requests:
                with contextlib.suppress(ReasonedError):
                    await policy.send(request(error))
        return lines

    away = TargetError("http://h: connection refused", reason="connection")
    early = asyncio.run(scenario(away, away, away))
    assert [line["event"] for line in early] == [
        "the service has not answered yet",
        "the service fails, asking is paused",
    ]
    assert early[0]["why"] == "http://h: connection refused"
    assert re.fullmatch(r"\d\d:\d\d:\d\d", early[1]["until"])
    assert asyncio.run(scenario(None, away, away)) == []
    broken = TargetError("http://h answered 503: the words of a body", reason="http_status", status=503)
    assert asyncio.run(scenario(broken))[0]["why"] == "http_status 503"
