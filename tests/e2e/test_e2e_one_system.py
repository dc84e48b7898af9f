"""A resumed run is one system's, and what could not be read as it was meant is said."""

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.rag_server import RagServer, Request, Response, plain
from support.runs import only, replay, rows
from typer.testing import CliRunner, Result

from rag_eval import runs
from rag_eval.cli import app
from rag_eval.journal import Journal

CASES = 6
SECRET = "s3cret-0123456789-abcdef"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("NO_COLOR", "1")
    write_rows(range(CASES))


def write_rows(order: Any) -> None:
    """The dataset's rows, in an order."""
    lines = [{"id": f"c{n}", "question": f"Bridge {n}?", "reference": f"It is said: Bridge {n}?"} for n in order]
    Path("questions.jsonl").write_text("\n".join(map(json.dumps, lines)))


def write(url: str, **target: Any) -> None:
    """An experiment that gives up a service as soon as it is down."""
    target = {
        "kind": "http", "url": url, "concurrency": 1, "retries": 0,
        "breaker": {"failures": 1, "recovery": 0.02, "patience": 0.05}, **target,
    }  # fmt: skip
    said = {
        "name": "one", "dataset": "questions.jsonl", "metrics": ["latency"], "mlflow": {"enabled": False},
        "target": target, "min_coverage": 0,
    }  # fmt: skip
    Path("one.yaml").write_text(yaml.safe_dump(said))


def run(*argv: str) -> Result:
    """`rag-eval run`."""
    return CliRunner().invoke(app, ["run", "-q", *argv])


def resume(*more: str) -> Result:
    """Go on with the run."""
    return run("--resume", "latest", "--json", *more)


def journal() -> Journal:
    """That of the newest run."""
    return runs.find("latest").open_()


def up_to(answers: int) -> RagServer:
    """A service that is down after so many answers."""

    def answer(request: Request) -> Response:
        is_up = server.answered.total() < answers
        return Response(body=plain(request.body["query"])) if is_up else Response(503, {"error": "down"})

    server = RagServer(answer)
    return server


def change(**target: Any) -> None:
    """Edit the experiment of the newest run."""
    path = runs.find("latest").experiment
    said = yaml.safe_load(path.read_text())
    said["target"] |= target
    path.write_text(yaml.safe_dump(said))


EDITS: dict[str, dict[str, Any]] = {
    "target.body.k differs (not set and 9)": {"body": {"query": "{{ user_input }}", "k": 9}},
    "target.select.response differs (not set and contexts[0].text)": {"select": {"response": "contexts[0].text"}},
    "target.method differs (not set and PUT)": {"method": "PUT"},
    "target.headers.X-Mode differs (not set and fast)": {"headers": {"X-Mode": "fast"}},
    "target.stream.delta differs (not set and x)": {"stream": {"kind": "sse", "delta": "x"}},
}


@pytest.mark.slow
def test_an_edited_target_is_another_system() -> None:
    """The run is left as it is, and the message says what was changed, from what to what."""
    with up_to(3) as server:
        write(server.url)
        assert run("one.yaml").exit_code == 3
        begun = runs.find("latest").experiment.read_text()
        for words, edit in EDITS.items():
            runs.find("latest").experiment.write_text(begun)
            change(**edit)
            result = resume()
            assert result.exit_code == 2
            assert "cannot be resumed, it began otherwise" in result.stderr
            assert words in result.stderr
    with journal() as kept:
        assert kept.count() < CASES


