"""Outcomes: a score, nothing to say, or a failure, and never two of them."""

import json
from typing import Any

import pytest
from hypothesis import given
from pydantic import TypeAdapter, ValidationError
from support import samples

from rag_eval.records import Evidence, Failure, NotApplicable, Outcome, Reason, Reply, Score, Verdict
from rag_eval.records.outcomes import ANSWERED, NO_TEXT, REFUSED

_OUTCOME: TypeAdapter[Outcome] = TypeAdapter(Outcome)
_REPLY: TypeAdapter[Reply] = TypeAdapter(Reply)


@given(outcome=samples.outcomes)
def test_an_outcome_is_read_as_what_it_was(outcome: Outcome) -> None:
    """Of the same kind, with all that it rests on."""
    again = _OUTCOME.validate_json(_OUTCOME.dump_json(outcome))
    assert again == outcome
    assert type(again) is type(outcome)


@given(reply=samples.replies)
def test_a_reply_is_read_as_what_it_was(reply: Reply) -> None:
    """An answer, or the failure that came in its place."""
    again = _REPLY.validate_json(_REPLY.dump_json(reply))
    assert again == reply
    assert type(again) is type(reply)


@pytest.mark.parametrize(
    "value",
    [
        {"kind": "score"},
        {"kind": "score", "value": None},
        {"kind": "score", "value": "high"},
        {"kind": "score", "value": 0.5, "reason": "so"},
        {"kind": "not_applicable"},
        {"kind": "not_applicable", "reason": "so", "value": 0.0},
        {"kind": "failure", "stage": "judge", "reason": "timeout", "message": "slow", "value": 0.0},
        {"kind": "failure", "stage": "network", "reason": "timeout", "message": "slow"},
        {"kind": "failure", "stage": "judge", "message": "slow"},
        {"kind": "other", "value": 0.5},
        {"value": 0.5},
        0.5,
        None,
    ],
)
def test_there_is_nothing_in_between(value: Any) -> None:
    """A failure has no value, a score has one, and a number alone is no outcome."""
    with pytest.raises(ValidationError):
        _OUTCOME.validate_python(value)


def test_a_score_may_lie_anywhere() -> None:
    """Seconds and dollars are scores too, and so is a correlation."""
    assert [Score(value=value).value for value in (-1.0, 0.0, 1e308)] == [-1.0, 0.0, 1e308]


@pytest.mark.parametrize("verdict", [2, -1, 0.5, "yes", None])
def test_a_verdict_is_yes_or_no(verdict: Any) -> None:
    """Nothing else counts as either."""
    with pytest.raises(ValidationError, match="verdict"):
        Verdict.model_validate({"part": "response", "statement": "s", "verdict": verdict})


def test_a_verdict_without_more_says_no_more() -> None:
    """How far it holds is unknown, which is not nought."""
    verdict = Verdict(part="response", statement="s", verdict=0)
    assert (verdict.support, verdict.reason, verdict.evidence) == (None, "", "")


def test_evidence_of_one_score_is_not_that_of_another() -> None:
    """Although it is made once where nothing is given."""
    assert Score(value=1.0).evidence == NotApplicable(reason="so").evidence == Evidence()
    with pytest.raises(ValidationError):
        Score(value=1.0).evidence.verdicts = ()


def test_a_reason_is_kept_as_the_text_that_it_is() -> None:
    """One of ours or of somebody else's; no enumeration gets into a file."""
    failure = Failure(stage="judge", reason=Reason.TIMEOUT, message="slow")
    assert json.loads(failure.model_dump_json())["reason"] == "timeout"
    assert Failure(stage="judge", reason="of_theirs", message="slow").reason == "of_theirs"
    assert failure.attempts == 1


def test_names_that_stand_in_journals_do_not_change() -> None:
    """A run that was kept must be read as what it was."""
    assert (REFUSED, NO_TEXT, ANSWERED) == ("refused", "no_text", "answered")
