"""Runs that are put away: one that was named, or all that are no longer wanted."""

import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from rag_eval import journal
from rag_eval.errors import MismatchError, UsageError
from rag_eval.runs.folder import RunFolder
from rag_eval.runs.listing import RunEntry
from rag_eval.runs.tags import KEEP

_GONE = ".gone-"
"""Begins the name of a folder that is being deleted; no run is looked for in it."""


def remove(folder: RunFolder) -> None:
    """Delete a run. A kill leaves it whole, or no run; what is left then goes with the next that is removed.

    Raises `MismatchError` for a run that another process writes to, and `UsageError` where files cannot be deleted.
    """
    path = folder.path.resolve() if folder.path.name in ("", "..") else folder.path
    try:
        with journal.alone(path / folder.journal.name):
            hidden = Path(tempfile.mkdtemp(prefix=_GONE, dir=path.parent))
            path.rename(hidden / path.name)
        _delete(hidden)
    except OSError as error:
        raise UsageError(f"{folder.path}: cannot be deleted: {error.strerror}") from error


def _delete(hidden: Path) -> None:
    for path in hidden.iterdir():
        path.unlink() if path.is_symlink() else shutil.rmtree(path)
    hidden.rmdir()


def sweep(root: Path) -> None:
    """Delete what a kill left of runs that were being deleted."""
    for hidden in root.glob(f"{_GONE}*"):
        with suppress(OSError):
            _delete(hidden)


def demand_unused(run: RunEntry) -> None:
    """Raise `MismatchError` for a run that another process writes to, or that is a baseline."""
    if run.state == "running":
        raise MismatchError(f"{run.path}: another process is working on this run; it cannot be removed")
    if run.baselines:
        name = run.baselines[0]
        raise MismatchError(f"{run.id} is the baseline {name}. To remove it, first: rag-eval baseline rm {name}")


@dataclass(frozen=True)
class Retention:
    """Which runs are no longer wanted; with both, only those that both speak of."""

    keep: int | None = None
    """All but the newest so many of each experiment, those that stand for their whole dataset first."""
    older_than: float | None = None
    """Those that began more than so many seconds ago."""
    unfinished: bool = False
    """Also runs that can be resumed."""
    tagged: bool = False
    """Also runs with tags, but for `keep`."""


@dataclass(frozen=True)
class Pruning:
    """What a retention comes to."""

    going: tuple[RunEntry, ...]
    staying: Mapping[str, int]
    """Why to how many, of runs that are no longer wanted and stay all the same."""

    @property
    def size(self) -> int:
        """Bytes that become free."""
        return sum(run.size for run in self.going)


def prune(runs: Sequence[RunEntry], retention: Retention, now: float) -> Pruning:
    """Which runs are to go; nothing is removed yet. Runs that cannot be read, or go on, are no matter of this."""
    readable = [run for run in runs if run.state not in {"unreadable", "running"}]
    newest = _newest(readable, retention)
    unwanted = [run for run in readable if _is_old(run, retention, now) and run.id not in newest]
    reasons = {run.id: _protection(run, retention) for run in unwanted}
    staying = Counter(reason for reason in reasons.values() if reason)
    return Pruning(tuple(run for run in unwanted if not reasons[run.id]), staying)


def _is_old(run: RunEntry, retention: Retention, now: float) -> bool:
    return retention.older_than is None or run.began < now - retention.older_than


def _newest(runs: Iterable[RunEntry], retention: Retention) -> set[str]:
    """The ids of the runs of each experiment that are to be kept."""
    by_name: dict[str, list[RunEntry]] = {}
    for run in sorted(runs, key=_worth, reverse=True):
        by_name.setdefault(run.name, []).append(run)
    return {run.id for group in by_name.values() for run in group[: retention.keep or 0]}


def _worth(run: RunEntry) -> tuple[bool, bool, float]:
    ended = run.state != "unfinished"
    return ended and not run.limited, ended, run.began


def _protection(run: RunEntry, retention: Retention) -> str:
    """Why a run stays although it is no longer wanted; nothing where it may go."""
    if run.baselines:
        return "baseline"
    if KEEP in run.tags or (run.tags and not retention.tagged):
        return "tagged"
    return "unfinished" if run.state == "unfinished" and not retention.unfinished else ""
