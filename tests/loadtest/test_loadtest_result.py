"""Whether a load test was passed."""

import pytest
from support import samples
from support.loading import OVER, plan, sample

from rag_eval.loadtest.plan import LoadPlan
from rag_eval.loadtest.result import LoadTestResult, Quality
from rag_eval.loadtest.summary import LoadSummary, sum_up

_FAST = [sample(at=n / 10) for n in range(95)]


def summed(*more: object, planned: LoadPlan | None = None) -> LoadSummary:
    """A test in which 95 requests were fast."""
    return sum_up(planned or plan(), [*_FAST, *more])  # type: ignore[list-item]


def quality(*worse: str) -> Quality:
    """Answers that were scored, worse by some metrics."""
    return Quality(sample=3, at_rest="a", under_load="b", comparison=samples.comparison(), worse=worse)


@pytest.mark.parametrize(
    ("load", "scored", "unscored", "passed"),
    [
        (summed(OVER), None, None, True),
        (summed(OVER), quality(), None, True),
        (summed(OVER), quality("faithfulness"), None, False),
        (summed(OVER), None, "the service is gone", False),
        (summed(OVER), None, "", False),
        (summed(), None, None, False),
        (summed(), quality(), None, False),
        (summed(*[sample(kind="timeout")] * 30, OVER), quality(), None, False),
    ],
    ids=["kept", "as good", "worse", "unscored", "unscored without a word", "ended early", "early, as good", "failing"],
)
def test_what_a_load_test_must_keep_to_pass(
    load: LoadSummary, scored: Quality | None, unscored: str | None, *, passed: bool
) -> None:
    """Times and errors, and answers that are no worse; what could not be scored has not passed."""
    assert LoadTestResult(load=load, quality=scored, unscored=unscored).passed is passed


def test_a_result_survives_its_file() -> None:
    """Percentiles that were not reached stay unreached, and are no number."""
    result = LoadTestResult(load=summed(*[sample(kind="timeout")] * 30, OVER), quality=quality("faithfulness"))
    again = LoadTestResult.model_validate_json(result.model_dump_json())
    assert again == result
    assert again.load.total.at(95).seconds is None
