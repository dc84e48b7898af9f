"""Metrics that ask nobody: each is worked out from the other outcomes of a case, or from its reply."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import fmean

from rag_eval.metrics.refusals import expects_refusal, reason
from rag_eval.records import (
    ANSWERED,
    NO_TEXT,
    REFUSED,
    Answer,
    Case,
    Evidence,
    Failure,
    MetricTraits,
    NotApplicable,
    Outcome,
    Reply,
    Score,
)

Outcomes = Mapping[str, Outcome]


@dataclass(frozen=True)
class Derived:
    """How a metric follows from others."""

    traits: MetricTraits
    version: str
    inputs: tuple[str, ...]
    """Metrics without which it is not there; it is there by itself where all of them are."""
    compute: Callable[[Outcomes, Case, Reply], Outcome]


def derived(outcomes: Outcomes, case: Case, reply: Reply) -> dict[str, Outcome]:
    """The derived outcomes of a case: of each metric all of whose inputs were measured."""
    return {name: DERIVED[name].compute(outcomes, case, reply) for name in present(outcomes)}


def present(measured: Mapping[str, object]) -> list[str]:
    """The names of the derived metrics that follow from those that are measured."""
    return [name for name, metric in DERIVED.items() if all(part in measured for part in metric.inputs)]


def _without_value(outcomes: Outcomes, parts: tuple[str, ...]) -> Outcome | None:
    """The first failure among the parts, else the first that does not apply; None if all have a value."""
    found = [outcomes[part] for part in parts]
    failures = (outcome for outcome in found if isinstance(outcome, Failure))
    absent = (outcome for outcome in found if isinstance(outcome, NotApplicable))
    return next(failures, None) or next(absent, None)


def _answered(outcomes: Outcomes, _: Case, reply: Reply) -> Outcome:
    """1 where an answer came; without text it is none to a run that reads it, and one to a run of retrieval alone."""
    no_text = any(isinstance(outcome, Failure) and outcome.reason == NO_TEXT for outcome in outcomes.values())
    return Score(value=1.0 if isinstance(reply, Answer) and not no_text else 0.0)


def _least_support(outcomes: Outcomes, _: Case, __: Reply) -> Outcome:
    """The support of the claim that the contexts bear out least, with that claim as evidence."""
    whole = outcomes["faithfulness"]
    if not isinstance(whole, Score):
        return _without_evidence(whole)
    claims = whole.evidence.verdicts
    if not claims:
        return NotApplicable(reason="faithfulness has no claims")
    least = min(claims, key=lambda claim: claim.verdict if claim.support is None else claim.support)
    value = float(least.verdict) if least.support is None else least.support
    return Score(value=value, evidence=Evidence(verdicts=(least,)))


def _without_evidence(outcome: Outcome) -> Outcome:
    return NotApplicable(reason=outcome.reason) if isinstance(outcome, NotApplicable) else outcome


def _abstention(outcomes: Outcomes, case: Case, _: Reply) -> Outcome:
    """1 where the system refused exactly what has no answer, else 0."""
    refused = outcomes[REFUSED]
    if not isinstance(refused, Score):
        return refused
    right = bool(refused.value) == expects_refusal(case)
    return Score(value=float(right), evidence=Evidence(details={"why": reason(case, refused)}))


_OVERALL = ("faithfulness", "context_recall")


def _overall(outcomes: Outcomes, _: Case, __: Reply) -> Outcome:
    absent = _without_value(outcomes, _OVERALL)
    if absent is not None:
        return _without_evidence(absent)
    parts = [outcomes[part] for part in _OVERALL]
    return Score(value=fmean(part.value for part in parts if isinstance(part, Score)))


DERIVED: Mapping[str, Derived] = {
    metric.traits.name: metric
    for metric in (
        Derived(
            MetricTraits(name="faithfulness_min", smallest=0.01),
            "judge 1, support of the least supported claim",
            ("faithfulness",),
            _least_support,
        ),
        Derived(
            MetricTraits(name="abstention", unanswered="zero", smallest=0.01),
            "judge 1, refusals against answerable",
            (REFUSED,),
            _abstention,
        ),
        Derived(
            MetricTraits(name=ANSWERED, unanswered="zero"),
            "whether an answer came",
            (),
            _answered,
        ),
        Derived(
            MetricTraits(name="overall", smallest=0.01, label="mean of faithfulness and context_recall"),
            "mean of faithfulness and context_recall",
            _OVERALL,
            _overall,
        ),
    )
}
"""Name to metric, in the order in which reports show them."""
