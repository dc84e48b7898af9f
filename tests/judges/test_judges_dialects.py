"""Runs with judges of six makes: whatever an endpoint refuses, and however it replies, no score is lost."""

import json
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from support.judge_dialects import DIALECTS, DialectServer
from support.judge_server import JudgeServer
from support.runs import only, replay, rows
from typer.testing import CliRunner

from rag_eval.cli import app
from rag_eval.journal import Journal
from rag_eval.records import Score, Summary

METRICS = ["faithfulness", "context_recall", "factual_correctness"]
ANSWERS = 30


@pytest.fixture(autouse=True)
def _scaled_in_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """A minute passes in half a second."""
    monkeypatch.setattr("rag_eval.resilience.pauses.FIRST", 1 / 120)
    monkeypatch.setattr("rag_eval.resilience.pauses.LONGEST", 0.5)


def judged(folder: Path, judge: JudgeServer, answers: int, name: str = "judged", **said: Any) -> Summary:
    """A run over so many answers."""
    settings = {"kind": "openai", "model": "m", "base_url": judge.url, **said}
    result = replay(folder, name, rows(answers), judge=settings, metrics=METRICS, mlflow={"enabled": False})
    assert result.exit_code == 0, result.output
    return Summary.model_validate_json((only(folder, name) / "summary.json").read_text())


def scores(summary: Summary) -> dict[str, int]:
    """Metric to number of scores."""
    return {metric.name: metric.n for metric in summary.metrics if metric.name in METRICS}


@pytest.mark.slow
@pytest.mark.parametrize("name", DIALECTS)
def test_every_score_is_there(name: str, tmp_path: Path) -> None:
    """30 answers by 3 metrics are 90 scores, and each parameter that is refused is told of once."""
    dialect = DIALECTS[name]
    with DialectServer(dialect) as judge:
        summary = judged(tmp_path, judge, ANSWERS)
    assert scores(summary) == dict.fromkeys(METRICS, ANSWERS)
    assert summary.judged.left_out == tuple(sorted(dialect.left_out))
    assert judge.methods[dialect.method] > 0.75 * judge.methods.total()
    assert judge.refused.total() <= 2 + len(dialect.left_out) or name in ("groq", "azure", "gemini")


class Metered(JudgeServer):
    """A gateway that lets ten calls through in half a second, and says of the others only that they are too many."""

    def __init__(self) -> None:
        super().__init__()
        self.refused = 0
        self._window: list[float] = []
        self._turn = threading.Lock()

    def chat(self, said: dict[str, Any]) -> tuple[int, Mapping[str, str], bytes]:
        """Answer, or refuse without `Retry-After`."""
        with self._turn:
            now = time.monotonic()
            self._window = [at for at in self._window if now - at < 0.5]
            if len(self._window) >= 10:
                self.refused += 1
                return 429, {}, b'{"error": {"message": "Rate limit exceeded: 10 rpm", "code": "429"}}'
            self._window.append(now)
        return super().chat(said)


def test_a_gateway_that_takes_ten_calls_a_minute_loses_none(tmp_path: Path) -> None:
    """It never says for how long to wait, and refused all six of six once."""
    with Metered() as judge:
        assert scores(judged(tmp_path, judge, 6, retries=1)) == dict.fromkeys(METRICS, 6)
    assert judge.refused > 0


class Falling(JudgeServer):
    """A gateway that may let a smaller model answer when the one asked for is away, and says so only by its name."""

    falls = False

    def chat(self, said: dict[str, Any]) -> tuple[int, Mapping[str, str], bytes]:
        """Answer by one of the two."""
        status, headers, body = super().chat(said)
        model = "gpt-4o-mini" if self.falls and self.asked.total() % 3 == 0 else "gpt-4o-2024-08-06"
        cost = {"x-litellm-response-cost": "0.001"}
        return status, {**headers, **cost}, json.dumps({**json.loads(body), "model": model}).encode()


@pytest.mark.slow
def test_a_silent_fallback_is_told_by_the_run_and_by_a_comparison(tmp_path: Path) -> None:
    """With how many replies it gave; and what the gateway says that they cost is what the run cost."""
    with Falling() as judge:
        whole = judged(tmp_path, judge, 6, name="whole", model="gpt-4o")
        judge.falls = True
        fallen = judged(tmp_path, judge, 6, name="fallen", model="gpt-4o")
    assert {*fallen.judged.models} == {"gpt-4o-2024-08-06", "gpt-4o-mini"}
    assert fallen.usage.cost_usd == pytest.approx(0.001 * fallen.usage.calls)
    with Journal.open_(only(tmp_path, "fallen") / "journal.db") as journal:
        scored = [row.outcomes["faithfulness"] for row in journal.rows()]
    signed = {each.evidence.details.get("answered_by") for each in scored if isinstance(each, Score)}
    assert signed == {"gpt-4o-mini", None}, "each score says whether another model had a part in it"
    told = f"of {fallen.usage.calls} replies {fallen.judged.models['gpt-4o-mini']} came from gpt-4o-mini"
    assert told in (only(tmp_path, "fallen") / "report.md").read_text()
    assert "came from" not in (only(tmp_path, "whole") / "report.md").read_text()
    result = CliRunner().invoke(app, ["compare", *(str(only(tmp_path, name)) for name in ("whole", "fallen"))])
    assert f"in A {whole.usage.calls} came from gpt-4o-2024-08-06, in B" in " ".join(result.output.split())
