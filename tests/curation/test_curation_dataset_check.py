"""A dataset checked as a whole: what was looked at, by whom, against which corpus, and what was mended."""

from pathlib import Path
from typing import Any

import pytest
from support.history import Past, make
from support.reviewing import ferry

from rag_eval.curation import CheckOptions, check
from rag_eval.dataset import folders, manifest, writing
from rag_eval.dataset.checks import CheckReport
from rag_eval.errors import DataError, UsageError
from rag_eval.plugins import CHECKS
from rag_eval.records import Case

_JUDGED = ("unsupported", "partly-supported", "answerable", "not-judged")


def _cases() -> list[Case]:
    return [ferry(n, tags=(), metadata={}) for n in range(1, 5)]


def _write(folder: Path, cases: list[Case], corpus: dict[str, str] | None = None) -> Path:
    texts = {
        key: text
        for case in _cases()
        for key, text in zip(case.reference_context_ids or (), case.reference_contexts or (), strict=True)
    }
    rows = [{"id": key, "text": text} for key, text in (texts if corpus is None else corpus).items()]
    source = manifest.Source(path="pages", sha256="0" * 64, rows=len(rows))
    about = writing.DatasetInfo(name="ferries", sources=(source,), corpus=source)
    extras = {writing.CORPUS: writing.table(iter(rows), {"id": "string", "text": "string"})}
    writing.write(folder, cases, lambda _: about, extras)
    return folder


def _checks(report: CheckReport) -> list[str]:
    return [finding.check for finding in report.findings]


def test_a_check_is_either_done_or_left_out_with_a_reason(tmp_path: Path) -> None:
    """Nothing is silently passed over; what words cannot tell names who can."""
    report = check(_write(tmp_path / "set", _cases())).report
    assert {*report.ran, *report.skipped} == {*CHECKS.names()}
    assert not {*report.ran} & {*report.skipped}
    assert report.skipped["partly-supported"] == "words do not tell; name a language model by --model or --judge"
    assert all(report.skipped.values())
    assert (report.name, report.rows, report.judge) == ("ferries", 4, "embedded")


@pytest.mark.parametrize(
    ("how", "asked"),
    [
        ({}, 4),
        ({"only": ("unsupported",)}, 4),
        ({"only": ("not-judged",)}, 4),
        ({"only": ("duplicate", "leak")}, 0),
        ({"skip": ("unsupported",)}, 4),
        ({"skip": _JUDGED}, 0),
        ({"only": ("unsupported", "leak"), "skip": ("unsupported",)}, 0),
    ],
)
def test_a_judge_is_asked_only_for_verdicts_that_somebody_wants(
    tmp_path: Path, how: dict[str, Any], asked: int
) -> None:
    """What nobody will see is not paid for; what is reported as done was asked."""
    judged: list[int] = []
    report = check(_write(tmp_path / "set", _cases()), CheckOptions(**how), lambda: judged.append(1)).report
    assert len(judged) == asked
    if not asked:
        assert not {*report.ran} & {*_JUDGED}


def test_what_is_left_out_is_neither_reported_nor_counted_as_done(tmp_path: Path) -> None:
    """With the option that left it out."""
    cases = _cases()
    cases.append(cases[0].model_copy(update={"id": "again"}))
    folder = _write(tmp_path / "set", cases)
    assert "duplicate" in _checks(check(folder).report)
    skipped = check(folder, CheckOptions(skip=("duplicate",))).report
    assert "duplicate" not in _checks(skipped)
    assert skipped.skipped["duplicate"] == "left out by --skip"
    only = check(folder, CheckOptions(only=("duplicate",))).report
    assert _checks(only) == ["duplicate"]
    assert only.ran == ("duplicate",)
    assert only.skipped["leak"] == "not among --only"


def test_the_corpus_that_was_kept_is_looked_at_unless_another_is_named(tmp_path: Path) -> None:
    """A page that has changed since is found in the new one only."""
    folder = _write(tmp_path / "set", _cases())
    assert not {"drift", "unresolved-id"} & {*_checks(check(folder).report)}
    pages = tmp_path / "pages.jsonl"
    rows = folders.rows(folder / writing.CORPUS)
    lines = [f'{{"id": "{row["id"]}", "text": "{row["text"].replace("single", "return")}"}}' for row in rows]
    pages.write_text("\n".join(lines[:-1]))
    report = check(folder, CheckOptions(corpus=str(pages))).report
    assert _checks(report).count("drift") == 4
    assert _checks(report).count("unresolved-id") == 1


