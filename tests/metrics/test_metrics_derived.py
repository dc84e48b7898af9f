"""Metrics that follow from others: the one number for a slide, the weakest claim, refusals, whether an answer came."""

import pytest

from rag_eval import metrics
from rag_eval.metrics.derived import OVERALL, derivable
from rag_eval.records import (
    NO_TEXT,
    Answer,
    Case,
    Evidence,
    Failure,
    NotApplicable,
    Outcome,
    Reply,
    Score,
    Verdict,
)

CASE = Case(id="c", user_input="When?", reference="At six.")
WITHOUT = Case(id="c", user_input="When?", answerable=False)
ANSWER = Answer(response="At six.")
FAILED = Failure(stage="judge", reason="timeout", message="too slow")
OTHER = Failure(stage="judge", reason="quota", message="used up")
LOST = Failure(stage="target", reason="timeout", message="too slow")
ABSENT = NotApplicable(reason="nothing was retrieved")
HALF = Score(value=0.5)


def _derived(name: str, outcomes: dict[str, Outcome], case: Case = CASE, reply: Reply = ANSWER) -> Outcome:
    [spec] = [spec for spec in derivable(metrics.automatic(), outcomes) if spec.name == name]
    assert spec.compute is not None
    return spec.compute(outcomes, case, reply)


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
def test_overall_is_a_mean_of_both_or_no_number(faithfulness: Outcome, recall: Outcome, expected: Outcome) -> None:
    """It is the mean of faithfulness and context recall; a failed part fails it, an absent one leaves it out."""
    outcomes: dict[str, Outcome] = {"faithfulness": faithfulness, "context_recall": recall, "latency": HALF}
    assert _derived("overall", outcomes) == expected
    assert OVERALL.traits.label == "mean of faithfulness and context_recall"


@pytest.mark.parametrize(
    ("measured", "there"),
    [
        ([], ["answered"]),
        (["faithfulness"], ["faithfulness_min", "answered"]),
        (["context_recall", "latency"], ["answered"]),
        (["refused"], ["abstention", "answered"]),
        (["faithfulness", "context_recall"], ["faithfulness_min", "answered", "overall"]),
    ],
)
def test_each_is_there_where_all_it_rests_on_is(measured: list[str], there: list[str]) -> None:
    """And whether an answer came is said of every run."""
    outcomes: dict[str, Outcome] = dict.fromkeys(measured, HALF)
    assert [spec.name for spec in derivable(metrics.automatic(), outcomes)] == there


def test_an_earlier_value_does_not_count() -> None:
    """Computed again over kept outcomes, it comes to the same."""
    outcomes: dict[str, Outcome] = {"faithfulness": HALF, "context_recall": HALF, "overall": Score(value=0.1)}
    assert _derived("overall", outcomes) == HALF


def test_the_least_supported_claim_is_the_alarm() -> None:
    """Its support is the value and it is the evidence; a judge that says yes or no counts as 1 or 0."""
    graded = [Verdict(part="response", statement=s, verdict=1, support=v) for s, v in (("a", 0.9), ("b", 0.3))]
    plain = [
        Verdict(part="response", statement="a", verdict=1),
        Verdict(part="response", statement="b", verdict=0),
    ]
    for claims, least in ((graded, 0.3), (plain, 0.0)):
        whole = Score(value=0.6, evidence=Evidence(verdicts=tuple(claims)))
        found = _derived("faithfulness_min", {"faithfulness": whole})
        assert found == Score(value=least, evidence=Evidence(verdicts=(claims[1],)))


@pytest.mark.parametrize("outcome", [FAILED, ABSENT])
def test_without_faithfulness_there_is_no_alarm(outcome: Outcome) -> None:
    """Why there is none stays what it was."""
    assert _derived("faithfulness_min", {"faithfulness": outcome}) == outcome


@pytest.mark.parametrize(
    ("case", "refused", "value"),
    [(CASE, 0.0, 1.0), (CASE, 1.0, 0.0), (WITHOUT, 1.0, 1.0), (WITHOUT, 0.0, 0.0)],
)
def test_abstention_is_right_where_exactly_what_has_no_answer_is_refused(
    case: Case, refused: float, value: float
) -> None:
    """A right refusal and a right attempt are 1, a wrong refusal and an invention are 0."""
    found = _derived("abstention", {"refused": Score(value=refused)}, case)
    assert isinstance(found, Score)
    assert found.value == value
    assert _derived("abstention", {"refused": FAILED}, case) == FAILED


@pytest.mark.parametrize(
    ("reply", "outcome", "value"),
    [
        (ANSWER, HALF, 1.0),
        (ANSWER, FAILED, 1.0),
        (LOST, LOST, 0.0),
        (Answer(), LOST.model_copy(update={"reason": NO_TEXT}), 0.0),
        (Answer(retrieved_contexts=("a",)), HALF, 1.0),
    ],
)
def test_answered_is_whether_an_answer_came(reply: Reply, outcome: Outcome, value: float) -> None:
    """One without text is none to a run that reads it; what the judge failed is an answer all the same."""
    assert _derived("answered", {"m": outcome}, CASE, reply) == Score(value=value)
