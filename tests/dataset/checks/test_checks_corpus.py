"""Whether cases still fit their corpus: ids, contexts, spans; and what mends them."""

from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from rag_eval.dataset.checks.check import Defect
from rag_eval.dataset.checks.context import CheckContext
from rag_eval.dataset.checks.corpus import DRIFT, SPAN, UNRESOLVED_ID
from rag_eval.dataset.drafting import PassageIndex
from rag_eval.records import Case

_PAGES = {
    "fares#1": "A single to the island costs nine pounds in summer.",
    "fares#2": "Bicycles go free on every boat.",
    "times#1": "The first boat leaves at nine.",
}


@pytest.fixture
def passages() -> Iterator[PassageIndex]:
    """Three passages."""
    with PassageIndex() as index:
        yield index.put(_PAGES.items())


def _case(ids: tuple[str, ...] | None = None, contexts: tuple[str, ...] | None = None, **fields: Any) -> Case:
    given = {"id": "c", "user_input": "What does it cost?", "reference": "Nine pounds."}
    return Case(**{**given, "reference_context_ids": ids, "reference_contexts": contexts, **fields})


def _unresolved(passages: PassageIndex | None, *cases: Case) -> list[Defect]:
    return [*UNRESOLVED_ID.find(CheckContext(cases=cases, passages=passages))]


def _drifts(passages: PassageIndex | None, *cases: Case) -> list[Defect]:
    return [*DRIFT.find(CheckContext(cases=cases, passages=passages))]


def _spans(*cases: Case) -> list[Defect]:
    return [*SPAN.find(CheckContext(cases=cases))]


def test_ids_that_lead_somewhere_are_fine(passages: PassageIndex) -> None:
    """Whether or not the case has their texts, and where it has no ids at all."""
    assert _unresolved(passages, _case(("fares#1",)), _case(("fares#1", "times#1"), ("x", "y")), _case()) == []


def test_an_id_that_leads_nowhere_is_named_with_its_case(passages: PassageIndex) -> None:
    """With what to do; no repair is offered where nobody knows the text."""
    (defect,) = _unresolved(passages, _case(("fares#1",)), _case(("gone#1",), id="lost"))
    assert (defect.rows, defect.fixable) == (("lost",), False)
    assert defect.message == "no passage of the corpus has the id 'gone#1'"
    assert defect.fix == "find the passage that bears the answer out now, or reject the case"


def test_where_the_text_stands_under_another_id_that_is_the_repair(passages: PassageIndex) -> None:
    """Both ids are told."""
    (defect,) = _unresolved(passages, _case(("old#7",), (_PAGES["fares#2"],)))
    assert defect.message == "no passage of the corpus has the id 'old#7'; its text stands under 'fares#2'"
    assert (defect.fix, defect.fixable) == ("--fix takes 'fares#2'", True)


@pytest.mark.parametrize("contexts", [(_PAGES["fares#2"], "more"), (), None, ("",)])
def test_texts_that_cannot_be_told_apart_move_nothing(passages: PassageIndex, contexts: tuple[str, ...] | None) -> None:
    """Where there are not as many texts as ids nobody knows which is whose; an empty text is none."""
    (defect,) = _unresolved(passages, _case(("old#7",), contexts))
    assert not defect.fixable


def test_each_id_that_leads_nowhere_is_a_finding(passages: PassageIndex) -> None:
    """In the order of the rows, and of the ids within a row."""
    defects = _unresolved(passages, _case(("x", "fares#1", "y"), id="a"), _case(("z",), id="b"))
    assert [(defect.rows[0], defect.message.split()[-1]) for defect in defects] == [
        ("a", "'x'"), ("a", "'y'"), ("b", "'z'"),
    ]  # fmt: skip


def test_without_a_corpus_nothing_is_held_against_it() -> None:
    """It is for the report to say that there was none."""
    case = _case(("gone",), ("text",))
    assert _unresolved(None, case) == _drifts(None, case) == []


@pytest.mark.parametrize("space", [" ", "\n", "\t\t", "\u00a0", "\n\n  "])
def test_white_space_is_no_change(passages: PassageIndex, space: str) -> None:
    """A page that was wrapped otherwise says the same."""
    assert _drifts(passages, _case(("fares#1",), (_PAGES["fares#1"].replace(" ", space),))) == []


@pytest.mark.parametrize(
    ("text", "then", "now"),
    [
        (
            "A single to the island costs eight pounds in summer.",
            "the island costs eight pounds in summer.",
            "the island costs nine pounds in summer.",
        ),
        ("A single to the island", "to the island", "to the island costs nine pounds in summer."),
        ("Dogs pay too.", "Dogs pay too.", "A single to the island costs nine pounds"),
    ],
)
def test_where_a_passage_has_changed_both_wordings_are_told(
    passages: PassageIndex, text: str, then: str, now: str
) -> None:
    """From three words before the place where they part: what it was, and what it is now."""
    (defect,) = _drifts(passages, _case(("fares#1",), (text,)))
    assert defect.message == f"the passage 'fares#1' has changed: {then!r} then, {now!r} now"
    assert not defect.fixable
    assert "review the case" in defect.fix


