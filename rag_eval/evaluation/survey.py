"""The cases of an experiment: read once before anything is asked or paid for, and again to be asked."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Literal

from rag_eval import config, dataset, metrics, targets
from rag_eval.dataset import manifest
from rag_eval.errors import ConfigError, UsageError
from rag_eval.journal import REPEAT_OF
from rag_eval.language.refusals import refuses
from rag_eval.records import Case
from rag_eval.targets.replay import captures, report, source
from rag_eval.targets.replay.config import ReplayConfig
from rag_eval.traces import SpanSettings

_NUMBERED = re.compile(r"~\d+$")
_MUCH = 20_000_000
"""Bytes of a file that is not read only to count its rows."""


@dataclass(frozen=True)
class Survey:
    """What is about to be done, known before anything is asked or paid for."""

    total: int
    """Cases."""
    fingerprint: str
    """Of the cases."""
    skips: report.TraceSkips = field(default_factory=report.TraceSkips)
    """Traces of the dataset that hold no question."""
    repeats: int = 1
    rows: tuple[str, ...] = ()
    """What is worth knowing of how the rows of the dataset were read."""
    tags: frozenset[str] = frozenset()
    """Of all cases."""
    named: frozenset[str] = frozenset()
    """The ids of those cases that gates name."""

    @property
    def asked(self) -> int:
        """Questions with their repetitions."""
        return self.total * self.repeats


@dataclass
class AlikeCases:
    """Cases that have the same fields and lack the same."""

    first: Case
    count: int = 0


def preflight(experiment: config.Experiment, limit: int | None, named: frozenset[str] = frozenset()) -> Survey:
    """Read every case once, so that a bad row is told of before the first question; raises `BadRows`.

    `named` are ids of cases that somebody will ask for.
    """
    return survey(experiment, limit, named)[0]


def survey(
    experiment: config.Experiment, limit: int | None, named: frozenset[str]
) -> tuple[Survey, Sequence[AlikeCases]]:
    """What there is to do, and the kinds of cases in the order of their first ones: a handful, however many rows."""
    kinds: dict[tuple[bool, ...], AlikeCases] = {}
    tally, read = captures.CaptureTally(), dataset.Tally()
    tags, there = set[str](), set[str]()
    check = targets.case_check(experiment.target)

    def counted() -> Iterator[Case]:
        for case in cases(experiment, limit, tally, read):
            _demand_own_id(case, experiment)
            if check is not None:
                check(case)
            tags.update(case.tags)
            there.update(named & {case.id})
            kinds.setdefault(_has(case), AlikeCases(case)).count += 1
            yield case

    fingerprint = dataset.fingerprint(counted())
    skips = report.skips(tally)
    if not kinds:
        raise ConfigError("\n".join([f"dataset.path: {experiment.dataset.path} holds no cases", *skips.remarks]))
    total = sum(kind.count for kind in kinds.values())
    rows = _row_remarks(experiment, read)
    whole = Survey(total, fingerprint, skips, repeats(experiment), rows, frozenset(tags), frozenset(there))
    return whole, tuple(kinds.values())


def _row_remarks(experiment: config.Experiment, read: dataset.Tally) -> tuple[str, ...]:
    """What to say of how rows were read; nothing of a folder of ours, of which it was said when it was built."""
    settings = experiment.dataset
    ours = manifest.data_file(Path(dataset_path(settings)))
    if ours or not read.rows:
        return ()
    connected = metrics.select(experiment.metrics, experiment.refusals)
    wanted = any("reference" in metric.needs for metric in connected)
    return read.account(settings.fields).remarks("experiment", references=wanted)


def _has(case: Case) -> tuple[bool, ...]:
    """Which fields hold something."""
    return tuple([bool(value.strip() if isinstance(value, str) else value) for _, value in case])


def cases(
    experiment: config.Experiment,
    limit: int | None,
    tally: captures.CaptureTally | None = None,
    read: dataset.Tally | None = None,
) -> Iterator[Case]:
    """The cases of an experiment, one at a time, the first `limit` of them if there is one; raises `BadRows`.

    Questions of traces are cases without ground truth; `tally` counts the traces that hold none, `read` what became of
    the columns of rows.
    """
    settings = experiment.dataset
    if dataset_kind(settings) == "rows":
        items = dataset.cases(settings, read, captured=_plays_itself(experiment))
        return (item.case for item in islice(items, limit))
    target, counts = experiment.target, tally or captures.CaptureTally()
    spans = target.span_settings if isinstance(target, ReplayConfig) else SpanSettings()
    return islice(captures.cases(dataset_path(settings), settings.fields, counts, spans), limit)


def size(experiment: config.Experiment) -> int | None:
    """The cases of the whole dataset where that is known without much reading, else None."""
    path = Path(dataset_path(experiment.dataset))
    try:
        if manifest.data_file(path):
            return manifest.load(path).rows
        if not path.is_file() or path.stat().st_size > _MUCH or dataset_kind(experiment.dataset) != "rows":
            return None
        return sum(1 for _ in cases(experiment, None))
    except (OSError, UsageError):  # what is wrong with rows that nobody asks is told when somebody does
        return None


def with_repeats(experiment: config.Experiment, limit: int | None) -> Iterator[Case]:
    """What is asked: every case, as often as the target's `repeats` say, one after the other.

    A repetition has an id of its own, and says in its metadata which case it repeats. A question whose reference says
    that there is no answer has none, so that a run's numbers and its sentences hold it to be the same.
    """
    times = repeats(experiment)
    for read in cases(experiment, limit):
        case = read.model_copy(update={"answerable": False}) if read.answerable and refuses(read.reference) else read
        yield case
        for number in range(2, times + 1):
            more = {**case.metadata, REPEAT_OF: case.id}
            yield case.model_copy(update={"id": f"{case.id}~{number}", "metadata": more})


def _plays_itself(experiment: config.Experiment) -> bool:
    """Whether the rows of the dataset hold the answers that are played, too."""
    target = experiment.target
    if not isinstance(target, ReplayConfig):
        return False
    return target.path is None or Path(config.expand(target.path)) == Path(dataset_path(experiment.dataset))


def _demand_own_id(case: Case, experiment: config.Experiment) -> None:
    if repeats(experiment) > 1 and _NUMBERED.search(case.id):
        message = f"the id {case.id!r} reads like that of a repetition; rename it, or leave target.repeats out"
        raise ConfigError(f"dataset.path: {message}")


def demand_single(experiment: config.Experiment) -> None:
    """Raise `ConfigError` for an experiment that is several: a run is of one system."""
    if experiment.matrix is not None:
        raise ConfigError(
            f"{experiment.name}: its matrix makes {len(experiment.matrix)} variants, which are as many runs. "
            "Do: rag-eval sweep FILE, or take the matrix out to run the experiment as it is"
        )


def repeats(experiment: config.Experiment) -> int:
    """How often each case is asked."""
    return experiment.target.repetitions


def dataset_kind(settings: config.DatasetConfig) -> Literal["rows", "traces"]:
    """Whether a dataset is rows, or traces without ground truth."""
    return source.kind(dataset_path(settings), settings.format)


def dataset_path(settings: config.DatasetConfig) -> str:
    """Where a dataset lies, with variables replaced."""
    return config.expand(settings.path, where="dataset.path")
