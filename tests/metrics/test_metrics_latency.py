"""Times are what was measured, and smaller is better."""

import asyncio

import pytest

from rag_eval.metrics.latency import LATENCY, TIME_TO_FIRST_TOKEN, DurationMetric
from rag_eval.records import Answer, Case, Score

CASE = Case(id="c", user_input="When?")
ANSWER = Answer(response="At nine.", latency_s=1.25, first_token_s=0.0)


@pytest.mark.parametrize(("field", "seconds"), [("latency_s", 1.25), ("first_token_s", 0.0)])
def test_a_time_is_the_answer_s_own(field: str, seconds: float) -> None:
    """None at all is a time as well."""
    assert asyncio.run(DurationMetric(field).score(CASE, ANSWER)) == Score(value=seconds)


@pytest.mark.parametrize("spec", [LATENCY, TIME_TO_FIRST_TOKEN])
def test_a_time_is_no_score(spec: object) -> None:
    """It has a unit and no bounds, and a difference matters from 50 ms and a tenth on."""
    traits = spec.traits  # type: ignore[attr-defined]
    assert (traits.bounded, traits.higher_is_better, traits.unit) == (False, False, "s")
    assert (traits.smallest, traits.smallest_share) == (0.05, 0.1)