def test_a_long_passage_is_told_in_short(passages: PassageIndex) -> None:
    """A finding stays a line, however long the words are."""
    (defect,) = _drifts(passages, _case(("fares#1",), ("word" * 500 + " " + "more " * 500,)))
    assert len(defect.message) < 250


@pytest.mark.parametrize(("ids", "contexts"), [(("fares#1",), None), (("fares#1",), ("a", "b")), (("gone",), ("a",))])
def test_what_cannot_be_held_beside_the_corpus_has_not_drifted(
    passages: PassageIndex, ids: tuple[str, ...], contexts: tuple[str, ...] | None
) -> None:
    """No text, another number of texts than ids, or an id that leads nowhere, which is another finding."""
    assert _drifts(passages, _case(ids, contexts)) == []


def test_drift_looks_only_where_ids_and_texts_are_as_many(passages: PassageIndex) -> None:
    """Where no row has that the report says so, and does not say that nothing has changed."""

    def unmet(case: Case) -> list[str]:
        context = CheckContext(cases=[case], passages=passages)
        return [need.otherwise for need in DRIFT.needs if not need.met(context)]

    assert unmet(_case(("fares#1",), ("a",))) == []
    assert unmet(_case(("fares#1",), ("a", "b"))) == ["no row has as many reference context ids as reference contexts"]


@pytest.mark.parametrize(
    ("spans", "lost"),
    [
        ([{"text": "nine pounds"}], 0),
        ([{"text": "ten pounds"}], 1),
        ([{"text": "nine pounds"}, {"text": "Nine pounds"}, {"text": "NINE"}], 2),
        ([], 0),
        ([{"text": ""}], 0),
        ([{"text": None}, {"text": 9}, {}, None, "nine", ["nine"], 4], 0),
        ({"text": "ten pounds"}, 0),
        ("ten pounds", 0),
        (None, 0),
    ],
)
def test_a_span_must_stand_in_a_context_letter_by_letter(spans: Any, lost: int) -> None:
    """What is no span, for want of a text, is passed over without a crash."""
    case = _case(None, ("It costs nine pounds.", "Bicycles go free."), metadata={"spans": spans})
    defects = _spans(case)
    assert len(defects) == lost
    assert all("stands in none of the case's contexts" in defect.message for defect in defects)
    assert all("rag-eval review" in defect.fix for defect in defects)


def test_a_span_without_any_context_is_lost() -> None:
    """It may stand in any of them, if there are any."""
    spans = [{"text": "go free"}]
    assert len(_spans(_case(metadata={"spans": spans}))) == 1
    assert _spans(_case(None, ("It costs nine pounds.", "Bicycles go free."), metadata={"spans": spans})) == []


def _repaired(passages: PassageIndex, *cases: Case) -> tuple[list[Case], int]:
    context = CheckContext(cases=cases, passages=passages)
    findings = [UNRESOLVED_ID.finding(defect) for defect in UNRESOLVED_ID.find(context) if defect.fixable]
    assert UNRESOLVED_ID.repair is not None
    return UNRESOLVED_ID.repair(context, cases, findings)


def test_ids_are_pointed_to_where_their_texts_stand(passages: PassageIndex) -> None:
    """What already leads somewhere stays, what nobody can find stays as well, and the case keeps all else."""
    texts: Mapping[str, str] = {"old#7": _PAGES["fares#2"], "times#1": "It was another text.", "gone": "Nowhere."}
    moved = _case(tuple(texts), tuple(texts.values()), tags=("draft",), metadata={"a": 1})
    other = _case(("gone",), ("Nowhere.",), id="other")
    (first, second), count = _repaired(passages, moved, other)
    assert first.reference_context_ids == ("fares#2", "times#1", "gone")
    assert first.model_copy(update={"reference_context_ids": moved.reference_context_ids}) == moved
    assert (second, count) == (other, 1)


def test_every_id_that_was_pointed_elsewhere_counts(passages: PassageIndex) -> None:
    """Two ids of a case are two findings, and so two that were mended."""
    case = _case(("old#1", "old#2"), (_PAGES["fares#1"], _PAGES["fares#2"]))
    (mended,), count = _repaired(passages, case)
    assert (mended.reference_context_ids, count) == (("fares#1", "fares#2"), 2)


def test_what_was_mended_is_found_no_more(passages: PassageIndex) -> None:
    """Mending twice does nothing the second time."""
    (mended,), _ = _repaired(passages, _case(("old#1",), (_PAGES["fares#1"],)))
    assert _unresolved(passages, mended) == _drifts(passages, mended) == []
    assert _repaired(passages, mended) == ([mended], 0)
