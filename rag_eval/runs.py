"""A run is a folder: what was asked for, the journal, and what was made from it."""

import difflib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from rag_eval import config
from rag_eval.errors import MismatchError
from rag_eval.journal import Journal

LATEST = "latest"


@dataclass(frozen=True)
class Folder:
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
        return self.path / "journal.db"

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

    def open_(self, *, writable: bool = False) -> Journal:
        """The journal; raises `MismatchError` if this is no run."""
        return Journal.open_(self.journal, writable=writable)


def create(experiment: config.Experiment, meta: dict[str, str], now: datetime) -> tuple[Folder, Journal]:
    """A new folder for a run of an experiment, named by time and experiment, with an empty journal."""
    root = Path(experiment.runs)
    root.mkdir(parents=True, exist_ok=True)
    folder = Folder(_unused(root / f"{now:%Y%m%d-%H%M%S}-{experiment.name}"))
    folder.experiment.write_text(config.dump(experiment), encoding="utf-8")
    return folder, Journal.create(folder.journal, meta)


def _unused(wanted: Path) -> Path:
    """Make the folder, or one beside it with a number, whichever is first not there."""
    for number in range(1, 1000):
        path = wanted if number == 1 else wanted.with_name(f"{wanted.name}-{number}")
        try:
            path.mkdir()
        except FileExistsError:
            continue
        return path
    raise MismatchError(f"{wanted}: a thousand runs began in one second")


def find(name: str, root: Path = Path("runs")) -> Folder:
    """A run by path, id, the beginning of an id, an experiment's name or `latest`; the newest where several match.

    Raises `MismatchError` with near names if there is none.
    """
    if (Path(name) / "journal.db").is_file():
        return Folder(Path(name))
    known = sorted(path.parent.name for path in root.glob("*/journal.db")) if root.is_dir() else []
    matching = [run for run in known if name in (LATEST, run)] or [run for run in known if _belongs(run, name)]
    if matching:
        return Folder(root / matching[-1])
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.3)
    hint = f" There are: {', '.join(near or known[-3:])}" if known else f" There are no runs in {root}/"
    raise MismatchError(f"{name}: is no run.{hint}")


def _belongs(run: str, name: str) -> bool:
    """`20261123-091500-strong` belongs to `20261123` and to `strong`, also as `…-strong-2`."""
    experiment = run.split("-", 2)[-1]
    return run.startswith(name) or experiment == name or experiment.rpartition("-")[0] == name
