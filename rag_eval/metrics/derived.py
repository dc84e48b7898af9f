"""Metrics that ask nobody: each is worked out from the other outcomes of a case, or from its reply."""

from collections.abc import Container, Iterable
from statistics import fmean
from typing import Final

from rag_eval.metrics.refusals import expects_refusal, reason
from rag_eval.metrics.spec import MetricSpec, Outcomes
from rag_eval.records import (
    ANSWERED,
    NO_TEXT,
    REFUSED,
    Answer,
    Case,
    Evidence,
    Failure,
    NotApplicable,
    Outcome,
    Reply,
    Score,
)


def derivable(specs: Iterable[MetricSpec], outcomes: Container[str]) -> list[MetricSpec]:
    """The metrics that follow from outcomes that a case has: all of their inputs are among them."""
    return [spec for spec in specs if spec.derived and all(name in outcomes for name in spec.inputs)]


def first_without_value(outcomes: Outcomes, parts: tuple[str, ...]) -> Outcome | None:
    """The first failure among the parts, else the first that does not apply; None if all have a value."""
    inputs = [outcomes[part] for part in parts]
    failures = (outcome for outcome in inputs if isinstance(outcome, Failure))
    absent = (outcome for outcome in inputs if isinstance(outcome, NotApplicable))
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
    absent = first_without_value(outcomes, _OVERALL)
    if absent is not None:
        return _without_evidence(absent)
    parts = [outcomes[part] for part in _OVERALL]
    return Score(value=fmean(part.value for part in parts if isinstance(part, Score)))


FAITHFULNESS_MIN: Final = MetricSpec(
    "faithfulness_min",
    version="judge 1, support of the least supported claim",
    inputs=("faithfulness",),
    compute=_least_support,
    automatic=True,
    held_to="contexts",
)
ABSTENTION: Final = MetricSpec(
    "abstention",
    version="judge 1, refusals against answerable",
    inputs=(REFUSED,),
    compute=_abstention,
    automatic=True,
    unanswered="zero",
)
IS_ANSWERED: Final = MetricSpec(
    ANSWERED,
    version="whether an answer came",
    compute=_answered,
    automatic=True,
    unanswered="zero",
    smallest=0.0,
)
OVERALL: Final = MetricSpec(
    "overall",
    version="mean of faithfulness and context_recall",
    inputs=_OVERALL,
    compute=_overall,
    automatic=True,
    label="mean of faithfulness and context_recall",
    case_event=True,
)
