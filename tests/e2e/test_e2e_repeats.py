"""Questions that are asked several times, and conversations that a kill interrupts."""

import itertools
import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.rag_server import RagServer, Request, Response
from typer.testing import CliRunner

from rag_eval import runs
from rag_eval.cli import app
from rag_eval.records import Answer


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def _run(server: RagServer, name: str, rows: list[dict[str, Any]], **target: Any) -> tuple[int, dict[str, Any], str]:
    Path("questions.jsonl").write_text("\n".join(map(json.dumps, rows)))
    said = {
        "name": name,
        "dataset": "questions.jsonl",
        "target": {"kind": "http", "url": server.url, "select": {"retrieved_contexts": "contexts"}, **target},
        "metrics": ["faithfulness"],
        "min_coverage": 0,
        "mlflow": {"enabled": False},
    }
    Path(f"{name}.yaml").write_text(yaml.safe_dump(said))
    result = CliRunner().invoke(app, ["run", f"{name}.yaml", "-q", "--json"])
    return result.exit_code, json.loads(result.stdout), result.stderr


@pytest.mark.slow
def test_repeats_are_no_further_questions() -> None:
    """Six questions, three times each: eighteen are asked, the interval is over six, the own spread is told."""
    turn = itertools.count()

    def moody(request: Request) -> Response:
        good = next(turn) % 3 != 0
        said = f"The toll of {request.body['query']} is nine pounds." if good else "Elephants dance at noon in Paris."
        return Response(body={"answer": said, "contexts": [f"The toll of {request.body['query']} is nine pounds."]})

    rows = [{"id": f"c{n}", "question": f"Bridge number {n}"} for n in range(6)]
    with RagServer(moody) as server:
        code, told, _ = _run(server, "thrice", rows, repeats=3, concurrency=1)
        assert len(server.requests) == 18
        code_once, once, _ = _run(server, "once", rows, concurrency=1)
    assert (code, code_once) == (0, 0)
    metric = told["metrics"][0]
    assert (told["planned"], told["cases"], metric["n"]) == (18, 18, 18)
    assert metric["mean"] == pytest.approx(2 / 3, abs=0.01)
    assert metric["repeat_sd"] == pytest.approx((1 / 3) ** 0.5, abs=0.01)
    assert told["origin"]["dataset"] == once["origin"]["dataset"], "comparable with a run that asks once"
    compared = CliRunner().invoke(app, ["compare", "once", "thrice", "--json"])
    assert json.loads(compared.stdout)["metrics"][0]["pairs"] == 6
    shown = CliRunner().invoke(app, ["show", "thrice"])
    assert "a question's own spread over its repetitions: faithfulness 0.57" in shown.stdout


def test_a_conversation_goes_on_after_a_resume() -> None:
    """Turns that were answered in an earlier session are not asked again, and those after them know of them."""
    down = True

    def service(request: Request) -> Response:
        if down and request.body["query"] == "b?":
            return Response(status=400, body={})
        history = [one["content"] for one in request.body["history"]]
        return Response(body={"answer": f"after {len(history)}", "contexts": []})

    rows = [{"id": name, "question": f"{name}?", "chat": "x"} for name in "abc"]
    body = {"query": "{{ user_input }}", "history": "{{ history | tojson }}"}
    with RagServer(lambda request: service(_parsed(request))) as server:
        code, _, _ = _run(server, "chat", rows, conversation="metadata.chat", body=body)
        assert code == 3, "nothing was retrieved, so that faithfulness has no value"
        down = False
        result = CliRunner().invoke(app, ["run", "--resume", "latest", "--retry-errors", "-q", "--json"])
        assert result.exit_code == 3, result.output
        asked = [request.body["query"] for request in server.requests]
    with runs.find("latest", Path("runs")).open_() as journal:
        replies = {row.case.id: row.reply for row in journal.rows()}
    assert asked == ["a?", "b?", "b?", "c?"]
    said = {key: reply.response for key, reply in replies.items() if isinstance(reply, Answer)}
    assert said == {"a": "after 0", "b": "after 2", "c": "after 4"}


def _parsed(request: Request) -> Request:
    history = json.loads(request.body["history"])
    return Request(
        request.method, request.path, request.headers, request.query, {**request.body, "history": history}, 0
    )
