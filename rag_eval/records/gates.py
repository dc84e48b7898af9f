"""What became of gates."""

from collections.abc import Sequence
from typing import Literal

from rag_eval.records.base import Record

GateOutcome = Literal["passed", "failed", "undecided"]


class GateResult(Record):
    """What became of one gate."""

    expression: str
    """As it was written."""
    outcome: GateOutcome
    value: float | None = None
    """What was measured, in the unit of the limit; None where nothing was."""
    limit: float | None = None
    n: int = 0
    """Questions, pairs or cases that it rests on."""
    p: float | None = None
    """How likely so bad a value would be if the limit were kept, adjusted for all gates; None for counts."""
    against: str = ""
    """The run that stood for the baseline; empty where none is needed."""
    sentence: str
    """All of it for a person."""


def overall_outcome(gates: Sequence[GateResult]) -> GateOutcome | None:
    """Failed where one gate failed, else undecided where one is; None without gates."""
    outcomes = {gate.outcome for gate in gates}
    order: tuple[GateOutcome, ...] = ("failed", "undecided", "passed")
    return next((outcome for outcome in order if outcome in outcomes), None)
