"""A gate's result in words."""

import pytest

from rag_eval import gates
from rag_eval.gates.findings import GateFinding
from rag_eval.gates.sentences import plain, sentence
from rag_eval.records import GateOutcome

_MEAN = gates.parse("correctness.mean >= 0.7", "gates")
_DROP = gates.parse("correctness.drop_vs(main) <= 0.02", "gates")


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        ("passed", "correctness.mean ≥ 0.7: passes: so"),
        ("failed", "correctness.mean ≥ 0.7: fails: so"),
        ("undecided", "correctness.mean ≥ 0.7: undecided: so"),
    ],
)
def test_what_was_demanded_stands_before_what_became_of_it(outcome: GateOutcome, expected: str) -> None:
    """With signs that are read as one."""
    assert plain(_MEAN, outcome, "so") == expected


def test_a_value_stands_with_its_bounds_and_what_it_rests_on() -> None:
    """One question is not several."""
    finding = GateFinding(value=0.62, limit=0.7, n=163, bounds=(0.55, 0.69))
    assert sentence(_MEAN, finding, "failed", 0.01, "", "") == (
        "correctness.mean ≥ 0.7: fails: 0.62 [0.55, 0.69], 163 questions"
    )
    assert sentence(_MEAN, GateFinding(value=0.62, limit=0.7, n=1), "failed", None, "s", "").endswith(
        "0.62 s, 1 question"
    )


def test_digits_tell_a_value_from_its_limit() -> None:
    """0.70 would look as if it were kept."""
    assert "0.699," in sentence(_MEAN, GateFinding(value=0.699, limit=0.7, n=9), "failed", None, "", "")


@pytest.mark.parametrize(
    ("value", "higher", "says"),
    [
        (0.03, True, "drop +0.03"),
        (-0.03, True, "gained 0.03"),
        (0.03, False, "added +0.03"),
        (-0.03, False, "saved 0.03"),
    ],
)
def test_a_difference_says_which_way_it_went(value: float, higher: bool, says: str) -> None:  # noqa: FBT001
    """More seconds are added, a lower score is a drop."""
    finding = GateFinding(value=value, limit=0.02, n=9, signed=True, higher=higher)
    assert f": {says}, 9 questions, against run-1" in sentence(_DROP, finding, "failed", 0.1, "", "run-1")


def test_what_the_judge_failed_on_is_told_with_what_that_could_do() -> None:
    """It could turn only what is undecided by a test."""
    finding = GateFinding(value=0.7, limit=0.7, n=9, unjudged=2, unanswered=3)
    undecided = sentence(_MEAN, finding, "undecided", 0.2, "", "")
    assert "3 without an answer count as 0" in undecided
    assert undecided.endswith("the judge failed on 2, whose scores could turn it")
    assert sentence(_MEAN, finding, "failed", 0.01, "", "").endswith("the judge failed on 2")
