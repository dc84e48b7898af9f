"""A run is a folder: what was asked for, the journal, and what was made from it."""

import difflib
import errno
import re
import tempfile
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from rag_eval import config, configfile
from rag_eval.errors import MismatchError
from rag_eval.journal import Journal

LATEST = "latest"
_TIMED = re.compile(r"\d{8}-\d{6}-")


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
    """A new folder for a run of an experiment, named by time and experiment, with an empty journal.

    It is made under another name and then moved, so that a run that can be found can always be opened.
    """
    root = Path(experiment.runs)
    root.mkdir(parents=True, exist_ok=True)
    draft = Folder(Path(tempfile.mkdtemp(prefix=".run-", dir=root)))
    draft.path.chmod(0o755)
    draft.experiment.write_text(configfile.dump(experiment), encoding="utf-8")
    Journal.create(draft.journal, meta).close()
    folder = Folder(_move(draft.path, root / f"{now:%Y%m%d-%H%M%S}-{experiment.name}"))
    return folder, folder.open_(writable=True)


def _move(draft: Path, wanted: Path) -> Path:
    """Give a folder its name, or one with a number, whichever is first not taken.

    No experiment's name holds a `~`, so that the second run of `a` is never taken for the first of `a-2`.
    """
    for number in range(1, 1000):
        path = wanted if number == 1 else wanted.with_name(f"{wanted.name}~{number}")
        if path.exists():
            continue
        try:
            return draft.rename(path)
        except OSError as error:
            if error.errno not in (errno.EEXIST, errno.ENOTEMPTY):
                raise
    raise MismatchError(f"{wanted}: a thousand runs began in one second")


def find(name: str, root: Path = Path("runs")) -> Folder:
    """A run by path, id, an experiment's name, the beginning of an id or `latest`; the newest where several match.

    Raises `MismatchError` with near names if there is none.
    """
    if (Path(name) / "journal.db").is_file():
        return Folder(Path(name))
    known = sorted((path.parent.name for path in root.glob("[!.]*/journal.db")), key=_age)
    by_id = [run for run in known if name in (LATEST, run)]
    by_experiment = [run for run in known if name == _experiment(run)]
    by_beginning = [run for run in known if name and run.startswith(name)]
    if matching := by_id or by_experiment or by_beginning:
        return Folder(root / matching[-1])
    near = difflib.get_close_matches(name, known, n=3, cutoff=0.3)
    shown = near or known[-3:]
    more = f" and {len(known) - len(shown)} more in {root}/" if len(known) > len(shown) else ""
    hint = f" There are: {', '.join(shown)}{more}" if known else f" There are no runs in {root}/"
    raise MismatchError(f"{name}: is no run.{hint}")


def _experiment(run: str) -> str:
    """`strong` of `20261123-091500-strong` and of `20261123-091500-strong~2`."""
    return run.split("-", 2)[-1].partition("~")[0]


def _age(run: str) -> tuple[bool, str, int]:
    """Sorts the newest last; folders that somebody renamed come first, as their names tell no time."""
    name, _, number = run.partition("~")
    return (bool(_TIMED.match(run)), name, int(number) if number.isdecimal() else 1)
