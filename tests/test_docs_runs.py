"""The page about runs is done as it stands, on forty runs."""

import re
import shlex
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from support import history
from support.history import Past
from support.runs import replay, rows
from typer.testing import CliRunner

from rag_eval import runs
from rag_eval.cli import app
from rag_eval.runs import tags

PAGE = Path(__file__).resolve().parents[1] / "docs" / "runs.md"
_TAB = "⇥"
_NEW = re.compile(r"\d{8}-\d{6}(?=-reranker-v2)")
_SIZE = re.compile(r"\d+(\.\d)? (B|kB|MB)\b")


@pytest.fixture
def _forty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A run every night, and some of a reranker by day, in a place where it is as late as in the ids."""
    monkeypatch.chdir(tmp_path)
    replay(tmp_path, "support", rows(2), mlflow={"enabled": False}, metrics=["latency"], runs="elsewhere")
    text = (tmp_path / "support.yaml").read_text()
    (tmp_path / "support.yaml").write_text(text.replace("runs: elsewhere", "runs: runs"))
    nights = [datetime(2025, 9, 26, 3, tzinfo=UTC) + timedelta(days=n) for n in range(34)]
    root = tmp_path / "runs"
    history.make(root, [
        *(Past(f"{night:%Y%m%d-%H%M%S}-support", right=15) for night in nights),
        *(Past(f"202510{day}-101500-reranker", right=18) for day in ("06", "13", "20", "28")),
        Past("20251029-143000-reranker", asked=7),
        Past("20251029-160000-reranker", asked=5, limit=5),
    ])  # fmt: skip
    tags.change(runs.RunFolder(root / "20251028-101500-reranker"), {"keep": "", "top-k": "8"})
    monkeypatch.setenv("TZ", "UTC")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def _done(line: str) -> str:
    """What a command prints, or a shell that completes one; it sorts what it shows."""
    if line.endswith(_TAB):
        words = line.removesuffix(_TAB)
        environ = {"COMP_WORDS": words, "COMP_CWORD": str(words.count(" ")), "_RAG_EVAL_COMPLETE": "complete_bash"}
        return "\n".join(sorted(CliRunner().invoke(app, [], env=environ, prog_name="rag-eval").output.splitlines()))
    return CliRunner().invoke(app, shlex.split(line)[1:]).output


def _pattern(expected: str) -> str:
    """What an output must match: sizes and the id of a new run are any, and so is what `…` stands for."""
    lines = [".*" if line == "…" else re.escape(_plain(line)) for line in expected.splitlines()]
    return "\n".join(lines)


def _plain(text: str) -> str:
    masked = _SIZE.sub("SIZE", _NEW.sub("NOW", text))
    return "\n".join(" ".join(line.split()) for line in masked.strip().splitlines())


@pytest.mark.slow
@pytest.mark.usefixtures("_forty")
def test_the_page_is_true() -> None:
    """Every command of it prints what stands there, from the first to the last."""
    blocks = re.findall(r"```console\n(.*?)```", PAGE.read_text(), flags=re.DOTALL)
    steps = [step for block in blocks for step in re.split(r"^\$ ", block, flags=re.MULTILINE) if step]
    assert len(steps) >= 12
    for step in steps:
        line, _, expected = step.partition("\n")
        out = _plain(_done(line))
        assert re.fullmatch(_pattern(expected.strip()), out, flags=re.DOTALL), f"$ {line}\n{out}"
