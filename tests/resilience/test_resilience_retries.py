"""Trying again: what Retry-After says, and how long and how often is waited."""

import asyncio
import random
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag_eval.errors import TargetError
from rag_eval.resilience import MAX_WAIT_S, RetryLater, is_used_up, retry, retry_after

NOON = datetime(2026, 3, 2, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ('{"error": {"message": "no", "type": "insufficient_quota", "code": 429}}', True),
        ("Error code: 429 - {'code': 'billing_not_active'}", True),
        ('{"error": {"code": "rate_limit_exceeded", "message": "quota of requests a minute"}}', False),
        ("", False),
    ],
)
def test_a_quota_that_is_used_up_is_known_by_its_code(said: str, *, expected: bool) -> None:
    """Wherever in an answer it stands; the word alone is also said of what passes in a minute."""
    assert is_used_up(said) is expected


class Clock:
    """Sleeps in no time and remembers for how long."""

    def __init__(self) -> None:
        self.slept: list[float] = []

    async def sleep(self, seconds: float) -> None:
        """Do not sleep."""
        self.slept.append(seconds)


def tried(outcomes: list[Exception | str], retries: int) -> tuple[str, list[int], list[float]]:
    """What `retry` returned, the attempts it made, and the waits between them."""
    clock, attempts = Clock(), list[int]()

    async def call(attempt: int) -> str:
        attempts.append(attempt)
        outcome = outcomes[attempt - 1]
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    return asyncio.run(retry(call, retries, random.Random(1), clock.sleep)), attempts, clock.slept


def later(after: float | None = None) -> RetryLater:
    """A failure that may be tried again."""
    return RetryLater("not now", reason="timeout", after=after)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (None, None),
        ("", None),
        ("7", 7.0),
        (" 7 ", 7.0),
        ("-7", None),
        ("²", None),
        ("soon", None),
        ("Mon, 02 Mar 2026 12:00:05 GMT", 5.0),
        ("Mon, 02 Mar 2026 13:00:05 +0100", 5.0),
        ("Mon, 02 Mar 2026 12:00:05 -0000", 5.0),
        ("Mon, 02 Mar 2026 11:00:00 GMT", 0.0),
    ],
)
def test_retry_after_is_read_in_both_of_its_forms(header: str | None, seconds: float | None) -> None:
    """Seconds and dates of any time zone are understood; a date that has passed means now, nonsense means nothing."""
    assert retry_after(header, NOON) == seconds


@settings(deadline=None)
@given(
    st.one_of(
        st.text(alphabet=st.characters(max_codepoint=255)),
        st.from_regex(r"Mon, \d{1,5} (Jan|Feb) \d{1,6} \d{1,3}:\d\d:\d\d ([+-]\d{2,12}|GMT|)", fullmatch=True),
    )
)
def test_no_header_breaks_the_reading(header: str) -> None:
    """Whatever a service sends, the result is a time that is not negative, or none."""
    found = retry_after(header)
    assert found is None or found >= 0


def test_the_first_success_is_returned() -> None:
    """A call that fails twice and then succeeds is made three times, numbered from 1."""
    result, attempts, slept = tried([later(), later(), "done"], retries=5)
    assert (result, attempts, len(slept)) == ("done", [1, 2, 3], 2)


def test_the_last_failure_is_raised_as_it_is() -> None:
    """After the last retry the error itself comes through, with the number of its attempts."""
    last = later()
    with pytest.raises(RetryLater) as caught:
        tried([later(), later(), last], retries=2)
    assert caught.value is last
    assert caught.value.attempts == 3


@pytest.mark.parametrize("error", [TargetError("no", reason="unauthorized"), KeyError("bug")])
def test_other_errors_are_not_tried_again(error: Exception) -> None:
    """Only `RetryLater` is worth another attempt."""
    with pytest.raises(type(error)) as caught:
        tried([error, "never"], retries=3)
    assert caught.value is error


def test_a_late_refusal_tells_its_attempts() -> None:
    """An error that ends the retries says how many attempts were made."""
    with pytest.raises(TargetError) as caught:
        tried([later(), TargetError("no", reason="http_status")], retries=3)
    assert caught.value.attempts == 2


@settings(deadline=None)
@given(st.integers(0, 10_000))
def test_waits_are_drawn_below_a_doubling_bound(seed: int) -> None:
    """Without Retry-After the n-th wait lies between 0 and 0.5 s doubled n times, never above 15 s."""
    clock = Clock()

    async def call(_: int) -> None:
        raise later()

    with pytest.raises(RetryLater):
        asyncio.run(retry(call, 7, random.Random(seed), clock.sleep))
    bounds = [0.5, 1, 2, 4, 8, 15, 15]
    assert all(0 <= wait <= bound for wait, bound in zip(clock.slept, bounds, strict=True))


@pytest.mark.parametrize(("after", "least", "most"), [(3.0, 3.0, 3.5), (500.0, MAX_WAIT_S, MAX_WAIT_S)])
def test_retry_after_is_honoured_up_to_a_limit(after: float, least: float, most: float) -> None:
    """A wait is no shorter than the service asked for, except that nobody waits longer than a minute."""
    _, _, slept = tried([later(after), "done"], retries=1)
    assert least <= slept[0] <= most


def test_the_same_seed_draws_the_same_waits() -> None:
    """Jitter comes from the generator that was passed in and from nowhere else."""
    draw: Callable[[], list[float]] = lambda: tried([later(), later(), "done"], retries=2)[2]  # noqa: E731
    assert draw() == draw()


def test_cancelling_ends_the_waiting() -> None:
    """A task that waits for its next attempt can be cancelled at once."""

    async def scenario() -> int:
        calls = 0

        async def call(_: int) -> None:
            nonlocal calls
            calls += 1
            raise later(50.0)

        task = asyncio.create_task(retry(call, 3, random.Random(0)))
        await asyncio.sleep(0.02)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        return calls

    assert asyncio.run(scenario()) == 1
