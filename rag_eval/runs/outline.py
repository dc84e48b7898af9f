"""What can be said of a run without adding it up again: from its summary where it has ended, else from its journal."""

from dataclasses import dataclass, replace
from typing import Literal

from pydantic import ValidationError

from rag_eval import journal
from rag_eval.errors import MismatchError
from rag_eval.journal import Journal
from rag_eval.records import (
    GateOutcome,
    Interval,
    RunMeta,
    Summary,
    overall_outcome,
)
from rag_eval.runs import names
from rag_eval.runs.folder import RunFolder

State = Literal["finished", "stopped", "unfinished", "running", "unreadable"]
"""`stopped`: asking ended because the gates were decided; `running`: a process writes to it at this moment."""


@dataclass(frozen=True)
class Outline:
    """What a run is called, how far it came, and what its primary metric came to."""

    folder: RunFolder
    began: float
    """Seconds since 1970."""
    state: State
    name: str
    """The experiment's."""
    key: str = ""
    """Tells the run from every other, whatever its folder is called."""
    cases: int = 0
    """Cases that were asked."""
    planned: int = 0
    """Cases that were to be asked."""
    limited: str = ""
    """How the run was limited: `--limit 5 of 16`; nothing where it was not."""
    gates: GateOutcome | None = None
    primary: str = ""
    value: float | None = None
    """Mean of the primary metric."""
    interval: Interval | None = None
    problem: str = ""
    """Why it cannot be read."""

    @property
    def ended(self) -> bool:
        """Whether nothing is left to ask."""
        return self.state in {"finished", "stopped"}

    @property
    def readable(self) -> bool:
        """Whether anything is known of it."""
        return self.state != "unreadable"

    @property
    def full(self) -> bool:
        """Whether the run stands for its whole dataset."""
        return self.ended and not self.limited

    @property
    def order(self) -> tuple[float, tuple[str, int]]:
        """Sorts runs by when they began, the newest last."""
        return self.began, names.order(self.folder.id)

    @property
    def progress(self) -> str:
        """`163` of a run that asked all it was to ask, else `17 of 40`."""
        return str(self.cases) if self.cases == self.planned else f"{self.cases} of {self.planned}"


def outline_of(folder: RunFolder) -> Outline:
    """What can be said of a folder at once; one that is no run, or cannot be read, says why and never raises."""
    try:
        summary = None if _written_to(folder) else _summary(folder)
        return _from_journal(folder) if summary is None else _from_summary(folder, summary)
    except (MismatchError, OSError, ValueError, KeyError, TypeError) as error:
        name = names.experiment_of(folder.id)
        return Outline(folder, _began(folder, RunMeta()), "unreadable", name, problem=_why(folder, error))


def _why(folder: RunFolder, error: Exception) -> str:
    """The reason without the path, which stands beside it, on one line."""
    if isinstance(error, KeyError):
        return f"its journal says nothing of {error.args[0]!r}"
    lines = str(error).replace(f"{folder.journal}: ", "").replace(f"{folder.path}: ", "").splitlines()
    return lines[0] if lines else type(error).__name__


def _written_to(folder: RunFolder) -> bool:
    """Whether something may stand in the journal that the summary does not know: a run goes on, or was killed."""
    try:
        return folder.journal.with_name(f"{names.JOURNAL}-wal").stat().st_size > 0
    except OSError:
        return False


def _summary(folder: RunFolder) -> Summary | None:
    """The summary of a run that has ended; None where there is none that this rag-eval reads."""
    try:
        summary = Summary.model_validate_json(folder.summary.read_bytes())
    except (OSError, ValidationError):
        return None
    return summary if summary.finished or summary.stopped else None


def _from_summary(folder: RunFolder, summary: Summary) -> Outline:
    if not folder.journal.is_file():
        raise MismatchError(f"holds no {names.JOURNAL}")
    metric = next((m for m in summary.metrics if m.name == summary.primary), None)
    return Outline(
        folder,
        began=summary.started or _began(folder, RunMeta()),
        state="finished" if summary.finished else "stopped",
        name=summary.name,
        key=summary.key,
        cases=summary.cases,
        planned=summary.planned,
        limited=summary.limit_said,
        gates=overall_outcome(summary.gates),
        primary=summary.primary,
        value=metric.mean if metric else None,
        interval=metric.interval if metric else None,
    )


def _from_journal(folder: RunFolder) -> Outline:
    with folder.open_() as kept:
        outline = _counted(folder, kept)
    is_running = not outline.ended and journal.is_held(folder.journal)
    return replace(outline, state="running") if is_running else outline


def _counted(folder: RunFolder, kept: Journal) -> Outline:
    meta = kept.meta
    if not meta.known("metrics"):
        raise MismatchError("does not say what it measured")
    traits = [trait.name for trait in meta.metrics]
    primary = meta.primary or next(iter(traits), "")
    values = kept.values(primary)
    planned = meta.total
    finished = kept.scored(traits) >= planned
    return Outline(
        folder,
        began=_began(folder, meta, kept),
        state="finished" if finished else "stopped" if _stopped(meta) else "unfinished",
        name=meta.name,
        key=meta.key,
        cases=kept.count(),
        planned=planned,
        limited=meta.limit_said,
        gates=overall_outcome(meta.gates),
        primary=primary,
        value=sum(values.values()) / len(values) if values else None,
    )


def _stopped(meta: RunMeta) -> bool:
    return meta.sequential is not None and meta.sequential.after is not None


def _began(folder: RunFolder, meta: RunMeta, kept: Journal | None = None) -> float:
    """When a run began: as its journal has it, else as its name tells, else when its folder was written."""
    if meta.began:
        return meta.began
    first = kept.sessions()[0] if kept else 0.0
    return first or names.seconds_of(folder.id) or _written(folder)


def _written(folder: RunFolder) -> float:
    places = (folder.experiment, folder.journal, folder.path)
    return next((place.stat().st_mtime for place in places if place.exists()), 0.0)
