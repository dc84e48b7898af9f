"""What became of gates, all of them together."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from support import samples

from rag_eval.records import GateOutcome, GateResult
from rag_eval.records.gates import overall_outcome

_OUTCOMES = st.sampled_from(["passed", "failed", "undecided"])


@pytest.mark.parametrize(
    ("outcomes", "overall"),
    [
        ([], None),
        (["passed"], "passed"),
        (["passed", "passed"], "passed"),
        (["passed", "undecided"], "undecided"),
        (["undecided", "failed"], "failed"),
        (["failed", "passed", "undecided"], "failed"),
    ],
)
def test_one_gate_that_fails_fails_them_all(outcomes: list[GateOutcome], overall: GateOutcome | None) -> None:
    """And one that is undecided is no pass; without gates nothing has passed."""
    assert overall_outcome([samples.gate(outcome) for outcome in outcomes]) == overall


@given(outcomes=st.lists(_OUTCOMES, min_size=1), more=_OUTCOMES)
def test_another_gate_never_makes_it_better(outcomes: list[GateOutcome], more: GateOutcome) -> None:
    """Nor does the order in which they stand make a difference."""
    rank = {"passed": 0, "undecided": 1, "failed": 2}
    gates = [samples.gate(outcome) for outcome in outcomes]
    before, after = overall_outcome(gates), overall_outcome([*gates, samples.gate(more)])
    assert before is not None
    assert after is not None
    assert rank[after] == max(rank[before], rank[more])
    assert overall_outcome(gates[::-1]) == before


def test_a_gate_of_which_nothing_was_measured_has_no_value() -> None:
    """Neither a nought nor a limit that nobody said."""
    gate = GateResult(expression="x.mean >= 0.5", outcome="undecided", sentence="so")
    assert (gate.value, gate.limit, gate.p, gate.n, gate.against) == (None, None, None, 0, "")


@pytest.mark.parametrize("outcome", ["pass", "FAILED", "", None, True])
def test_there_is_no_other_outcome(outcome: object) -> None:
    """A word that nobody knows is not taken for a pass."""
    with pytest.raises(ValidationError, match="outcome"):
        GateResult.model_validate({"expression": "x", "outcome": outcome, "sentence": "so"})
