"""After the journal: what is made from it, and can be made again at any time."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TypeAlias

from rag_eval import config, configfile, gates, reports, runs
from rag_eval.errors import MismatchError, StorageError
from rag_eval.evaluation import beside, remedies
from rag_eval.journal import Journal, JournalWriter, Row
from rag_eval.ports import RunResult, Scores
from rag_eval.records import (
    DEGRADED,
    NO_END,
    REFUSED,
    THINKING,
    UNKNOWN,
    GateResult,
    MetricSummary,
    Origin,
    RefusalCounts,
    Summary,
    SuspiciousCases,
    Usage,
)

ScoreFolder: TypeAlias = beside.ScoreFolder
"""Where scores are kept: a run's folder, or a baseline's."""

_NAMED = 5
"""Cases that speak to the judge, of which a summary has the ids."""


def write_reports(
    folder: runs.RunFolder,
    journal: Journal,
    demanded: Sequence[gates.Gate] = (),
    against: ScoreFolder | None = None,
    added_up: Callable[[Summary], None] = lambda _: None,
) -> RunResult:
    """Make everything that is made from the journal: results, summary, what becomes of gates, reports.

    `against` stands for every baseline that the gates name. The page, which says what became of them, is written last,
    and also where they cannot be decided. `added_up` is told what the run comes to before anything is written.
    """
    experiment = configfile.load(folder.experiment)
    summary = summarise(folder.id, journal, experiment)
    added_up(summary)
    try:
        packed = reports.write(folder, journal, summary)
        try:
            if demanded:
                summary = _conclude(journal, summary, demanded, experiment, against)
                reports.write_summary(folder, summary)
        finally:
            reports.write_page(folder, packed, summary)
    except (OSError, StorageError) as error:
        raise _unwritten(error, folder, summary) from error
    return RunResult(summary, folder.path, configfile.flatten(experiment))


def _unwritten(error: OSError | StorageError, folder: runs.RunFolder, summary: Summary) -> StorageError:
    """That a run is whole and its reports are not, with what it comes to."""
    why = error if isinstance(error, StorageError) else f"{error.filename or folder.path}: {error.strerror or error}"
    message = f"the reports of {folder.path} could not be written: {why}"
    unwritten = StorageError(f"{message}\nEvery score is kept. Then: rag-eval run --resume {folder.path}")
    unwritten.summary = summary
    return unwritten


def _conclude(
    journal: Journal,
    summary: Summary,
    demanded: Sequence[gates.Gate],
    experiment: config.Experiment,
    against: ScoreFolder | None,
) -> Summary:
    """Hold a run to its gates, and keep what became of them."""
    stand_ins = dict.fromkeys(gates.baselines(demanded), against) if against else {}
    root = Path(experiment.baselines)
    with beside.opened((summary, journal), demanded, experiment, stand_ins, root) as made:
        decided = gates.decide(demanded, made)
    assert isinstance(journal, JournalWriter), "gates are decided by who writes"
    journal.remember(gates=decided)
    return summary.model_copy(update={"gates": decided})


def gate(
    run: ScoreFolder,
    demanded: Sequence[gates.Gate],
    *,
    against: ScoreFolder | None = None,
    root: Path,
    force: bool = False,
) -> tuple[GateResult, ...]:
    """What becomes of gates now; `against` stands for every baseline that they name, else they are found in `root`.

    Raises `ConfigError` for what the run does not have, and `MismatchError` for a baseline that is not there or was
    measured otherwise, unless forced.
    """
    with trial(run, demanded, against=against, root=root, force=force) as made:
        return gates.decide(demanded, made)


@contextmanager
def trial(
    run: ScoreFolder,
    demanded: Sequence[gates.Gate],
    *,
    against: ScoreFolder | None = None,
    root: Path,
    force: bool = False,
    summary: Summary | None = None,
) -> "Iterator[gates.Trial]":
    """A run with the baselines that gates name, all of them open; raises as `gate`.

    `summary` is the run's, where that is known already.
    """
    experiment = configfile.load(run.experiment)
    stand_ins = dict.fromkeys(gates.baselines(demanded), against) if against else {}
    known = summary or (run.summary if isinstance(run, gates.Baseline) else summary_of(run))
    opening: AbstractContextManager[Scores] = run.open_()
    with opening as scores, beside.opened((known, scores), demanded, experiment, stand_ins, root, force=force) as made:
        yield made


def measured_as(folder: ScoreFolder) -> tuple[Origin, str]:
    """Where the scores of a run or a baseline come from, and how it was limited."""
    with folder.open_() as scores:
        return beside.origin_of(scores), beside.limit_of_scores(scores)


def locate(
    name: str,
    root: Path,
    baselines: Path,
    *,
    wanted: runs.Wanted = "full",
    tell: Callable[[str], None] = lambda _: None,
) -> ScoreFolder:
    """A baseline of this name or folder if there is one, else a run as `runs.find` finds it; raises `MismatchError`."""
    known = {baseline.name for baseline in gates.every(baselines)}
    if name in known or gates.is_baseline(Path(name)):
        return gates.find(name, baselines)
    try:
        return runs.find(name, root, wanted=wanted, tell=tell)
    except MismatchError as error:
        there = f"are {', '.join(sorted(known))}" if known else f"are none in {baselines}/"
        raise MismatchError(f"{error}. Of baselines there {there}") from error


def rebuild(folder: runs.RunFolder) -> RunResult:
    """A run from its folder, with everything made from its journal made again."""
    with folder.open_() as journal:
        return write_reports(folder, journal)


def summarise(run_id: str, journal: Journal, experiment: config.Experiment) -> Summary:
    """Add a run up. The same journal and seed give the same numbers; means of a stopped sample have no interval."""
    summary = _summarised(run_id, journal, experiment)
    if not summary.stopped:
        return summary
    return summary.model_copy(
        update={
            "metrics": _without_intervals(summary.metrics),
            "slices": tuple(
                part.model_copy(update={"metrics": _without_intervals(part.metrics)}) for part in summary.slices
            ),
        }
    )


def _without_intervals(metrics: Sequence[MetricSummary]) -> tuple[MetricSummary, ...]:
    return tuple(metric.model_copy(update={"interval": None}) for metric in metrics)


def _summarised(run_id: str, journal: Journal, experiment: config.Experiment) -> Summary:
    meta = journal.meta
    started, ended, seconds = journal.sessions()
    failures = journal.target_failures()
    traits = journal.meta.traits
    shown = [trait for trait in traits if not trait.hidden]
    from rag_eval.evaluation.columns import columns_of

    columns = columns_of(journal, shown, experiment.seed)
    return Summary(
        run_id=run_id,
        key=meta.key,
        name=meta.name,
        started=started or meta.began,  # of a run that goes on, or was killed, no session has ended
        ended=ended,
        seconds=round(seconds, 3),
        planned=meta.total,
        cases=journal.count(),
        scored=(scored := journal.scored([trait.name for trait in traits])),
        finished=scored >= meta.total,
        answered=journal.count() - sum(failures.values()),
        target_failures=failures,
        failures=remedies.with_remedies(journal.failures(), experiment),
        metrics=columns.metrics(),
        primary=meta.primary,
        listed=meta.listed,
        refusals=_refusals(journal),
        usage=priced(journal.usage(), experiment),
        origin=meta.origin,
        min_coverage=experiment.min_coverage,
        embedded_judge=meta.origin.judge.get("kind") == "embedded",
        judged=meta.judged,
        tags=columns.tag_means(),
        slices=columns.slices(meta.primary),
        degraded=journal.marked(DEGRADED),
        thinking=journal.marked(THINKING),
        without_end=journal.marked(NO_END),
        suspicious=SuspiciousCases(count=len(suspicious := journal.suspicious()), first=tuple(suspicious[:_NAMED])),
        unknown_contexts=journal.marked(UNKNOWN),
        gates=meta.gates,
        sequential=meta.sequential,
        limit=meta.limit,
        dataset_cases=meta.dataset_cases,
        git=meta.git,
    )


def _refusals(journal: Journal) -> RefusalCounts | None:
    """Refusals by whether the question has an answer; None where no answer was looked at for it."""
    refused = journal.values(REFUSED)
    if not refused:
        return None
    answerable = journal.answerable()
    count = Counter((answerable[case], bool(value)) for case, value in refused.items())
    return RefusalCounts(
        answerable=count[True, True] + count[True, False],
        answerable_refused=count[True, True],
        unanswerable=count[False, True] + count[False, False],
        unanswerable_refused=count[False, True],
    )


def priced(usage: Usage, experiment: config.Experiment) -> Usage:
    """What was spent, in money if the experiment knows prices."""
    cost = experiment.judge.cost_usd(usage.prompt_tokens, usage.completion_tokens)
    return usage if cost is None else usage.model_copy(update={"cost_usd": cost})


def summary_of(folder: runs.RunFolder) -> Summary:
    """A run at a glance, also while it goes on."""
    with folder.open_() as journal:
        return summarise(folder.id, journal, configfile.load(folder.experiment))


def case_of(folder: runs.RunFolder, case_id: str) -> Row:
    """One case of a run; raises `MismatchError` if it has not been asked."""
    with folder.open_() as journal:
        if case_id not in journal.ids():
            done, planned = journal.count(), journal.meta.total
            if done < planned:
                unfinished = f"{case_id!r} has no answer yet: the run is unfinished ({done} of {planned} cases)"
                raise MismatchError(f"{folder.id}: {unfinished}")
            raise MismatchError(f"{folder.id}: no case {case_id!r} has been asked in this run")
        row = journal.row(case_id)
        order = journal.meta.names
        return replace(row, outcomes={name: row.outcomes[name] for name in order if name in row.outcomes})


def limit_of(folder: runs.RunFolder) -> int | None:
    """How many cases a run was told to ask at most."""
    with folder.open_() as journal:
        return journal.meta.limit
