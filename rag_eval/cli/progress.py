"""How a run is shown while it goes on: a live line on a terminal, now and then a plain one elsewhere."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    ProgressColumn,
    Task,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)
from rich.text import Text

from rag_eval.cli.guard import print_note
from rag_eval.evaluation.engine import CaseEvent
from rag_eval.evaluation.session import RunStart, Watch
from rag_eval.ports import PushProgress
from rag_eval.records import Usage

_LONG_RUN = 1000
"""Cases of which the reports take long enough that it is said."""
_WIDE, _MIDDLING = 80, 66
"""Letters of a line from which on more is shown."""
EVERY = 10.0
"""Seconds between two plain lines."""


@contextmanager
def shown(started: RunStart) -> Iterator[Watch]:
    """Show a run on standard error until it is done."""
    print_note(f"{started.survey.asked} cases → {started.folder.path}")
    console = Console(stderr=True)
    with _live(started, console) if console.is_terminal else _plain(started) as watch:
        yield watch
    if started.survey.asked >= _LONG_RUN:
        print_note("writing reports …")


@contextmanager
def _live(started: RunStart, console: Console) -> Iterator[Watch]:
    counted = _Counted(time.monotonic, started.wave)
    with Progress(*columns(console.width), console=console, transient=False) as progress:
        bar = progress.add_task("scored", total=started.survey.asked, failed=0, rate="", spend="", wave=started.wave)

        def watch(event: CaseEvent) -> None:
            counted.take(event)
            spend = spend_text(started.usage())
            progress.update(bar, completed=counted.done, failed=counted.failed, rate=counted.rate, spend=spend)

        yield watch


class _EndColumn(TimeRemainingColumn):
    """Seconds that are left, once as many cases are done as are under way at a time."""

    def render(self, task: Task) -> Text:
        """The time, or that it is not known yet."""
        return super().render(task) if task.completed >= task.fields.get("wave", 1) else Text("-:--:--")


def columns(width: int) -> tuple[ProgressColumn, ...]:
    """What is shown of a run in one line; with little room less, rather than numbers that are cut."""
    parts: tuple[tuple[int, ProgressColumn], ...] = (
        (0, TextColumn("[bold]{task.description}")),
        (0, BarColumn()),
        (0, MofNCompleteColumn()),
        (0, TextColumn("{task.fields[failed]} failed")),
        (_WIDE, TextColumn("{task.fields[rate]}")),
        (_WIDE, TimeElapsedColumn()),
        (_MIDDLING, TextColumn("ETA")),
        (_MIDDLING, _EndColumn()),
        (0, TextColumn("{task.fields[spend]}")),
    )
    return tuple(column for least, column in parts if width >= least)


@contextmanager
def _plain(started: RunStart) -> Iterator[Watch]:
    counted = _Counted(time.monotonic, started.wave)
    last = time.monotonic()

    def watch(event: CaseEvent) -> None:
        nonlocal last
        counted.take(event)
        if time.monotonic() - last >= EVERY or counted.done == started.survey.asked:
            last = time.monotonic()
            print_note(counted.line(started.survey.asked, started.usage()))

    yield watch


@contextmanager
def pushing(*, quiet: bool = False) -> Iterator[PushProgress]:
    """Show on a terminal how many cases MLflow has; elsewhere nothing, as it is soon over."""
    console = Console(stderr=True)
    bar = Progress(
        TextColumn("[bold]{task.description}"), BarColumn(), MofNCompleteColumn(), console=console, transient=True
    )

    def show(written: int, total: int) -> None:
        if not bar.tasks:  # begun this late, as the scores are shown until then
            bar.add_task("MLflow", total=total)
            bar.start()
        bar.update(bar.task_ids[0], completed=written, refresh=True)
        if written >= total:
            bar.stop()

    try:
        yield show if console.is_terminal and not quiet else lambda _, __: None
    finally:
        if bar.tasks:  # where it was never shown, to stop it would print an empty line
            bar.stop()


class _Counted:
    """What has been done so far in this session."""

    def __init__(self, clock: Callable[[], float], wave: int = 1) -> None:
        self._clock, self._wave = clock, wave
        self._began = clock()
        self.done = 0
        self.failed = 0

    def take(self, event: CaseEvent) -> None:
        """Count one event."""
        if event.kind == "scored":
            self.done += 1
            self.failed += event.failed

    @property
    def per_second(self) -> float:
        """Cases scored in a second of this session."""
        return self.done / max(self._clock() - self._began, 1e-6)

    @property
    def rate(self) -> str:
        """The same for people."""
        return f"{self.per_second:.1f}/s"

    def line(self, total: int, usage: Usage) -> str:
        """How far it is, how fast, and what it has spent, on one line."""
        eta = f", ETA {(total - self.done) / self.per_second:.0f} s" if self._wave <= self.done < total else ""
        spend = f", {spend_text(usage)}" if spend_text(usage) else ""
        return f"{self.done}/{total} scored, {self.failed} failed, {self.rate}{eta}{spend}"


def spend_text(usage: Usage) -> str:
    """What has been spent: money where prices are known, else tokens, else nothing."""
    if usage.cost_usd is not None:
        return f"${usage.cost_usd:.2f}"
    tokens = usage.prompt_tokens + usage.completion_tokens
    return f"{tokens:,} tokens" if tokens else ""
