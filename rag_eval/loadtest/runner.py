"""A load test from beginning to end: one question at rest, the load, what it came to, and whether answers stayed right.

plan ─▶ one question ─▶ processes that make load ─▶ LoadSummary ─▶ html, json, MLflow, gate
                                               └─▶ kept answers ─▶ a run ┐
                                       the same questions at rest ─▶ a run ┴─▶ Comparison
"""

import json
import shutil
import tempfile
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from rag_eval import aio, config, configfile, files, pipeline, runs, targets, tracking
from rag_eval.errors import (
    Interruption,
    MismatchError,
    RagEvalError,
    ReasonedError,
    UnreachableError,
    UsageError,
)
from rag_eval.evaluation import survey
from rag_eval.evaluation.comparison import compare_folders
from rag_eval.loadtest import plan, processes, report, samples, summary
from rag_eval.loadtest.plan import LoadPlan
from rag_eval.loadtest.processes import LoadWatch, Spread
from rag_eval.loadtest.result import LoadTestResult, Quality
from rag_eval.loadtest.samples import SampledAnswer
from rag_eval.metrics import find_spec
from rag_eval.pushing import FinishedRun
from rag_eval.records import Answer, Case
from rag_eval.targets.http.exchange import HttpExchange
from rag_eval.targets.replay.config import ReplayConfig

RESULT, EXPERIMENT = "load.json", "experiment.yaml"
_PATIENCE_S = 30.0
"""How long a service that load has brought down is waited for before its answers at rest are given up."""
_SAID, _ASKED = "said.jsonl", "asked.jsonl"
_SECONDS = "s"
"""Unit of the metrics that are left out of the comparison: the test has times of its own, of every request and of two
kinds of clients."""

Display = Callable[[LoadPlan, Path], AbstractContextManager[LoadWatch]]
"""Shows a load test while it goes on."""


@contextmanager
def unseen(_: LoadPlan, __: Path) -> Iterator[LoadWatch]:
    """Show nothing."""
    yield lambda _: None


@dataclass(frozen=True)
class LoadOptions:
    """What the command line may add to an experiment."""

    spread: Spread = field(default_factory=Spread)
    respect_limits: bool = True
    limit: int | None = None
    """Only the first so many questions of the dataset."""


@dataclass(frozen=True)
class FinishedLoadTest:
    """A load test that has been written down."""

    loaded: LoadTestResult
    folder: Path
    link: str | None = None
    """The test in the tracker."""
    untracked: str | None = None
    """Why the tracker does not have it although it should."""
    needs_ui: bool = False


def run(
    experiment: config.Experiment, root: Path, options: LoadOptions = LoadOptions(), display: Display = unseen
) -> FinishedLoadTest:
    """Load the service of an experiment and say what it kept.

    Raises `UsageError` before anything is asked, `UnreachableError` where one question at rest is not answered or the
    load cannot be made, and `Interruption` when it is stopped, with what was measured written down.
    """
    processes.demand_locust()
    survey.demand_single(experiment)
    config.demand_files(experiment, "dataset", "target", "load")
    targets.check(experiment.target)
    survey.preflight(experiment, options.limit)
    folder = _folder(root, experiment.name)
    with _nothing_left(folder):
        planned = plan.make(
            uuid.uuid4().hex, experiment, survey.cases(experiment, options.limit), folder,
            respect_limits=options.respect_limits,
        )  # fmt: skip
        (folder / EXPERIMENT).write_text(configfile.dump(experiment), encoding="utf-8")
        _, cases = plan.read(folder)
        aio.run_sync(_one_question(planned, cases[0]))
    try:
        _generate(planned, folder, options.spread, display)
    finally:  # what was measured is written down, whatever happened
        loaded = _write(LoadTestResult(load=summary.sum_up(planned, samples.read(folder))), folder)
    if not loaded.load.total.requests:
        raise UnreachableError(f"nothing was asked; see {folder / processes.LOG}")
    if loaded.load.interrupted:
        raise UnreachableError(f"the test ended before its time; what was measured is in {folder / 'report.html'}")
    try:
        loaded = LoadTestResult(load=loaded.load, quality=_quality(experiment, planned, cases, folder))
    except Interruption:
        raise
    except RagEvalError as error:  # the load was measured; a service that it has killed cannot be asked at rest
        loaded = LoadTestResult(load=loaded.load, unscored=str(error).partition("\n")[0])
    return track(experiment, _write(loaded, folder), folder)


