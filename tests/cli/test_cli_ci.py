"""`rag-eval ci`: two versions side by side, and whether the head may take the base's place."""

import json
import re
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import yaml
from support import samples
from support.answering import answering
from support.replays import experiment
from support.runs import rows
from typer.testing import CliRunner

from rag_eval import abtest
from rag_eval.cli import app, ci
from rag_eval.ports import RunResult
from rag_eval.pushing import FinishedRun
from rag_eval.records import GateOutcome, Summary


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
    monkeypatch.setenv("OPENAI_API_KEY", "none")


def _write(*, wrong: int = 0, **settings: Any) -> None:
    """`base.yaml` and `head.yaml`, of which the latter gives so many wrong answers."""
    for name, count in (("base", 0), ("head", wrong)):
        fails = {f"case_{n}": "wrong" for n in range(count)}
        experiment(Path(), *rows(12), **{"name": "x", "target": answering(**fails), "runs": "runs", **settings})
        Path("x.yaml").rename(f"{name}.yaml")


def _ci(*argv: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(app, ["ci", *argv, "-q"])
    return result.exit_code, result.stdout, result.stderr


@pytest.mark.parametrize(
    ("argv", "message"),
    [
        (["base.yaml"], "there is one version only. Give --base URL and --head URL, or a second experiment"),
        (
            ["base.yaml", "head.yaml", "--head", "http://127.0.0.1:9"],
            "two experiments say where each version is; leave --base and --head out",
        ),
        (
            ["base.yaml", "head.yaml", "--base", "http://127.0.0.1:9"],
            "two experiments say where each version is; leave --base and --head out",
        ),
    ],
)
def test_it_must_be_clear_which_versions_are_meant(argv: list[str], message: str) -> None:
    """Before anything is asked."""
    _write()
    assert _ci(*argv) == (2, "", f"error: {message}\n")
    assert not Path("runs").exists()


def test_an_address_is_for_what_is_asked_over_the_network() -> None:
    """A target in this process has none that could be another."""
    _write()
    code, _, err = _ci("base.yaml", "--head", "http://127.0.0.1:9")
    assert code == 2
    assert "error: " in err
    assert not Path("runs").exists()


def test_a_head_that_loses_nothing_passes() -> None:
    """And everything that is made of both is where it says."""
    _write(gates=["recall@5.drop_vs(main) <= 0.5"])
    code, out, _ = _ci("base.yaml", "head.yaml", "--json", "--junit", "out/junit.xml", "--comment", "out/comment.md")
    record = json.loads(out)
    assert (code, record["outcome"], record["implied"]) == (0, "passed", False)
    assert set(record["files"]) == {"comment", "comparison", "page", "junit"}
    assert all(Path(path).stat().st_size > 0 for path in record["files"].values())
    assert set(record["folders"]) == {"base", "head"}
    assert ET.parse(record["files"]["junit"]).getroot().tag == "testsuites"
    assert Path(record["files"]["comment"]).samefile("out/comment.md")


def test_a_head_that_loses_fails_with_the_same_files() -> None:
    """The comment says so to whoever reads the pull request."""
    _write(wrong=12, gates=["recall@5.drop_vs(main) <= 0.05"])
    code, out, err = _ci("base.yaml", "head.yaml")
    assert code == 1
    assert "1 of 1 gate failed" in err
    comment = next(line.split(None, 1)[1] for line in out.splitlines() if line.startswith("comment "))
    assert "recall@5" in Path(comment).read_text()


def test_without_gates_there_are_some_and_that_is_told() -> None:
    """With where it is written how to write others."""
    _write()
    code, _, err = _ci("base.yaml", "head.yaml", "--undecided", "pass")
    assert code == 0
    assert "the experiment has no gates; these stand in for them. docs/ci.md says how to write others" in err


def test_gates_of_the_command_line_are_the_heads() -> None:
    """Added to the experiment's own."""
    _write(gates=["answered >= 0.1"])
    _, out, _ = _ci("base.yaml", "head.yaml", "--json", "--gate", "recall@5.mean >= 0.2")
    assert [gate["expression"] for gate in json.loads(out)["gates"]] == ["answered >= 0.1", "recall@5.mean >= 0.2"]


def test_the_jobs_page_gets_the_comment_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Behind what is there already."""
    _write(gates=["answered >= 0.1"])
    step = tmp_path / "step.md"
    step.write_text("before\n")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(step))
    assert _ci("base.yaml", "head.yaml", "--comment", "c.md")[0] in (0, 4)
    assert step.read_text() == f"before\n{Path('c.md').read_text()}\n"


def test_a_jobs_page_that_cannot_be_written_to_ends_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """What was measured has been paid for; it is told, and the gates decide."""
    _write(gates=["answered >= 0.1"], wrong=0)
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path))
    code, out, err = _ci("base.yaml", "head.yaml", "--undecided", "pass")
    assert code == 0
    assert f"! not on the job's page: GITHUB_STEP_SUMMARY={tmp_path}: " in err
    assert "comment " in out


def test_a_comment_that_cannot_be_written_is_one_sentence() -> None:
    """It was asked for, and a job that goes on without it would show nothing."""
    _write(gates=["answered >= 0.1"])
    Path("taken").write_text("no folder")
    code, _, err = _ci("base.yaml", "head.yaml", "--comment", "taken/c.md")
    assert code == 2
    assert err.splitlines()[-1].startswith("error: taken/c.md: cannot be written: ")


def test_two_that_are_measured_otherwise_are_not_asked() -> None:
    """The message says in what they differ."""
    _write()
    other = {**yaml.safe_load(Path("head.yaml").read_text()), "judge": {"kind": "openai", "model": "m"}}
    Path("head.yaml").write_text(yaml.safe_dump(other))
    code, _, err = _ci("base.yaml", "head.yaml")
    assert code == 2
    assert re.search(
        r"base and head cannot be asked side by side: .*judges differ in kind \(embedded and openai\)", err
    )
    assert not Path("runs").exists()


def _decision(*outcomes: GateOutcome, implied: bool = False, **head: Any) -> abtest.AbResult:
    base: Summary = samples.summary(name="x-base")
    own: Summary = samples.summary(**{"name": "x-head", **head})
    base_run, head_run = (FinishedRun(RunResult(part, Path(part.name), {}), None) for part in (base, own))
    gates = tuple(samples.gate(outcome) for outcome in outcomes)
    return abtest.AbResult(
        base_run, head_run, samples.comparison(gates=gates), Path("job"), implied, ("faithfulness",), ()
    )


@pytest.mark.parametrize(
    ("outcomes", "undecided", "outcome"),
    [
        (["passed"], None, "passed"),
        (["passed", "undecided"], None, "undecided"),
        (["passed", "undecided"], "pass", "passed"),
        (["passed", "undecided"], "fail", "failed"),
        (["failed", "undecided"], "pass", "failed"),
        (["failed", "passed"], None, "failed"),
        ([], None, "passed"),
    ],
)
def test_the_outcome_in_a_comment_is_that_of_the_exit_code(
    outcomes: list[GateOutcome], undecided: str | None, outcome: str
) -> None:
    """What is undecided is taken as the command line says; nothing turns a failure."""
    assert ci._outcome(_decision(*outcomes), undecided) == outcome


@pytest.mark.parametrize(
    ("undecided", "remark"),
    [(None, []), ("pass", ["What is undecided counts as passed."]), ("fail", ["What is undecided counts as failed."])],
)
def test_what_undecided_counts_as_is_told_where_something_is(undecided: str | None, remark: list[str]) -> None:
    """And not where nothing is."""
    assert ci._remarks(_decision("undecided"), undecided) == remark
    assert ci._remarks(_decision("passed"), undecided) == []


def test_what_stands_in_for_gates_and_what_is_missing_is_told() -> None:
    """Of each version by its name; of one that is short of scores not also what it left unanswered."""
    short = samples.metric("mrr", n=10, failed=90)
    lost: dict[str, Any] = {"answered": 97, "target_failures": {"timeout": 2, "rate_limited": 1}}
    assert ci._remarks(_decision("passed", implied=True), None) == [ci._IMPLIED]
    assert ci._remarks(_decision("passed", **lost), None) == [
        "x-head left 3 unanswered: 2 × timeout, 1 × rate_limited."
    ]
    assert ci._remarks(_decision("passed", metrics=(samples.metric(), short), **lost), None) == [
        "Too little of x-head was scored: mrr."
    ]
