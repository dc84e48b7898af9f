"""Why a request is not taken, as HTTP and as gRPC say it."""

import re
from pathlib import Path

import pytest

from rag_eval.traces import receiver
from rag_eval.traces.receiver.refusal import RequestRefusal, overloaded

_GRPC = {400: 3, 401: 16, 403: 7, 408: 4, 413: 3, 415: 3, 429: 8, 503: 14}
"""INVALID_ARGUMENT, UNAUTHENTICATED, PERMISSION_DENIED, DEADLINE_EXCEEDED, RESOURCE_EXHAUSTED and UNAVAILABLE."""


@pytest.mark.parametrize(("status", "code"), _GRPC.items())
def test_a_status_has_the_code_that_says_the_same(status: int, code: int) -> None:
    """Exporters go by it: of these codes UNAVAILABLE is the one that has them come again."""
    assert RequestRefusal(status, "no").code == code


def test_every_status_that_the_receiver_answers_with_has_a_code() -> None:
    """Else the answer to a refused request would itself be an error."""
    folder = Path(receiver.__file__).parent
    source = "\n".join(path.read_text(encoding="utf-8") for path in folder.glob("*.py"))
    statuses = {int(status) for status in re.findall(r"RequestRefusal\(\s*(\d+)", source)}
    assert statuses
    assert statuses <= _GRPC.keys()


def test_it_is_an_error_with_a_sentence() -> None:
    """Whoever catches it without knowing it sees why; unless somebody says so nobody need come again."""
    refusal = RequestRefusal(413, "too large")
    assert str(refusal) == refusal.message == "too large"
    assert refusal.retry_after is None


def test_whoever_is_overloaded_asks_to_come_again() -> None:
    """In a second, with the one status that OTLP's exporters take for it."""
    refusal = overloaded("the disk is slow")
    assert (refusal.status, refusal.retry_after, refusal.code) == (503, 1, 14)
    assert refusal.message == "the disk is slow; try again"
