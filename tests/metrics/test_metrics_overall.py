"""The one number for a slide."""

import pytest

from rag_eval.metrics import overall
from rag_eval.records import Failure, NotApplicable, Outcome, Score

FAILED = Failure(stage="judge", reason="timeout", message="too slow")
OTHER = Failure(stage="judge", reason="quota", message="used up")
ABSENT = NotApplicable(reason="nothing was retrieved")
HALF = Score(value=0.5)


@pytest.mark.parametrize(
    ("faithfulness", "recall", "expected"),
    [
        (HALF, Score(value=1.0), Score(value=0.75)),
        (Score(value=0.0), Score(value=0.0), Score(value=0.0)),
        (HALF, FAILED, FAILED),
        (FAILED, HALF, FAILED),
        (FAILED, OTHER, FAILED),
        (FAILED, ABSENT, FAILED),
        (ABSENT, FAILED, FAILED),
        (HALF, ABSENT, ABSENT),
        (ABSENT, HALF, ABSENT),
    ],
)
def test_a_mean_of_both_or_no_number(faithfulness: Outcome, recall: Outcome, expected: Outcome) -> None:
    """It is the mean of faithfulness and context recall; a failed part fails it, an absent one leaves it out."""
    outcomes: dict[str, Outcome] = {"faithfulness": faithfulness, "context_recall": recall, "latency": HALF}
    assert overall(outcomes) == {"overall": expected}


@pytest.mark.parametrize("measured", [[], ["faithfulness"], ["context_recall", "latency"]])
def test_without_both_parts_there_is_none(measured: list[str]) -> None:
    """A run that does not measure both has no overall at all."""
    assert overall(dict.fromkeys(measured, HALF)) == {}


def test_an_earlier_overall_does_not_count() -> None:
    """Computed again over kept outcomes, it comes to the same."""
    outcomes: dict[str, Outcome] = {"faithfulness": HALF, "context_recall": HALF, "overall": Score(value=0.1)}
    assert overall(outcomes) == {"overall": HALF}
