"""What a status comes to as an error."""

import httpx2
import pytest

from rag_eval.errors import TargetError
from rag_eval.resilience import RetryLater
from rag_eval.targets.http.status import TRY_AGAIN
from rag_eval.targets.http.status_errors import status_error


@pytest.mark.parametrize(
    ("status", "again", "kind", "reason"),
    [
        (429, TRY_AGAIN, RetryLater, "rate_limited"),
        (503, TRY_AGAIN, RetryLater, "http_status"),
        (429, frozenset(), TargetError, "http_status"),
        (401, TRY_AGAIN, TargetError, "unauthorized"),
        (403, TRY_AGAIN, TargetError, "unauthorized"),
        (500, TRY_AGAIN, TargetError, "http_status"),
    ],
)
def test_a_status_that_says_no(status: int, again: frozenset[int], kind: type[Exception], reason: str) -> None:
    """It is asked again where that is of use and allowed; the reason is that of the status."""
    error = status_error(httpx2.Response(status), again, "no")
    assert (type(error), getattr(error, "reason", None), getattr(error, "status", None)) == (kind, reason, status)


def test_how_long_is_waited_is_what_the_service_says() -> None:
    """In seconds."""
    error = status_error(httpx2.Response(429, headers={"Retry-After": "7"}), TRY_AGAIN, "slow")
    assert isinstance(error, RetryLater)
    assert error.after == 7
