"""A run and a comparison as a program holds them; the types that are claimed here are checked by mypy."""

import json
import os
import pickle
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any, assert_type

import pandas as pd
import pytest
from support import samples
from support.runs import COUNT, only, replay, rows, weak_and_strong

import rag_eval
from rag_eval import configfile, gates, runs
from rag_eval.errors import ConfigError, MismatchError, UsageError
from rag_eval.evaluation import results
from rag_eval.evaluation.comparison import compare_folders
from rag_eval.records import Answer, Case, Evidence, Failure, NotApplicable, Score, Verdict

_TIMEOUT = Failure(stage="target", reason="timeout", message="Too slow.")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two runs, and the stronger one as the baseline `main`."""
    root = tmp_path_factory.mktemp("two")
    weak_and_strong(root)
    strong = runs.RunFolder(only(root, "strong"))
    gates.keep(strong, results.summary_of(strong), "main", root / "baselines")
    return root


@pytest.fixture
def weak(folder: Path, monkeypatch: pytest.MonkeyPatch) -> rag_eval.Run:
    """The weaker one, opened where runs and baselines are."""
    monkeypatch.chdir(folder)
    return rag_eval.open_run("weak")


@pytest.fixture
def two(weak: rag_eval.Run) -> rag_eval.Comparison:
    """The weaker one, as B, against the stronger one."""
    return weak.compare("strong")


def _with(run: rag_eval.Run, folder: Path, **changes: Any) -> rag_eval.Run:
    """A copy of a run with another experiment."""
    shutil.copytree(run.path, folder)
    experiment = configfile.load(run.folder.experiment).model_copy(update=changes)
    (folder / "experiment.yaml").write_text(configfile.dump(experiment))
    return rag_eval.open_run(folder)


def test_a_run_is_opened_by_any_of_its_names(weak: rag_eval.Run, folder: Path) -> None:
    """As the command line finds it; its folder is known from everywhere."""
    assert weak == rag_eval.open_run(weak.path) == rag_eval.open_run(str(weak.path), root="elsewhere")
    assert rag_eval.open_run().id.endswith("-strong")
    os.chdir("/")
    assert rag_eval.open_run("weak", root=folder / "runs").summary == weak.summary
    assert weak.report.is_file()
    with pytest.raises(MismatchError, match=r"waek: is no run. There are: .*-weak"):
        rag_eval.open_run("waek", root=folder / "runs")


def test_a_row_for_each_case(weak: rag_eval.Run) -> None:
    """In the dataset's order; the question that got no answer has a reason and no number."""
    table = weak.to_pandas()
    assert table["id"].tolist() == [f"case-{n}" for n in range(COUNT)]
    assert table["position"].tolist() == list(range(COUNT))
    assert table["state"].tolist() == ["failed"] + ["answered"] * (COUNT - 1)
    lost = table.loc[0]
    assert (lost["recall@5"], lost["recall@5_reason"]) == (pd.NA, lost["failure_reason"])
    assert table["recall@5"].mean() == weak.summary.metrics[0].mean
    assert table["recall@5"].sum() == 11
    assert table.loc[table["tags"].map(lambda tags: "even" in tags), "position"].tolist() == list(range(0, COUNT, 2))


def test_the_table_is_that_of_the_files(weak: rag_eval.Run) -> None:
    """The same columns, types and values as `results.parquet`, read with nullable types."""
    read = pd.read_parquet(weak.folder.results, dtype_backend="numpy_nullable")
    table = weak.to_pandas()
    assert [*read] == [*table]
    lists = [name for name in table if table[name].dtype == object]
    pd.testing.assert_frame_equal(read.drop(columns=lists), table.drop(columns=lists))


def test_cases_as_records(weak: rag_eval.Run) -> None:
    """Each with reply and outcomes, and one by its id."""
    kinds = [row.reply.kind for row in weak.cases()]
    assert kinds == ["failure"] + ["answer"] * (COUNT - 1)
    row = weak.case("case-3")
    assert isinstance(row.reply, rag_eval.Answer)
    assert isinstance(row.outcomes["recall@5"], rag_eval.Score)
    with pytest.raises(MismatchError, match="no case 'nobody'"):
        weak.case("nobody")


