"""What a reviewer is shown, and what counts as a change of it."""

from pathlib import Path
from typing import Any

import pytest
from support.reviewing import asked, decision, ferry, written

from rag_eval.dataset import writing
from rag_eval.dataset.review import items
from rag_eval.records import Case


def test_a_draft_is_shown_with_its_contexts_and_spans() -> None:
    """The tag that all drafts carry is shown as what it is, not as a tag."""
    shown = items.review_item(ferry(1))
    assert shown.is_draft
    assert shown.tags == ("fares",)
    assert shown.draft == {"by": "a model", "kind": "simple"}
    assert [(one.key, one.supports) for one in shown.contexts] == [("fares#1", True), ("bikes#1", True)]
    assert [(one.context_id, one.text) for one in shown.spans] == [("fares#1", "A single")]


def test_a_question_from_production_shows_its_answer_as_the_draft() -> None:
    """Nobody has said yet which of the contexts bear it out."""
    shown = items.review_item(asked(4))
    assert shown.reference == "It is 4 pounds."
    assert [(one.key, one.supports) for one in shown.contexts] == [("fares#4", False), ("lost", False)]
    assert shown.candidate == {"trace_id": "tr-1", "feedback": "bad", "confidence": 0.4, "topic": "fares"}


def test_a_question_from_production_without_answer_or_ids() -> None:
    """Contexts are told apart by their place."""
    shown = items.review_item(asked(4, response=None, retrieved_context_ids=None, confidence=None))
    assert shown.reference is None
    assert [one.key for one in shown.contexts] == ["#1", "#2"]
    assert shown.candidate is not None
    assert "confidence" not in shown.candidate


def test_once_there_is_a_reference_the_answer_of_production_is_no_draft() -> None:
    """A published dataset that is reviewed again shows what was settled, and offers what was retrieved."""
    case = asked(4).model_copy(
        update={"reference": "Four.", "reference_contexts": ("Fare 4.",), "reference_context_ids": ("fares#4",)}
    )
    shown = items.review_item(case)
    assert shown.reference == "Four."
    assert shown.candidate is None
    assert [(one.key, one.supports) for one in shown.contexts] == [("fares#4", True), ("lost", False)]


@pytest.mark.parametrize("odd", [None, 3, "text", [1], {"by": 1}, [{"text": ""}], [{"text": "x"}]])
def test_metadata_of_any_shape_is_borne(odd: Any) -> None:
    """It comes from elsewhere; what cannot be shown is not."""
    metadata = {"draft": odd, "spans": odd, "candidate": odd}
    items.review_item(Case(id="a", user_input="q", metadata=metadata))
    items.review_item(
        Case(id="a", user_input="q", metadata={"candidate": {"retrieved_contexts": odd, "response": odd}})
    )


def test_contexts_with_the_same_id_are_told_apart_by_place() -> None:
    """Two passages under one id are two boxes to tick."""
    case = ferry(1, reference_context_ids=("x", "x"))
    assert [one.key for one in items.review_item(case).contexts] == ["#1", "#2"]


def test_texts_of_ids_alone_come_from_the_corpus(tmp_path: Path) -> None:
    """Only an id that is not there is shown without a text."""
    rows = [{"id": "fares#1", "text": "A single costs 4."}, {"id": "other", "text": "Other."}]
    corpus = {writing.CORPUS: writing.table(rows, {"id": "string", "text": "string"})}
    case = ferry(1, reference_contexts=None, reference_context_ids=("fares#1", "gone"), metadata={})
    (shown,) = items.review_items(written(tmp_path / "set", [case], corpus))
    assert [one.text for one in shown.contexts] == ["A single costs 4.", None]


@pytest.mark.parametrize(
    ("said", "changes", "fits"),
    [
        ("accept", {}, "accept"),
        ("edit", {}, "accept"),
        ("accept", {"reference": "Else."}, "edit"),
        ("accept", {"user_input": "Else?"}, "edit"),
        ("accept", {"reference_contexts": None, "reference_context_ids": None}, "edit"),
        ("accept", {"reference": "It costs 4 pounds."}, "accept"),
        ("accept", {"comment": "hm", "tags": ("more",)}, "accept"),
        ("reject", {"reference": "Else."}, "reject"),
        ("accept", {"case_digest": "of another time", "reference": "Else."}, "accept"),
    ],
)
def test_the_verdict_fits_what_was_done(said: str, changes: dict[str, Any], fits: str) -> None:
    """Agreement is measured on verdicts, so the same work must get the same one."""
    case = ferry(1)
    assert items.verdict(items.review_item(case), decision(case, 1, verdict=said, **changes)) == fits


def test_choosing_contexts_of_a_production_answer_is_no_edit() -> None:
    """Nobody had chosen any before."""
    case = asked(1)
    chosen: dict[str, Any] = {
        "reference": "It is 1 pounds.",
        "reference_contexts": ("Fare 1.",),
        "reference_context_ids": ("fares#1",),
    }
    assert items.verdict(items.review_item(case), decision(case, 1, **chosen)) == "accept"
    assert items.verdict(items.review_item(case), decision(case, 1, **{**chosen, "reference": "One."})) == "edit"


def test_other_line_ends_are_no_change() -> None:
    """A browser and a spreadsheet each have their own."""
    case = ferry(1, reference="One.\r\nTwo.")
    assert not items.is_changed(items.review_item(case), decision(case, 1, reference="One.\nTwo."))
