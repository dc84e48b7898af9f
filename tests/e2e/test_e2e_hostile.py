"""A service that misbehaves: every case ends answered or as a failure with its reason, none twice, none lost."""

import json
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.hostile import FAULTS, Hostile
from typer.testing import CliRunner

from rag_eval import runs
from rag_eval.cli import app
from rag_eval.records import Answer, Failure

CASES = 60


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("random.Random.uniform", lambda _self, low, _high: low)


def _experiment(service: Hostile, cases: int = CASES, **target: Any) -> Path:
    rows = [{"id": f"c{n}", "question": f"Question {n}?"} for n in range(cases)]
    Path("questions.jsonl").write_text("\n".join(map(json.dumps, rows)))
    said = {
        "name": "hostile",
        "dataset": "questions.jsonl",
        "target": {
            "kind": "http",
            "url": f"{service.url}/ask",
            "select": {"response": "answer", "retrieved_contexts": "contexts[].text"},
            "timeout": 4,
            "breaker": {"failures": 5, "recovery": 0.2, "patience": 60},
            **target,
        },
        "metrics": ["latency"],
        "min_coverage": 0,
        "mlflow": {"enabled": False},
    }
    Path("hostile.yaml").write_text(yaml.safe_dump(said))
    return Path("hostile.yaml")


def _run(*argv: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["run", *argv, "-q", "--json"])
    return result.exit_code, result.stderr


def _replies() -> dict[str, Answer | Failure]:
    folder = runs.find("latest", Path("runs"))
    with folder.open_() as journal:
        return {row.case.user_input: row.reply for row in journal.rows()}


@pytest.mark.slow
def test_a_third_of_the_calls_go_wrong() -> None:
    """Each case is there once: answered with its own answer, or failed for what its last call met."""
    with Hostile(share=0.3) as service:
        code, told = _run(str(_experiment(service, concurrency=8)))
        assert code == 0, told
        replies = _replies()
        assert len(replies) == CASES
        for question, reply in replies.items():
            last = service.did[question][-1]
            if isinstance(reply, Answer):
                assert last == "answered"
                assert reply.response == f"It is said: {question}"
                assert service.answered(question) == 1
            else:
                assert reply.reason == FAULTS[last], (question, service.did[question], reply.message)
                assert service.answered(question) == 0
        kinds = Counter(type(reply).__name__ for reply in replies.values())
        assert kinds["Answer"] > CASES / 2
        assert len({fault for did in service.did.values() for fault in did}) == len(FAULTS) + 1


@pytest.mark.slow
def test_a_breaker_pauses_and_goes_on() -> None:
    """After five failures in a row asking stops, but for one probe at a time; afterwards all is answered."""
    with Hostile(share=0, down=lambda number: 10 < number <= 20) as service:
        code, told = _run(str(_experiment(service, 40, concurrency=4, retries=6)))
        assert code == 0, told
        assert all(isinstance(reply, Answer) for reply in _replies().values())
        assert "the service fails, asking is paused" in told
        assert "the service answers again" in told
        gaps = [later.at - one.at for one, later in zip(service.calls, service.calls[1:], strict=False)]
        paused = [gap for gap in gaps[10:20] if gap > 0.15]
        assert len(paused) >= 2, "each probe waits for the recovery time"
        assert len(service.calls) <= 40 + 10 + 4


@pytest.mark.slow
def test_patience_ends_and_the_run_is_resumed() -> None:
    """A service that stays down ends the run with 3; what was answered is kept, the rest is asked when it is back."""
    with Hostile(share=0, down=lambda number: number > 10) as service:
        breaker = {"failures": 3, "recovery": 0.1, "patience": 1}
        path = _experiment(service, 30, concurrency=2, breaker=breaker)
        code, told = _run(str(path))
        assert code == 3
        assert "has been failing for" in told
        assert "rag-eval run --resume" in told
        kept = {question for question, reply in _replies().items() if isinstance(reply, Answer)}
        assert len(kept) == 10
        service.down = lambda _: False
        code, told = _run("--resume", "latest", "--retry-errors")
        assert code == 0, told
        replies = _replies()
        assert len(replies) == 30
        assert all(isinstance(reply, Answer) for reply in replies.values())
        assert {service.answered(question) for question in replies} == {1}


@pytest.mark.slow
def test_the_observed_rate_never_passes_the_limit() -> None:
    """Counted where the requests arrive, none comes before the limit allows it."""
    with Hostile(share=0.2, faults=("503", "429", "closed")) as service:
        path, began = _experiment(service, 40, concurrency=8, rate="20/second", breaker=None), time.monotonic()
        code, told = _run(str(path))
        assert code == 0, told
        assert len(service.calls) > 40
        early = [number for number, call in enumerate(service.calls) if call.at - began < number // 20]
        assert early == []


@pytest.mark.slow
def test_what_is_in_flight_adapts() -> None:
    """A service that bears three at a time is soon asked no more than it bears, and all is answered."""
    with Hostile(share=0, capacity=3, seconds=0.03) as service:
        code, told = _run(str(_experiment(service, 80, concurrency=24, retries=10)))
        assert code == 0, told
        assert all(isinstance(reply, Answer) for reply in _replies().values())
        refused = [place for place, did in enumerate(service.did.values()) if "429" in did]
        assert service.peak > 3
        assert len(refused) < 60
        late = [fault for did in list(service.did.values())[60:] for fault in did]
        assert late.count("429") <= len(late) / 3
