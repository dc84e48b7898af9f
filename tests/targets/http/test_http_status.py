"""What a status says, the same for a run and for a load test."""

import pytest

from rag_eval.targets.http import status


@pytest.mark.parametrize(
    ("code", "outcome"),
    [
        (200, "answered"), (204, "answered"), (199, "failed"), (301, "failed"), (400, "failed"),
        (401, "unauthorized"), (403, "unauthorized"), (404, "failed"), (429, "rate_limited"),
        (500, "failed"), (501, "failed"), (502, "unavailable"), (503, "unavailable"), (504, "unavailable"),
    ],
)  # fmt: skip
def test_a_status_is_classified(code: int, outcome: str) -> None:
    """Overload and absence apart from refusals."""
    assert status.classify(code) == outcome
    assert status.is_success(code) == (outcome == "answered")


@pytest.mark.parametrize(
    ("code", "passes"), [(408, True), (425, True), (429, True), (500, True), (599, True), (401, False), (422, False)]
)
def test_a_login_may_go_well_at_another_time(code: int, passes: bool) -> None:  # noqa: FBT001
    """Unless it is refused for what it says."""
    assert status.is_passing(code) == passes
    assert passes != (code in status.REFUSED_FOR_GOOD)