def join(experiment: config.Experiment, master: str, options: LoadOptions = LoadOptions()) -> None:
    """Make load for a test that is led from another machine, with the same experiment and dataset.

    How many users, how long and in which shape is said there. Nothing is left here.
    """
    processes.demand_locust()
    targets.check(experiment.target)
    with tempfile.TemporaryDirectory(prefix="rag-eval-worker-") as name:
        cases = survey.cases(experiment, options.limit)
        planned = plan.make("", experiment, cases, Path(name), respect_limits=options.respect_limits)
        processes.join(Path(name), master, planned.target.timeout)


def _folder(root: Path, name: str) -> Path:
    """A new folder for one test, readable by its owner: it holds questions and answers."""
    wanted = root / f"{datetime.now(UTC):%Y%m%d-%H%M%S}-{name}"
    try:
        root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"{root}: cannot be made: {error.strerror}") from error
    for number in range(1, 1000):
        path = wanted if number == 1 else wanted.with_name(f"{wanted.name}~{number}")
        try:
            path.mkdir(mode=0o700)
        except FileExistsError:
            continue
        except OSError as error:
            raise UsageError(f"{path}: cannot be made: {error.strerror}") from error
        return path
    raise MismatchError(f"{wanted}: a thousand tests began in one second")


@contextmanager
def _nothing_left(folder: Path) -> Iterator[None]:
    """Take the folder of a test away that comes to nothing before it has begun."""
    try:
        yield
    except BaseException:
        shutil.rmtree(folder, ignore_errors=True)
        raise


async def _one_question(planned: LoadPlan, case: Case) -> None:
    """See that the service answers at all, before a hundred users find out that it does not."""
    async with targets.connect(planned.target, targets.TargetContext(planned.seed)) as target:
        try:
            await target.answer(case)
        except (ReasonedError, UnreachableError) as error:
            raise UnreachableError(f"not loaded: one question at rest got no answer: {error}") from error


def _generate(planned: LoadPlan, folder: Path, spread: Spread, display: Display) -> None:
    """Make load; raises `Interruption` where somebody stopped it."""
    try:
        with display(planned, folder) as watch:
            processes.generate(folder, spread, planned.target.timeout, watch)
    except KeyboardInterrupt as error:
        message = f"stopped; what was measured until then is in {folder}. Into MLflow: rag-eval sync {folder}"
        raise Interruption(message) from error


def _quality(experiment: config.Experiment, planned: LoadPlan, cases: Sequence[Case], folder: Path) -> Quality | None:
    """Score a sample of the answers that came under load, and the answers to the same questions at rest."""
    kept = _sampled_answers(planned, {case.id: case for case in cases}, folder)
    metrics = tuple(name for name in experiment.metrics if find_spec(name).unit != _SECONDS)
    if not kept or not metrics:
        return None
    _write_lines(folder / _ASKED, [case.model_dump(mode="json", exclude_none=True) for case, _ in kept])
    _write_lines(folder / _SAID, [_row(case, answer) for case, answer in kept])
    common = {"metrics": metrics, "dataset": config.DatasetConfig(path=str(folder / _ASKED), format="rows")}
    replayed = ReplayConfig(kind="replay", path=str(folder / _SAID), format="rows", match=("id",))
    under = _run(experiment, "under-load", {**common, "target": replayed})
    # An answer that was kept from the load must not stand for one at rest.
    said_breaker = planned.target.breaker
    fresh = planned.target.model_copy(
        update={
            "headers": {**planned.target.headers, "Cache-Control": "no-cache"},
            "breaker": said_breaker and said_breaker.model_copy(update={"patience": _PATIENCE_S}),
        }
    )
    rest = _run(experiment, "at-rest", {**common, "target": fresh})
    comparison = compare_folders(
        runs.RunFolder(rest.result.folder), runs.RunFolder(under.result.folder), seed=experiment.seed
    )
    worse = [m.name for m in comparison.metrics if m.verdict == "worse"]
    return Quality(
        sample=len(kept),
        at_rest=str(rest.result.folder),
        under_load=str(under.result.folder),
        comparison=comparison,
        worse=tuple(worse),
    )


