"""What is published is what was decided, and says how it came about."""

from pathlib import Path
from typing import Any

import pytest
from support.reviewing import asked, decision, ferry, written

from rag_eval.dataset import folders, writing
from rag_eval.dataset.review import publishing
from rag_eval.dataset.review.decisions import ReviewDecision, moment
from rag_eval.errors import UsageError
from rag_eval.records import Case

_CASES = [ferry(number) for number in range(6)]
_BIKES = "Bicycles go free on boat 0."


def _published(tmp_path: Path, decisions: list[ReviewDecision], **options: Any) -> folders.DatasetFolder:
    folder = written(tmp_path / "drafts", _CASES)
    publishing.publish(folder, decisions, tmp_path / "out", **options)
    return folders.load(tmp_path / "out")


def test_each_verdict_becomes_what_it_says(tmp_path: Path) -> None:
    """Accepted as they are, edited with the edits, rejected left out, unanswerable without answer and contexts."""
    edits: dict[str, Any] = {"user_input": "How much?", "reference": "3.", "reference_contexts": ("It is 3.",)}
    said = [
        decision(_CASES[0], 1),
        decision(_CASES[1], 2, verdict="edit", comment="shorter", reference_context_ids=("fares#1",), **edits),
        decision(_CASES[2], 3, verdict="reject"),
        decision(_CASES[3], 4, verdict="unanswerable"),
    ]
    accepted, edited, without = _published(tmp_path, said).cases
    assert accepted.model_dump(exclude={"tags", "metadata"}) == _CASES[0].model_dump(exclude={"tags", "metadata"})
    assert accepted.tags == ("fares",)
    assert accepted.metadata["review"] == {"verdict": "accept", "reviewers": ["ana"], "at": moment(1_700_000_001)}
    assert accepted.metadata["spans"] == _CASES[0].metadata["spans"]
    assert accepted.metadata["draft"] == {"by": "a model", "kind": "simple"}
    assert (edited.user_input, edited.reference, edited.reference_context_ids) == ("How much?", "3.", ("fares#1",))
    assert edited.metadata["review"] == {
        "verdict": "edit", "reviewers": ["ana"], "at": moment(1_700_000_002), "comment": "shorter",
    }  # fmt: skip
    assert (without.id, without.answerable) == ("q-3", False)
    assert (without.reference, without.reference_contexts, without.reference_context_ids) == (None, None, None)
    assert "spans" not in without.metadata


def test_the_lineage_tells_what_was_done(tmp_path: Path) -> None:
    """Who decided how much, how far they agreed, and what became of the cases."""
    said = [decision(case, n, who) for n, case in enumerate(_CASES[:3]) for who in ("ana", "ben")]
    said.append(decision(_CASES[0], 9, "ben", case_digest="of another time"))
    folder = written(tmp_path / "drafts", _CASES)
    done = publishing.publish(folder, said, tmp_path / "out")
    (step,) = done.written.manifest.lineage
    assert step.operation == "review"
    assert step.inputs == {"drafts": folder.manifest.fingerprint}
    assert step.details["reviewers"] == {"ana": 3, "ben": 2}
    assert step.details["accepted"] == 3
    assert step.details["undecided"] == 3
    assert step.details["stale"] == 1
    assert step.details["agreement"]["alpha"] is None  # type: ignore[index, call-overload]
    assert "only one verdict" in step.details["agreement"]["reason"]  # type: ignore[index, call-overload, operator]
    assert done.counts.undecided == 3


def test_a_second_review_adds_a_step(tmp_path: Path) -> None:
    """What was done before stays in the lineage."""
    first = _published(tmp_path, [decision(case, 1) for case in _CASES])
    publishing.publish(first, [decision(case, 2) for case in first.cases], tmp_path / "second")
    assert [step.operation for step in folders.load(tmp_path / "second").manifest.lineage] == ["review", "review"]


def test_undecided_ones_are_kept_as_drafts_if_asked(tmp_path: Path) -> None:
    """In their places, with their tag."""
    kept = _published(tmp_path, [decision(_CASES[2], 1), decision(_CASES[4], 2, verdict="reject")], keep_undecided=True)
    assert [case.id for case in kept.cases] == ["q-0", "q-1", "q-2", "q-3", "q-5"]
    assert ["draft" in case.tags for case in kept.cases] == [True, True, False, True, True]


def test_a_disagreement_that_nobody_settled_is_refused(tmp_path: Path) -> None:
    """The cases are named, nothing is written."""
    said = [decision(_CASES[0], 1), decision(_CASES[0], 2, "ben", "reject"), decision(_CASES[1], 3)]
    with pytest.raises(UsageError, match=r"disagree about 1 cases .* q-0\. Do:"):
        _published(tmp_path, said)
    assert not (tmp_path / "out").exists()


