"""A sheet that goes through a spreadsheet comes back as what was decided, or as what is wrong with it."""

import csv
import io
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from support.reviewing import BEGAN, asked, decision, ferry, written

from rag_eval.dataset.folders import Folder
from rag_eval.dataset.problems import BadRowsError
from rag_eval.dataset.review import cells, sheets
from rag_eval.dataset.review.decisions import Decision, moment
from rag_eval.errors import DataError
from rag_eval.records import Case

_AT = moment(BEGAN + 500)
_CASES = [ferry(number) for number in range(5)]
Rows = list[dict[str, str]]
Change = Callable[[Rows], object]


@pytest.fixture
def folder(tmp_path: Path) -> Folder:
    """Five drafts."""
    return written(tmp_path / "drafts", _CASES)


def _rows(path: Path) -> Rows:
    return list(csv.DictReader(io.StringIO(path.read_bytes().decode("utf-8-sig"), newline="")))


def _sheet(folder: Folder, change: Change, decisions: list[Decision] | None = None) -> Path:
    """A sheet that somebody worked on and saved."""
    path = folder.path.parent / "ana.csv"
    sheets.write(folder, decisions or [], "ana", path)
    rows = _rows(path)
    change(rows)
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        writer = csv.DictWriter(file, sheets.COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    return path


def _taken(folder: Folder, change: Change, decisions: list[Decision] | None = None) -> sheets.Taken:
    return sheets.read(folder, decisions or [], "ana", _sheet(folder, change, decisions), _AT)


def _wrong(folder: Folder, change: Change) -> list[str]:
    with pytest.raises(BadRowsError) as caught:
        _taken(folder, change)
    return [str(problem).partition("ana.csv")[2] for problem in caught.value.problems]


@given(st.text(st.characters(exclude_categories=["Cs"])))
@example("'=1")
@example("''")
@example("'tis")
@example("\ufeff=1")
@example("＝1")
@example("\r\n-1")
@example("1/2")
@example("'007")
def test_any_text_survives_a_cell(text: str) -> None:
    """Also one that begins with apostrophes."""
    assert cells.plain(cells.guarded(text)) == text


_WIDE = ["＝1", "＋1", "－1", "＠x"]


@pytest.mark.parametrize(
    "text", ["=1+1", "+1", "-x", "@SUM(1)", "\tx", "\rx", "  =x", "\u00a0@x", "\u200b=x", "'=x", *_WIDE]
)
def test_nothing_that_a_spreadsheet_would_run_stands_bare(text: str) -> None:
    """OWASP's list, also behind white space that is or is not seen, and in full width."""
    assert cells.guarded(text) == f"'{text}"


@pytest.mark.parametrize("text", ["007", "1/2", "12.50", "2026-01-02", "5 March 2020", "1e5", "TRUE", "10:30 am"])
def test_nothing_that_a_spreadsheet_would_convert_stands_bare(text: str) -> None:
    """An id would lose its zeros, a fraction become a day."""
    assert cells.guarded(text) == f"'{text}"


@pytest.mark.parametrize("text", ["", "It costs 4 pounds.", "'tis so", "May I?", "a = b", "42 pounds"])
def test_plain_words_stay_as_they_are(text: str) -> None:
    """People read this."""
    assert cells.guarded(text) == text


_Texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=40)


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
    sheets.write(folder, [], "ana", path)
    taken = sheets.read(folder, [], "ana", path, _AT)
    assert (taken.decisions, taken.undecided) == ((), len(folder.cases))


def test_a_sheet_says_what_was_decided_so_far(folder: Folder) -> None:
    """By this reviewer; reading it back adds nothing."""
    said = [
        decision(_CASES[0], 1, comment="=good"),
        decision(_CASES[1], 2, verdict="edit", reference="Four."),
        decision(_CASES[2], 3, "ben", "reject"),
        decision(_CASES[3], 4, verdict="unanswerable", reference=None),
    ]
    path = folder.path.parent / "ana.csv"
    assert sheets.write(folder, said, "ana", path) == 5
    assert path.read_bytes().startswith(b"\xef\xbb\xbf")
    rows = _rows(path)
    assert tuple(rows[0]) == sheets.COLUMNS
    assert [row["verdict"] for row in rows] == ["accept", "edit", "", "unanswerable", ""]
    assert rows[0]["comment"] == "'=good"
    assert rows[1]["reference"] == "Four."
    assert rows[3]["answerable"] == "no"
    assert "[fares#0] A single to island 0 costs 3 pounds." in rows[0]["contexts"]
    taken = sheets.read(folder, said, "ana", path, _AT)
    assert (taken.decisions, taken.unchanged, taken.undecided) == ((), 3, 2)


def test_verdicts_are_taken_over(folder: Folder) -> None:
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


def test_a_row_without_verdict_takes_nothing_back(folder: Folder) -> None:
    """A sheet may be older than what was decided in the page meanwhile."""
    path = _sheet(folder, lambda rows: rows[0].update(verdict="accept"))
    taken = sheets.read(folder, [decision(_CASES[1], 1)], "ana", path, _AT)
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
def test_what_is_wrong_is_named_by_file_line_and_field(folder: Folder, changes: dict[str, str], message: str) -> None:
    """The line is where the row begins; the one before it takes three."""
    (problem,) = _wrong(folder, lambda rows: rows[1].update(changes))
    assert problem.startswith(f":5: {message}")


