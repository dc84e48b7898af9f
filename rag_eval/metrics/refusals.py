"""Refusals: an answer of their own kind. Whether an answer is one, and what that makes of its scores.

A refusal claims nothing, so that metrics of claims do not apply to it. It is not excused from correctness: it is
right where the question has no answer, and wrong where it has one.
"""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from rag_eval import config, plugins
from rag_eval.language.refusals import refuses
from rag_eval.metrics.needs import why_not
from rag_eval.metrics.spec import MetricSpec
from rag_eval.ports import Judge
from rag_eval.records import (
    REFUSED,
    Answer,
    Case,
    Evidence,
    Failure,
    NotApplicable,
    Outcome,
    Score,
    Verdict,
)

_VERSION = "judge 1"
BY_JUDGE: Final = config.RefusalsConfig()
"""Nothing but what the judge calls a refusal."""


def refusal_spec(settings: config.RefusalsConfig = BY_JUDGE) -> MetricSpec:
    """The hidden metric that says whether an answer refuses, by what an experiment calls a refusal."""
    digest = hashlib.sha256(settings.model_dump_json().encode()).hexdigest()[:8]
    return MetricSpec(
        REFUSED,
        version=f"{_VERSION} settings {digest}",
        needs=("response",),
        build=lambda backend: RefusalMetric(backend, settings),
        higher_is_better=False,
        hidden=True,
        imports=() if settings.use else ("rag_eval.metrics.ragas.adapter",),
    )


@dataclass(frozen=True)
class RefusalMetric:
    """1 for an answer that refuses, 0 for one that does not, with the sentence that refuses as evidence."""

    judge: Judge = field(repr=False)
    settings: config.RefusalsConfig = BY_JUDGE

    async def score(self, _: Case, answer: Answer) -> Score | NotApplicable:
        """Whether an answer refuses; raises `JudgeError`."""
        response = answer.response or ""
        if self.settings.use:
            by_function: Callable[[str], Any] = plugins.load_object(self.settings.use)
            return _score(bool(by_function(response)), "", self.settings.use)
        if phrase := _phrase(response, self.settings.phrases):
            return _score(refused=True, sentence=response, reason=f"holds {phrase!r}")
        from rag_eval.metrics.ragas import adapter

        refused, sentence, prompt = await adapter.noncommittal(self.judge, response)
        return _score(refused, sentence, "the judge calls it noncommittal", prompt)


def _score(refused: bool, sentence: str, reason: str, *prompts: str) -> Score:  # noqa: FBT001 - it is the value
    why = (Verdict(part="refusal", statement=sentence, verdict=1, reason=reason),) if refused else ()
    return Score(value=float(refused), evidence=Evidence(verdicts=why, prompts=prompts))


def _phrase(response: str, phrases: tuple[str, ...]) -> str:
    """The first of the experiment's phrases that stands in a text, whatever its case."""
    text = " ".join(response.casefold().split())
    return next((phrase for phrase in phrases if " ".join(phrase.casefold().split()) in text), "")


def expects_refusal(case: Case) -> bool:
    """Whether the right thing to say is that there is no answer: the case says so, or its reference does."""
    return not case.answerable or refuses(case.reference)


def never(spec: MetricSpec, case: Case) -> str | None:
    """Why a metric does not apply to a case, whatever is answered; None if it may.

    One that a refusal decides speaks of every question that has no answer, also without a reference.
    """
    if spec.refusals == "decides" and expects_refusal(case):
        return None
    return why_not(spec, case, Answer(), among=Case.model_fields)


def settled(spec: MetricSpec, case: Case, refused: Outcome | None) -> Outcome | None:
    """The outcome that is settled by whether the answer refuses, before anybody is asked; None where none is."""
    if refused is None or not spec.refusals or isinstance(refused, NotApplicable):
        return None
    if isinstance(refused, Failure):  # whether it speaks of the answer at all is not known
        return refused
    if spec.refusals == "apart":
        return NotApplicable(reason=REFUSED) if refused.value else None
    right = expects_refusal(case)
    if not refused.value and not right:
        return None
    return Score(value=float(right and bool(refused.value)), evidence=Evidence(details={"why": reason(case, refused)}))


def reason(case: Case, refused: Score) -> str:
    """What was right or wrong about refusing, or not refusing, in a sentence."""
    has = "has no answer" if expects_refusal(case) else "has an answer"
    if refused.value:
        return f"the question {has}, and {'rightly' if expects_refusal(case) else 'wrongly'} got a refusal"
    return f"the question {has}, and {'wrongly got an answer' if expects_refusal(case) else 'rightly got no refusal'}"


def beside(outcome: Outcome, plain: Outcome) -> Outcome:
    """An outcome that a refusal settled, with the value that the metric has by itself as evidence."""
    if isinstance(outcome, Failure) or not isinstance(plain, Score):
        return outcome
    by_itself = plain.evidence.details.get("value_by_ragas", plain.value)
    details = {**outcome.evidence.details, "value_by_ragas": by_itself}
    return outcome.model_copy(update={"evidence": Evidence(details=details)})
