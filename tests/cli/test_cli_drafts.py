"""Drafting as it shows on the command line."""

import json
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from support.reviewing import ferry

from rag_eval.cli import drafts
from rag_eval.curation import DraftReport, PlannedDrafts, SampleReport
from rag_eval.dataset import writing
from rag_eval.dataset.drafting import KINDS, DraftPlan
from rag_eval.dataset.problems import RowProblem
from rag_eval.dataset.sampling import SampleResult
from rag_eval.errors import UsageError
from rag_eval.records import Usage


@pytest.fixture
def report(tmp_path: Path) -> DraftReport:
    """Two drafts, as many as were asked for."""
    written = writing.write(tmp_path / "set", [ferry(1), ferry(2)], lambda _: writing.DatasetInfo(name="set"))
    return DraftReport(
        written=written, asked=2, drafted=2, causes={}, exhausted=False, by="a model", documents=3, passages=9,
        passed_over={}, notes=(), usage=Usage(), kinds={"numeric": 2},
    )  # fmt: skip


def _told(capsys: pytest.CaptureFixture[str], report: DraftReport, *, as_json: bool = False) -> tuple[list[str], str]:
    drafts.tell(report, as_json=as_json)
    captured = capsys.readouterr()
    return captured.out.splitlines(), captured.err


def test_kinds_come_in_the_order_in_which_they_are_declared() -> None:
    """However they are named, and each once; all of them where none is."""
    assert drafts.kinds(["numeric", "single-fact", "numeric"]) == ("single-fact", "numeric")
    assert drafts.kinds([]) == KINDS


@pytest.mark.parametrize("name", ["", "Numeric", "numeric ", "haiku"])
def test_a_kind_that_is_none_is_told_with_those_that_are(name: str) -> None:
    """Also where others that are named exist."""
    with pytest.raises(UsageError) as caught:
        drafts.kinds(["numeric", name])
    assert str(caught.value) == f"--kind {name}: is no kind of question; there are: {', '.join(KINDS)}"


def test_what_came_of_drafting_is_told_with_what_to_do_next(
    report: DraftReport, capsys: pytest.CaptureFixture[str]
) -> None:
    """Without a word of what there is none of."""
    lines, err = _told(capsys, report)
    folder, fingerprint = report.written.folder, report.written.manifest.fingerprint
    assert lines == [
        "3 documents, 9 passages",
        f"{folder}: 2 draft questions by a model, fingerprint {fingerprint}",
        "kinds: numeric 2",
        f"they are drafts until somebody has read them: rag-eval review {folder}",
    ]
    assert err == ""


@pytest.mark.parametrize(
    ("exhausted", "why"), [(True, "all passages were tried"), (False, "that many tries gave none")]
)
def test_fewer_than_were_asked_for_are_told_with_each_cause(
    report: DraftReport, capsys: pytest.CaptureFixture[str], *, exhausted: bool, why: str
) -> None:
    """Nobody takes 2 of 5 for 5."""
    causes = {"quote not found": 1200, "no number": 3}
    lines, _ = _told(capsys, replace(report, asked=5, exhausted=exhausted, causes=causes))
    place = lines.index(f"3 fewer than the 5 asked for; {why}:")
    assert lines[place + 1 : place + 3] == ["   1200  quote not found", "      3  no number"]


def test_what_was_left_out_passed_over_and_spent_is_told(
    report: DraftReport, capsys: pytest.CaptureFixture[str]
) -> None:
    """What could not be read goes to standard error; endings by how many there are of them."""
    problem = RowProblem("a.pdf", 0, "the document", "one whose text can be read", "password_protected")
    lines, err = _told(
        capsys,
        replace(
            report,
            written=replace(report.written, problems=(problem,)),
            passed_over={".mp3": 1, ".jpg": 7, ".gif": 1},
            notes=("b.pdf: page 3 has no text",),
            usage=Usage(calls=4, prompt_tokens=1000, completion_tokens=234),
        ),
    )
    assert lines[0] == "3 documents, 9 passages; passed over: .jpg 7, .gif 1, .mp3 1"
    assert "judge: 4 calls, 1,234 tokens" in lines
    assert err.splitlines() == [f"left out: {problem}", "note: b.pdf: page 3 has no text"]


