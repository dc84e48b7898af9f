"""The page about failures is done as it stands, with a service and a model that fail so."""

import json
import re
import shlex
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from support.judge_server import JudgeServer
from support.rag_server import RagServer, Request, Response, plain
from typer.testing import CliRunner

from rag_eval.cli import app
from rag_eval.resilience.contact import MOST

PAGE = Path(__file__).resolve().parents[1] / "docs" / "troubleshooting.md"
_FILE = re.compile(r"```yaml\n# (\S+)\n(.*?)```", re.DOTALL)
_STEP = re.compile(r"```console\n\$ (.*?)\n(.*?)```", re.DOTALL)
_RUN = re.compile(r"\d{8}-\d{6}-")
_LINE = re.compile(r"^\d{4}-\d\d-\d\dT\S+ ")
_UNTIL = re.compile(r"until=\d\d:\d\d:\d\d")
_SECONDS = re.compile(r"\b\d+(\.\d+)? s\b")
_CASE = re.compile(r"case=\S+")
_ERRNO = re.compile(r"\[Errno \d+\]")
_KEPT = re.compile(r"^\d+ cases")
_REFUSALS: Mapping[str, tuple[int, dict[str, str]]] = {
    "gpt-9": (404, {"message": "The model `gpt-9` does not exist", "code": "model_not_found"}),
    "spent": (429, {"message": "You exceeded your current quota", "code": "insufficient_quota"}),
}
"""What the judge says to who asks for a model that it does not have, or that nobody pays for."""


class Refusing(JudgeServer):
    """A judge that has one model, and counts what else it is asked."""

    refused = 0

    def chat(self, said: dict[str, Any]) -> tuple[int, Mapping[str, str], bytes]:
        """Answer for the model that there is."""
        if said["model"] not in _REFUSALS:
            return super().chat(said)
        self.refused += 1
        status, error = _REFUSALS[said["model"]]
        return status, {}, json.dumps({"error": error}).encode()


def _guarded(request: Request) -> Response:
    if request.headers.get("authorization") != "Bearer right":
        return Response(401, {"detail": "bad key"})
    return Response(body=plain(request.body["query"]))


@pytest.fixture
def _servers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[RagServer, Refusing]]:
    """What the page asks, its files with the addresses that they have here, and jitter that draws its least wait."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SUPPORT_KEY", "right")
    monkeypatch.setenv("OLD_KEY", "wrong")
    monkeypatch.setattr("random.Random.uniform", lambda _self, low, _high: low)
    questions = [
        {"user_input": f"What does the ferry to island {n} cost?", "reference": f"{n} pounds"} for n in range(40)
    ]
    Path("questions.jsonl").write_text("\n".join(map(json.dumps, questions)))
    with RagServer(_guarded) as service, Refusing() as judge:
        for name, text in _FILE.findall(PAGE.read_text()):
            there = text.replace("http://127.0.0.1:8000", service.url).replace("http://127.0.0.1:4000/v1", judge.url)
            Path(name).write_text(there)
        yield service, judge


def _plain(text: str) -> list[str]:
    """The lines of an output, without what differs from time to time."""
    for pattern, fixed in (
        (_RUN, "…-"),
        (_UNTIL, "until=…"),
        (_SECONDS, "… s"),
        (_CASE, "case=…"),
        (_ERRNO, "[Errno …]"),
    ):
        text = pattern.sub(fixed, text)
    lines = (_KEPT.sub("… cases", _LINE.sub("", line)) for line in text.splitlines())
    return [" ".join(line.split()) for line in lines if line.strip()]


@pytest.mark.slow
def test_the_page_is_true(_servers: tuple[RagServer, Refusing]) -> None:  # noqa: PT019 - its value is used
    """Every command of it prints what stands there, and nobody is asked more than five times for a wrong setting."""
    service, judge = _servers
    steps = _STEP.findall(PAGE.read_text())
    assert len(steps) >= 11
    for command, expected in steps:
        asked, called = service.asked.total(), judge.asked.total() + judge.refused
        output = CliRunner().invoke(app, shlex.split(command)[1:]).output
        there = output.replace(service.url, "http://127.0.0.1:8000").replace(judge.url, "http://127.0.0.1:4000/v1")
        lines, wanted = _plain(there), _plain(expected)
        # In any order: a terminal shows standard output and standard error as they come.
        assert {*wanted} - {"…"} <= {*lines}, f"$ {command}\n{there}"
        assert "…" in wanted or {*lines} <= {*wanted}, f"$ {command}\n{there}"
        assert service.asked.total() - asked <= MOST + 1, command  # one more, of which the judge is not asked
        assert "support.yaml" in command or judge.asked.total() + judge.refused - called <= MOST, command
