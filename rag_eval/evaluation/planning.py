"""Before anything is asked or paid for: what an experiment would do, and whether it can."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from itertools import islice, product
from pathlib import Path
from typing import Literal

from rag_eval import config, dataset, gates, judges, metrics, runs, targets
from rag_eval._version import __version__
from rag_eval.dataset import folders, manifest
from rag_eval.dataset.sources import documents
from rag_eval.errors import ConfigError, MismatchError, UsageError
from rag_eval.journal import REPEAT_OF
from rag_eval.language.refusals import refuses
from rag_eval.metrics import MetricSpec
from rag_eval.records import Answer, Case, Origin
from rag_eval.targets.replay import captures, report, source
from rag_eval.targets.replay.config import ReplayConfig
from rag_eval.targets.replay.index import CaptureIndex

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
class _Alike:
    """Cases that have the same fields and lack the same."""

    first: Case
    count: int = 0


def look_ahead(experiment: config.Experiment, limit: int | None, named: frozenset[str] = frozenset()) -> Survey:
    """Read every case once, so that a bad row is told of before the first question; raises `BadRows`.

    `named` are ids of cases that somebody will ask for.
    """
    return _survey(experiment, limit, named)[0]


def _survey(experiment: config.Experiment, limit: int | None, named: frozenset[str]) -> tuple[Survey, Sequence[_Alike]]:
    """What there is to do, and the kinds of cases in the order of their first ones: a handful, however many rows."""
    kinds: dict[tuple[bool, ...], _Alike] = {}
    tally, read = captures.CaptureTally(), dataset.Tally()
    tags, there = set[str](), set[str]()

    def counted() -> Iterator[Case]:
        for case in cases(experiment, limit, tally, read):
            _demand_own_id(case, experiment)
            tags.update(case.tags)
            there.update(named & {case.id})
            kinds.setdefault(_has(case), _Alike(case)).count += 1
            yield case

    fingerprint = dataset.fingerprint(counted())
    skips = report.skips(tally)
    if not kinds:
        raise ConfigError("\n".join([f"dataset.path: {experiment.dataset.path} holds no cases", *skips.remarks]))
    total = sum(kind.count for kind in kinds.values())
    rows = _row_remarks(experiment, read)
    plan = Survey(total, fingerprint, skips, repeats(experiment), rows, frozenset(tags), frozenset(there))
    return plan, tuple(kinds.values())


def _row_remarks(experiment: config.Experiment, read: dataset.Tally) -> tuple[str, ...]:
    """What to say of how rows were read; nothing of a folder of ours, of which it was said when it was built."""
    said = experiment.dataset
    ours = manifest.data_file(Path(_path(said)))
    if ours or not read.rows:
        return ()
    connected = metrics.select(experiment.metrics, experiment.refusals)
    wanted = any("reference" in metric.needs for metric in connected)
    return read.account(said.fields).remarks("experiment", references=wanted)


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
    said = experiment.dataset
    if dataset_kind(said) == "rows":
        items = dataset.cases(said, read, captured=_plays_itself(experiment))
        return (item.case for item in islice(items, limit))
    return islice(captures.cases(_path(said), said.fields, tally or captures.CaptureTally()), limit)


def size(experiment: config.Experiment) -> int | None:
    """The cases of the whole dataset where that is known without much reading, else None."""
    path = Path(_path(experiment.dataset))
    try:
        if manifest.data_file(path):
            return manifest.load(path).rows
        if not path.is_file() or path.stat().st_size > _MUCH or dataset_kind(experiment.dataset) != "rows":
            return None
        return sum(1 for _ in cases(experiment, None))
    except (OSError, UsageError):  # what is wrong with rows that nobody asks is told when somebody does
        return None


def asked(experiment: config.Experiment, limit: int | None) -> Iterator[Case]:
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
    said = experiment.target
    if not isinstance(said, ReplayConfig):
        return False
    return said.path is None or Path(config.expand(said.path)) == Path(_path(experiment.dataset))


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


def dataset_kind(said: config.DatasetConfig) -> Literal["rows", "traces"]:
    """Whether a dataset is rows, or traces without ground truth."""
    return source.kind(_path(said), said.format)


def _path(said: config.DatasetConfig) -> str:
    return config.expand(said.path, where="dataset.path")


@dataclass(frozen=True)
class ReplayInput:
    """Captured answers, ready to be played."""

    shelf: CaptureIndex
    report: report.ReplayReport


@contextmanager
def replay(experiment: config.Experiment, limit: int | None) -> Iterator[ReplayInput | None]:
    """What a replay plays, read and matched with the first `limit` cases; None for another target.

    Raises `UsageError`.
    """
    said = experiment.target
    if not isinstance(said, ReplayConfig):
        yield None
        return
    source = _source(experiment, said)
    own = _is_own(experiment, source)
    tally, read = captures.CaptureTally(), dataset.Tally()
    # A case that was made of a trace has an id that says which trace, where the trace's own may stand for several.
    with CaptureIndex(("id",) if own and source.kind == "traces" else said.ways, said.pick) as shelf:
        shelf.add(_captures(experiment, said, source, tally, read))
        if "trace" in said.ways and shelf.has_traces():
            shelf.expect(_keys(said.run, Path(experiment.runs)))
        found = report.report(shelf, cases(experiment, limit), tally, source.kind, source.path)
        if not own and source.kind == "rows":
            found = found.model_copy(update={"rows": read.account(said.fields).remarks_of_answers()})
        # With only the first cases asked, most answers belong to one that is not: nothing to remark on.
        yield ReplayInput(shelf, found if limit is None else found.model_copy(update={"unmatched": None}))


def remarks(plan: Survey, played: report.ReplayReport | None) -> tuple[str, ...]:
    """What to say before the first question; skipped traces once where questions and answers come from the same."""
    return tuple(dict.fromkeys([*plan.rows, *plan.skips.remarks, *(played.remarks if played else ())]))


def settled(experiment: config.Experiment) -> config.Experiment:
    """The experiment with runs by their folders: `latest` must mean the same when it is resumed."""
    said = experiment.target
    if not isinstance(said, ReplayConfig):
        return experiment
    changes: dict[str, str] = {}
    source = _source(experiment, said)
    if source.kind == "run":
        changes["path"] = source.path
    if said.run is not None:
        changes["run"] = str(runs.find(said.run, Path(experiment.runs)).path)
    return experiment.model_copy(update={"target": said.model_copy(update=changes)})


def _source(experiment: config.Experiment, said: ReplayConfig) -> source.CaptureSource:
    if said.path is None:
        path = _path(experiment.dataset)
        given = said.format if said.format in ("rows", "traces") else experiment.dataset.format
        return source.CaptureSource(source.kind(path, given), path)
    path = config.expand(said.path, where="target.path")
    return source.locate(path, said.format, Path(experiment.runs))


def _is_own(experiment: config.Experiment, source: source.CaptureSource) -> bool:
    """Whether questions and answers stand in the same place."""
    return Path(source.path) == Path(_path(experiment.dataset)) and source.kind == dataset_kind(experiment.dataset)


def _captures(
    experiment: config.Experiment,
    said: ReplayConfig,
    source: source.CaptureSource,
    tally: captures.CaptureTally,
    read: dataset.Tally,
) -> Iterator[captures.Capture]:
    corpus = _corpus(experiment, said)
    fields = said.fields if said.path else {**experiment.dataset.fields, **said.fields}
    if source.kind == "traces":
        return captures.of_traces(source.path, fields, corpus, tally)
    if source.kind == "run":
        found = captures.of_run(runs.RunFolder(Path(source.path)), tally)
    else:
        own = config.DatasetConfig(path=source.path, fields=fields, keep_na=experiment.dataset.keep_na)
        rows = own if said.path else experiment.dataset.model_copy(update={"fields": fields})
        items = dataset.answers(rows, read, by_id=not {"id", "trace"}.isdisjoint(said.ways))
        found = captures.of_rows(((item.case, item.answer, f"{item.file}:{item.line}") for item in items), tally)
    # Somebody who gives rows knows whether they have contexts; only what is asked for is added to them.
    return captures.joined(found, corpus, tally) if said.corpus else found


def _corpus(experiment: config.Experiment, said: ReplayConfig) -> captures.Corpus:
    """Reads the passages when the first is wanted; those that the file names at once, to tell of a wrong path."""

    @cache
    def passages() -> Mapping[str, str]:
        if said.corpus:
            return _passages(config.expand(said.corpus, where="target.corpus"))
        if experiment.dataset.corpus:
            return _passages(config.expand(experiment.dataset.corpus, where="dataset.corpus"))
        return folders.passages(Path(_path(experiment.dataset)))

    if said.corpus:
        passages()
    return passages


def _passages(path: str) -> Mapping[str, str]:
    return folders.passages(Path(path)) or documents.passages(path)


def _keys(run: str | None, root: Path) -> list[str]:
    """The keys of the runs that may have sent the questions: the one that is named, else all that are known."""
    found = (
        [runs.find(run, root)] if run else [runs.RunFolder(path.parent) for path in sorted(root.glob("*/journal.db"))]
    )
    keys: list[str] = []
    for folder in found:
        try:
            with folder.open_() as journal:
                keys.append(journal.meta.key)
        except MismatchError:
            if run:
                raise
    return keys


@dataclass(frozen=True)
class Validation:
    """What an experiment would do."""

    plan: Survey
    applies: dict[str, int]
    """Metric to the number of cases that have what it needs of a dataset."""
    needs: dict[str, str]
    """Metric to what the first case it does not apply to lacks."""
    replay: report.ReplayReport | None = None
    """What would be played, where nobody is asked."""
    ground_truth: bool = True
    """False where the cases are questions out of traces."""
    demanded: tuple[gates.Gate, ...] = ()
    """What the run will have to keep."""

    @property
    def remarks(self) -> tuple[str, ...]:
        """What is worth knowing before the first question."""
        return remarks(self.plan, self.replay)


def validate(experiment: config.Experiment) -> Validation:
    """Check all of an experiment that can be checked without asking anybody; raises `UsageError`."""
    demanded = gates.of_experiment(experiment)
    plan, kinds = _survey(experiment, None, gates.ids(demanded))
    targets.check(experiment.target)
    judges.check(experiment.judge)
    connected = metrics.select(experiment.metrics, experiment.refusals)
    check_gates(demanded, experiment, plan, connected, limit=None)
    measured = [metric for metric in connected if not metric.hidden and not metric.derived]
    with replay(experiment, None) as played:
        found = played.report if played else None
    silent = {name for name, count in found.lacking.items() if count == found.answers} if found else set()
    applies = dict.fromkeys((metric.name for metric in measured), 0)
    needs: dict[str, str] = {}
    for kind, metric in product(kinds, measured):
        reason = metrics.why_not(metric, kind.first, Answer(), among={*Case.model_fields, *silent})
        applies[metric.name] += 0 if reason else kind.count
        if reason:
            needs.setdefault(metric.name, reason)
    return Validation(plan, applies, needs, found, dataset_kind(experiment.dataset) == "rows", demanded)


def check_gates(
    demanded: Sequence[gates.Gate],
    experiment: config.Experiment,
    plan: Survey,
    measured: Sequence[MetricSpec],
    *,
    limit: int | None,
    against: tuple[Origin, str] | None = None,
) -> None:
    """Raise `UsageError` where gates speak of what a run will not have; `limit` is how many cases it asks at most.

    `against` is where the scores of a run come from that stands for every baseline, and how it was limited.
    """
    whole = limit is None or plan.total < limit
    facts = gates.RunFacts(
        traits=metrics.traits(measured),
        primary=primary(experiment, measured),
        origin=origin(experiment, plan, measured),
        tags=plan.tags if whole else None,
        ids=plan.named if whole else None,
        prices=experiment.judge.is_priced,
    )
    gates.check(demanded, facts)
    root = Path(experiment.baselines)
    held = {name: against or _held(gates.find(name, root)) for name in gates.baselines(demanded)}
    origins = {name: origin for name, (origin, _) in held.items()}
    limits = {name: limit_said for name, (_, limit_said) in held.items()}
    gates.check_baselines(demanded, facts.origin, origins, limit="" if whole else f"--limit {limit}", limits=limits)


def _held(baseline: gates.Baseline) -> tuple[Origin, str]:
    return baseline.summary.origin, baseline.summary.limit_said


def origin(experiment: config.Experiment, plan: Survey, measured: Sequence[MetricSpec]) -> Origin:
    """Where the scores of an experiment come from."""
    return Origin(
        judge=judges.origin(experiment.judge, experiment.seed),
        metrics=metrics.versions(measured),
        dataset=plan.fingerprint,
        code=__version__,
    )


def primary(experiment: config.Experiment, measured: Sequence[MetricSpec]) -> str:
    """The metric that is read first; raises `ConfigError` where the one that is named is not measured."""
    named, names = experiment.primary, [traits.name for traits in metrics.traits(measured)]
    if named is not None and named not in names:
        raise ConfigError(f"primary: {named!r} is not measured here; there are: {', '.join(names)}")
    return named or metrics.primary(experiment.metrics)