@pytest.mark.slow
def test_another_address_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Is another system; another password for the same one is not, and neither stands in the journal."""
    with up_to(3) as server, RagServer() as other:
        monkeypatch.setenv("RAG_URL", server.url.replace("//", f"//ada:{SECRET}@") + f"/ask?sig={SECRET}&lang=en")
        monkeypatch.setenv("RAG_KEY", SECRET)
        write("${RAG_URL}", headers={"X-Api-Key": "${RAG_KEY}", "X-Tenant": "of ${RAG_KEY}"})
        assert run("one.yaml").exit_code == 3
        monkeypatch.setenv("RAG_URL", f"{other.url}/ask?sig=x&lang=en")
        result = resume()
        assert result.exit_code == 2
        assert f"target.url differs ({server.url}/ask" in result.stderr
        assert f"and {other.url}/ask" in result.stderr
        assert not other.requests
        server.answer = lambda request: Response(body=plain(request.body["query"]))
        monkeypatch.setenv("RAG_URL", server.url.replace("//", "//eve:renewed-0123456789@") + "/ask?sig=y&lang=en")
        assert resume().exit_code == 0
    with journal() as kept:
        assert kept.count() == CASES
        assert SECRET not in kept.meta.model_dump_json()


@pytest.mark.slow
def test_how_a_system_is_asked_may_change() -> None:
    """Concurrency, rate, time, retries, credentials; and a run of an older version knows nothing of all that."""
    with up_to(3) as server:
        write(server.url)
        assert run("one.yaml").exit_code == 3
        server.answer = lambda request: Response(body=plain(request.body["query"]))
        change(rate="100/second", timeout=9, retries=1, breaker=None)
        assert resume("-j", "3").exit_code == 0
        change(method="PUT")
        with runs.find("latest").write() as kept:
            kept._db.execute("DELETE FROM meta WHERE key = 'target'")
        assert resume().exit_code == 0


def test_other_captured_answers_are_another_system(tmp_path: Path) -> None:
    """By their content: in another order they are the same."""
    captured = rows(3)
    assert replay(tmp_path, "played", captured, mlflow={"enabled": False}).exit_code == 0
    folder, file = str(only(tmp_path, "played")), tmp_path / "played.jsonl"
    file.write_text("\n".join(map(json.dumps, reversed(captured))))
    assert run("--resume", folder).exit_code == 0
    captured[1]["response"] = "It is free."
    file.write_text("\n".join(map(json.dumps, captured)))
    result = run("--resume", folder)
    assert result.exit_code == 2
    assert "target.captured_answers differs" in result.stderr


@pytest.mark.parametrize("order", [range(CASES), [3, 0, 5, 1, 4, 2]])
def test_rows_in_another_order(order: Any) -> None:
    """Each question is asked once, and each has a place of its own; those that were asked keep theirs."""
    with up_to(3) as server:
        write(server.url)
        assert run("one.yaml").exit_code == 3
        with journal() as kept:
            before = kept.positions()
        write_rows(order)
        server.answer = lambda request: Response(body=plain(request.body["query"]))
        assert resume("--retry-errors").exit_code == 0
    assert max(server.answered.values()) == 1
    with journal() as kept:
        after = kept.positions()
    assert sorted(after.values()) == [*range(CASES)]
    assert before.items() <= after.items()


def test_a_metric_that_was_added() -> None:
    """Is scored for every case, those that were done too, and stands in the summary; others keep their versions."""
    with up_to(3) as server:
        write(server.url, select={"retrieved_contexts": "contexts[].text"})
        assert run("one.yaml").exit_code == 3
        path = runs.find("latest").experiment
        said = yaml.safe_load(path.read_text())
        path.write_text(yaml.safe_dump({**said, "metrics": ["faithfulness", "context_recall", "latency"]}))
        server.answer = lambda request: Response(body=plain(request.body["query"]))
        result = resume("--retry-errors")
    assert result.exit_code == 0, result.output
    summary = json.loads(result.stdout)
    shown = {
        "latency", "faithfulness", "faithfulness_min", "context_recall", "abstention", "answered", "overall",
    }  # fmt: skip
    assert {metric["name"]: metric["n"] for metric in summary["metrics"]} == dict.fromkeys(shown, CASES)
    assert {*summary["origin"]["metrics"]} == {*shown, "refused"}


def test_what_could_not_be_read_is_said() -> None:
    """Thoughts in answers, contexts without text, streams without an end: counted, and once in the report."""
    docs = [{"text": "Nine.", "id": 1}, {"text": None, "id": 2}]
    events = [{"delta": "<think>Hm.</think>"}, {"delta": "Nine."}, {"docs": docs}]
    body = "".join(f"data: {json.dumps(event)}\n\n" for event in events).encode()
    with RagServer(lambda _: Response(body=body, headers={"content-type": "text/event-stream"})) as server:
        select = {"retrieved_contexts": "docs[].text", "retrieved_context_ids": "docs[].id"}
        write(server.url, stream={"kind": "sse", "delta": "delta"}, select=select)
        said = yaml.safe_load(Path("one.yaml").read_text())
        Path("one.yaml").write_text(yaml.safe_dump({**said, "metrics": ["faithfulness", "time_to_first_token"]}))
        assert run("one.yaml").exit_code == 3, "faithfulness has a value for no case"
    folder = runs.find("latest")
    summary = json.loads(folder.summary.read_text())
    assert [summary[key] for key in ("thinking", "unknown_contexts", "without_end")] == [CASES] * 3
    faithfulness = summary["metrics"][0]
    assert faithfulness["not_applicables"] == {"contexts came without their text": CASES}
    report = folder.markdown.read_text()
    for words in ("what the model thought first", "without any sign of their end", "some have no text"):
        assert report.count(words) == 1
