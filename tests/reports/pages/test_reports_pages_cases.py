"""The cases of a page: every one stands in it, texts once, and what is pointed to is found again."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from support import samples
from support.pages import unpacked

from rag_eval.journal import REPEAT_OF, Journal
from rag_eval.records import REFUSED, Answer, Case, Evidence, Failure, NotApplicable, Outcome, Score, Verdict
from rag_eval.reports.pages import cases as packing
from rag_eval.reports.pages.cases import Cases, pack
from rag_eval.reports.pages.index import ListedMetric, PageSide, index_of

_LONG = "The harbour office is open from eight to five on weekdays, and from nine to noon on Saturdays."
_METRIC = ListedMetric("correctness", "correctness", higher_is_better=True, bounded=True)
_TIMEOUT = Failure(stage="target", reason="timeout", message="Too slow.")
_NO_ANSWER: dict[str, Outcome] = {"correctness": _TIMEOUT, "answered": Score(value=0.0)}


def _case(number: int, **more: object) -> Case:
    return Case.model_validate({"id": f"q{number}", "user_input": f"Question {number}?", **more})


def _scored(value: float, *verdicts: Verdict, refused: float = 0.0) -> dict[str, Outcome]:
    score = Score(value=value, evidence=Evidence(verdicts=verdicts))
    return {"correctness": score, "answered": Score(value=1.0), REFUSED: Score(value=refused)}


def _side(name: str, journal: Journal, **values: float) -> PageSide:
    return PageSide(name, name, journal, {"correctness": values or journal.values("correctness")}, journal)


def _parts(packed: Cases) -> dict[str, Any]:
    names = {"index": packed.index, "texts": packed.texts, "bodies": packed.bodies}
    page = "".join(f'<script type="application/octet-stream" id="{n}">{text}</script>' for n, text in names.items())
    return {name: unpacked(page, name) for name in names}


def _pair(folder: Path, a: samples.Rows, b: samples.Rows, **more: Any) -> tuple[Cases, Mapping[str, Any]]:
    with samples.journal(folder / "a.db", a) as first, samples.journal(folder / "b.db", b) as second:
        index = index_of([_side("a", first), _side("b", second)], [_METRIC], "correctness")
        packed = pack(index, "rag-eval view a b", **more)
    return packed, _parts(packed)


def test_two_runs_are_paired_by_question_and_none_is_left_out(tmp_path: Path) -> None:
    """What only one was asked, what failed and what was refused are there too, each listed as what it is."""
    unanswerable = _case(4, answerable=False)
    a: samples.Rows = [
        (_case(0), Answer(response="x"), _scored(1.0)),
        (_case(1), Answer(response="x"), _scored(0.5)),
        (_case(2), Answer(response="same"), _scored(0.5)),
        (_case(3), Answer(response="x"), _scored(0.5)),
        (unanswerable, Answer(response="I do not know."), _scored(1.0, refused=1.0)),
        (_case(5), Answer(response="only in A"), _scored(1.0)),
    ]
    b: samples.Rows = [
        (_case(0), Answer(response="y"), _scored(0.25)),
        (_case(1), Answer(response="y"), _scored(0.75)),
        (_case(2), Answer(response="same"), _scored(0.5)),
        (_case(3), _TIMEOUT, _NO_ANSWER),
        (unanswerable, Answer(response="Invented."), _scored(0.0)),
        (_case(6), Answer(response="only in B"), _scored(1.0)),
    ]
    packed, parts = _pair(tmp_path, a, b)
    index = parts["index"]
    assert index["ids"] == ["q0", "q1", "q2", "q3", "q4", "q5", "q6"]
    assert index["states"][0] == ["answered", "answered", "answered", "answered", "refused", "answered", None]
    assert index["states"][1] == ["answered", "answered", "answered", "failed", "answered", None, "answered"]
    assert index["scores"][1][0] == [0.25, 0.75, 0.5, "failed", 0.0, None, 1.0]
    assert packed.counts == {
        "regressed": 2, "improved": 1, "reworded": 0, "unchanged": 1, "unpaired": 3, "onesided": 1, "failed": 1,
        "refusal": 1, "all": 7,
    }  # fmt: skip
    assert parts["bodies"][3][2][1][0]["x"] == ["timeout", "Too slow."]
    assert parts["bodies"][6][2] == [None, [{"r": "only in B"}]]


def test_a_statement_that_stands_elsewhere_is_found_where_it_points(tmp_path: Path) -> None:
    """In the answer, the reference, the question or a passage; a text with letters beyond the basic plane is kept."""
    beyond = f"😀 {_LONG}"
    verdicts = [
        Verdict(part="response", statement=_LONG, verdict=1, reason=f"Said in: {_LONG}", evidence=_LONG),
        Verdict(part="response", statement=beyond, verdict=0, reason="no", evidence=""),
    ]
    answer = Answer(response=f"Well. {_LONG}", retrieved_contexts=(f"Hours. {_LONG}", beyond))
    with samples.journal(tmp_path / "a.db", [(_case(0), answer, _scored(0.5, *verdicts))]) as journal:
        parts = _parts(pack(index_of([_side("a", journal)], [_METRIC], "correctness"), "view"))
    reply = parts["bodies"][0][2][0][0]
    first, second = reply["e"]["0"]
    where, start, length = first[1]
    assert where == -1
    assert reply["r"][start : start + length] == _LONG
    assert first[4] == "Said in: \x01", "the reason does not say the evidence again"
    assert second[1] == beyond
    assert parts["texts"] == [f"Hours. {_LONG}", beyond]


def test_a_passage_of_many_cases_is_kept_once(tmp_path: Path) -> None:
    """However many answers bring it, on both sides."""
    rows: samples.Rows = [
        (_case(i), Answer(response="x", retrieved_contexts=(_LONG,)), _scored(1.0)) for i in range(20)
    ]
    _, parts = _pair(tmp_path, rows, rows)
    assert parts["texts"] == [_LONG]
    assert parts["index"]["same"] == [True] * 20


def test_passages_are_cut_where_the_page_would_grow_too_large(tmp_path: Path) -> None:
    """Cases, answers and evidence never; what was cut is said, with the command that shows it whole."""
    unlike = [" ".join(f"{(place * 7919 + word * 104729) % 99991:x}" for word in range(400)) for place in range(40)]
    rows: samples.Rows = [
        (_case(i), Answer(response=f"answer {i}", retrieved_contexts=(text,)), _scored(1.0))
        for i, text in enumerate(unlike)
    ]
    whole, _ = _pair(tmp_path / "whole", rows, rows)
    cut, parts = _pair(tmp_path / "cut", rows, rows, most_bytes=20_000)
    assert whole.shortened is None
    assert cut.shortened is not None
    assert packing._SHORTEST <= cut.shortened < 1000
    assert len(cut.texts) + len(cut.bodies) <= 20_000 < len(whole.texts) + len(whole.bodies)
    assert all(text.endswith(" …") for text in parts["texts"])
    assert [body[2][0][0]["r"] for body in parts["bodies"]] == [f"answer {i}" for i in range(40)]
    assert cut.command == "rag-eval view a b"


def test_repetitions_are_one_question_with_several_replies(tmp_path: Path) -> None:
    """Its score is the one that was compared; every reply is there."""
    rows: samples.Rows = [
        (_case(0), Answer(response="first"), _scored(1.0)),
        (
            Case(id="q0~2", user_input="Question 0?", metadata={REPEAT_OF: "q0"}),
            Answer(response="second"),
            _scored(0.0),
        ),
    ]
    with samples.journal(tmp_path / "a.db", rows) as journal:
        side = _side("a", journal, q0=0.5)
        parts = _parts(pack(index_of([side], [_METRIC], "correctness"), "view"))
    assert parts["index"]["ids"] == ["q0"]
    assert parts["index"]["scores"] == [[[0.5]]]
    assert [reply["r"] for reply in parts["bodies"][0][2][0]] == ["first", "second"]


def test_a_baseline_has_scores_and_no_answers(tmp_path: Path) -> None:
    """Its side is empty, and its question and its score are there all the same."""
    rows: samples.Rows = [(_case(0), Answer(response="x"), _scored(1.0))]
    with samples.journal(tmp_path / "a.db", rows) as first, samples.journal(tmp_path / "b.db", rows) as second:
        baseline = PageSide("a", "a", first, {"correctness": first.values("correctness")}, None)
        index = index_of([baseline, _side("b", second)], [_METRIC], "correctness")
        parts = _parts(pack(index, "view"))
    assert parts["index"]["scores"] == [[[1.0]], [[1.0]]]
    assert parts["bodies"][0][2][0] is None
    assert parts["bodies"][0][2][1][0]["r"] == "x"


@pytest.mark.parametrize(
    ("outcome", "score", "why"),
    [
        (NotApplicable(reason=REFUSED), "refused", "refused"),
        (NotApplicable(reason="no reference"), "n/a", "no reference"),
        (Failure(stage="judge", reason="quota", message="Used up."), "failed", ["quota", "Used up."]),
    ],
)
def test_where_there_is_no_value_it_is_said_why(tmp_path: Path, outcome: Outcome, score: str, why: object) -> None:
    """In a word for lists, in full for the case."""
    outcomes = {"correctness": outcome, "answered": Score(value=1.0)}
    with samples.journal(tmp_path / "a.db", [(_case(0), Answer(response="x"), outcomes)]) as journal:
        parts = _parts(pack(index_of([_side("a", journal)], [_METRIC], "correctness"), "view"))
    assert parts["index"]["scores"] == [[[score]]]
    assert parts["bodies"][0][2][0][0]["n"] == {"0": why}
