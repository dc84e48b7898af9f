"""A sheet that goes through a spreadsheet comes back as what was decided, or as what is wrong with it."""

import csv
import io
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.reviewing import BEGAN, asked, decision, ferry, written

from rag_eval.dataset.folders import DatasetFolder
from rag_eval.dataset.problems import BadRowsError
from rag_eval.dataset.review import spreadsheet
from rag_eval.dataset.review.decisions import ReviewDecision, moment
from rag_eval.records import Case

_AT = moment(BEGAN + 500)


_CASES = [ferry(number) for number in range(5)]


Rows = list[dict[str, str]]


Change = Callable[[Rows], object]


@pytest.fixture
def folder(tmp_path: Path) -> DatasetFolder:
    """Five drafts."""
    return written(tmp_path / "drafts", _CASES)


def _rows(path: Path) -> Rows:
    return list(csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))


def _sheet(folder: DatasetFolder, change: Change, decisions: list[ReviewDecision] | None = None) -> Path:
    """A sheet that somebody worked on and saved."""
    path = folder.path.parent / "ana.csv"
    spreadsheet.write(folder, decisions or [], "ana", path)
    rows = _rows(path)
    change(rows)
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, spreadsheet.COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    return path


def _taken(
    folder: DatasetFolder, change: Change, decisions: list[ReviewDecision] | None = None
) -> spreadsheet.SpreadsheetResult:
    return spreadsheet.read(folder, decisions or [], "ana", _sheet(folder, change, decisions), _AT)


def _wrong(folder: DatasetFolder, change: Change) -> list[str]:
    with pytest.raises(BadRowsError) as caught:
        _taken(folder, change)
    return [str(problem).partition("ana.csv")[2] for problem in caught.value.problems]


_Texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)


@pytest.mark.slow
@given(
    st.lists(st.tuples(_Texts, st.text(st.characters(exclude_categories=["Cs"]), max_size=20)), min_size=1, max_size=4)
)
def test_a_sheet_that_nobody_touched_says_nothing_new(
    tmp_path_factory: pytest.TempPathFactory, said: list[tuple[str, str]]
) -> None:
    """Whatever stands in questions, references and ids: no row is wrong, none counts as changed."""
    cases = [
        Case(
            id=f"{number}{question}", user_input=question + "?", reference=reference, tags=(question,),
            reference_contexts=(reference,), reference_context_ids=(question,),
        )
        for number, (question, reference) in enumerate(said)
    ]  # fmt: skip
    folder = written(tmp_path_factory.mktemp("sheet") / "drafts", cases)
    path = folder.path.parent / "sheet.csv"
    spreadsheet.write(folder, [], "ana", path)
    taken = spreadsheet.read(folder, [], "ana", path, _AT)
    assert (taken.decisions, taken.undecided) == ((), len(folder.cases))


def test_a_sheet_says_what_was_decided_so_far(folder: DatasetFolder) -> None:
    """By this reviewer; reading it back adds nothing."""
    said = [
        decision(_CASES[0], 1, comment="=good"),
        decision(_CASES[1], 2, verdict="edit", reference="Four."),
        decision(_CASES[2], 3, "ben", "reject"),
        decision(_CASES[3], 4, verdict="unanswerable", reference=None),
    ]
    path = folder.path.parent / "ana.csv"
    assert spreadsheet.write(folder, said, "ana", path) == 5
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    rows = _rows(path)
    assert tuple(rows[0]) == spreadsheet.COLUMNS
    assert [row["verdict"] for row in rows] == ["accept", "edit", "", "unanswerable", ""]
    assert rows[0]["comment"] == "'=good"
    assert rows[1]["reference"] == "Four."
    assert rows[3]["answerable"] == "no"
    assert "[fares#0] A single to island 0 costs 3 pounds." in rows[0]["contexts"]
    taken = spreadsheet.read(folder, said, "ana", path, _AT)
    assert (taken.decisions, taken.unchanged, taken.undecided) == ((), 3, 2)


def test_verdicts_are_taken_over(folder: DatasetFolder) -> None:
    """With tags and comments; a changed row that is accepted counts as edited."""

    def change(rows: Rows) -> None:
        rows[0].update(verdict="Accept", comment="fine", tags="fares; new")
        rows[1].update(verdict="accept", reference="Four pounds.")
        rows[2].update(verdict="reject ")
        rows[3].update(verdict="edit", reference_context_ids="bikes#3")

    one, two, three, four = _taken(folder, change).decisions
    assert (one.verdict, one.comment, one.tags, one.at) == ("accept", "fine", ("fares", "new"), _AT)
    assert (two.verdict, two.reference) == ("edit", "Four pounds.")
    assert three.verdict == "reject"
    assert (four.verdict, four.reference_contexts) == ("edit", ("Bicycles go free on boat 3.",))
    assert {one.reviewer for one in (one, two, three, four)} == {"ana"}


def test_a_row_without_verdict_takes_nothing_back(folder: DatasetFolder) -> None:
    """A sheet may be older than what was decided in the page meanwhile."""
    path = _sheet(folder, lambda rows: rows[0].update(verdict="accept"))
    taken = spreadsheet.read(folder, [decision(_CASES[1], 1)], "ana", path, _AT)
    assert [one.case_id for one in taken.decisions] == ["q-0"]