def test_without_a_corpus_what_needs_one_is_left_out(tmp_path: Path) -> None:
    """And the option that names one is told."""
    writing.write(tmp_path / "set", _cases(), lambda _: writing.DatasetInfo(name="bare"))
    report = check(tmp_path / "set").report
    assert report.skipped["drift"] == "no corpus is kept beside the cases; name one by --corpus"


def test_looking_changes_nothing(tmp_path: Path) -> None:
    """Only what was asked to be mended is written, and where nothing can be mended nothing is written either."""
    folder = _write(tmp_path / "set", _cases())
    before = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    for how in (CheckOptions(), CheckOptions(fix=True), CheckOptions(fix=True, output=tmp_path / "out")):
        outcome = check(folder, how)
        assert (outcome.fixed, outcome.written) == ({}, None)
    assert {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()} == before
    assert [path.name for path in tmp_path.iterdir()] == ["set"]


def test_what_was_mended_is_told_and_no_longer_found(tmp_path: Path) -> None:
    """The manifest says what was done; the report is of the dataset as it is now."""
    cases = _cases()
    cases.append(cases[0].model_copy(update={"id": "again"}))
    folder = _write(tmp_path / "set", cases)
    before = folders.load(folder).manifest.fingerprint
    outcome = check(folder, CheckOptions(fix=True, only=("duplicate",)))
    after = folders.load(folder).manifest
    assert outcome.fixed == {"duplicate": 1}
    assert (outcome.report.findings, outcome.report.rows, outcome.report.fingerprint) == ((), 4, after.fingerprint)
    step = after.lineage[-1]
    assert (step.operation, step.inputs, step.details) == ("fix", {"ferries": before}, {"fixed": {"duplicate": 1}})
    assert folders.load(folder).corpus is not None


def test_what_is_left_out_is_not_mended(tmp_path: Path) -> None:
    """Who skips a check wants no change of its making."""
    cases = _cases()
    cases.append(cases[0].model_copy(update={"id": "again"}))
    outcome = check(_write(tmp_path / "set", cases), CheckOptions(fix=True, skip=("duplicate",)))
    assert (outcome.fixed, outcome.written) == ({}, None)


def test_a_mended_dataset_can_go_elsewhere(tmp_path: Path) -> None:
    """The old one stays as it was."""
    cases = _cases()
    cases.append(cases[0].model_copy(update={"id": "again"}))
    folder = _write(tmp_path / "set", cases)
    outcome = check(folder, CheckOptions(fix=True, output=tmp_path / "mended", only=("duplicate",)))
    assert outcome.written is not None
    assert outcome.written.folder == tmp_path / "mended"
    assert (len(folders.load(folder).cases), len(folders.load(tmp_path / "mended").cases)) == (5, 4)


def test_past_runs_of_other_questions_are_refused(tmp_path: Path) -> None:
    """They would say nothing of these, and look as if they said that all is well."""
    (run,) = make(tmp_path / "runs", [Past("20261122-091500-weak", right=12)])
    with pytest.raises(UsageError) as caught:
        check(_write(tmp_path / "set", _cases()), CheckOptions(past=(run,)))
    assert str(caught.value) == (
        "--run 20261122-091500-weak: asked none of these questions; name runs over this dataset"
    )


def test_past_runs_say_which_cases_tell_nothing_any_more(tmp_path: Path) -> None:
    """By the scores that they came to, case by case."""
    past = [Past(f"2026112{day}-091500-{name}", right=12) for day, name in ((1, "a"), (2, "b"), (3, "c"))]
    runs = make(tmp_path / "runs", past)
    cases = [Case(id=f"case-{n}", user_input=f"Question {n}?", reference="An answer.") for n in range(20)]
    writing.write(tmp_path / "set", cases, lambda _: writing.DatasetInfo(name="set"))
    report = check(tmp_path / "set", CheckOptions(past=tuple(runs), skip=_JUDGED)).report
    assert {"saturated", "constant"} & {*_checks(report)}


def test_what_is_no_dataset_folder_is_told(tmp_path: Path) -> None:
    """Before anything is asked."""
    (tmp_path / "set").mkdir()
    with pytest.raises(DataError, match="set"):
        check(tmp_path / "set")


@pytest.mark.parametrize(("count", "known"), [(4, True), (1, True)])
def test_the_difference_that_can_be_seen_is_told(tmp_path: Path, count: int, *, known: bool) -> None:
    """A number of rows too small for what one wants to see is what it is about."""
    report = check(_write(tmp_path / "set", _cases()[:count]), CheckOptions(skip=_JUDGED)).report
    assert (report.smallest_difference is not None) == known
