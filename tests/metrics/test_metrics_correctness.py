"""Correctness on a scripted judge: does the answer say what the reference says, and contradict none of it?"""

import asyncio
import json
from collections.abc import Sequence
from typing import Any, cast

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.scripted import Scripted

from rag_eval.language.prompts import read_input
from rag_eval.metrics.correctness import CORRECTNESS, CorrectnessMetric, CorrectnessOutput
from rag_eval.records import Answer, Case, Score

CASE = Case(id="c", user_input="When?", reference="It opens at six. Entry is four euros. Towels are free.")
ANSWER = Answer(response="It opens at six. Entry is five euros.")
_VERDICTS = st.sampled_from(["said", "missing", "contradicted"])


def _reply(verdicts: Sequence[str]) -> dict[str, Any]:
    return {"claims": [{"claim": f"Claim {i}.", "reason": "r", "verdict": v} for i, v in enumerate(verdicts)]}


def _score(verdicts: Sequence[str]) -> Score:
    judge = Scripted({"CorrectnessOutput": _reply(verdicts)})
    return cast("Score", asyncio.run(CorrectnessMetric(judge).score(CASE, ANSWER)))


@pytest.mark.parametrize(
    ("verdicts", "value"),
    [
        (["said"], 1.0),
        (["missing"], 0.0),
        (["contradicted"], 0.0),
        (["said", "missing"], 0.5),
        (["said", "contradicted"], 0.0),
        (["said", "said", "said", "contradicted"], 0.5),
        (["contradicted", "missing"], 0.0),
    ],
)
def test_what_is_said_counts_and_what_is_contradicted_counts_against(verdicts: list[str], value: float) -> None:
    """A claim that is left out is no credit; one that is turned round takes one away, never below nothing."""
    assert _score(verdicts).value == value


@pytest.mark.slow
@given(st.lists(_VERDICTS, min_size=1, max_size=12))
def test_it_stays_in_its_range_and_saying_more_never_costs(verdicts: list[str]) -> None:
    """For any verdicts."""
    value = _score(verdicts).value
    assert 0 <= value <= 1
    assert all(_score([*verdicts[:i], "said", *verdicts[i + 1 :]]).value >= value for i in range(len(verdicts)))


def test_every_claim_stands_in_the_evidence_with_what_became_of_it() -> None:
    """Left out and contradicted are told apart."""
    found = _score(["said", "missing", "contradicted"])
    assert [(v.part, v.statement, v.verdict, v.reason) for v in found.evidence.verdicts] == [
        ("reference", "Claim 0.", 1, "r"),
        ("reference", "Claim 1.", 0, "missing: r"),
        ("reference", "Claim 2.", 0, "contradicted: r"),
    ]
    assert len(found.evidence.prompts) == 1


def test_a_judge_that_grades_is_taken_at_its_grade() -> None:
    """As the embedded judge is, whose verdicts are the coarser part of what it knows."""

    class Graded(CorrectnessOutput):
        score: float

    class Grading:
        async def reply(self, *_: Any) -> Graded:
            return Graded(score=0.37, **_reply(["said"]))

    found = asyncio.run(CorrectnessMetric(Grading()).score(CASE, ANSWER))  # type: ignore[arg-type]
    assert isinstance(found, Score)
    assert found.value == 0.37


def test_the_judge_is_given_the_three_texts_and_examples_that_hold() -> None:
    """And its examples have the shape that is asked for."""
    judge = Scripted({"CorrectnessOutput": _reply(["said"])})
    asyncio.run(CorrectnessMetric(judge).score(CASE, ANSWER))
    prompt = judge.asked[0][0]
    assert read_input(prompt) == {"question": "When?", "reference": CASE.reference, "response": ANSWER.response}
    shown = [line.removeprefix("Output: ") for line in prompt.splitlines() if line.startswith("Output: {")]
    assert [len(CorrectnessOutput.model_validate(json.loads(reply)).claims) for reply in shown] == [1, 3]


def test_the_version_is_that_of_the_prompt() -> None:
    """It is what stands in the origin of runs that were made before."""
    assert CORRECTNESS.read_version() == "judge 1 prompt 201cd668"