_WORDS = "verdict: expected accept, edit, reject, unanswerable, or nothing, found "


_CONTEXTS = "reference_context_ids: expected ids that its contexts have: fares#1, bikes#1, found 'fares#9'"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"verdict": "ok"}, f"{_WORDS}'ok' (did you mean accept?)"),
        ({"verdict": "Yes."}, f"{_WORDS}'Yes.' (did you mean accept?)"),
        ({"verdict": "unanserable"}, f"{_WORDS}'unanserable' (did you mean unanswerable?)"),
        ({"verdict": "qqq"}, f"{_WORDS}'qqq'"),
        ({"reference": "Else."}, "verdict: expected edit, since the row was changed"),
        ({"verdict": "edit"}, "verdict: expected a changed question"),
        ({"verdict": "edit", "user_input": " "}, "user_input: expected a question, found nothing"),
        ({"id": "q-11"}, "id: expected the id of a case of this dataset, found 'q-11' (did you mean q-1?)"),
        ({"id": "q-0"}, "id: expected each case once, found 'q-0' as in line 2"),
        ({"row_fingerprint": "row-1"}, "row_fingerprint: expected row-"),
        ({"verdict": "edit", "reference_context_ids": "fares#9"}, _CONTEXTS),
        ({"verdict": "accept", "answerable": "no"}, "answerable: expected yes as it was, or the verdict unanswerable"),
        ({"verdict": "accept", "answerable": "perhaps"}, "answerable: expected yes or no, found 'perhaps'"),
    ],
)
def test_what_is_wrong_is_named_by_file_line_and_field(
    folder: DatasetFolder, changes: dict[str, str], message: str
) -> None:
    """The line is where the row begins; the one before it takes three."""
    (problem,) = _wrong(folder, lambda rows: rows[1].update(changes))
    assert problem.startswith(f":5: {message}")


def test_all_that_is_wrong_is_named_and_nothing_taken(folder: DatasetFolder) -> None:
    """In the order of the file."""

    def change(rows: Rows) -> None:
        rows[0].update(verdict="accept")
        rows[2].update(verdict="good")
        rows[4].update(id="nobody")

    assert [problem.split(":")[2].strip() for problem in _wrong(folder, change)] == ["verdict", "id"]


def test_changed_line_ends_in_a_cell_are_no_edit(tmp_path: Path) -> None:
    """Spreadsheets have their own."""
    folder = written(tmp_path / "drafts", [ferry(0, reference="One.\r\nTwo.")])
    path = _sheet(folder, lambda rows: rows[0].update(verdict="accept"))
    path.write_bytes(path.read_bytes().replace(b"One.\r\nTwo.", b"One.\nTwo."))
    (taken,) = spreadsheet.read(folder, [], "ana", path, _AT).decisions
    assert (taken.verdict, taken.reference) == ("accept", "One.\r\nTwo.")


def test_contexts_without_ids_are_chosen_by_place(tmp_path: Path) -> None:
    """An answer of production is accepted with those that bear it out."""
    folder = written(tmp_path / "drafts", [asked(1, retrieved_context_ids=None)])
    taken = _taken(folder, lambda rows: rows[0].update(verdict="accept", reference_context_ids="#1"))
    (one,) = taken.decisions
    assert (one.verdict, one.reference) == ("accept", "It is 1 pounds.")
    assert (one.reference_contexts, one.reference_context_ids) == (("Fare 1.",), None)


def test_a_decision_about_a_case_that_changed_is_not_in_the_sheet(folder: DatasetFolder) -> None:
    """The row is undecided again."""
    path = folder.path.parent / "ana.csv"
    spreadsheet.write(folder, [decision(_CASES[0], 1, case_digest="of another time")], "ana", path)
    assert _rows(path)[0]["verdict"] == ""


def test_a_question_from_production_is_not_accepted_without_an_answer(tmp_path: Path) -> None:
    """There would be nothing to score against."""
    folder = written(tmp_path / "drafts", [asked(1, response=None)])
    (problem,) = _wrong(folder, lambda rows: rows[0].update(verdict="accept"))
    assert ": reference: expected an answer, or the verdict unanswerable, found nothing" in problem


def test_what_settled_a_disagreement_still_does_when_it_is_changed(folder: DatasetFolder) -> None:
    """By the same reviewer, in a sheet."""
    said = [decision(_CASES[0], 1, final=True)]
    (one,) = _taken(folder, lambda rows: rows[0].update(verdict="reject"), said).decisions
    assert (one.verdict, one.final) == ("reject", True)


def test_a_cell_is_not_longer_than_excel_can_hold(tmp_path: Path) -> None:
    """The contexts are there to be read; what is cut changes nothing."""
    folder = written(
        tmp_path / "drafts", [ferry(0, reference_contexts=("x" * 40_000,), reference_context_ids=("long",))]
    )
    path = _sheet(folder, lambda rows: rows[0].update(verdict="accept"))
    assert len(_rows(path)[0]["contexts"]) < 32_000
    (one,) = spreadsheet.read(folder, [], "ana", path, _AT).decisions
    assert (one.verdict, one.reference_contexts) == ("accept", ("x" * 40_000,))