def test_means_have_intervals_and_counts(weak: rag_eval.Run) -> None:
    """A row a metric, as the summary has it."""
    table = weak.means().set_index("metric")
    first = weak.summary.metrics[0]
    assert first.interval is not None
    assert table.loc["recall@5", ["mean", "low", "high", "n", "failed"]].tolist() == [
        first.mean, first.interval.low, first.interval.high, COUNT - 1, 1,
    ]  # fmt: skip
    assert not table.loc["latency", "higher_is_better"]


def test_verdicts_have_a_table(tmp_path: Path) -> None:
    """Of every metric that rests on some, and the reason of a metric that does not apply stands with the case."""
    folder = runs.RunFolder(tmp_path)
    folder.experiment.write_text(configfile.dump(samples.experiment()))
    verdicts = (
        Verdict(part="response", statement="One.", verdict=1),
        Verdict(part="response", statement="Two.", verdict=0),
    )
    outcomes = {"faithfulness": Score(value=0.5, evidence=Evidence(verdicts=verdicts))}
    given: samples.Rows = [
        (Case(id="a", user_input="A?"), Answer(response="x"), outcomes),
        (Case(id="b", user_input="B?"), Answer(response="x"), {"faithfulness": NotApplicable(reason="refused")}),
        (Case(id="c", user_input="C?"), _TIMEOUT, {"faithfulness": _TIMEOUT}),
    ]
    samples.journal(folder.journal, given, key="k", round="0").close()
    run = rag_eval.open_run(tmp_path)
    table = run.evidence()
    assert table[["case_id", "metric", "verdict"]].to_numpy().tolist() == [
        ["a", "faithfulness", 1],
        ["a", "faithfulness", 0],
    ]
    assert run.to_pandas()["faithfulness_reason"].tolist() == [pd.NA, "refused", "timeout"]


def test_a_gate_that_passes_is_true(weak: rag_eval.Run) -> None:
    """And what it stands on can be read."""
    check = weak.passes("recall@5.mean >= 0.2", "answered >= 0.9")
    assert_type(check, rag_eval.GateCheck)
    assert check
    assert check.outcome == "passed"
    assert repr(check) == f"<{check.gates[0].sentence}; answered ≥ 0.9: passes: 0.96, 24 questions>"
    assert weak.gate("answered >= 0.9").outcome == "passed"


def test_a_gate_that_fails_says_why_and_where(weak: rag_eval.Run) -> None:
    """The sentence for both, and for a person the questions that speak most against it, with what was answered."""
    check = weak.passes("recall@5.mean >= 0.9", "answered >= 0.9")
    assert not check
    assert check.outcome == "failed"
    [result, _] = check.gates
    assert (result.n, result.limit) == (24, 0.9)
    assert repr(check) == f"<{result.sentence}>"
    lines = str(check).splitlines()
    assert lines[0] == result.sentence
    assert lines[1:3] == [
        "  0.00  case-0  What does the ferry to island 0 cost?",
        f"        no answer: {weak.to_pandas().loc[0, 'failure_reason']}",
    ]
    assert lines[3:5] == [
        "  0.00  case-12  What does the ferry to island 12 cost?",
        "        answer: The ferry to island 12 costs 12 pounds.",
    ]
    assert len(lines) == 11


@pytest.mark.parametrize("against", [None, "strong"])
def test_a_drop_shows_what_was_lost(weak: rag_eval.Run, against: str | None) -> None:
    """Against the baseline that the gate names, or a run in its place; also after the program went elsewhere."""
    os.chdir("/")
    check = weak.passes("recall@5.drop_vs(main) <= 0.02", against=against)
    assert not check
    assert "  1.00 → 0.00  case-12  What does the ferry to island 12 cost?" in str(check).splitlines()
    assert ("in place of main" in repr(check)) == (against is not None)


def test_an_undecided_gate_did_not_pass(weak: rag_eval.Run) -> None:
    """It is not false that it would; it is not known."""
    check = weak.passes("recall@5.mean >= 0.45")
    assert check.outcome == "undecided"
    assert not check


