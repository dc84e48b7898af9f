"""Where the parts of a run lie: what was asked for, the journal, and what was made from it."""

import errno
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from rag_eval.errors import MismatchError, StorageError, UsageError
from rag_eval.journal import Journal, JournalWriter
from rag_eval.records import RunMeta
from rag_eval.runs import names

if TYPE_CHECKING:
    from rag_eval import config


@dataclass(frozen=True)
class RunFolder:
    """Where the parts of a run lie."""

    path: Path

    @property
    def id(self) -> str:
        """The run's id: its folder's name."""
        return self.path.name

    @property
    def experiment(self) -> Path:
        """The experiment as it was run."""
        return self.path / "experiment.yaml"

    @property
    def journal(self) -> Path:
        """What happened."""
        return self.path / names.JOURNAL

    @property
    def results(self) -> Path:
        """A row for each case."""
        return self.path / "results.parquet"

    @property
    def evidence(self) -> Path:
        """A row for each verdict."""
        return self.path / "evidence.parquet"

    @property
    def summary(self) -> Path:
        """The run at a glance, for programs."""
        return self.path / "summary.json"

    @property
    def markdown(self) -> Path:
        """The run at a glance, for people."""
        return self.path / "report.md"

    @property
    def html(self) -> Path:
        """The run with its cases, for people."""
        return self.path / "report.html"

    @property
    def tags(self) -> Path:
        """What people say about the run."""
        return self.path / "tags.json"

    def open_(self) -> Journal:
        """The journal, to be read; raises `MismatchError` if this is no run."""
        return Journal.open_(self.journal)

    def write(self) -> JournalWriter:
        """The journal, to be written; raises `MismatchError` if this is no run, or another process works on it."""
        return JournalWriter.open_(self.journal)


def create(experiment: "config.Experiment", meta: RunMeta, now: datetime) -> tuple[RunFolder, JournalWriter]:
    """A new folder for a run of an experiment, named by time and experiment, with an empty journal.

    It is made under another name and then moved, so that a run that can be found can always be opened. Raises
    `UsageError` where it cannot be made.
    """
    from rag_eval import configfile

    root = Path(experiment.runs)
    try:
        root.mkdir(parents=True, exist_ok=True)
        draft = RunFolder(Path(tempfile.mkdtemp(prefix=".run-", dir=root)))
    except OSError as error:
        raise UsageError(
            f"runs: {root}: cannot be written to: {error.strerror}. Do: another folder, --runs DIR"
        ) from error
    try:
        draft.path.chmod(0o755)
        draft.experiment.write_text(configfile.dump(experiment), encoding="utf-8")
        JournalWriter.create(draft.journal, meta.model_copy(update={"began": now.timestamp()})).close()
        folder = RunFolder(place(root / names.timed(now, experiment.name), draft.path.rename))
    except (OSError, StorageError) as error:
        shutil.rmtree(draft.path, ignore_errors=True)
        why = getattr(error, "strerror", None) or error
        raise StorageError(
            f"{root}: no run can be kept there: {why}. Make room, or do: another folder, --runs DIR"
        ) from error
    return folder, folder.write()


def place(wanted: Path, move: Callable[[Path], object]) -> Path:
    """Move a folder to its name, or to one with a number, whichever is first not taken; where it is then.

    No experiment's name holds a `~`, so that the second run of `a` is never taken for the first of `a-2`.
    """
    for number in range(1, 1000):
        path = wanted if number == 1 else wanted.with_name(f"{wanted.name}~{number}")
        if path.exists():
            continue
        try:
            move(path)
        except OSError as error:
            if error.errno not in (errno.EEXIST, errno.ENOTEMPTY):
                raise
        else:
            return path
    raise MismatchError(f"{wanted}: a thousand runs began in one second")