def test_disagreements_are_settled_by_the_latest_or_dropped_if_asked(tmp_path: Path) -> None:
    """And a case that somebody settled follows that, whatever came later."""
    said = [
        decision(_CASES[0], 1, verdict="reject"),
        decision(_CASES[0], 2, "ben"),
        decision(_CASES[1], 1, "ben"),
        decision(_CASES[1], 3, verdict="unanswerable", final=True),
        decision(_CASES[1], 4, "cleo", "reject"),
        decision(_CASES[2], 5),
    ]
    latest = _published(tmp_path, said, on_disagreement="latest")
    assert [(case.id, case.answerable) for case in latest.cases] == [("q-0", True), ("q-1", False), ("q-2", True)]
    assert latest.cases[0].metadata["review"]["reviewers"] == ["ana", "ben"]  # type: ignore[index, call-overload]
    dropped = _published(tmp_path, said, on_disagreement="drop")
    assert [case.id for case in dropped.cases] == ["q-1", "q-2"]
    assert dropped.manifest.lineage[-1].details["dropped"] == 1


def test_an_answer_of_production_becomes_the_reference(tmp_path: Path) -> None:
    """With the contexts that the reviewer chose; without any if none was chosen."""
    folder = written(tmp_path / "drafts", [asked(1), asked(2)])
    chosen: dict[str, Any] = {"reference_contexts": ("Fare 1.",), "reference_context_ids": ("fares#1",)}
    said = [
        decision(asked(1), 1, reference="It is 1 pounds.", **chosen),
        decision(asked(2), 2, reference="It is 2 pounds."),
    ]
    publishing.publish(folder, said, tmp_path / "out")
    one, two = folders.load(tmp_path / "out").cases
    assert (one.reference, one.reference_contexts) == ("It is 1 pounds.", ("Fare 1.",))
    assert one.reference_context_ids == ("fares#1",)
    assert (two.reference, two.reference_contexts) == ("It is 2 pounds.", None)


def test_spans_go_with_the_contexts_that_held_them(tmp_path: Path) -> None:
    """A span whose text stands in no context any more is dropped."""
    second: dict[str, Any] = {"reference_contexts": (_BIKES,), "reference_context_ids": ("bikes#0",)}
    (case,) = _published(tmp_path, [decision(_CASES[0], 1, verdict="edit", **second)]).cases
    assert "spans" not in case.metadata
    assert "draft" in case.metadata


def test_an_unanswerable_case_that_gets_contexts_is_answerable(tmp_path: Path) -> None:
    """And one that keeps none stays as it is, with what the system should say."""
    bare: dict[str, Any] = {
        "reference_contexts": None,
        "reference_context_ids": None,
        "answerable": False,
        "metadata": {},
    }
    cases = [ferry(1, reference="Not in the handbook.", **bare), ferry(2, reference=None, **bare)]
    folder = written(tmp_path / "drafts", cases)
    found: dict[str, Any] = {
        "reference": "Five.",
        "reference_contexts": ("It costs 5.",),
        "reference_context_ids": ("fares#2",),
    }
    said = [decision(cases[0], 1, verdict="unanswerable"), decision(cases[1], 2, verdict="edit", **found)]
    publishing.publish(folder, said, tmp_path / "out")
    refusal, answered = folders.load(tmp_path / "out").cases
    assert (refusal.answerable, refusal.reference) == (False, "Not in the handbook.")
    assert (answered.answerable, answered.reference) == (True, "Five.")


def test_the_corpus_goes_along(tmp_path: Path) -> None:
    """Byte for byte."""
    rows = [{"id": "fares#1", "text": "A single costs 4."}]
    extras = {writing.CORPUS: writing.table(rows, {"id": "string", "text": "string"})}
    folder = written(tmp_path / "drafts", _CASES, extras)
    publishing.publish(folder, [decision(_CASES[0], 1)], tmp_path / "out")
    old, new = (root / writing.CORPUS for root in (folder.path, tmp_path / "out"))
    assert new.read_bytes() == old.read_bytes()


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ([], "nothing is decided. Do: rag-eval review"),
        ([decision(_CASES[0], 1, case_digest="else")], "nothing is decided; 1 decisions no longer hold"),
        ([decision(_CASES[0], 1, verdict="reject")], "nothing would remain"),
    ],
)
def test_nothing_is_written_where_there_is_nothing(tmp_path: Path, said: list[ReviewDecision], message: str) -> None:
    """The message says why."""
    with pytest.raises(UsageError, match=message):
        _published(tmp_path, said)
    assert not (tmp_path / "out").exists()


def test_the_dataset_under_review_is_not_overwritten(tmp_path: Path) -> None:
    """Its drafts would be gone, and every decision stale."""
    folder = written(tmp_path / "drafts", _CASES)
    with pytest.raises(UsageError, match="is the dataset under review itself"):
        publishing.publish(folder, [decision(_CASES[0], 1)], tmp_path / "x" / ".." / "drafts")


def test_publishing_twice_gives_the_same(tmp_path: Path) -> None:
    """Nothing in it depends on when it is published."""
    said = [decision(case, n) for n, case in enumerate(_CASES)]
    assert _published(tmp_path, said).cases == _published(tmp_path, said).cases
    assert isinstance(_published(tmp_path, said).cases[0], Case)