def test_all_that_is_wrong_is_named_and_nothing_taken(folder: Folder) -> None:
    """In the order of the file."""

    def change(rows: Rows) -> None:
        rows[0].update(verdict="accept")
        rows[2].update(verdict="good")
        rows[4].update(id="nobody")

    assert [problem.split(":")[2].strip() for problem in _wrong(folder, change)] == ["verdict", "id"]


def _semicolons(text: str) -> bytes:
    rows = list(csv.reader(io.StringIO(text, newline="")))
    out = io.StringIO(newline="")
    csv.writer(out, delimiter=";", lineterminator="\r\n").writerows(rows)
    return out.getvalue().encode("utf-8")


def _reordered(text: str) -> bytes:
    rows = [[*reversed(row), "mine", ""] for row in csv.reader(io.StringIO(text, newline=""))]
    rows[0][-2:] = ["notes of mine", ""]
    out = io.StringIO(newline="")
    csv.writer(out, lineterminator="\n").writerows(rows)
    return out.getvalue().encode("utf-8-sig")


def _cut(text: str) -> bytes:
    """As Excel saves it: empty cells at the end of a row are gone."""
    rows = list(csv.reader(io.StringIO(text, newline="")))
    for row in rows:
        while row and not row[-1]:
            row.pop()
    out = io.StringIO(newline="")
    csv.writer(out).writerows([*rows, [], ["", ""]])
    return out.getvalue().encode()


@pytest.mark.parametrize(
    "saved",
    [
        _semicolons,
        _reordered,
        _cut,
        lambda text: text.encode("utf-16"),
        lambda text: text.replace("\r\n", "\n").encode(),
        lambda text: text.replace("\r\n", "\n").replace("\n", "\r").encode(),
        lambda text: f"sep=,\r\n{text}".encode("utf-8-sig"),
    ],
)
def test_whatever_a_spreadsheet_makes_of_the_file(folder: Folder, saved: Callable[[str], bytes]) -> None:
    """Semicolons, other line ends, no mark, other quotes, other order, more columns, fewer cells: it is the same."""
    path = _sheet(folder, lambda rows: (rows[0].update(verdict="accept"), rows[3].update(verdict="reject")))
    path.write_bytes(saved(path.read_bytes().decode("utf-8-sig")))
    taken = sheets.read(folder, [], "ana", path, _AT)
    assert [(one.case_id, one.verdict) for one in taken.decisions] == [("q-0", "accept"), ("q-3", "reject")]
    assert taken.undecided == 3


def test_changed_line_ends_in_a_cell_are_no_edit(tmp_path: Path) -> None:
    """Spreadsheets have their own."""
    folder = written(tmp_path / "drafts", [ferry(0, reference="One.\r\nTwo.")])
    path = _sheet(folder, lambda rows: rows[0].update(verdict="accept"))
    path.write_bytes(path.read_bytes().replace(b"One.\r\nTwo.", b"One.\nTwo."))
    (taken,) = sheets.read(folder, [], "ana", path, _AT).decisions
    assert (taken.verdict, taken.reference) == ("accept", "One.\r\nTwo.")


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        (b"", "columns are missing: id"),
        (b"id,verdikt\nq-0,accept\n", r"verdict \(found verdikt\)"),
        (b"id,id\n", "the column id stands twice"),
        ("id,verdict\nä".encode("latin-1"), r":2: expected UTF-8, found byte 0xe4"),
        (b'id,"verdict\n', "columns are missing|is not CSV"),
    ],
)
def test_what_is_no_sheet_is_named(folder: Folder, raw: bytes, message: str) -> None:
    """With what to do."""
    path = folder.path.parent / "bad.csv"
    path.write_bytes(raw)
    with pytest.raises(DataError, match=message):
        sheets.read(folder, [], "ana", path, _AT)


def test_a_file_that_is_not_there(folder: Folder) -> None:
    """Is named."""
    with pytest.raises(DataError, match=r"nowhere\.csv: cannot be read"):
        sheets.read(folder, [], "ana", folder.path / "nowhere.csv", _AT)


def test_contexts_without_ids_are_chosen_by_place(tmp_path: Path) -> None:
    """An answer of production is accepted with those that bear it out."""
    folder = written(tmp_path / "drafts", [asked(1, retrieved_context_ids=None)])
    taken = _taken(folder, lambda rows: rows[0].update(verdict="accept", reference_context_ids="#1"))
    (one,) = taken.decisions
    assert (one.verdict, one.reference) == ("accept", "It is 1 pounds.")
    assert (one.reference_contexts, one.reference_context_ids) == (("Fare 1.",), None)


def test_a_decision_about_a_case_that_changed_is_not_in_the_sheet(folder: Folder) -> None:
    """The row is undecided again."""
    path = folder.path.parent / "ana.csv"
    sheets.write(folder, [decision(_CASES[0], 1, case_digest="of another time")], "ana", path)
    assert _rows(path)[0]["verdict"] == ""


def test_a_question_from_production_is_not_accepted_without_an_answer(tmp_path: Path) -> None:
    """There would be nothing to score against."""
    folder = written(tmp_path / "drafts", [asked(1, response=None)])
    (problem,) = _wrong(folder, lambda rows: rows[0].update(verdict="accept"))
    assert ": reference: expected an answer, or the verdict unanswerable, found nothing" in problem


def test_what_settled_a_disagreement_still_does_when_it_is_changed(folder: Folder) -> None:
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
    (one,) = sheets.read(folder, [], "ana", path, _AT).decisions
    assert (one.verdict, one.reference_contexts) == ("accept", ("x" * 40_000,))
