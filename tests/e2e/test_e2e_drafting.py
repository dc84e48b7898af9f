"""Draft questions by a model on loopback that misbehaves: the number asked for, or a count of what went wrong."""

import json
import random
import re
import signal
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml
from support.forker import Forker
from support.fuse import Fuse, signalled
from support.judge_server import Behaviour, Call, Fault, JudgeServer, model
from typer.testing import CliRunner

from rag_eval.cli import app
from rag_eval.language.prompts import read_input

ASKED = 12
GARBAGE = 0.35


def _judge(folder: Path, server: JudgeServer, **said: Any) -> Path:
    path = folder / "judge.yaml"
    judge = {"kind": "openai", "model": "m", "base_url": server.url, "retries": 1, "concurrency": 4, **said}
    path.write_text(yaml.safe_dump({"judge": judge}))
    return path


def _garbage(share: float) -> Behaviour:
    """On a share of calls: no JSON, cut off, an error, another shape, a quote from nowhere, an answer not borne out."""
    rng = random.Random(5)

    def behave(call: Call) -> Fault | None:
        if rng.random() >= share:
            return None
        made_up = {"question": "Which goat rules the western bog?", "answer": "Bella.", "quotes": ["Bella rules it."]}
        kinds = [
            Fault(content="I would rather talk about the weather."),
            Fault(content='{"question": "How'),
            Fault(status=500),
            Fault(content="{}"),
            Fault(content=json.dumps(made_up)) if call.shape == "DraftedQuestion" else Fault(content='{"verdict": 7}'),
            Fault(content=json.dumps({"verdict": 0, "reason": "no"})) if "Follows" in call.shape else Fault(content=""),
        ]
        return kinds[call.number % len(kinds)]

    return behave


def _diligent(call: Call) -> Fault:
    """What a model says that finds something to ask of any passage; its checks compare letter by letter."""
    given: Any = read_input(call.prompt)
    if call.shape == "FollowsVerdict":
        reply: dict[str, Any] = {"verdict": int(given["statement"] in given["context"])}
    elif call.shape == "AnswersVerdict":
        reply = {"verdict": 0}
    elif given["kind"] == "unanswerable":
        reply = {"question": f"Which emperor paid for mason {call.number} and for lot {call.number}?"}
    else:
        quotes = [passage["text"].strip().splitlines()[-1][-80:] for passage in given["passages"]]
        question = f"What is told of matter {call.number} and of thing {call.number}?"
        reply = {"question": question, "answer": "\n".join(quotes), "quotes": quotes}
    return Fault(content=json.dumps(reply))


def _build(source: Path, out: Path, *more: str) -> tuple[int, dict[str, Any], str]:
    argv = ["build-dataset", str(source), "-o", str(out), "--json", *more]
    result = CliRunner().invoke(app, argv)
    return result.exit_code, json.loads(result.stdout) if result.exit_code == 0 else {}, result.stderr


@pytest.fixture
def source(repository: Path) -> Path:
    """The pages of the demo's handbook."""
    return repository / "datasets" / "harbour" / "source" / "pages"


