"""Draft questions out of documents and candidates out of traces, as dataset folders."""

import json
from pathlib import Path

import pytest
from support.handbooks import handbook

from rag_eval.curation import DraftOptions, draft, plan_drafts, sample
from rag_eval.dataset import folders, writing
from rag_eval.dataset.drafting import DraftResult
from rag_eval.errors import DataError, IncompleteError, UsageError


def test_drafts_are_a_dataset_that_says_how_it_was_made(tmp_path: Path) -> None:
    """Cases that are marked as drafts, the corpus and the documents beside them, and the step in the manifest."""
    seen: list[int] = []
    report = draft(
        str(handbook(tmp_path / "pages")),
        tmp_path / "set",
        DraftOptions(questions=3, seed=7, name="handbook"),
        lambda drafts: seen.append(len(drafts.cases)),
    )
    dataset = folders.load(tmp_path / "set")
    assert (report.drafted, report.asked, report.documents) == (3, 3, 3)
    assert len(dataset.cases) == 3
    assert all(case.tags[0] == "draft" and case.metadata["spans"] for case in dataset.cases if case.answerable)
    assert sum(report.kinds.values()) == 3
    assert (dataset.manifest.name, dataset.manifest.lineage[-1].operation) == ("handbook", "draft")
    details = dataset.manifest.lineage[-1].details
    assert (details["seed"], details["asked"], details["drafted"], details["by"]) == (7, 3, 3, report.by)
    assert (tmp_path / "set" / writing.DOCUMENTS).is_file()
    assert report.passages == sum(1 for _ in folders.rows(tmp_path / "set" / writing.CORPUS))
    assert seen == sorted(seen)
    assert seen[-1] == 3
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_the_same_seed_drafts_the_same(tmp_path: Path) -> None:
    """Question by question, whatever the folder is called."""
    pages = str(handbook(tmp_path / "pages"))
    for name in ("a", "b"):
        draft(pages, tmp_path / name, DraftOptions(questions=4, seed=1))
    a, b = (folders.load(tmp_path / name) for name in ("a", "b"))
    assert a.cases == b.cases
    assert a.manifest.fingerprint == b.manifest.fingerprint


def test_fewer_than_were_asked_for_are_told_with_the_reasons(tmp_path: Path) -> None:
    """Where the passages hold no more."""
    report = draft(str(handbook(tmp_path / "pages")), tmp_path / "set", DraftOptions(questions=500))
    assert 0 < report.drafted < 500
    assert report.exhausted
    assert report.causes
    assert [*report.causes.values()] == sorted(report.causes.values(), reverse=True)


def test_a_document_that_cannot_be_read_is_told_and_the_others_are_drafted_from(tmp_path: Path) -> None:
    """With its reason; what is no document at all is counted by its ending."""
    pages = handbook(tmp_path / "pages")
    (pages / "broken.pdf").write_bytes(b"%PDF-1.4 and no more")
    (pages / "song.mp3").write_bytes(b"x")
    report = draft(str(pages), tmp_path / "set", DraftOptions(questions=1))
    (problem,) = report.written.problems
    assert problem.file.endswith("broken.pdf")
    assert problem.expected == "one whose text can be read"
    assert report.passed_over == {".mp3": 1}
    assert report.documents == 3


def test_a_garbled_document_is_told_and_not_drafted_from(tmp_path: Path) -> None:
    """With the share of its words that is damaged, also where nothing else is there."""
    pages = handbook(tmp_path / "pages")
    (pages / "garbled.txt").write_text("The of�ce �les forms. " * 40, encoding="utf-8")
    report = draft(str(pages), tmp_path / "set", DraftOptions(questions=9))
    (note,) = report.notes
    assert note.startswith("garbled.txt: garbled: 50% of the words in 1 of its 1 passages are damaged")
    cases = folders.load(tmp_path / "set").cases
    assert not any("garbled" in key for case in cases for key in case.reference_context_ids or ())
    with pytest.raises(IncompleteError, match=r"no question.*\n.*garbled: 50%"):
        draft(str(pages / "garbled.txt"), tmp_path / "other", DraftOptions(questions=9))


