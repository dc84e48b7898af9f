"""What takes long to import is imported while the first question is asked."""

import asyncio
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from support.replays import experiment
from support.runs import rows
from support.scripted import connected

from rag_eval import config, metrics
from rag_eval.errors import TargetError
from rag_eval.evaluation.engine import Work, drive
from rag_eval.evaluation.heavy_imports import HeavyImports, needed
from rag_eval.journal import JournalWriter
from rag_eval.judges.kinds.embedded import EmbeddedJudgeConfig
from rag_eval.judges.openai.settings import OpenAIJudgeConfig
from rag_eval.records import Answer, Case, Score

Heavy = Callable[[Callable[[], object]], str]
ADAPTER = "rag_eval.metrics.ragas.adapter"


@pytest.fixture
def heavy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Heavy:
    """Makes a module that does something when it is imported."""

    def made(work: Callable[[], object]) -> str:
        monkeypatch.setitem(sys.modules, "heavy_work", SimpleNamespace(work=work))
        (tmp_path / "heavy_module.py").write_text("import heavy_work\n\nheavy_work.work()\n")
        monkeypatch.syspath_prepend(tmp_path)
        monkeypatch.delitem(sys.modules, "heavy_module", raising=False)
        return "heavy_module"

    return made


@pytest.mark.parametrize(
    ("names", "judge", "modules"),
    [
        (["recall@5"], EmbeddedJudgeConfig(), ["rag_eval.judges.embedded.judge"]),
        (
            ["faithfulness", "context_recall"],
            OpenAIJudgeConfig(kind="openai", model="m"),
            [ADAPTER, "rag_eval.judges.openai.backend", "rag_eval.judges.shapes"],
        ),
    ],
)
def test_what_is_needed_is_named_once(names: list[str], judge: config.JudgeConfig, modules: list[str]) -> None:
    """By the metrics and by the judge."""
    assert [*needed(metrics.select(names), judge)] == modules


def test_a_thread_imports_once_for_all_who_wait(heavy: Heavy) -> None:
    """One of them that gives up takes nothing from the others; what follows is done once."""
    threads: list[str] = []
    then: list[str] = []
    go = threading.Event()

    def work() -> None:
        go.wait(10)
        threads.append(threading.current_thread().name)

    imports = HeavyImports([heavy(work)], lambda: then.append("then"))

    async def wait() -> None:
        waiting = [asyncio.create_task(imports.done()) for _ in range(3)]
        await asyncio.sleep(0)
        waiting[0].cancel()
        imports.begin()
        assert not threads
        go.set()
        await asyncio.gather(*waiting[1:])
        await imports.done()

    asyncio.run(wait())
    assert (threads, then) == (["imports"], ["then"])


def test_nothing_is_begun_where_all_is_there(monkeypatch: pytest.MonkeyPatch) -> None:
    """No thread, and nobody waits."""
    monkeypatch.setattr(threading, "Thread", None)
    imports = HeavyImports(["json", "asyncio"])
    imports.begin()
    asyncio.run(imports.done())


class Target:
    """Tells that it was asked."""

    def __init__(self) -> None:
        self.asked = threading.Event()

    async def answer(self, _: Case) -> Answer:
        """An answer, once the loop has had its turn."""
        await asyncio.sleep(0)
        self.asked.set()
        return Answer(response="fine")


class Broken(Target):
    """Has no answer."""

    async def answer(self, case: Case) -> Answer:
        """Fails."""
        await super().answer(case)
        raise TargetError("none", reason="timeout")


class Metric:
    """Scores 1 where the module is there."""

    name, version, needs = "there", "1", ()
    higher_is_better = bounded = True

    async def score(self, _: Case, __: Answer) -> Score:
        """Whether the import is done."""
        return Score(value=float("heavy_module" in sys.modules))


def _drive(tmp_path: Path, target: Target, imports: HeavyImports) -> dict[str, float]:
    cases = [Case(id=f"c{n}", user_input="?") for n in range(3)]
    with JournalWriter.create(tmp_path / "journal.db") as journal:
        work: Any = Work(target, [connected(Metric())], journal, asking=1, scoring=2, imports=imports)
        asyncio.run(drive(work, cases))
        return journal.values("there")


def test_a_question_is_asked_before_an_import_is_done(tmp_path: Path, heavy: Heavy) -> None:
    """And nothing is scored before it is."""
    target = Target()
    imports = HeavyImports([heavy(lambda: target.asked.wait(10) or pytest.fail("nobody asked"))])
    assert _drive(tmp_path, target, imports) == {"c0": 1.0, "c1": 1.0, "c2": 1.0}


def test_an_import_that_fails_ends_the_run(tmp_path: Path, heavy: Heavy) -> None:
    """With its own error, and not with a failure for each case."""

    def fail() -> None:
        raise ImportError("libheavy.so: cannot open shared object file")

    imports = HeavyImports([heavy(fail)])
    with pytest.raises(ImportError, match="libheavy"):
        _drive(tmp_path, Target(), imports)
    with pytest.raises(ImportError, match="libheavy"):
        asyncio.run(imports.done())


def test_questions_without_an_answer_wait_for_no_import(tmp_path: Path, heavy: Heavy) -> None:
    """Nothing of them is scored."""
    go = threading.Event()
    imports = HeavyImports([heavy(lambda: go.wait(10) or pytest.fail("waited for"))])
    try:
        assert _drive(tmp_path, Broken(), imports) == {}
    finally:
        go.set()
    asyncio.run(imports.done())


def test_a_run_asks_before_heavy_libraries_are_there(tmp_path: Path) -> None:
    """They take seconds, in which somebody waits for a first sign."""
    target = tmp_path / "asked.py"
    target.write_text(
        "import os, sys\n\nclass Target:\n    async def answer(self, case):\n"
        "        print(*sys.modules, flush=True)\n        os._exit(0)\n"
    )
    judge = {"kind": "openai", "model": "m", "base_url": "http://127.0.0.1:9/v1"}
    made = experiment(
        tmp_path, *rows(1), target={"kind": "custom", "use": "asked:Target"}, judge=judge, metrics=["faithfulness"]
    )
    (tmp_path / "x.yaml").write_text(made.model_dump_json())
    command = [sys.executable, "-m", "rag_eval", "run", "x.yaml", "-q"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    loaded = {*done.stdout.split()}
    assert "rag_eval.evaluation.engine" in loaded, done.stderr
    heavy = {
        "ragas",
        "langchain_openai",
        "openai",
        "mlflow",
        "numpy",
        "pandas",
        "pyarrow",
        "scipy",
        "sklearn",
        "limits",
    }
    assert not loaded & heavy