def test_without_an_expression_the_experiments_own_gates_are_meant(weak: rag_eval.Run, tmp_path: Path) -> None:
    """And it is an error to ask for them where there are none."""
    assert [gate.expression for gate in weak.passes().gates] == ["recall@5.mean >= 0.2"]
    bare = _with(weak, tmp_path / "bare", gates=())
    with pytest.raises(UsageError, match="has no gates"):
        bare.passes()


def test_too_little_scored_does_not_pass(weak: rag_eval.Run, tmp_path: Path) -> None:
    """However good what was scored: the mean does not stand for the dataset."""
    check = _with(weak, tmp_path / "strict", min_coverage=0.99).passes("recall@5.mean >= 0.2")
    assert [gate.outcome for gate in check.gates] == ["passed"]
    assert (bool(check), check.outcome) == (False, "undecided")
    assert "too little was scored to stand for the dataset: recall@5, mrr, latency 23 of 24" in repr(check)
    assert str(check).startswith("too little was scored")


@pytest.mark.parametrize(
    ("expression", "says"),
    [
        ("recal@5.mean >= 0.5", "Did you mean recall@5"),
        ("recall@5.mean => 0.5", "expected >= or <="),
        ("recall@5.drop_vs(nobody) <= 0.1", "no baseline is called 'nobody'"),
    ],
)
def test_a_gate_that_cannot_be_meant_is_an_error_and_not_false(weak: rag_eval.Run, expression: str, says: str) -> None:
    """With what to do about it."""
    with pytest.raises(UsageError, match=says):
        weak.passes(expression)
    with pytest.raises(UsageError, match=says):
        weak.gate(expression)


def test_each_check_is_told_to_who_watches(weak: rag_eval.Run) -> None:
    """As the pytest plugin does, to say why a test failed."""
    checks: list[rag_eval.GateCheck] = []
    watched = rag_eval.Run(weak.folder, weak.baselines, watch=checks.append)
    results = [watched.passes("answered >= 0.5"), watched.passes("answered >= 0.99")]
    assert checks == results
    assert watched == weak


def test_a_comparison_has_every_question_that_lost(two: rag_eval.Comparison, weak: rag_eval.Run) -> None:
    """More than the record lists, in its order, on the primary metric or any other; JSON stays as it was."""
    assert_type(two.verdict == "worse", bool)
    assert (two.a, two.b, two.verdict) == (two.a, weak.id, "worse")
    primary = two.metric(two.primary)
    assert primary is not None
    assert (len(primary.lost), primary.loss, len(two.regressions)) == (10, 12, 12)
    assert two.regressions[:10] == primary.lost
    assert [m.case_id for m in two.losses("mrr")] == [m.case_id for m in two.regressions]
    assert two.losses("latency") == ()
    with pytest.raises(UsageError, match=r"mmr: is not compared here; there are: recall@5, mrr"):
        two.losses("mmr")
    plain = compare_folders(runs.find("strong"), weak.folder)
    assert two.model_dump() == plain.model_dump()


def test_a_comparison_reads_as_its_verdict(two: rag_eval.Comparison) -> None:
    """In a traceback, on a terminal, in a notebook."""
    assert repr(two) == f"<Comparison: {two.sentences[0]}>"
    assert str(two) == "\n".join(two.sentences)


def test_a_row_for_each_metric_that_both_have(two: rag_eval.Comparison) -> None:
    """With the interval's ends and what is said of B."""
    table = two.to_pandas().set_index("metric")
    assert [*table.index] == [metric.name for metric in two.metrics]
    assert table.loc["recall@5", ["difference", "verdict", "loss"]].tolist() == [-0.5, "worse", 12]
    assert table.loc["recall@5", "high"] < 0
    assert table["low"].isna().any()


def test_a_row_for_each_question_that_both_were_asked(two: rag_eval.Comparison) -> None:
    """A, B and the difference for each metric; a question without an answer is 0 where the comparison takes it so."""
    table = two.questions()
    assert table["id"].tolist() == [f"case-{n}" for n in range(COUNT)]
    assert table["recall@5_difference"].mean() == two.metrics[0].difference
    assert table.loc[0, ["recall@5_a", "recall@5_b", "recall@5_difference"]].tolist() == [0.0, 0.0, 0.0]
    assert table.loc[0, ["latency_a", "latency_difference"]].isna().all()
    assert table.loc[23, "user_input"] == "What does the ferry to island 23 cost?"


