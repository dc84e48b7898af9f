"""Many runs at a glance."""

import os
from collections.abc import Iterator
from pathlib import Path

from rag_eval.errors import MismatchError
from rag_eval.records import GateOutcome, Interval, Record
from rag_eval.runs import names, tags
from rag_eval.runs.folder import RunFolder
from rag_eval.runs.marks import Marks
from rag_eval.runs.outline import Outline, State, outline_of


class RunEntry(Record):
    """A line of a list of runs."""

    id: str
    path: str
    key: str
    """Tells the run from every other, also on other machines; nothing where it cannot be read."""
    name: str
    """The experiment's."""
    began: float
    """Seconds since 1970."""
    state: State
    cases: int
    """Cases that were asked."""
    planned: int
    """Cases that were to be asked."""
    progress: str
    """Both in words."""
    limited: str
    """How the run was limited: `--limit 5 of 16`; nothing where it was not."""
    gates: GateOutcome | None
    primary: str
    value: float | None
    """Mean of the primary metric."""
    interval: Interval | None
    """None of a run that has not ended."""
    size: int
    """Bytes in its folder."""
    tags: dict[str, str]
    baselines: tuple[str, ...]
    """The names of the baselines that were made of it."""
    problem: str
    """Why it cannot be read."""

    @property
    def folder(self) -> RunFolder:
        """Where it lies."""
        return RunFolder(Path(self.path))


def entries(root: Path, marks: Marks) -> list[RunEntry]:
    """All runs of a folder by when they began, the newest last; also what is no run, or cannot be read, with why."""
    runs = sorted((outline_of(folder) for folder in _folders(root)), key=lambda run: run.order)
    return [entry(run, marks) for run in runs]


def entry(run: Outline, marks: Marks) -> RunEntry:
    """A run's line in a list."""
    return RunEntry(
        id=run.folder.id,
        path=str(run.folder.path),
        key=run.key,
        name=run.name,
        began=run.began,
        state=run.state,
        cases=run.cases,
        planned=run.planned,
        progress=run.progress,
        limited=run.limited,
        gates=run.gates,
        primary=run.primary,
        value=run.value,
        interval=run.interval,
        size=sum(files(run.folder).values()),
        tags=tags.read(run.folder),
        baselines=marks.of(run.key, run.folder.id),
        problem=run.problem,
    )


def files(folder: RunFolder) -> dict[str, int]:
    """Name to bytes, of each file of a run, but for what SQLite shares between those who look into the journal."""
    sizes: dict[str, int] = {}
    for place, _, file_names in os.walk(folder.path):
        for path in (Path(place, name) for name in file_names if name != f"{names.JOURNAL}-shm"):
            try:
                sizes[str(path.relative_to(folder.path))] = path.lstat().st_size
            except OSError:  # gone since
                continue
    return sizes


def _folders(root: Path) -> Iterator[RunFolder]:
    try:
        paths = sorted(path for path in root.glob("[!.]*") if path.is_dir())
    except OSError as error:
        raise MismatchError(f"{root}: cannot be read: {error.strerror}") from error
    for path in paths:
        if (path / names.JOURNAL).exists() or not names.is_job(path.name):
            yield RunFolder(path)