def test_programs_are_told_the_same(report: DraftReport, capsys: pytest.CaptureFixture[str]) -> None:
    """In fields: how many are short, why, and what was left out."""
    problem = RowProblem("a.pdf", 0, "the document", "text", "password_protected")
    short = replace(report, asked=5, causes={"no number": 3}, written=replace(report.written, problems=(problem,)))
    lines, _ = _told(capsys, short, as_json=True)
    record = json.loads("\n".join(lines))
    assert (record["asked"], record["drafted"], record["short"]) == (5, 2, 3)
    assert (record["not_drafted"], record["kinds"]) == ({"no number": 3}, {"numeric": 2})
    assert record["left_out"][0]["found"] == "password_protected"
    assert record["fingerprint"] == report.written.manifest.fingerprint
    assert record["usage"]["calls"] == 0


def _sample(report: DraftReport, **changes: Any) -> SampleReport:
    cases = (ferry(1, tags=("draft", "bad-feedback")), ferry(2, tags=("draft", "low-confidence", "bad-feedback")))
    given: dict[str, Any] = {
        "cases": cases, "asked": 9, "distinct": 4, "topics": Counter({"fares": 3}), "skipped": Counter(),
        "masked": Counter(),
    }  # fmt: skip
    return SampleReport(report.written, SampleResult(**{**given, **changes}))


def test_what_came_of_sampling_is_told(report: DraftReport, capsys: pytest.CaptureFixture[str]) -> None:
    """How many of how many, and what among them is risky; nothing of what there is none of."""
    drafts.tell_sample(_sample(report), as_json=False)
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "9 questions in the traces, 4 distinct, 1 topics"
    assert lines[1].startswith(f"{report.written.folder}: 2 candidates, fingerprint ")
    assert lines[2] == "among them: bad-feedback 2, low-confidence 1"
    assert lines[3].endswith(f"rag-eval review {report.written.folder}")


def test_what_was_skipped_and_masked_is_counted(report: DraftReport, capsys: pytest.CaptureFixture[str]) -> None:
    """The most first."""
    skipped, masked = Counter({"no_question": 1, "failed": 3}), Counter({"email": 2})
    drafts.tell_sample(_sample(report, skipped=skipped, masked=masked), as_json=False)
    out = capsys.readouterr().out
    assert "traces without a question that could be used: failed 3, no_question 1" in out
    assert "masked: email 2" in out
    drafts.tell_sample(_sample(report, skipped=skipped, masked=masked), as_json=True)
    record = json.loads(capsys.readouterr().out)
    assert (record["skipped"], record["masked"]) == ({"no_question": 1, "failed": 3}, {"email": 2})


def test_where_no_terminal_is_nothing_moves(capsys: pytest.CaptureFixture[str]) -> None:
    """A log is not filled with a bar."""
    nothing: Any = None
    with drafts.progress(3) as watch:
        watch(nothing)
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "")


def test_kinds_that_fell_out_are_named(report: DraftReport, capsys: pytest.CaptureFixture[str]) -> None:
    """Each with the commonest reason."""
    lines, _ = _told(capsys, replace(report, fell_out={"comparison": "quotes of one document only"}))
    assert "none of kind comparison: quotes of one document only" in lines


def test_a_budget_that_is_spent_is_told(report: DraftReport, capsys: pytest.CaptureFixture[str]) -> None:
    """As the reason why there are fewer."""
    lines, _ = _told(capsys, replace(report, asked=5, is_spent=True))
    assert "3 fewer than the 5 asked for; the budget is spent:" in lines


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        (
            {},
            "about 33 calls, 9,000 tokens of prompts and 600 of replies; `judge: {prices: …}` would say what it costs",
        ),
        ({"cost_usd": 0.0123}, "about 33 calls, 9,000 tokens of prompts and 600 of replies, $0.01"),
        ({"is_free": True}, "rules draft; nobody is asked, and nothing is to be paid"),
    ],
)
def test_a_plan_is_told(changes: dict[str, Any], line: str, capsys: pytest.CaptureFixture[str]) -> None:
    """With its price where prices are known; as JSON all of it."""
    plan = DraftPlan(10, 33, 9000, 600, {"numeric": 4, "single-fact": 6})
    planned = PlannedDrafts(plan, 3, 9, "a model", is_free=False, cost_usd=None, notes=())
    drafts.tell_plan(replace(planned, **changes), as_json=False)
    lines = capsys.readouterr().out.splitlines()
    assert lines[1] == "10 questions by a model would be tried first: single-fact 6, numeric 4"
    assert line in lines
    drafts.tell_plan(planned, as_json=True)
    assert json.loads(capsys.readouterr().out)["plan"]["calls"] == 33
