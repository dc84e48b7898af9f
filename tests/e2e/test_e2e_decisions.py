"""What a comparison says of a version that answers less, refuses less, or was not finished: through the CLI."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from rag_eval import runs
from rag_eval.cli import app
from rag_eval.journal import JournalWriter

CASES = 40
METRICS = ["correctness", "faithfulness", "context_recall", "hit@5"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the runs are that all tests look at."""
    folder = tmp_path_factory.mktemp("decisions")
    rows = [
        {
            "id": f"q{n}",
            "question": f"When does hall number {n} open?",
            "ground_truth": f"Hall {n} opens at {6 + n % 5} in the morning." if n % 8 else None,
            "reference_context_ids": [f"p{n}"],
            "answerable": bool(n % 8),
        }
        for n in range(CASES)
    ]
    (folder / "questions.jsonl").write_text("\n".join(map(json.dumps, rows)))
    return folder


@pytest.fixture(autouse=True)
def _here(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)


def _answer(n: int, *, refuses: bool = False) -> dict[str, Any]:
    """A right answer, or a refusal."""
    told = f"Hall {n} opens at {6 + n % 5} in the morning."
    response = "I do not know when that hall opens." if refuses else told
    return {
        "id": f"q{n}", "question": f"When does hall number {n} open?", "response": response,
        "retrieved_contexts": [told, "The halls are old."], "retrieved_context_ids": [f"p{n}", "p"],
    }  # fmt: skip


_WHOLE = [_answer(n) for n in range(CASES)]
_RIGHT = [_answer(n, refuses=n % 8 == 0) for n in range(CASES)]
_RUNS = {
    "right": _RIGHT,
    "same": _RIGHT,
    "lacking": _RIGHT[:25],
    "shy": [_answer(n, refuses=n % 3 == 0 or n % 8 == 0) for n in range(CASES)],
    "sure": [_answer(n, refuses=n == 8) for n in range(CASES)],
    "whole": _WHOLE,
    "stopped": _WHOLE,
    "empty": [_answer(n) | ({"response": ""} if n >= 30 else {}) for n in range(CASES)],
}


def _run(name: str, answers: Sequence[Mapping[str, Any]], **more: Any) -> tuple[int, str]:
    Path(f"{name}.jsonl").write_text("\n".join(map(json.dumps, answers)))
    experiment = {
        "name": name,
        "dataset": "questions.jsonl",
        "target": {"kind": "replay", "path": f"{name}.jsonl"},
        "mlflow": {"enabled": False},
        "min_coverage": 0,
        "metrics": METRICS,
        **more,
    }
    Path(f"{name}.yaml").write_text(yaml.safe_dump(experiment))
    result = CliRunner().invoke(app, ["run", f"{name}.yaml", "-q"])
    return result.exit_code, result.output


def _have(name: str) -> None:
    """Have the run of this name; it is made by the first test that looks at it."""
    if not Path(f"{name}.yaml").exists():
        code, output = _run(name, _RUNS[name])
        assert code == 0, output


def _compare(a: str, b: str, *options: str) -> dict[str, Any]:
    result = CliRunner().invoke(app, ["compare", a, b, "--json", *options])
    assert result.exit_code == 0, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


@pytest.mark.slow
def test_a_version_that_does_not_answer_what_is_hard_is_worse() -> None:
    """However good its answers are: A's mean is that over all forty, and what was not answered leads the verdict."""
    _have("right")
    _have("lacking")
    found = _compare("right", "lacking")
    assert found["verdict"] == "worse"
    assert found["sentences"][0].startswith(
        "lacking is worse than right: lacking answered 25 of 40 questions, right 40; correctness 1.000 → 0.6"
    )
    metrics = {metric["name"]: metric for metric in found["metrics"]}
    assert (metrics["answered"]["mean_a"], metrics["answered"]["mean_b"]) == (1.0, 0.625)
    correctness = metrics["correctness"]
    assert (correctness["pairs"], correctness["unanswered_b"], correctness["mean_a"]) == (40, 15, 1.0)
    assert correctness["survivors"] == {"pairs": 25, "mean_a": 1.0, "mean_b": 1.0}
    assert (metrics["hit@5"]["pairs"], metrics["hit@5"]["verdict"]) == (35, "worse")
    assert metrics["faithfulness"]["verdict"] == "unmoved", "faithfulness speaks of answers alone"


