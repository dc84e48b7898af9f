"""How a call that may fail is tried again: tenacity's retries with full jitter, honouring Retry-After."""

import asyncio
import email.utils
import random
import re
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import TypeVar

import tenacity

from rag_eval.errors import ReasonedError

T = TypeVar("T")
Sleep = Callable[[float], Awaitable[None]]

MAX_WAIT_S = 60.0
"""Seconds between two tries of one call, at most; what a service asks of all calls is kept by `policy`."""

_USED_UP = re.compile(r"\b(?:insufficient_quota|billing_hard_limit_reached|billing_not_active)\b")


class RetryLater(ReasonedError):
    """A call that may be tried again, not before `after` seconds if the service named a time."""

    def __init__(self, message: str, *, reason: str, after: float | None = None, status: int | None = None) -> None:
        super().__init__(message, reason=reason, retriable=True, status=status)
        self.after = after


def is_used_up(answer: str) -> bool:
    """Whether an answer says that no more may be asked until somebody pays, which no waiting mends; by its code."""
    return bool(_USED_UP.search(answer))


def retry_after(header: str | None, now: datetime | None = None) -> float | None:
    """Seconds that a Retry-After header asks for, in either form (RFC 9110 §10.2.3); None if it says nothing."""
    if not header:
        return None
    if header.strip().isdecimal():
        return float(header.strip())
    try:
        then = email.utils.parsedate_to_datetime(header)
        then = then if then.tzinfo else then.replace(tzinfo=UTC)  # `-0000`: a time in UTC of an unknown place
        return max(0.0, (then - (now or datetime.now(UTC))).total_seconds())
    except (ValueError, OverflowError):
        return None


async def retry(
    call: Callable[[int], Awaitable[T]], retries: int, rng: random.Random, sleep: Sleep = asyncio.sleep
) -> T:
    """Await `call(attempt)` until it does not raise `RetryLater`, at most `retries` further times.

    Waits are drawn evenly from 0 to 0.5, 1, 2, … seconds (full jitter), and are no shorter than Retry-After. The last
    `RetryLater` is raised as it is, but for its `attempts`. `attempt` counts from 1.
    """

    def wait(state: tenacity.RetryCallState) -> float:
        error = state.outcome.exception() if state.outcome else None
        asked = (error.after or 0.0) if isinstance(error, RetryLater) else 0.0
        drawn = rng.uniform(0, min(0.5 * 2 ** (state.attempt_number - 1), 15.0))
        return min(MAX_WAIT_S, asked + drawn)

    try:
        return await _counted(call, 1)
    except RetryLater as error:
        first = error
    # Only now, for most calls succeed at once, and to count tries costs more than many a call.
    async for attempt in tenacity.AsyncRetrying(
        retry=tenacity.retry_if_exception_type(RetryLater),
        stop=tenacity.stop_after_attempt(retries + 1),
        wait=wait,
        sleep=sleep,
        reraise=True,
    ):
        with attempt:
            number = attempt.retry_state.attempt_number
            if number == 1:
                raise first
            return await _counted(call, number)
    raise AssertionError  # tenacity either returned or raised


async def _counted(call: Callable[[int], Awaitable[T]], number: int) -> T:
    """One try; an error of ours says which it was."""
    try:
        return await call(number)
    except ReasonedError as error:
        error.attempts = number
        raise
