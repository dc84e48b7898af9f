"""Whether an answer is right: does it say what the reference says, and contradict none of it?

A judge names the claims of the reference and says of each whether the answer says it, leaves it out, or says
something else in its place. The value is the share that is said less the share that is contradicted, never under 0:
what is added beyond the reference costs nothing, so that a full sentence around a short right answer is right.
"""

import hashlib
import json
from dataclasses import dataclass, field
from functools import cache
from typing import Final, Literal

from pydantic import BaseModel, Field

from rag_eval.language.prompts import MARKER
from rag_eval.metrics.spec import MetricSpec
from rag_eval.ports import InstantJudge, Judge
from rag_eval.records import Answer, Case, Evidence, NotApplicable, Score, Verdict, answered_by

_INSTRUCTION = """Compare an answer with the reference answer to the same question.

Take the reference apart into its claims, each one fact that stands by itself; a short reference, such as a number, a
name or a yes, is one claim. Leave none out and add none. For each claim give a verdict:
- "said": the answer says it, in whatever words, or it follows directly from what the answer says. Numbers are equal in
  another unit, scale or format and when rounded: 1,577 million is 1.6 billion; 12.5 % is 0.125; 3 March is 03-03.
- "contradicted": the answer says something that cannot be true beside it: another number, date or name for the same
  thing, yes for no, the opposite.
- "missing": the answer does neither.
Judge by the reference alone, not by what you know. What the answer says beyond the reference does not matter. `reason`
is one short sentence that quotes the words of the answer which decide.
"""
_EXAMPLES = (
    (
        {
            "question": "How far does it go on one charge?",
            "reference": "60 kilometres.",
            "response": "The battery has a range of 60 km in town and can be charged overnight.",
        },
        [("The range is 60 kilometres.", "said", "The answer says “a range of 60 km”.")],
    ),
    (
        {
            "question": "When is the pool open, and what does it cost?",
            "reference": "It is open from six to nine and costs four euros. Towels are free.",
            "response": "The pool opens at six and closes at nine. Entry is 5 euros.",
        },
        [
            ("The pool is open from six to nine.", "said", "The answer says “opens at six and closes at nine”."),
            ("The pool costs four euros.", "contradicted", "The answer says “Entry is 5 euros”."),
            ("Towels are free.", "missing", "The answer does not speak of towels."),
        ],
    ),
)


class CorrectnessClaim(BaseModel):
    """One claim of the reference, and what became of it in the answer."""

    claim: str = Field(description="The claim, so that it stands by itself.")
    reason: str = Field(description="One short sentence that quotes the words of the answer which decide.")
    verdict: Literal["said", "missing", "contradicted"]


class CorrectnessOutput(BaseModel):
    """All claims of a reference."""

    claims: list[CorrectnessClaim]


@dataclass(frozen=True)
class CorrectnessMetric:
    """Share of the reference's claims that an answer says, less the share that it contradicts; in [0, 1]."""

    judge: Judge = field(repr=False)

    async def score(self, case: Case, answer: Answer) -> Score | NotApplicable:
        """Score one answer; raises `JudgeError`."""
        given = {"question": case.user_input, "reference": case.reference, "response": answer.response}
        prompt = f"{_rules()}\n{MARKER}{json.dumps(given, ensure_ascii=False)}\nOutput: "
        digest = hashlib.sha256(prompt.encode("utf-8", "surrogatepass")).hexdigest()
        instant: InstantJudge | None = getattr(self.judge, "instant", None)
        if instant is not None and (plain := instant.answer(CorrectnessOutput.__name__, given)) is not None:
            evidence = Evidence(
                verdicts=tuple(_verdict(GradedClaim(**claim)) for claim in plain["claims"]), prompts=(digest,)
            )
            return Score(value=float(plain["score"]), evidence=evidence)
        reply = await self.judge.reply(prompt, CorrectnessOutput)
        verdicts = tuple(_verdict(claim) for claim in reply.claims)
        evidence = Evidence(verdicts=verdicts, prompts=(digest,), details=dict(answered_by(reply)))
        return Score(value=_value(reply), evidence=evidence)


def _value(reply: CorrectnessOutput) -> float:
    """The judge's own grade where it gives one, as the embedded judge does; else from the verdicts."""
    grade = getattr(reply, "score", None)
    if grade is not None:
        return float(grade)
    verdicts = [claim.verdict for claim in reply.claims]
    return max(0.0, (verdicts.count("said") - verdicts.count("contradicted")) / len(verdicts))


@dataclass(frozen=True)
class GradedClaim:
    """A claim as a judge gives it that replies with plain data."""

    claim: str
    reason: str
    verdict: str
    evidence: str


def _verdict(claim: CorrectnessClaim | GradedClaim) -> Verdict:
    is_said = claim.verdict == "said"
    return Verdict(
        part="reference",
        statement=claim.claim,
        verdict=1 if is_said else 0,
        reason=claim.reason if is_said else f"{claim.verdict}: {claim.reason.removeprefix(f'{claim.verdict}: ')}",
        support=getattr(claim, "support", None),
        evidence=getattr(claim, "evidence", ""),
    )


@cache
def _rules() -> str:
    """The prompt up to the input: what to do, the shape of the reply, and examples."""
    schema = json.dumps(CorrectnessOutput.model_json_schema(), ensure_ascii=False)
    shown = "\n\n".join(
        f"Input: {json.dumps(given, ensure_ascii=False)}\nOutput: {json.dumps(_reply(claims), ensure_ascii=False)}"
        for given, claims in _EXAMPLES
    )
    return f"{_INSTRUCTION}\nReply with JSON of this schema:\n{schema}\n\nExamples:\n\n{shown}\n"


def _reply(claims: list[tuple[str, str, str]]) -> dict[str, list[dict[str, str]]]:
    return {"claims": [{"claim": claim, "reason": why, "verdict": verdict} for claim, verdict, why in claims]}


def _version() -> str:
    """Changes with the prompt or the formula."""
    return f"judge 1 prompt {hashlib.sha256(_rules().encode()).hexdigest()[:8]}"


CORRECTNESS: Final = MetricSpec(
    "correctness",
    version=_version,
    needs=("user_input", "response", "reference"),
    build=CorrectnessMetric,
    unanswered="zero",
    refusals="decides",
    asked_when_settled=False,  # there is no value of RAGAs to keep beside
)