@pytest.mark.slow
def test_a_refusal_is_in_no_mean_of_faithfulness_and_both_rates_are_told() -> None:
    """A refuses a third of everything, B what has no answer: the 2x2 and the second sentence say so."""
    _have("shy")
    _have("sure")
    found = _compare("shy", "sure")
    assert found["sentences"][1] == (
        "Refusals: of 5 questions that have no answer shy refuses 5 and sure 1; of 35 that have one shy refuses 12 "
        "and sure 0."
    )
    assert found["refusals"] == {
        "answerable": {"both_answered": 23, "only_a_refused": 12, "only_b_refused": 0, "both_refused": 0},
        "unanswerable": {"both_answered": 0, "only_a_refused": 4, "only_b_refused": 0, "both_refused": 1},
    }
    metrics = {metric["name"]: metric for metric in found["metrics"]}
    assert (metrics["faithfulness"]["pairs"], metrics["faithfulness"]["refused_a"]) == (23, 17)
    assert metrics["faithfulness"]["mean_a"] == metrics["faithfulness"]["mean_b"] == pytest.approx(1.0, abs=0.1)
    shown = CliRunner().invoke(app, ["compare", "shy", "sure"]).output
    assert "refused → answered" in shown
    case = CliRunner().invoke(app, ["show", "shy", "--case", "q3"]).output
    assert "refuses:   I do not know when that hall opens." in case
    assert "faithfulness: not applicable: the answer refuses, and so claims nothing" in case


@pytest.mark.slow
def test_an_unfinished_run_says_so_and_is_not_compared() -> None:
    """Seventeen of forty may be the easy ones; with --partial they are compared all the same."""
    _have("whole")
    _have("stopped")
    folder = runs.find("stopped")
    _forget(folder.journal, scored=17, asked=20)
    shown = CliRunner().invoke(app, ["show", "stopped"])
    assert "unfinished, 17 of 40 scored" in shown.output
    told = json.loads(CliRunner().invoke(app, ["show", "stopped", "--json"]).stdout)
    assert (told["finished"], told["scored"], told["planned"]) == (False, 17, 40)
    refused = CliRunner().invoke(app, ["compare", "whole", "stopped"])
    assert refused.exit_code == 2
    assert "is unfinished: 17 of 40 cases are scored" in refused.output
    assert "--resume" in refused.output
    metrics = {metric["name"]: metric for metric in _compare("whole", "stopped", "--partial")["metrics"]}
    assert metrics["answered"]["pairs"] == 17


def _forget(journal: Path, *, scored: int, asked: int) -> None:
    """Leave a run as a kill would have: some cases not asked, a few asked and not scored."""
    with JournalWriter.open_(journal) as opened, opened.transaction():
        opened._db.execute("DELETE FROM cases WHERE position >= ?", (asked,))
        opened._db.execute(
            "DELETE FROM outcomes WHERE case_id NOT IN (SELECT id FROM cases WHERE position < ?)", (scored,)
        )


def test_a_metric_without_any_value_is_an_error() -> None:
    """It was asked for by name, and nothing can be said: exit code 3, with why."""
    answers = [{"id": f"q{n}", "question": f"When does hall number {n} open?", "response": "At six."} for n in range(3)]
    code, told = _run("nothing", answers, metrics=["correctness", "latency"])
    assert code == 3
    assert "latency: has a value for no case (" in told
    assert "× the time it took is not known" in told


@pytest.mark.slow
def test_an_answer_without_text_is_no_answer() -> None:
    """To what reads answers it has failed, to what reads retrieval it is there."""
    _have("whole")
    _have("empty")
    found = {metric["name"]: metric for metric in _compare("whole", "empty")["metrics"]}
    assert (found["answered"]["mean_b"], found["correctness"]["unanswered_b"]) == (0.75, 10)
    assert (found["hit@5"]["mean_b"], found["hit@5"]["verdict"]) == (1.0, "unmoved")


@pytest.mark.slow
def test_several_runs_are_each_held_against_the_first() -> None:
    """And slices stand beneath, the worst first; the last run alone has lost the questions that are tagged."""
    for name in ("right", "same", "lacking"):
        _have(name)
    found = _compare("right", "same", "lacking")
    assert [part["verdict"] for part in found["comparisons"]] == ["unmoved", "worse"]
    assert [part["name_b"] for part in found["comparisons"]] == ["same", "lacking"]
    listed = CliRunner().invoke(app, ["compare", "right", "lacking", "--losses", "1", "--metric", "hit@5"]).output
    assert listed.count("1.00 → 0.00") == 1
