"""Asking the variants of a sweep: how many at a time, what each may use of the others, and what a stop leaves."""

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from support import samples

from rag_eval import pipeline
from rag_eval.evaluation import session
from rag_eval.records import Usage
from rag_eval.sweep import asking
from rag_eval.sweep.asking import Progress, SweepPart
from rag_eval.sweep.folder import SweepFolder, SweepState
from rag_eval.sweep.variants import Variant


@dataclass
class Folder:
    """The folder of a run."""

    path: Path

    def open_(self) -> Any:
        """What it has replied, to be read."""
        return nullcontext(f"kept {self.path.name}")


@dataclass
class Job:
    """A run that is being asked."""

    folder: Folder
    spent: list[int] = field(default_factory=lambda: [0])

    @property
    def journal(self) -> str:
        """What it replies."""
        return f"asking {self.folder.path.name}"

    def usage(self) -> Usage:
        """What it has spent so far."""
        return Usage(calls=self.spent[0])


def progress(folder: Path, parallel: int = 1) -> Progress:
    """Of a sweep that has just begun."""
    return Progress(SweepFolder(folder), SweepState(parallel=parallel))


def part(name: str) -> SweepPart:
    """A variant that is to be asked."""
    plan: Any = SimpleNamespace(name=name, gates=())
    return SweepPart(Variant(f"label {name}", {}, samples.experiment(name=name)), plan, None)


class Sweep:
    """Takes down what is done, without a system or a judge."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, folder: Path, parallel: int) -> None:
        self.events: list[str] = []
        self.stores: list[Any] = []
        self.fails = ""
        self.most = 0
        self.under_way = 0
        self.seen: dict[str, list[Any]] = {}
        self.told: list[str] = []
        monkeypatch.setattr(session, "begin", self.begin)
        monkeypatch.setattr(session, "clocked", lambda _: nullcontext())
        monkeypatch.setattr(session, "ask_and_score", self.ask)
        monkeypatch.setattr(
            asking._Session, "write_reports", lambda _, part: self.events.append(f"wrote {part.plan.name}")
        )
        self.folder, self.progress = folder, progress(folder, parallel)

    @contextmanager
    def begin(self, plan: Any, *_: Any, **__: Any) -> Iterator[Job]:
        """A run of a variant."""
        self.events.append(f"began {plan.name}")
        yield Job(Folder(self.folder / plan.name))

    async def ask(self, job: Any, *_: Any) -> None:
        """Ask, and see what others have replied."""
        name = job.folder.path.name
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        self.seen[name] = [store for store in self.stores if store != job.journal]
        job.spent[0] += 3
        try:
            for _turn in range(5):
                await asyncio.sleep(0)
            if name == self.fails:
                raise ValueError(f"{name} failed")
            for _turn in range(5):
                await asyncio.sleep(0)
            self.events.append(f"asked {name}")
        finally:
            self.under_way -= 1

    def run(self, *names: str) -> None:
        """All of them."""
        with ExitStack() as stack:
            sharing: Any = None
            asked = asking._Session(
                self.progress, pipeline.Options(), lambda *_: None, self.told.append, sharing, self.stores, stack
            )
            asyncio.run(asked.all([part(name) for name in names]))


def test_one_after_the_other_each_is_written_before_the_next_begins(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """So that a sweep that is stopped has the reports of what was done."""
    sweep = Sweep(monkeypatch, tmp_path, 1)
    sweep.run("a", "b")
    assert sweep.events == ["began a", "asked a", "wrote a", "began b", "asked b", "wrote b"]
    assert sweep.told == [f"1/2 label a → {tmp_path / 'a'}", f"2/2 label b → {tmp_path / 'b'}"]


def test_what_a_judge_said_for_one_is_there_for_the_next(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """From what stands in its journal; what is being asked is in the list only so long."""
    sweep = Sweep(monkeypatch, tmp_path, 1)
    sweep.run("a", "b")
    assert sweep.seen == {"a": [], "b": ["kept a"]}
    assert sweep.stores == ["kept a", "kept b"]


def test_so_many_are_asked_at_a_time(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """And no more; reports wait, as making them would hold up the others."""
    sweep = Sweep(monkeypatch, tmp_path, 2)
    sweep.run("a", "b", "c")
    assert sweep.most == 2
    assert not any(event.startswith("wrote") for event in sweep.events)
    assert sweep.seen["b"] == ["asking a"]


def test_where_one_breaks_the_others_end_and_it_is_told_why(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """As the error that it was; nothing stays behind among what judges have said, and what was spent is known."""
    sweep = Sweep(monkeypatch, tmp_path, 2)
    sweep.fails = "a"
    with pytest.raises(ValueError, match="a failed"):
        sweep.run("a", "b", "c")
    assert "asked b" not in sweep.events
    assert "began c" not in sweep.events
    assert sweep.stores == []
    assert sweep.progress.usage() == Usage(calls=6)


def test_whose_a_run_is_is_remembered_before_it_asks_anything(tmp_path: Path) -> None:
    """A kill in the next moment leaves a run that is gone on with, and not one that nobody knows."""
    kept = progress(tmp_path)
    job: Any = Job(Folder(tmp_path / "runs" / "r1"))
    kept.begin("a", job)
    assert SweepFolder(tmp_path).read().runs == {"a": str(tmp_path / "runs" / "r1")}
    other: Any = Job(Folder(tmp_path / "runs" / "r2"))
    kept.begin("b", other)
    assert SweepFolder(tmp_path).read().runs.keys() == {"a", "b"}


def test_what_is_spent_is_that_of_all_runs(tmp_path: Path) -> None:
    """Of those under way as it grows, and of those that have ended as it was."""
    kept = progress(tmp_path)
    first: Any = Job(Folder(tmp_path / "r1"))
    second: Any = Job(Folder(tmp_path / "r2"))
    assert kept.usage() == Usage()
    for name, job in (("a", first), ("b", second)):
        kept.begin(name, job)
    first.spent[0], second.spent[0] = 2, 3
    assert kept.usage().calls == 5
    kept.end("a", first)
    first.spent[0], second.spent[0] = 100, 4
    assert kept.usage().calls == 6


def test_where_nothing_is_left_nothing_is_asked(tmp_path: Path) -> None:
    """Nor shown."""

    def display(_: Any) -> Any:
        pytest.fail("something was shown")

    assert asking.ask([], [], progress(tmp_path), pipeline.Options(), display, lambda _: None) == {}
