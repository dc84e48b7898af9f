"""Ctrl-C and SIGTERM end a run cleanly, say how to go on, and lose nothing."""

import itertools
import json
import signal
from functools import partial
from pathlib import Path

import pytest
import yaml
from support.forker import Forker
from support.rag_server import RagServer, Request, Response, plain

CASES = 30


@pytest.mark.slow
def test_a_run_that_is_interrupted_says_how_to_go_on(tmp_path: Path, forker: Forker) -> None:
    """Exit code 130, what was done is kept, the printed command finishes the run, no question is asked twice."""
    questions = [{"id": f"c{n}", "question": f"What is {n}?", "reference": f"It is said: {n}."} for n in range(CASES)]
    (tmp_path / "questions.jsonl").write_text("\n".join(map(json.dumps, questions)))
    asked = itertools.count(1)

    def answer(request: Request) -> Response:
        (tmp_path / f"asked-{next(asked)}").touch()
        return Response(body=plain(request.body["query"]), seconds=0.1)

    command = partial(forker.run, cwd=tmp_path)
    with RagServer(answer) as rag:
        select = {"response": "answer", "retrieved_contexts": "contexts[].text"}
        said = {
            "name": "stopped",
            "dataset": "questions.jsonl",
            "target": {"kind": "http", "url": f"{rag.url}/q", "select": select, "concurrency": 1},
            "metrics": ["faithfulness", "latency"],
            "mlflow": {"enabled": False},
        }
        (tmp_path / "stopped.yaml").write_text(yaml.safe_dump(said))
        first = command("run", "stopped.yaml", kill_when=tmp_path / "asked-4", by=signal.SIGINT)
        assert first.code == 130, first.output
        assert "Traceback" not in first.output
        [run] = (tmp_path / "runs").iterdir()
        assert f"rag-eval run --resume runs/{run.name}" in first.output
        second = command("run", "--resume", f"runs/{run.name}", kill_when=tmp_path / "asked-9", by=signal.SIGTERM)
        assert second.code == 130, second.output
        assert 0 < rag.answered.total() < CASES
        last = command("run", "--resume", f"runs/{run.name}", "--json")
        assert last.code == 0, last.output
        assert rag.answered.total() <= CASES + 2, "only what was in flight when a signal came is asked again"
    summary = json.loads((run / "summary.json").read_text())
    assert (summary["cases"], summary["answered"]) == (CASES, CASES)
