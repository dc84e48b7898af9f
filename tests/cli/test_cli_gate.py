"""Gates through the command line: exit codes, what is refused before anything is asked, and where results stand."""

import contextlib
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support.forker import Forker
from support.runs import only, replay, rows
from typer.testing import CliRunner

from rag_eval.cli import app
from rag_eval.journal import JournalWriter


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def _made_forty(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("forty")
    with contextlib.chdir(folder):
        assert _run("a")[0] == 0
        assert _run("b", wrong=20, gates=["faithfulness.mean >= 0.8"])[0] == 1
    return folder


@pytest.fixture(scope="module")
def _made_six(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("six")
    with contextlib.chdir(folder):
        assert _run("a", count=6)[0] == 0
        assert _do("baseline", "set", "a", "main")[0] == 0
        assert _do("run", "a.yaml", "-q", "--limit", "4", "--name", "few")[0] == 0
    return folder


@pytest.fixture
def forty(_made_forty: Path, tmp_path: Path) -> None:
    """A run `a` of 40 right answers, and `b`, of which half are wrong and whose gate fails."""
    shutil.copytree(_made_forty, tmp_path, dirs_exist_ok=True)


@pytest.fixture
def six(_made_six: Path, tmp_path: Path) -> None:
    """A run `a` of 6 right answers, which is the baseline `main`, and `few`, of the first 4 of them."""
    shutil.copytree(_made_six, tmp_path, dirs_exist_ok=True)


def _run(name: str, *, wrong: int = 0, count: int = 40, **said: Any) -> tuple[int, str]:
    result = replay(Path(), name, rows(count, wrong=wrong), mlflow={"enabled": False}, **said)
    return result.exit_code, " ".join(result.output.split())


def _do(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, list(arguments))
    return result.exit_code, " ".join(result.output.split())


def _summary(name: str) -> Any:
    return json.loads((only(Path.cwd(), name) / "summary.json").read_text())


@pytest.mark.slow
def test_a_run_ends_with_what_became_of_its_gates() -> None:
    """0, 1 and 4; in the table, the summary and the reports."""
    code, out = _run("good", gates=["faithfulness.mean >= 0.8", "required: tag:odd", "latency.p95 <= 9s"])
    assert code == 4  # 40 questions do not show that 95 of 100 are quick
    assert "✓ faithfulness.mean ≥ 0.8: passes" in out
    assert "1 of 3 gates undecided: more questions would tell" in out
    code, out = _run("bad", wrong=20, gates=["faithfulness.mean >= 0.8", "answered >= 1"])
    assert code == 1
    assert "error: 1 of 2 gates failed" in out
    assert [gate["outcome"] for gate in _summary("bad")["gates"]] == ["failed", "passed"]
    folder = only(Path.cwd(), "bad")
    assert "- **failed** faithfulness.mean ≥ 0.8: fails: 0." in (folder / "report.md").read_text()
    assert '<li class="no">faithfulness.mean ≥ 0.8: fails' in (folder / "report.html").read_text()
    assert _run("fine", gates=["faithfulness.mean >= 0.8"])[0] == 0


@pytest.mark.slow
@pytest.mark.usefixtures("forty")
def test_undecided_counts_as_what_somebody_says() -> None:
    """For `run`, `gate` and `compare`."""
    for counts_as, code in ((), 4), (("--undecided", "pass"), 0), (("--undecided", "fail"), 1):
        gate = ("--gate", "latency.p95 <= 9s", *counts_as)
        assert _do("run", "a.yaml", "-q", *gate)[0] == code
        assert _do("gate", "a", *gate)[0] == code
        assert _do("compare", "b", "a", *gate)[0] == code


@pytest.mark.parametrize(
    ("gate", "problem"),
    [
        ("faithfuness.mean >= 0.8", "no metric of this experiment is called 'faithfuness'. Did you mean faithfulness?"),
        ("faithfulness[evn].mean >= 0.8", "no case has the tag 'evn'. Did you mean even?"),
        ("required: tag:od", "no case has the tag 'od'. Did you mean odd?"),
        ("required: id:case-99", "no case has the id 'case-99'"),
        ("faithfulness.drop_vs(mian) <= 0.02", "no baseline is called 'mian'. Did you mean main?"),
        ("faithfulness.mean >= 85", "85 is outside 0 to 1; write 0.85 or 85%"),
        ("latency.p95 <= 3%", "% is no unit of this; it is in s"),
        ("faithfulness.mean >= 2 s", "s is no unit of this; it is a share"),
        ("faithfulness >= 0.8", "gates[1]: expected .mean"),
    ],
)
@pytest.mark.usefixtures("six")
def test_what_is_not_there_is_told_of_before_anything_is_asked(gate: str, problem: str) -> None:
    """By `validate` and at the start of `run`, with 2, and no run begins."""
    code, out = _run("b", count=6, gates=[gate])
    assert (code, problem in out) == (2, True), out
    assert not [*Path("runs").glob("*-b")]
    code, out = _do("validate", "b.yaml")
    assert (code, problem in out) == (2, True), out


@pytest.mark.slow
def test_a_drop_is_held_to_a_baseline() -> None:
    """Guardrails too; a first run is made without gates, and a baseline of other questions is refused at the start."""
    gates: dict[str, Any] = {"gates": ["faithfulness.drop_vs(main) <= 0.02"], "guardrails": ["recall@5"]}
    code, out = _run("a", **gates)
    assert code == 2
    assert "There are none in baselines/. Make one: rag-eval run … --no-gates" in out
    assert _do("run", "a.yaml", "-q", "--no-gates")[0] == 0
    assert _do("baseline", "set", "a", "main")[0] == 0
    assert "main" in _do("baseline", "list")[1]
    code, out = _run("b", wrong=20, **gates)
    assert code == 1
    assert f"against {only(Path.cwd(), 'a').name}" in out
    assert "✓ recall@5.drop_vs(main) ≤ smallest: passes" in out
    code, out = _run("c", count=30, **gates)
    assert code == 2
    assert "the baseline main cannot be compared with this run: datasets differ" in out
    assert _do("baseline", "rm", "main")[0] == 0
    assert _do("gate", "b")[0] == 2
    assert _do("gate", "b", "--against", "a")[0] == 1
    assert _do("gate", "b", "--against", "b")[0] == 0


@pytest.mark.slow
@pytest.mark.usefixtures("forty")
def test_compare_gates_only_what_it_is_asked_to() -> None:
    """Without --gate it ends with 0 also where B is worse; with it A stands for every baseline, run or kept."""
    assert _do("compare", "a", "b")[0] == 0
    expression = ("--gate", "faithfulness.drop_vs(main) <= 0.02")
    assert _do("compare", "a", "b", *expression)[0] == 1
    assert _do("compare", "b", "a", *expression)[0] == 0
    _do("baseline", "set", "a", "main")
    code, out = _do("compare", "main", "b", *expression, "-o", "comparison.md")
    assert code == 1
    assert "✗ faithfulness.drop_vs(main) ≤ 0.02: fails: drop +" in out
    assert "in place of main" not in out
    assert "- **failed** faithfulness" in Path("comparison.md").read_text()


@pytest.mark.slow
def test_gates_of_the_command_line_are_added() -> None:
    """To those of the experiment; the run remembers them, and a mistake in one is shown."""
    _run("a", gates=["faithfulness.mean >= 0.8"])
    assert _do("run", "a.yaml", "-q", "--gate", "context_recall.mean >= 0.9")[0] == 0
    result = CliRunner().invoke(app, ["gate", "a", "--gate", "cost <= 1 USD", "--json"])
    record = json.loads(result.stdout)
    assert (result.exit_code, record["outcome"]) == (0, "passed")
    assert [gate["expression"] for gate in record["gates"]] == [
        "faithfulness.mean >= 0.8", "context_recall.mean >= 0.9", "cost <= 1 USD",
    ]  # fmt: skip
    code, out = _do("gate", "a", "--gate", "faithfulness.mean = 1")
    assert code == 2
    assert "--gate: expected >= or <=, found '= 1'" in out


@pytest.mark.usefixtures("six")
def test_a_run_without_gates_cannot_be_gated() -> None:
    """It says where they are written."""
    code, out = _do("gate", "a")
    assert code == 2
    assert "has no gates. Write some under `gates:`, or give --gate EXPR" in out


@pytest.mark.slow
@pytest.mark.usefixtures("forty")
def test_a_run_that_was_not_scored_or_not_finished_is_told_of_first() -> None:
    """Too little scored is 3 where no gate fails; an unfinished run fails its gates."""
    captured = rows(40, wrong=20)[:30]
    (Path.cwd() / "part.jsonl").write_text("\n".join(map(json.dumps, captured)))
    code, out = _run("c", wrong=20, target={"kind": "replay", "path": "part.jsonl"}, gates=["faithfulness.mean >= 0.8"])
    assert code == 3
    assert "too little was scored" in out
    with JournalWriter.open_(only(Path.cwd(), "a") / "journal.db") as journal:
        journal.remember(total=50)
    code, out = _do("gate", "a", "--gate", "faithfulness.mean >= 0.1")
    assert code == 1
    assert "the run is unfinished, 40 of 50 scored" in out


def _lossy(name: str, gates: list[str]) -> tuple[int, str]:
    """A replay that has no answer for half of the questions."""
    captured = rows(40)[:20]
    Path("half.jsonl").write_text("\n".join(map(json.dumps, captured)))
    return _run(name, target={"kind": "replay", "path": "half.jsonl"}, gates=gates)


@pytest.mark.slow
@pytest.mark.usefixtures("forty")
def test_a_gate_that_fails_comes_before_too_little_scored() -> None:
    """For `run`, `gate`, `compare` and `ci`; both are said, and what a replay lacks is not to be tried again."""
    for name, gate, code in ("d", "context_recall.drop_vs(main) <= 0.02", 1), ("c", "faithfulness.mean >= 0.1", 3):
        _do("baseline", "set", "a", "main")
        outs = {
            "run": _lossy(name, [gate]),
            "gate": _do("gate", name),
            "compare": _do("compare", "a", name, "--gate", gate),
            "ci": _do("ci", "a.yaml", f"{name}.yaml", "-q"),
        }
        for command, (left, out) in outs.items():
            assert left == code, (command, out)
            assert "too little was scored to stand for the dataset" in out
            assert "complete the captured answers, and run the experiment again" in out
            assert "--retry-errors" not in out
            assert ("error: 1 of 1 gate failed" in out) == (code == 1)
    assert _do("gate", "c", "--gate", "faithfulness.p05 >= 0.5", "--undecided", "fail")[0] == 3


@pytest.mark.parametrize(
    ("gate", "problem"),
    [
        ("faithfulness[evn].mean >= 0.8", "no case has the tag 'evn'. Did you mean even?"),
        ("required: tag:od", "no case has the tag 'od'. Did you mean odd?"),
        ("required: id:case-99", "no case has the id 'case-99'"),
        ("no_regression: tag:evn", "no case has the tag 'evn'. Did you mean even?"),
        ("faithfulness.mean <= 0.9", "expected >= here, not <=: more is better in faithfulness"),
    ],
)
@pytest.mark.usefixtures("six")
def test_what_a_whole_run_does_not_have_is_a_mistake_afterwards_too(gate: str, problem: str) -> None:
    """With 2, of `gate` on a run and on a baseline, and of `compare`; of a limited run nobody knows."""
    for command in ("gate", "a"), ("gate", "main"), ("compare", "main", "a"):
        code, out = _do(*command, "--gate", gate)
        assert (code, problem in out) == (2, True), out
    code, out = _do("gate", "few", "--against", "few", "--gate", gate)
    assert (code, "(--limit 4 of 6)" in out) == ((2, False) if "<=" in gate else (1, True)), out


@pytest.mark.slow
def test_a_limit_is_named_where_it_is_the_cause() -> None:
    """By `run`, which would rather not have a good baseline replaced, by `compare`, and where it becomes a baseline."""
    gates = ["faithfulness.drop_vs(main) <= 0.02"]
    _run("a", count=16)
    _do("baseline", "set", "a", "main")
    _run("b", count=16, gates=gates)
    code, out = _do("run", "b.yaml", "-q", "--limit", "5")
    assert code == 2
    assert "This run asks only the first questions (--limit 5): leave --limit out, or add --no-gates" in out
    assert "baseline set" not in out
    code, out = _do("run", "b.yaml", "-q", "--limit", "5", "--no-gates", "--name", "few")
    assert (code, "5 of 5 cases answered (--limit 5 of 16)" in out) == (0, True), out
    code, out = _do("compare", "a", "few")
    assert (code, "asked only the first questions (--limit 5 of 16)" in out) == (2, True), out
    code, out = _do("baseline", "set", "few", "main")
    assert (code, "covers 5 of 16 questions of its dataset (--limit 5)" in out) == (0, True), out
    code, out = _do("run", "b.yaml", "-q")
    assert code == 2
    assert "the baseline was made with --limit 5 of 16. Make a new one" in out
    assert "(--limit" not in _do("run", "b.yaml", "-q", "--limit", "99", "--no-gates")[1]
    assert "warning" not in _do("baseline", "set", "latest", "main")[1]


def test_a_baseline_of_which_little_was_scored_is_warned_of() -> None:
    """It is kept all the same."""
    _lossy("a", ["faithfulness.mean >= 0.1"])
    code, out = _do("baseline", "set", "a", "main")
    assert (code, "warning: too little was scored to stand for the dataset" in out) == (0, True), out


@pytest.mark.usefixtures("six")
def test_a_run_is_not_compared_with_itself() -> None:
    """Whatever it is called."""
    code, out = _do("compare", "a", "latest")
    assert code == 2
    assert f"a and latest are the same run: {only(Path.cwd(), 'a').name}" in out


@pytest.mark.slow
@pytest.mark.usefixtures("forty")
def test_gate_lines_say_what_was_lost_or_gained_and_against_which_run() -> None:
    """Also where a run stands in for the baseline, and what little of a metric there is."""
    drop = ("--gate", "faithfulness.drop_vs(main) <= 0.02")
    out = _do("gate", "a", "--against", "b", *drop)[1]
    assert "passes: gained 0.29, drop [-0.37, -0.22], 40 questions, against" in out
    assert f"against {only(Path.cwd(), 'b').name} in place of main" in out
    assert "fails: drop +0.29 [+0.22, +0.37]" in _do("gate", "b", "--against", "a", *drop)[1]
    _lossy("c", ["coverage >= 0.98"])
    out = _do("gate", "c")[1]
    assert "coverage ≥ 0.98: fails: 0.50, faithfulness has a value for 20 of 40 cases" in out


@pytest.mark.usefixtures("forty")
def test_what_is_undecided_and_counts_as_failed_does_not_contradict_itself() -> None:
    """Alone, and beside one that failed."""
    slow = ("--gate", "latency.p95 <= 9s", "--undecided", "fail")
    out = _do("gate", "a", *slow)[1]
    assert "error: 1 of 1 gate undecided, which counts as failed (--undecided fail)" in out
    out = _do("gate", "a", "--gate", "latency.mean <= 1s", *slow)[1]
    assert "error: 1 of 2 gates failed, 1 undecided, which counts as failed (--undecided fail)" in out


def test_a_gate_that_yaml_takes_apart_needs_quotes() -> None:
    """The message shows them."""
    code, out = _run("a", count=6, gates=[{"required": "tag:odd"}])
    assert code == 2
    assert 'a gate with a colon and a space needs quotes: - "required: tag:odd"' in out


@pytest.mark.usefixtures("six")
def test_with_a_limit_what_was_not_asked_fails() -> None:
    """Required cases beyond the limit are missing, which the end says."""
    code, out = _do("run", "a.yaml", "-q", "--limit", "3", "--gate", "required: id:case-5")
    assert code == 1
    assert "no case that was asked has the id case-5" in out


@pytest.mark.slow
def test_the_primary_metric_is_the_one_that_is_named() -> None:
    """Required cases are measured by it; one that is not measured is refused."""
    _run("a", primary="recall@5", gates=["required: tag:odd"])
    assert "20 of 20 cases reach 0.5 in recall@5" in _do("gate", "a")[1]
    assert _summary("a")["primary"] == "recall@5"
    code, out = _run("b", primary="correctness")
    assert code == 2
    assert "primary: 'correctness' is not measured here" in out


@pytest.mark.slow
@pytest.mark.usefixtures("forty")
def test_the_installed_command_leaves_with_each_code(tmp_path: Path, forker: Forker) -> None:
    """As a process: 0, 1, 2, 4, and 3 for what nobody foresaw."""
    for gate, code in (
        ("faithfulness.mean >= 0.8", 0),
        ("latency.mean <= 1s", 1),
        ("faithfulness", 2),
        ("latency.p95 <= 9s", 4),
    ):
        assert forker.run("gate", "a", "--gate", gate, cwd=tmp_path).code == code
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join(path for path in sys.path if path)}
    broken = "from rag_eval import cli; cli.app.command('break')(lambda: 1 / 0); cli.main()"
    command = [sys.executable, "-c", broken, "break"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, check=False)
    assert done.returncode == 3