def _run(experiment: config.Experiment, suffix: str, changes: dict[str, object]) -> FinishedRun:
    name = f"{experiment.name[: 99 - len(suffix)]}-{suffix}"
    without = {"gates": (), "guardrails": (), "primary": None}  # they speak of the whole dataset and of all its metrics
    return pipeline.run(experiment.model_copy(update={"name": name, **without, **changes}))


def _sampled_answers(planned: LoadPlan, cases: Mapping[str, Case], folder: Path) -> list[tuple[Case, Answer]]:
    """The answers that were kept, as the target would have read them, in the order of the dataset."""
    exchange = HttpExchange(planned.target)
    answers = {sample.case: _answer(sample, exchange) for sample in samples.answers(folder)}
    return [(case, answer) for key, case in cases.items() if (answer := answers.get(key)) is not None]


def _answer(sample: SampledAnswer, exchange: HttpExchange) -> Answer | None:
    """The answer in a body; None where there is none any more, as what may be secret has been masked in it."""
    try:
        return exchange.answer(sample.body.encode(), sample.asked_at, sample.seconds)
    except ReasonedError:
        return None


def _row(case: Case, answer: Answer) -> dict[str, object]:
    fields = {"response", "retrieved_contexts", "retrieved_context_ids", "latency_s"}
    return {
        **case.model_dump(mode="json", include={"id", "user_input"}),
        **answer.model_dump(mode="json", include=fields, exclude_none=True),
    }


def _write_lines(path: Path, rows: Sequence[dict[str, object]]) -> None:
    path.write_text("".join(plan.dump_line(row) for row in rows), encoding="utf-8")


def _write(loaded: LoadTestResult, folder: Path) -> LoadTestResult:
    """Write down a result, whole or not at all."""
    for name, text in ((RESULT, loaded.model_dump_json(indent=2) + "\n"), ("report.html", report.html(loaded))):
        files.write_text(folder / name, text)
    return loaded


def reopen(folder: Path) -> LoadTestResult:
    """A load test that was written down; raises `MismatchError` where there is none."""
    try:
        return LoadTestResult.model_validate(json.loads((folder / RESULT).read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise MismatchError(f"{folder}: is no load test: {error}") from error


def sync(folder: Path) -> FinishedLoadTest:
    """Push a load test again, as when the tracker was away; raises `MismatchError` where there is none."""
    return track(configfile.load(folder / EXPERIMENT), reopen(folder), folder, insist=True)


def track(
    experiment: config.Experiment, loaded: LoadTestResult, folder: Path, *, insist: bool = False
) -> FinishedLoadTest:
    """Push a load test to the tracker, beside the runs that scored its answers; one that is away is told of."""
    tracker = tracking.connect_loads(experiment.mlflow, insist=insist)
    if tracker is None:
        return FinishedLoadTest(loaded, folder)
    try:
        link = tracker.push(report.tracked(loaded, folder))
    except UnreachableError as error:
        return FinishedLoadTest(loaded, folder, untracked=str(error))
    return FinishedLoadTest(loaded, folder, link, needs_ui=tracking.needs_ui(experiment.mlflow))
