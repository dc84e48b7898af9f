"""A run that is killed at any moment and resumed is the run that was never killed."""

import itertools
import json
import os
import random
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml
from support.forker import Forker
from support.judge_server import JudgeServer
from support.rag_server import RagServer

KILLS = 8
CASES = 6
QUESTIONS, JUDGE_CALLS = 2, 4
"""In flight at most."""

METRICS = ["faithfulness", "context_recall", "factual_correctness", "answer_correctness", "answer_relevancy"]


def _experiment(folder: Path, rag: RagServer, judge: JudgeServer) -> Path:
    questions = [
        {
            "id": f"case-{n}",
            "user_input": f"What is the toll of bridge number {n}?",
            "reference": f"The toll of bridge number {n} is {n} pounds. It is paid at the gate. Bicycles are free.",
            "reference_context_ids": ["p1"],
        }
        for n in range(CASES)
    ]
    (folder / "questions.jsonl").write_text("\n".join(map(json.dumps, questions)))
    said = {
        "name": "kill",
        "dataset": str(folder / "questions.jsonl"),
        "target": {
            "kind": "http",
            "url": f"{rag.url}/query",
            "select": {
                "response": "answer",
                "retrieved_contexts": "contexts[].text",
                "retrieved_context_ids": "contexts[].id",
            },
            "concurrency": QUESTIONS,
        },
        "judge": {
            "kind": "openai",
            "model": "m",
            "base_url": judge.url,
            "embedding_model": "e",
            "concurrency": JUDGE_CALLS,
        },
        "metrics": [*METRICS, "hit@5", "mrr"],
        "mlflow": {"enabled": False},
    }
    path = folder / "kill.yaml"
    path.write_text(yaml.safe_dump(said))
    return path


def _result(folder: Path) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """What must be equal: every row but its times, and the headline but what depends on time."""
    [run] = (folder / "runs").glob("[!.]*")
    rows = pq.read_table(run / "results.parquet").to_pylist()
    kept = [{k: v for k, v in row.items() if not k.startswith("latency")} for row in rows]
    summary = json.loads((run / "summary.json").read_text())
    headline = {key: summary[key] for key in ("planned", "cases", "answered", "metrics", "tags", "origin")}
    headline["origin"]["judge"].pop("endpoint")  # every trial has servers of its own
    return kept, headline


def _again(answered: Counter[str], expected: Counter[str]) -> int:
    """How many answers were given that an uninterrupted run does not need."""
    return (answered - expected).total()


@pytest.mark.slow
@pytest.mark.timeout(600)
def test_a_killed_run_resumes_to_the_same_result_and_asks_nothing_twice(
    tmp_path: Path, forker: Forker, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Scores, headline, row count and calls equal an uninterrupted run's, wherever the kill fell."""
    rng = random.Random(20)
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    with RagServer(seconds=0.02) as rag, JudgeServer(seconds=0.02) as judge:
        whole = tmp_path / "whole"
        whole.mkdir()
        experiment = _experiment(whole, rag, judge)
        forker.run("--version")  # by now everything is imported
        began = time.monotonic()
        ended = _run(forker, whole, experiment)
        took = time.monotonic() - began
        assert ended == 0
        expected, expected_judge, expected_rag = _result(whole), +judge.answered, +rag.answered
    kills = resumed = 0
    for trial in itertools.count():
        folder = tmp_path / f"kill-{trial}"
        folder.mkdir()
        with RagServer(seconds=0.02) as rag, JudgeServer(seconds=0.02) as judge:
            experiment = _experiment(folder, rag, judge)
            if _run(forker, folder, experiment, kill_after=rng.uniform(0.05, 0.95) * took) == 0:
                took *= 0.9  # it was done before the kill: the machine has become faster
                continue
            kills += 1
            begun = bool(list(folder.glob("runs/[!.]*")))
            resumed += begun
            assert (_resume(forker, folder) if begun else _run(forker, folder, experiment)) == 0
            assert _result(folder) == expected
            # What was on its way when the process died had not reached it; everything else was kept.
            assert _again(judge.answered, expected_judge) <= JUDGE_CALLS
            assert _again(rag.answered, expected_rag) <= QUESTIONS
            assert set(judge.answered) == set(expected_judge)
        if kills == KILLS:
            break
    assert resumed >= KILLS // 2, "most kills must fall into the run itself for this to mean something"


def _run(forker: Forker, folder: Path, experiment: Path, kill_after: float | None = None) -> int:
    return forker.run(
        "run", str(experiment), "-o", str(folder / "runs"), "-q", kill_after=kill_after, env=os.environ
    ).code


def _resume(forker: Forker, folder: Path) -> int:
    return forker.run("run", "--resume", "latest", "-o", str(folder / "runs"), "-q", env=os.environ).code
