"""Asking the variants of a sweep: one after the other, or a few at a time, with one judge whose replies they share."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path

from rag_eval import aio, judges, pipeline, runs
from rag_eval.evaluation import results, session
from rag_eval.evaluation.plan import Plan
from rag_eval.judges import CachedReplies
from rag_eval.ports import RunResult
from rag_eval.records import Usage
from rag_eval.sweep.folder import SweepFolder, SweepState
from rag_eval.sweep.variants import Variant

Tell = Callable[[str], None]


@dataclass(frozen=True)
class SweepPart:
    """A variant that is to be asked."""

    variant: Variant
    plan: Plan
    begun: runs.RunFolder | None
    """Its run, where an earlier session began it."""


@dataclass
class Progress:
    """Which runs belong to the variants, and what they have spent."""

    folder: SweepFolder
    state: SweepState
    spent: dict[str, Callable[[], Usage]] = field(default_factory=dict)

    def begin(self, name: str, job: session.RunJob) -> None:
        """Take up a run, and remember whose it is before it asks anything."""
        self.state = self.state.model_copy(update={"runs": {**self.state.runs, name: str(job.folder.path)}})
        self.folder.keep(self.state)
        self.spent[name] = job.usage

    def end(self, name: str, job: session.RunJob) -> None:
        """What it has spent will not grow."""
        usage = job.usage()
        self.spent[name] = lambda: usage

    def usage(self) -> Usage:
        """What all of them have spent so far."""
        return sum((spent() for spent in self.spent.values()), Usage())


def ask(
    parts: Sequence[SweepPart],
    done: Sequence[runs.RunFolder],
    progress: Progress,
    options: pipeline.Options,
    display: session.Display,
    tell: Tell,
) -> dict[str, RunResult]:
    """Ask and score what is left of every variant, and write it down; what came of each, by the name of its run.

    The judge's replies of runs that are `done` are used, too.
    """
    if not parts:
        return {}
    survey = replace(parts[0].plan.survey, total=sum(part.plan.survey.total for part in parts))
    started = session.RunStart(runs.RunFolder(progress.folder.path), survey, progress.usage)
    with ExitStack() as stack, display(started) as watch:
        stores: list[CachedReplies] = [stack.enter_context(folder.open_()) for folder in done]
        calls = asyncio.Semaphore(parts[0].plan.experiment.judge.concurrency)
        asking = _Session(progress, options, watch, tell, judges.JudgeSharing(stores, calls), stores, stack)
        aio.run_sync(aio.stoppable(asking.all(parts)))
        for part in parts:
            asking.write_reports(part)
        return asking.written


@dataclass(frozen=True)
class _Session:
    progress: Progress
    options: pipeline.Options
    watch: session.Watch
    tell: Tell
    sharing: judges.JudgeSharing
    stores: list[CachedReplies]
    """What the judge has replied in any run; those of runs that are being asked among them."""
    stack: ExitStack
    written: dict[str, RunResult] = field(default_factory=dict)

    def write_reports(self, part: SweepPart) -> None:
        """Make everything that is made from the run of a variant, once."""
        name = part.variant.experiment.name
        if name not in self.written:
            folder = runs.RunFolder(Path(self.progress.state.runs[name]))
            with folder.write() as journal:
                self.written[name] = results.write_reports(folder, journal, part.plan.gates)

    async def all(self, parts: Sequence[SweepPart]) -> None:
        """Every variant, so many at a time."""
        room = asyncio.Semaphore(self.progress.state.parallel)
        try:
            async with asyncio.TaskGroup() as group:
                for number, part in enumerate(parts, start=1):
                    group.create_task(self._in_turn(room, part, f"{number}/{len(parts)}"))
        except BaseExceptionGroup as error:
            raise error.exceptions[0] from error  # one is enough to tell; the others were cancelled because of it

    async def _in_turn(self, room: asyncio.Semaphore, part: SweepPart, number: str) -> None:
        async with room:
            await asyncio.sleep(0)  # where the one before has failed, that all of them end is heard first
            with session.begin(part.plan, part.begun, retry_errors=self.options.retry_errors) as job:
                self.tell(f"{number} {part.variant.label} → {job.folder.path}")
                await self._ask(part.variant.experiment.name, job)
            if self.progress.state.parallel == 1:  # else it would make those wait that are asked meanwhile
                self.write_reports(part)
            self.stores.append(self.stack.enter_context(job.folder.open_()))

    async def _ask(self, name: str, job: session.RunJob) -> None:
        self.progress.begin(name, job)
        self.stores.append(job.journal)
        try:
            with session.clocked(job.journal):
                await session.ask_and_score(job, self.watch, self.sharing)
        finally:
            self.progress.end(name, job)
            self.stores.remove(job.journal)
