"""A sweep is a folder: the experiment with its matrix, which run belongs to which variant, and what came of them."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from pydantic import Field, ValidationError

from rag_eval import config, configfile, files
from rag_eval.errors import MismatchError, UsageError
from rag_eval.records import Record

ROOT = Path("sweeps")
"""Where sweeps are kept unless told otherwise."""
LATEST = "latest"


class SweepState(Record):
    """What a sweep must remember to be gone on with."""

    limit: int | None = None
    """Cases that each variant is asked at most."""
    gates: bool = True
    """Whether variants are held to the experiment's gates."""
    parallel: int = 1
    """Variants that were asked at a time, at most."""
    runs: dict[str, str] = Field(default_factory=dict)
    """Name of a variant's run to its folder, of those that have begun."""


@dataclass(frozen=True)
class SweepFolder:
    """Where the files of one sweep lie."""

    path: Path

    @property
    def id(self) -> str:
        """The sweep's id: its folder's name."""
        return self.path.name

    @property
    def experiment(self) -> Path:
        """The experiment as it was swept, with its matrix."""
        return self.path / "experiment.yaml"

    @property
    def state(self) -> Path:
        """Which run belongs to which variant."""
        return self.path / "state.json"

    @property
    def json(self) -> Path:
        """The result, for programs."""
        return self.path / "sweep.json"

    @property
    def markdown(self) -> Path:
        """The result for a pull request."""
        return self.path / "sweep.md"

    @property
    def html(self) -> Path:
        """The result for people."""
        return self.path / "sweep.html"

    @property
    def comparisons(self) -> Path:
        """The pages of the variants against the baseline."""
        return self.path / "comparisons"

    def read(self) -> SweepState:
        """What it remembers; raises `MismatchError` where it is no sweep."""
        try:
            return SweepState.model_validate_json(self.state.read_text(encoding="utf-8"))
        except (OSError, ValidationError) as error:
            raise MismatchError(f"{self.path}: is no sweep that can be gone on with: {error}") from error

    def keep(self, state: SweepState) -> None:
        """Remember it, whole or not at all."""
        self.write({self.state: state.model_dump_json(indent=2) + "\n"})

    def write(self, texts: Mapping[Path, str]) -> None:
        """Write files of it, each whole or not at all; raises `UsageError` where that cannot be."""
        for path, text in texts.items():
            try:
                files.write_text(path, text)
            except OSError as error:
                raise UsageError(f"{path}: cannot be written: {error.strerror}") from error


def create(root: Path, experiment: config.Experiment, state: SweepState) -> SweepFolder:
    """A new folder for a sweep, named by time and experiment; raises `UsageError`."""
    wanted = root / f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{experiment.name}"
    for number in range(1, 1000):
        folder = SweepFolder(wanted if number == 1 else wanted.with_name(f"{wanted.name}~{number}"))
        try:
            folder.path.mkdir(parents=True)
        except FileExistsError:
            continue
        except OSError as error:
            raise UsageError(f"{folder.path}: cannot be made: {error.strerror}") from error
        folder.write({folder.experiment: configfile.dump(experiment)})
        folder.keep(state)
        return folder
    raise MismatchError(f"{wanted}: a thousand sweeps began in one second")


def find(name: str, root: Path = ROOT) -> SweepFolder:
    """A sweep by its folder, its id, the beginning of its id, its experiment or `latest`; the newest of several.

    Raises `MismatchError` where there is none.
    """
    if (Path(name) / "state.json").is_file():
        return SweepFolder(Path(name))
    known = sorted(path.parent for path in root.glob("*/state.json"))
    ways = (
        [path for path in known if name in (LATEST, path.name)],
        [path for path in known if name == path.name.split("-", 2)[-1].partition("~")[0]],
        [path for path in known if name and path.name.startswith(name)],
    )
    for matching in ways:
        if matching:
            return SweepFolder(matching[-1])
    there = f"There are: {', '.join(path.name for path in known[-3:])}" if known else f"There are none in {root}/"
    raise MismatchError(f"{name}: is no sweep. {there}")
