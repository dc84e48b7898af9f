"""What an HTTP status says about a request: answered, to be tried again, refused; for a run and for a load test."""

from typing import Literal

Outcome = Literal["answered", "rate_limited", "unavailable", "unauthorized", "failed"]

UNAUTHORIZED, TOO_MANY_REQUESTS = 401, 429
TRY_AGAIN = frozenset({TOO_MANY_REQUESTS, 502, 503, 504})
"""Statuses by which a service says that the same may be asked again."""
NOT_TAKEN_ON = frozenset({TOO_MANY_REQUESTS, 503})
"""Statuses by which a service says that it has done nothing."""
REFUSED_FOR_GOOD = frozenset({400, UNAUTHORIZED, 403, 422})
"""Statuses of a login that another try would not change."""
_UNAUTHORIZED = frozenset({UNAUTHORIZED, 403})
_PASSING = frozenset({408, 425})
_SUCCESS = range(200, 300)
_SERVER_ERROR = 500


def classify(status: int) -> Outcome:
    """What a status comes to."""
    if is_success(status):
        return "answered"
    if status == TOO_MANY_REQUESTS:
        return "rate_limited"
    if status in TRY_AGAIN:
        return "unavailable"
    return "unauthorized" if status in _UNAUTHORIZED else "failed"


def is_success(status: int) -> bool:
    """Whether the request was answered as it was meant."""
    return status in _SUCCESS


def is_passing(status: int) -> bool:
    """Whether a login that was answered so may go well at another time."""
    return status in TRY_AGAIN or status in _PASSING or status >= _SERVER_ERROR
