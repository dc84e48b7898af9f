"""What is asked of a journal that is only read."""

from pathlib import Path
from typing import Literal

import pytest
from support import samples

from rag_eval.errors import MismatchError, UnknownCaseError
from rag_eval.journal import Journal
from rag_eval.records import SUSPICIOUS, Answer, Case, Evidence, Failure, FailureGroup, Reason, Score


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A journal of two cases, one of which is repeated."""
    rows: samples.Rows = [
        (Case(id="a", user_input="When?", tags=("time",)), Answer(response="At nine."), {"m": Score(value=0.5)}),
        (Case(id="b", user_input="Where?", answerable=False), Answer(response="Here."), {"m": Score(value=1.0)}),
    ]
    file = tmp_path / "run" / "journal.db"
    file.parent.mkdir()
    samples.journal(file, rows, ("m",)).close()
    return file


def test_a_case_that_was_not_asked_is_an_error_with_a_name(path: Path) -> None:
    """It says of which run, and which case."""
    with Journal.open_(path) as journal, pytest.raises(UnknownCaseError, match=r"run: no case 'c' has been asked"):
        journal.row("c")
    assert issubclass(UnknownCaseError, MismatchError)


def test_questions_are_looked_up_without_their_answers(path: Path) -> None:
    """Values, tags and what can be answered come case by case, in the order of the dataset."""
    with Journal.open_(path) as journal:
        assert journal.values("m") == {"a": 0.5, "b": 1.0}
        assert journal.tags() == {"a": ("time",)}
        assert journal.answerable() == {"a": True, "b": False}
        assert journal.question("b") == "Where?"
        assert journal.row("a").position == 0
        assert (journal.count(), journal.ids(), journal.scored(["m"])) == (2, {"a", "b"}, 2)


def test_a_journal_that_is_read_cannot_be_written(path: Path) -> None:
    """Only a writer has the means, and the file itself refuses."""
    with Journal.open_(path) as journal:
        assert not hasattr(journal, "remember")


def test_failures_are_counted_by_stage_and_reason_with_the_first_of_each(tmp_path: Path) -> None:
    """A case counts once, however many metrics failed for it; one without an answer with its own failure alone."""

    def lost(stage: Literal["target", "judge"], reason: str, message: str) -> Failure:
        return Failure(stage=stage, reason=reason, message=message)

    late, refused = lost("target", "timeout", "no answer in 5 s"), lost("judge", "refused", "no")
    answer = Answer(response="Here.")
    rows: samples.Rows = [
        (Case(id="a", user_input="1"), answer, {"m": refused, "n": refused}),
        (Case(id="b", user_input="2"), late, {"m": late, "n": late}),
        (Case(id="c", user_input="3"), answer, {"m": lost("judge", "refused", "never"), "n": Score(value=1.0)}),
    ]
    file = tmp_path / "run" / "journal.db"
    file.parent.mkdir()
    samples.journal(file, rows, ("m", "n")).close()
    with Journal.open_(file) as journal:
        assert journal.failures() == [
            FailureGroup(stage="judge", reason="refused", count=2, message="no", alike=False),
            FailureGroup(stage="target", reason="timeout", count=1, message="no answer in 5 s"),
        ]


def test_cases_that_speak_to_the_judge_are_found_without_their_evidence(tmp_path: Path) -> None:
    """Each once, in the order of the dataset; a judge that obeyed is one of them."""
    spoken = Score(value=1.0, evidence=Evidence(details={SUSPICIOUS: "answer: instructions to a judge"}))
    tampered = Failure(stage="judge", reason=Reason.TAMPERED, message="no")
    rows: samples.Rows = [
        (Case(id="z", user_input="?"), Answer(response="a"), {"m": spoken, "n": spoken}),
        (Case(id="b", user_input="?"), Answer(response="a"), {"m": Score(value=1.0)}),
        (Case(id="a", user_input="?"), Answer(response="a"), {"m": tampered}),
    ]
    samples.journal(tmp_path / "journal.db", rows, ("m", "n")).close()
    with Journal.open_(tmp_path / "journal.db") as journal:
        assert journal.suspicious() == ["z", "a"]
