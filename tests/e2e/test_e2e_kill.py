"""A run that is killed at any moment and resumed is the run that was never killed."""

import json
import os
import signal
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml
from support.forker import Forker
from support.fuse import Fuse, signalled
from support.judge_server import Call, JudgeServer
from support.rag_server import RagServer, Request, Response, plain

CASES = 4
QUESTIONS, JUDGE_CALLS = 2, 4
"""In flight at most."""

ENVIRON = {**os.environ, "OPENAI_API_KEY": "k"}

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


MOMENTS = {
    "while the first question is asked": ("question", 0.0),
    "while the first answer is judged": ("judge", 0.0),
    "in the middle": ("judge", 0.5),
    "while the last question is asked": ("question", 1.0),
    "while the last answer is judged": ("judge", 1.0),
    "while its tables are written": ("results.parquet", 0.0),
    "while its reports are written": ("report.html", 0.0),
}
"""When the kill falls: at a call to the service or the judge, in shares of all of them, or when a file is there."""


@dataclass(frozen=True)
class Whole:
    """What a run comes to that nobody kills, and what it asks."""

    result: tuple[list[dict[str, Any]], dict[str, Any]]
    judged: Counter[str]
    asked: Counter[str]


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory, forker: Forker) -> Whole:
    """A run from its beginning to its end."""
    folder = tmp_path_factory.mktemp("whole")
    with RagServer() as rag, JudgeServer() as judge:
        experiment = _experiment(folder, rag, judge)
        done = forker.run("run", str(experiment), "-o", str(folder / "runs"), "-q", env=ENVIRON)
        assert done.code == 0, done.output
        return Whole(_result(folder), +judge.answered, +rag.answered)


@pytest.mark.slow
@pytest.mark.parametrize("moment", MOMENTS)
def test_a_killed_run_resumes_to_the_same_result_and_asks_nothing_twice(
    tmp_path: Path, forker: Forker, whole: Whole, moment: str
) -> None:
    """Scores, headline, row count and calls equal an uninterrupted run's, wherever the kill fell."""
    what, share = MOMENTS[moment]
    calls = {"question": whole.asked, "judge": whole.judged}.get(what, Counter())
    fuse = Fuse(max(1, round(share * calls.total())))

    def answer(request: Request) -> Response:
        if what == "question":
            fuse.pass_()
        return Response(body=plain(request.body["query"]))

    def behave(_: Call) -> None:
        if what == "judge":
            fuse.pass_()

    def is_due() -> bool:
        return fuse.reached.is_set() or any(tmp_path.glob(f"runs/*/{what}"))

    with RagServer(answer) as rag, JudgeServer(behave) as judge:
        experiment = _experiment(tmp_path, rag, judge)
        command = ("run", str(experiment), "-o", str(tmp_path / "runs"), "-q")
        code = signalled(forker, signal.SIGKILL, is_due, *command, env=ENVIRON).code
        # The reports take milliseconds: the signal may come when all is done, and that must resume as well.
        assert code == -signal.SIGKILL or (code == 0 and what == "report.html")
        fuse.release()
        resumed = forker.run("run", "--resume", "latest", "-o", str(tmp_path / "runs"), "-q", env=ENVIRON)
        assert resumed.code == 0, resumed.output
        assert _result(tmp_path) == whole.result
        # What was on its way when the process died had not reached it; everything else was kept.
        assert _again(judge.answered, whole.judged) <= JUDGE_CALLS
        assert _again(rag.answered, whole.asked) <= QUESTIONS
        assert set(judge.answered) == set(whole.judged)
