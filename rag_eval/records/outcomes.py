"""Outcomes: a score with its evidence, a metric that does not speak of a case, or a failure with its reason."""

from typing import Annotated, Literal

from pydantic import Field

from rag_eval.records.base import Details, Record
from rag_eval.records.cases import Answer
from rag_eval.records.reasons import Reason


class Failure(Record):
    """Why there is no answer or no score. It is counted, shown, and never a number."""

    kind: Literal["failure"] = "failure"
    stage: Literal["target", "judge", "metric"]
    reason: str
    """One of `Reason`, or of somebody else's; counted in reports."""
    message: str
    """One sentence for a person; holds no secret."""
    attempts: int = 1


class Verdict(Record):
    """What the judge said of one statement."""

    part: str
    """Which list the statement stands in, such as `response` or `reference`."""
    statement: str
    verdict: Literal[0, 1]
    reason: str = ""
    support: float | None = None
    """How far the statement is borne out, in [0, 1], where the judge says more than yes or no."""
    evidence: str = ""
    """The sentence that bears it out, or comes nearest, where the judge names one."""


class Evidence(Record):
    """What a score rests on."""

    verdicts: tuple[Verdict, ...] = ()
    prompts: tuple[str, ...] = ()
    """sha256 of each prompt that was answered, in order."""
    details: Details = Field(default_factory=dict)
    """Further numbers and texts, such as precision and recall beneath an F1."""


class Score(Record):
    """A value of one metric for one case."""

    kind: Literal["score"] = "score"
    value: float
    evidence: Evidence = Evidence()


class NotApplicable(Record):
    """The metric does not speak of this case."""

    kind: Literal["not_applicable"] = "not_applicable"
    reason: str
    """`refused` where the answer refuses, and so claims nothing; else a sentence."""
    evidence: Evidence = Evidence()
    """What was looked at all the same, such as RAGAs' own value for a refusal."""


REFUSED = "refused"
"""Why a metric does not apply to an answer that refuses, and the name under which each answer's refusal is kept."""


NO_TEXT = Reason.NO_TEXT.value
"""Why metrics that read an answer fail where one came without text."""


ANSWERED = "answered"
"""Name of the metric that says of each question whether an answer came."""


Outcome = Annotated[Score | NotApplicable | Failure, Field(discriminator="kind")]
"""What a metric came to for a case: always exactly one of the three."""


Reply = Annotated[Answer | Failure, Field(discriminator="kind")]
"""What a target came to for a case."""