def test_without_a_document_that_can_be_read_nothing_is_written(tmp_path: Path) -> None:
    """And the reason stands in the message."""
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "broken.pdf").write_bytes(b"%PDF-1.4 and no more")
    with pytest.raises(DataError, match=r"broken\.pdf[\s\S]*No document could be read, so nothing was written"):
        draft(str(tmp_path / "pages"), tmp_path / "set")
    assert not (tmp_path / "set").exists()


def test_documents_that_hold_nothing_to_ask_end_with_the_reasons(tmp_path: Path) -> None:
    """No empty dataset is left behind."""
    (tmp_path / "pages").mkdir()
    (tmp_path / "pages" / "a.md").write_text("Hm.\n")
    with pytest.raises(IncompleteError, match="no question could be drafted out of"):
        draft(str(tmp_path / "pages"), tmp_path / "set", DraftOptions(questions=2))
    assert not (tmp_path / "set").exists()


def test_a_folder_that_is_not_ours_is_refused_before_anything_is_asked(tmp_path: Path) -> None:
    """Nobody pays for drafts that have nowhere to go."""
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "thesis.txt").write_text("years of work")
    asked: list[DraftResult] = []
    with pytest.raises(UsageError, match="set"):
        draft(str(handbook(tmp_path / "pages")), tmp_path / "set", DraftOptions(), asked.append)
    assert asked == []
    assert (tmp_path / "set" / "thesis.txt").read_text() == "years of work"


def _traces(path: Path, *questions: str) -> str:
    rows = [{"id": f"tr-{n}", "user_input": text, "response": "Nine."} for n, text in enumerate(questions)]
    path.write_text("\n".join(map(json.dumps, rows)))
    return str(path)


def _sample(source: str, folder: Path, most: int = 10, *, mask: bool = True) -> list[str]:
    fields = {"user_input": "user_input", "response": "response"}
    sample(source, folder, most, fields=fields, seed=0, mask=mask)
    return sorted(case.user_input for case in folders.load(folder).cases)


def test_what_production_was_asked_is_asked_once(tmp_path: Path) -> None:
    """However often it was asked there."""
    source = _traces(tmp_path / "t.jsonl", "When does the ferry leave?", "when does the ferry leave", "May dogs come?")
    assert _sample(source, tmp_path / "set") == ["May dogs come?", "When does the ferry leave?"]
    step = folders.load(tmp_path / "set").manifest.lineage[-1]
    assert (step.operation, step.details["asked"], step.details["distinct"]) == ("sample", 3, 2)


@pytest.mark.parametrize("mask", [True, False])
def test_addresses_are_masked_unless_somebody_says_no(tmp_path: Path, *, mask: bool) -> None:
    """And the manifest says which of it was done."""
    source = _traces(tmp_path / "t.jsonl", "Will you write to ada@example.org about the ferry?")
    (question,) = _sample(source, tmp_path / "set", mask=mask)
    assert ("ada@example.org" in question) == (not mask)
    details = folders.load(tmp_path / "set").manifest.lineage[-1].details
    assert (details["masked"] == "no") == (not mask)


def test_traces_without_a_question_leave_nothing(tmp_path: Path) -> None:
    """The message says where, why, and that nothing was written."""
    source = _traces(tmp_path / "t.jsonl", "", "  ")
    with pytest.raises(DataError, match=r"t\.jsonl: .*Nothing was written") as caught:
        _sample(source, tmp_path / "set")
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "set").exists()


def test_a_budget_needs_prices(tmp_path: Path) -> None:
    """Else nobody could keep it; said before anything is read."""
    with pytest.raises(UsageError, match=r"--budget: it is not known what the judge costs\. .*prices"):
        draft(str(tmp_path / "nowhere"), tmp_path / "set", DraftOptions(budget=1.0))


def test_the_plan_of_rules_is_free(tmp_path: Path) -> None:
    """With what would be read."""
    planned = plan_drafts(str(handbook(tmp_path / "pages")), DraftOptions(questions=5))
    assert (planned.documents, planned.is_free, planned.cost_usd, planned.plan.questions) == (3, True, None, 5)