def test_runs_are_compared_by_name_folder_or_handle(two: rag_eval.Comparison, weak: rag_eval.Run) -> None:
    """All the same; also a baseline, which has the numbers of its run."""
    strong = rag_eval.open_run("strong")
    assert rag_eval.compare("strong", "weak") == two
    assert rag_eval.compare(strong, weak) == two
    assert rag_eval.compare(rag_eval.find_run("strong"), rag_eval.find_run("weak")) == two
    assert rag_eval.compare(strong.path, weak.path) == two
    baseline = weak.compare("main")
    assert baseline.questions().equals(two.questions())
    assert baseline.regressions == two.regressions


def test_a_comparison_out_of_json_knows_no_runs(two: rag_eval.Comparison) -> None:
    """It says what to do; pickled it still does."""
    read = rag_eval.Comparison.model_validate_json(two.model_dump_json())
    assert read.to_pandas().equals(two.to_pandas())
    with pytest.raises(UsageError, match=r"rag_eval.compare"):
        _ = read.regressions
    assert pickle.loads(pickle.dumps(two)).regressions == two.regressions


@pytest.mark.slow
def test_runs_that_were_measured_otherwise_are_refused(weak: rag_eval.Run, tmp_path: Path) -> None:
    """Unless forced, as on the command line."""
    other = {"metrics": ["recall@5"], "mlflow": {"enabled": False}}
    assert replay(tmp_path, "few", rows(10), **other).exit_code == 0
    few = only(tmp_path, "few")
    with pytest.raises(MismatchError, match="datasets differ"):
        weak.compare(few)
    assert weak.compare(few, force=True).differences


def test_a_program_that_runs_has_the_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`rag_eval.run(...)` gives it, like `open_run`; the same names as for everybody."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, rows(10))))
    experiment = rag_eval.Experiment.model_validate({
        "name": "program", "dataset": "rows.jsonl", "target": {"kind": "replay"}, "metrics": ["recall@5"],
        "mlflow": {"enabled": False},
    })  # fmt: skip
    run = rag_eval.run(experiment, rag_eval.Options(limit=8)).run
    assert_type(run, rag_eval.Run)
    assert run == rag_eval.open_run("program")
    assert len(run.to_pandas()) == run.summary.cases == 8
    assert all(isinstance(row, rag_eval.Row) for row in run.cases())


def test_the_page_about_it_says_what_is_so(
    weak: rag_eval.Run, repository: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its Python does what it says, and prints what it shows."""
    page = (repository / "docs" / "api.md").read_text()
    blocks = re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL)
    assert len(blocks) == 2
    exec("".join(blocks), {})
    printed = capsys.readouterr().out
    assert weak.compare("strong").name_b == "weak"
    [shown] = re.findall(r"```\n(recall@5.mean.*?)  …\n```", page, flags=re.DOTALL)
    assert shown in printed


def test_every_public_name_is_there() -> None:
    """Each is found, is said to be there, and has a docstring."""
    for name in rag_eval.__all__:
        assert getattr(rag_eval, name).__doc__, name
    assert {*rag_eval.__all__} <= {*dir(rag_eval)}
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        getattr(rag_eval, "nothing")  # noqa: B009 - mypy knows that it is not there


def test_what_is_claimed_to_checkers_of_types(weak: rag_eval.Run) -> None:
    """Mypy reads these lines: the names have types of their own, and are not Any."""
    assert_type(weak.summary, rag_eval.Summary)
    assert_type(weak.cases(), Iterator[rag_eval.Row])
    assert_type(weak.gate("answered >= 0.5"), rag_eval.GateResult)
    assert_type(weak.compare("strong"), rag_eval.Comparison)
    assert_type(weak.compare("strong").regressions, tuple[rag_eval.Movement, ...])
    assert_type(rag_eval.open_run("weak"), rag_eval.Run)
    with pytest.raises(ConfigError):
        weak.gate("")
