"""The exit code of what became of gates."""

import pytest
from support import samples

from rag_eval.cli import gating
from rag_eval.errors import GateFailed, GateUndecided
from rag_eval.records import GateOutcome


def _leave(undecided: str | None, *outcomes: GateOutcome) -> None:
    gating.leave([samples.gate(outcome) for outcome in outcomes], undecided)


@pytest.mark.parametrize("undecided", [None, "pass", "fail"])
def test_gates_that_pass_end_well(undecided: str | None) -> None:
    """Also where there are none."""
    _leave(undecided, "passed", "passed")
    _leave(undecided)


@pytest.mark.parametrize(
    ("undecided", "says"), [(None, "1 of 3 gates failed, 1 undecided"), ("fail", "(--undecided fail)")]
)
def test_a_gate_that_failed_decides(undecided: str | None, says: str) -> None:
    """Whatever the others are."""
    with pytest.raises(GateFailed) as error:
        _leave(undecided, "passed", "failed", "undecided")
    assert says in str(error.value)


def test_an_undecided_gate_counts_as_is_said() -> None:
    """As passed, as failed, or as neither, with an exit code of its own."""
    _leave("pass", "undecided")
    with pytest.raises(GateFailed, match="1 of 1 gate undecided, which counts as failed"):
        _leave("fail", "undecided")
    with pytest.raises(GateUndecided, match="--undecided pass or fail says what that counts as"):
        _leave(None, "undecided", "passed")
