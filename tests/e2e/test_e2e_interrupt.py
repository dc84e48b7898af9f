"""Ctrl-C and SIGTERM end a run cleanly, say how to go on, and lose nothing."""

import json
import signal
from pathlib import Path

import pytest
import yaml
from support.forker import Ended, Forker
from support.fuse import Fuse, signalled
from support.rag_server import RagServer, Request, Response, plain

CASES = 12
STOPS = (4, 9)
"""Questions that are not answered before the run has ended by a signal."""


@pytest.mark.slow
def test_a_run_that_is_interrupted_says_how_to_go_on(tmp_path: Path, forker: Forker) -> None:
    """Exit code 130, what was done is kept, the printed command finishes the run, no question is asked twice."""
    questions = [{"id": f"c{n}", "question": f"What is {n}?", "reference": f"It is said: {n}."} for n in range(CASES)]
    (tmp_path / "questions.jsonl").write_text("\n".join(map(json.dumps, questions)))
    fuses = [Fuse(stop) for stop in STOPS]

    def answer(request: Request) -> Response:
        for fuse in fuses:
            fuse.pass_()
        return Response(body=plain(request.body["query"]))

    def stopped(fuse: Fuse, by: int, *argv: str) -> Ended:
        ended = signalled(forker, by, fuse.reached.is_set, *argv, cwd=tmp_path)
        fuse.release()
        return ended

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
        first = stopped(fuses[0], signal.SIGINT, "run", "stopped.yaml")
        assert first.code == 130, first.output
        assert "Traceback" not in first.output
        [run] = (tmp_path / "runs").iterdir()
        assert f"rag-eval run --resume runs/{run.name}" in first.output
        second = stopped(fuses[1], signal.SIGTERM, "run", "--resume", f"runs/{run.name}")
        assert second.code == 130, second.output
        assert 0 < rag.answered.total() < CASES
        last = forker.run("run", "--resume", f"runs/{run.name}", "--json", cwd=tmp_path)
        assert last.code == 0, last.output
        assert rag.answered.total() <= CASES + 2, "only what was in flight when a signal came is asked again"
    summary = json.loads((run / "summary.json").read_text())
    assert (summary["cases"], summary["answered"]) == (CASES, CASES)
