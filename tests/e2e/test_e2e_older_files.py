"""What an older rag-eval wrote opens, goes on, is compared and is sent to MLflow; see tests/data/written_2026_11."""

import json
import shutil
import sqlite3
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.mlflow_store import ready_store
from typer.testing import CliRunner

import rag_eval
from rag_eval.cli import app

WRITTEN = Path(__file__).parents[1] / "data" / "written_2026_11"
FINGERPRINT = "55aec7d314d3ba865e4167537eeac896"


@pytest.fixture(autouse=True)
def older(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the files, as the current directory, with the judge that they name."""
    folder = tmp_path / "older"
    shutil.copytree(WRITTEN, folder)
    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend(str(folder))
    return folder


def command(*arguments: str, code: int = 0) -> str:
    """What the command line prints; it must end with this exit code."""
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == code, result.output
    return result.output


def comparison(a: str, b: str) -> dict[str, dict[str, Any]]:
    """What `compare` says of each metric; faithfulness of an older judge may be all that stands in a run."""
    return {metric["name"]: metric for metric in json.loads(command("compare", a, b, "--json"))["metrics"]}


def summary(run: str) -> dict[str, Any]:
    """The run at a glance as its folder has it."""
    read: dict[str, Any] = json.loads(Path("runs", run, "summary.json").read_text(encoding="utf-8"))
    return read


def count(run: str, table: str) -> int:
    """The rows of one table of a run's journal."""
    with sqlite3.connect(Path("runs", run, "journal.db")) as journal:
        return int(journal.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


def test_a_finished_run_is_read_from_its_journal_with_the_numbers_that_it_had() -> None:
    """Means, counts and failures are those that the older version wrote into summary.json."""
    before = summary("weak")
    now = rag_eval.open_run("runs/weak").summary
    assert {m.name: (m.mean, m.n, m.failed) for m in now.metrics} == {
        m["name"]: (m["mean"], m["n"], m["failed"]) for m in before["metrics"]
    }
    assert (now.cases, now.answered, now.target_failures) == (8, 7, before["target_failures"])
    assert now.finished
    assert (now.key, now.started) == (before["key"], before["started"])
    assert rag_eval.Summary.model_validate(before).run_id == before["run_id"]


def test_the_cases_of_an_older_run_are_tables() -> None:
    """Answers, failures and verdicts come out of the journal as they went in."""
    rows = {row.case.id: row for row in rag_eval.open_run("runs/weak").cases()}
    assert isinstance(rows["case-0"].reply, rag_eval.Failure)
    assert rows["case-0"].reply.reason == "not_captured"
    outcome = rows["case-1"].outcomes["faithfulness"]
    assert isinstance(outcome, rag_eval.Score)
    assert outcome.evidence.verdicts
    table = rag_eval.open_run("runs/weak").to_pandas()
    assert list(table["recall@5"].dropna()) == [1.0, 1.0, 1.0, 0.0, 0.0, 0.0, 0.0]


def test_older_runs_are_compared() -> None:
    """Two runs of the same judge need no force, and give the differences of their means."""
    compared = comparison("weak", "strong")
    assert compared["recall@5"]["difference"] == pytest.approx(4 / 7)
    assert compared["faithfulness"]["difference"] == pytest.approx(5 / 7)
    assert (compared["mrr"]["win"], compared["mrr"]["tie"], compared["mrr"]["loss"]) == (4, 3, 0)
    command("compare", "weak", "strong")
    assert Path("comparisons/weak--strong/compare.html").is_file()


def test_an_older_baseline_stands_for_its_run() -> None:
    """A comparison with the baseline gives the numbers of one with the run that it was made of."""
    assert comparison("main", "strong") == comparison("weak", "strong")
    assert "main" in command("baseline", "list")
    assert "passes" in command("gate", "runs/strong", "--gate", "latency.drop_vs(main) <= 5")


def test_a_run_by_an_older_judge_is_not_compared_with_a_new_one_unless_forced() -> None:
    """The embedded judge has become another since; the message says so, and `--force` compares all the same."""
    experiment = yaml.safe_load(Path("runs/strong/experiment.yaml").read_text(encoding="utf-8"))
    Path("new.yaml").write_text(yaml.safe_dump({**experiment, "name": "new", "metrics": ["recall@5", "latency"]}))
    command("run", "new.yaml", "-q")
    assert "judges differ in version (1 and " in command("compare", "weak", "new", code=2)
    forced = json.loads(command("compare", "weak", "new", "--json", "--force"))
    assert next(m["difference"] for m in forced["metrics"] if m["name"] == "recall@5") == pytest.approx(4 / 7)


@pytest.mark.parametrize(("run", "metric", "scored"), [("interrupted", "mrr", 5), ("stopped", "faithfulness", 3)])
def test_an_interrupted_run_goes_on(run: str, metric: str, scored: int) -> None:
    """`--resume` brings all cases to all scores, with the replies of target and judge that are there."""
    asked, judged = count(run, "cases"), count(run, "judged")
    assert rag_eval.open_run(f"runs/{run}").summary.state == f"unfinished, {scored} of 8 scored"
    command("run", "--resume", f"runs/{run}", "-q")
    after = summary(run)
    assert after["finished"]
    assert asked == after["cases"] == 8
    assert {m["name"]: m["mean"] for m in after["metrics"]}[metric] == 1.0
    assert count(run, "judged") == (21 if judged else 0), "three replies an answer, each asked for once"
    assert Path("runs", run, "report.html").is_file()


def test_reports_of_an_older_run_are_made_again() -> None:
    """Page, Markdown and tables are written anew from the journal."""
    for file in ("results.parquet", "summary.json"):
        Path("runs", "weak", file).unlink()
    from rag_eval import runs
    from rag_eval.evaluation import results

    results.rebuild(runs.RunFolder(Path("runs/weak")))
    for file in ("report.html", "report.md", "results.parquet", "evidence.parquet", "summary.json"):
        assert Path("runs", "weak", file).is_file(), file
    assert "faithfulness" in command("show", "weak")


def test_an_older_dataset_is_the_same_dataset() -> None:
    """Its fingerprint is what it was, checks read it, and an experiment over it is valid."""
    assert FINGERPRINT in Path("datasets/ferries/manifest.yaml").read_text(encoding="utf-8")
    assert "8" in command("validate", "runs/strong/experiment.yaml")
    assert rag_eval.open_run("runs/strong").summary.origin.dataset == FINGERPRINT
    command("dataset", "diff", "datasets/ferries", "datasets/ferries")


@pytest.mark.slow
def test_an_older_run_is_sent_to_mlflow(older: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`sync` puts it into a database file, and a second time nothing is there twice."""
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{ready_store(older / 'mlflow.db')}")
    assert "rag-eval ui" in command("sync", "weak")
    assert "rag-eval ui" in command("sync", "weak")
    with sqlite3.connect(older / "mlflow.db") as database:
        runs_there = database.execute("SELECT count(*) FROM runs").fetchone()[0]
        means = dict(database.execute("SELECT key, value FROM latest_metrics"))
    assert runs_there == 1
    assert means["faithfulness"] == pytest.approx(2 / 7, abs=1e-4)