@pytest.fixture(autouse=True)
def _short_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Jitter draws its least wait."""
    monkeypatch.setattr("random.Random.uniform", lambda _self, low, _high: low)


@pytest.mark.slow
def test_garbage_on_a_third_of_the_calls(tmp_path: Path, source: Path) -> None:
    """All that were asked for are there, with spans that resolve; each try that failed is counted by its cause."""
    garbage = _garbage(GARBAGE)
    with JudgeServer(lambda call: garbage(call) or _diligent(call)) as server:
        judge = str(_judge(tmp_path, server))
        code, told, _ = _build(source, tmp_path / "out", "-n", str(ASKED), "--judge", judge)
    assert code == 0
    assert (told["asked"], told["short"]) == (ASKED, 0), told["not_drafted"]
    assert told["drafted"] == told["rows"] == ASKED
    causes = told["not_drafted"]
    assert {"judge: unparsable", "a quote that no passage holds"} <= set(causes)
    assert told["lineage"][-1]["details"]["not_drafted"] == causes
    for row in pq.read_table(tmp_path / "out" / "data" / "test.parquet").to_pylist():
        metadata = json.loads(row["metadata"])
        assert "draft" in row["tags"]
        assert metadata["draft"]["by"] == "m"
        assert bool(metadata["spans"]) == row["answerable"]
        for span in metadata["spans"]:
            text = (source / span["document"]).read_text()
            assert text[span["start"] : span["end"]] == span["text"]
            assert span["text"] in row["reference_contexts"][row["reference_context_ids"].index(span["context_id"])]
    assert not list(tmp_path.glob(".out*"))


def test_what_it_will_cost_is_said_first_and_a_budget_is_kept(tmp_path: Path, source: Path) -> None:
    """A dry run asks nobody; what is then spent is near it, and with half of it for a budget half of them are there."""
    with JudgeServer(_diligent) as server:
        judge = str(_judge(tmp_path, server, prices={"prompt": 1000, "completion": 0}))
        argv = ["build-dataset", str(source), "-o", str(tmp_path / "out"), "-n", "20", "--judge", judge, "--json"]
        planned = json.loads(CliRunner().invoke(app, [*argv, "--dry-run"]).stdout)
        assert server.asked.total() == 0
        assert not (tmp_path / "out").exists()
        _, told, _ = _build(source, tmp_path / "out", "-n", "20", "--judge", judge)
        assert told["drafted"] == 20
        assert planned["plan"]["calls"] == pytest.approx(told["usage"]["calls"], rel=0.2)
        assert planned["cost_usd"] == pytest.approx(planned["plan"]["prompt_tokens"] / 1000)
        budget = 0.1 * told["usage"]["calls"] / 2  # the server says 100 tokens of each prompt
        code, half, _ = _build(source, tmp_path / "half", "-n", "20", "--judge", judge, "--budget", f"{budget}")
    assert code == 0
    assert 5 <= half["drafted"] <= 15
    assert budget <= half["usage"]["calls"] * 0.1 <= budget + 4 * 4 * 0.1


def test_more_than_there_is_to_ask_is_said(tmp_path: Path) -> None:
    """A single page allows few questions: there are fewer than were asked for, and the report says how many and why."""
    page = tmp_path / "page.md"
    page.write_text("# Tolls\n\nThe bridge costs 4 pounds. If the gate is shut after dark, ring the bell twice.\n")
    result = CliRunner().invoke(app, ["build-dataset", str(page), "-o", str(tmp_path / "out"), "-n", "30"])
    assert result.exit_code == 0
    drafted = int(re.findall(r"out: (\d+) draft questions", result.stdout)[0])
    assert 0 < drafted < 30
    assert f"{30 - drafted} fewer than the 30 asked for; all passages were tried:" in result.stdout
    assert "nothing of this kind to ask" in result.stdout


def test_nothing_but_garbage_is_an_error(tmp_path: Path, source: Path) -> None:
    """Exit code 3 with the causes, after a few dozen tries and not thousands; nothing is left behind."""
    with JudgeServer(lambda call: Fault(content="pardon?")) as server:
        code, _, told = _build(source, tmp_path / "out", "-n", "500", "--judge", str(_judge(tmp_path, server)))
        assert code == 3
        assert "no question could be drafted" in told
        assert "judge: unparsable" in told
        assert server.asked.total() < 200
    assert not (tmp_path / "out").exists()


@pytest.mark.slow
def test_a_model_that_leaks_its_answers_is_found_out(tmp_path: Path, source: Path) -> None:
    """Questions that give their answer away are refused and counted as that."""

    def leaky(call: Call) -> Fault | None:
        if call.shape != "DraftedQuestion":
            return None
        said = json.loads(model(call.shape, call.prompt))
        said["question"] = (
            f"{said['question']} {said['answer']}" if said["question"] and call.number % 2 else said["question"]
        )
        return Fault(content=json.dumps(said))

    with JudgeServer(leaky) as server:
        code, told, _ = _build(source, tmp_path / "out", "-n", "12", "--judge", str(_judge(tmp_path, server)))
    assert code == 0
    assert told["not_drafted"]["a question that gives its answer away"] >= 3


@pytest.mark.slow
def test_a_kill_pays_for_nothing_twice(tmp_path: Path, source: Path, forker: Forker) -> None:
    """Killed in the middle and given again, the same command asks no prompt again that was answered before."""
    fuse = Fuse(30)
    with JudgeServer(lambda _: fuse.pass_()) as server:
        judge = str(_judge(tmp_path, server))
        argv = ["build-dataset", str(source), "-o", str(tmp_path / "out"), "-n", str(ASKED), "--judge", judge, "--json"]
        killed = signalled(forker, signal.SIGKILL, fuse.reached.is_set, *argv)
        assert killed.code == -signal.SIGKILL, killed.output
        assert server.answered.total() >= 20
        assert not (tmp_path / "out").exists()
        fuse.release()
        again = forker.run(*argv)
        assert again.code == 0, again.stderr
        assert json.loads(again.stdout)["drafted"] == ASKED
        twice = {prompt: count for prompt, count in server.answered.items() if count > 1}
        assert sum(count - 1 for count in twice.values()) <= 4, "at most what was in flight"
    with JudgeServer() as fresh:
        whole, told, _ = _build(source, tmp_path / "whole", "-n", str(ASKED), "--judge", str(_judge(tmp_path, fresh)))
    assert whole == 0
    assert told["fingerprint"] == json.loads(again.stdout)["fingerprint"]
