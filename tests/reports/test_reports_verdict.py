"""The verdict in words."""

import pytest
from support import samples

from rag_eval.records import ANSWERED, MOST_NEEDED, Conclusion, RefusalChange, RefusalComparison
from rag_eval.reports import verdict


@pytest.mark.parametrize(
    ("conclusion", "needed", "end"),
    [
        ("unclear", 687, "100 questions; about 690 more questions would decide."),
        ("unclear", 8, "100 questions; about 8 more questions would decide."),
        ("unclear", 1, "100 questions; about 1 more question would decide."),
        ("unclear", 4_321, "100 questions; about 4,300 more questions would decide."),
        ("unclear", MOST_NEEDED, "100 questions; more than 10,000 more questions would be needed to decide."),
        ("unclear", None, "100 questions."),
        ("better", 12, "100 questions."),
    ],
)
def test_an_unclear_primary_metric_says_what_it_would_take(
    conclusion: Conclusion, needed: int | None, end: str
) -> None:
    """To two digits; nothing where it is clear, and no figure beyond what the spread can tell."""
    metric = samples.compared(verdict=conclusion, needed=needed)
    headline = verdict.sentences(samples.comparison(metric, verdict=conclusion))[0]
    assert headline.endswith(end)


def test_what_only_one_run_was_asked_is_said_first() -> None:
    """A run that is not finished gets no headline that reads as if it were of the whole dataset."""
    metric = samples.compared(verdict="better")
    found = samples.comparison(metric, verdict="better", only_in_a=8, only_in_b=1)
    start = "Without 8 questions that only harbour-weak was asked and 1 question that only harbour-strong was asked: "
    assert verdict.sentences(found)[0].startswith(f"{start}harbour-strong is better than harbour-weak: ")
    whole = samples.comparison(metric, verdict="better", only_in_a=0, only_in_b=0)
    assert verdict.sentences(whole)[0].startswith("harbour-strong is better than harbour-weak: ")


def test_refusals_say_how_many_questions_they_leave_out() -> None:
    """A denominator that is not the dataset's does not read as if it were."""
    answered = samples.compared(name=ANSWERED, pairs=12)
    change = RefusalChange(both_answered=8, only_b_refused=2)
    told = RefusalComparison(answerable=change, unanswerable=RefusalChange())
    some, none = (
        verdict.sentences(samples.comparison(each, refusals=told))[1]
        for each in (answered, answered.model_copy(update={"pairs": 10}))
    )
    end = "of 10 questions that have an answer harbour-weak refuses 0 and harbour-strong 2."
    assert (some, none) == (f"Refusals (without 2 of which it is not known in both): {end}", f"Refusals: {end}")
