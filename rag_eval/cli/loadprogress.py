"""How a load test is shown while it goes on: a live table on a terminal, now and then a line elsewhere."""

import time
from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.live import Live

from rag_eval.cli.guard import print_note
from rag_eval.loadtest.plan import LoadPlan
from rag_eval.loadtest.processes import LoadWatch
from rag_eval.loadtest.samples import Note, RequestSample
from rag_eval.loadtest.summary import endpoint
from rag_eval.reports.fitting import STYLE, Cell, FittingTable

EVERY_S = 10.0
"""Seconds between two plain lines."""
_HEADS = ("endpoint", "requests", "failed", "answered/s", "p50", "p95")
_REFRESH_S = 0.5
_LAST_S = 10.0
"""Seconds that times are shown of; counts are of the whole test."""


@contextmanager
def shown(plan: LoadPlan, folder: Path) -> Iterator[LoadWatch]:
    """Show a load test on standard error until it is over."""
    load = plan.load
    print_note(f"{load.users} users, {load.shape}, {load.duration:.0f} s, limits {_kept(plan)} → {folder}")
    console = Console(stderr=True)
    with _live(plan, console) if console.is_terminal else _plain(plan) as watch:
        yield watch


def _kept(plan: LoadPlan) -> str:
    return "kept" if plan.respect_limits else "ignored"


class _Seen:
    """What has been seen so far."""

    def __init__(self) -> None:
        self.requests: Counter[str] = Counter()
        self.failed: Counter[str] = Counter()
        self.last: deque[RequestSample] = deque()
        self.users = 0
        self.at = 0.0

    def take(self, line: RequestSample | Note) -> None:
        """Add a line."""
        if isinstance(line, Note):
            self.users = int(line.value) if line.what == "users" else self.users
            self.at = max(self.at, line.at)
            return
        self.requests[line.endpoint] += 1
        self.failed[line.endpoint] += bool(line.kind)
        self.at = max(self.at, line.at + line.seconds)
        self.last.append(line)
        while self.last and self.last[0].at + self.last[0].seconds < self.at - _LAST_S:
            self.last.popleft()

    def table(self, plan: LoadPlan) -> FittingTable:
        """The state as a table."""
        title = f"{self.at:.0f} of {plan.load.duration:.0f} s, {self.users} users"
        rows = [self._row(name) for name in sorted(self.requests)]
        return FittingTable("endpoint", [[head for head in _HEADS if head != "endpoint"]], rows, title=title)

    def _row(self, name: str) -> dict[str, Cell]:
        lately = endpoint(
            name, [sample for sample in self.last if sample.endpoint == name], min(self.at, _LAST_S) or 1.0
        )
        times = [_seconds(lately.at(percent).seconds) for percent in (50, 95)]
        counts = (str(self.requests[name]), str(self.failed[name]), f"{lately.throughput:.1f}")
        cells: dict[str, Cell] = dict(zip(_HEADS, (name, *counts, *times), strict=True))
        return {**cells, STYLE: "red" if self.failed[name] else ""}

    def line(self, plan: LoadPlan) -> str:
        """The state on one line."""
        summary = endpoint(
            "all", [sample for sample in self.last if sample.endpoint != "login"], min(self.at, _LAST_S) or 1.0
        )
        return (
            f"{self.at:.0f}/{plan.load.duration:.0f} s, {self.users} users, {self.requests.total()} requests, "
            f"{self.failed.total()} failed, {summary.throughput:.1f}/s, p95 {_seconds(summary.at(95).seconds)}"
        )


def _seconds(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


@contextmanager
def _live(plan: LoadPlan, console: Console) -> Iterator[LoadWatch]:
    seen = _Seen()
    with Live(seen.table(plan), console=console, auto_refresh=False, transient=True) as live:
        yield _now_and_then(seen, _REFRESH_S, lambda: live.update(seen.table(plan), refresh=True))


@contextmanager
def _plain(plan: LoadPlan) -> Iterator[LoadWatch]:
    seen = _Seen()
    yield _now_and_then(seen, EVERY_S, lambda: print_note(seen.line(plan)))


def _now_and_then(seen: _Seen, seconds: float, show: Callable[[], None]) -> LoadWatch:
    last = time.monotonic()

    def watch(line: RequestSample | Note) -> None:
        nonlocal last
        seen.take(line)
        if time.monotonic() - last >= seconds:
            last = time.monotonic()
            show()

    return watch
