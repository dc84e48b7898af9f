"""The verdict in words."""

import pytest
from support import samples

from rag_eval.records import MOST_NEEDED, Conclusion
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
