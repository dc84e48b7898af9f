"""Failures are data: a run with few scores says so and does not pass for a good one."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.judge_server import Call, Fault, JudgeServer
from typer.testing import CliRunner, Result

from rag_eval.cli import app

CASES = 10


def _run(folder: Path, judge: JudgeServer, metrics: list[str], *options: str) -> Result:
    rows = [
        {
            "id": f"case-{n}",
            "user_input": f"What is the toll of bridge {n}?",
            "response": f"Bridge {n} costs {n} pounds. It is made of iron. It opened in May. It is red. Boats pass it.",
            "retrieved_contexts": [f"Bridge {n} costs {n} pounds and was opened in May."],
            "reference": f"Bridge {n} costs {n} pounds.",
        }
        for n in range(CASES)
    ]
    (folder / "captured.jsonl").write_text("\n".join(map(json.dumps, rows)))
    said = {
        "name": "faults",
        "dataset": str(folder / "captured.jsonl"),
        "target": {"kind": "replay"},
        "judge": {"kind": "openai", "model": "m", "base_url": judge.url, "retries": 0},
        "metrics": metrics,
        "mlflow": {"enabled": False},
        "runs": str(folder / "runs"),
    }
    (folder / "faults.yaml").write_text(yaml.safe_dump(said))
    return CliRunner().invoke(app, ["run", str(folder / "faults.yaml"), "-q", *options])


def _summary(folder: Path) -> dict[str, Any]:
    [path] = folder.glob("runs/*/summary.json")
    found: dict[str, Any] = json.loads(path.read_text())
    return found


def test_a_judge_that_fails_on_nine_of_ten_ends_the_run_with_three(tmp_path: Path) -> None:
    """One score of ten is shown as one of ten with its worst cases, in every report, and the exit code is 3."""

    def only_the_first(call: Call) -> Fault | None:
        return None if "bridge 0?" in call.prompt or "Bridge 0" in call.prompt else Fault(status=500)

    with JudgeServer(only_the_first) as judge:
        result = _run(tmp_path, judge, ["faithfulness"])
    assert result.exit_code == 3, result.output
    assert "1 of 10" in result.output
    metric = _summary(tmp_path)["metrics"][0]
    assert (metric["n"], metric["failed"], metric["failures"]) == (1, 9, {"http_status": 9})
    assert metric["worst_low"] == pytest.approx(metric["mean"] / 10)
    assert metric["worst_high"] == pytest.approx((metric["mean"] + 9) / 10)
    [markdown] = tmp_path.glob("runs/*/report.md")
    [page] = tmp_path.glob("runs/*/report.html")
    assert "only 1 of 10 scored" in markdown.read_text()
    assert "1 of 10" in page.read_text()


def test_one_verdict_for_five_statements_is_never_a_score(tmp_path: Path) -> None:
    """RAGAs would call it 1.0; here it is asked for again and then fails as `incomplete_verdicts`."""

    def first_verdict_only(call: Call) -> Fault | None:
        if call.shape != "NLIStatementOutput":
            return None
        verdict = {"statement": "It is made of iron.", "reason": "so", "verdict": 1}
        return Fault(content=json.dumps({"statements": [verdict]}))

    with JudgeServer(first_verdict_only) as judge:
        result = _run(tmp_path, judge, ["faithfulness"])
        asked = sum(n for prompt, n in judge.asked.items() if "faithfulness of a series of statements" in prompt)
    assert result.exit_code == 3, result.output
    metric = _summary(tmp_path)["metrics"][0]
    assert (metric["n"], metric["mean"]) == (0, None)
    assert metric["failures"] == {"incomplete_verdicts": CASES}
    assert asked == 3 * CASES, "each is asked three times, the later ones saying what was wrong"


@pytest.mark.slow
def test_failures_are_tried_again_on_demand_and_scores_are_kept(tmp_path: Path) -> None:
    """With the judge well again, --retry-errors scores what had failed and asks nothing else."""
    broken = True

    def half(call: Call) -> Fault | None:
        return Fault(status=500) if broken and any(f"ridge {n}" in call.prompt for n in range(5)) else None

    with JudgeServer(half) as judge:
        assert _run(tmp_path, judge, ["faithfulness"]).exit_code == 3
        before = dict(judge.answered)
        broken = False
        resume = ["run", "--resume", "latest", "--retry-errors", "-q", "-o", str(tmp_path / "runs"), "--json"]
        result = CliRunner().invoke(app, resume)
        assert result.exit_code == 0, result.output
        assert {prompt: judge.answered[prompt] for prompt in before} == before
    metric = json.loads(result.stdout)["metrics"][0]
    assert (metric["n"], metric["failed"]) == (CASES, 0)
