"""The cases that make a gate fail, or nearly: what somebody looks at first where it does not pass."""

from collections.abc import Mapping
from dataclasses import dataclass

from rag_eval import stats
from rag_eval.gates import samples
from rag_eval.gates.deciding import Trial
from rag_eval.gates.expressions import CasesGate, Gate, ValueGate


@dataclass(frozen=True)
class WorstCase:
    """A question that speaks against a gate."""

    case_id: str
    user_input: str
    value: float
    """Of the gate's metric; 1 of a refusal that should not be, or that should have been."""
    before: float | None = None
    """In the baseline, where the gate names one."""


def worst(gate: Gate, trial: Trial, most: int = 5) -> tuple[WorstCase, ...]:
    """Up to `most` questions that speak most against a gate, the worst first.

    None for gates on money and coverage, and none for those on single cases, whose sentence names them.
    """
    if isinstance(gate, CasesGate) or gate.subject in ("cost", "coverage") or gate.statistic == "coverage":
        return ()
    among = samples.tagged(trial.scores, gate.tag)
    return _losses(gate, trial, among, most) if gate.baseline is not None else _values(gate, trial, among, most)


def _losses(gate: ValueGate, trial: Trial, among: frozenset[str] | None, most: int) -> tuple[WorstCase, ...]:
    assert gate.baseline is not None
    traits, run = trial.traits(gate.subject), trial.scores
    a, b = (samples.side(scores, traits, among) for scores in (trial.baselines[gate.baseline][1], run))
    lost = stats.losses(traits, a, b, run.question)[:most]
    return tuple(WorstCase(m.case_id, m.user_input, m.b, m.a) for m in lost)


def _values(gate: ValueGate, trial: Trial, among: frozenset[str] | None, most: int) -> tuple[WorstCase, ...]:
    """Those whose own value does not keep the limit."""
    values = _of_subject(gate, trial, among)
    low = gate.limit.relation == ">="
    short = [(value, key) for key, value in values.items() if not gate.limit.kept(value)]
    chosen = sorted(short, key=lambda pair: pair[0], reverse=not low)[:most]
    return tuple(WorstCase(key, trial.scores.question(key), value) for value, key in chosen)


def _of_subject(gate: ValueGate, trial: Trial, among: frozenset[str] | None) -> Mapping[str, float]:
    if gate.subject == "refusals":
        sample = samples.of_refusals(trial.scores, answerable=gate.statistic == "over", among=among)
        return dict(zip(sample.keys, sample.values, strict=True))
    return samples.side(trial.scores, trial.traits(gate.subject), among).values
