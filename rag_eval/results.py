"""After the journal: what is made from it, and can be made again at any time."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np

from rag_eval import config, configfile, metrics, reports, runs, stats
from rag_eval.errors import MismatchError
from rag_eval.journal import Journal, Row
from rag_eval.ports import RunResult
from rag_eval.records import (
    DEGRADED,
    NO_END,
    THINKING,
    UNKNOWN,
    Comparison,
    MetricSummary,
    Origin,
    Summary,
    Usage,
)


def write_down(folder: runs.Folder, journal: Journal) -> RunResult:
    """Make everything that is made from the journal: results, summary, reports."""
    experiment = configfile.load(folder.experiment)
    summary = summarise(folder.id, journal, experiment)
    reports.write(folder, journal, summary)
    return RunResult(summary, folder.path, configfile.flatten(experiment))


def reopen(folder: runs.Folder) -> RunResult:
    """A run from its folder, with everything made from its journal made again."""
    with folder.open_() as journal:
        return write_down(folder, journal)


def summarise(run_id: str, journal: Journal, experiment: config.Experiment) -> Summary:
    """Add a run up. The same journal and seed give the same numbers."""
    meta = journal.meta
    started, ended, seconds = journal.sessions()
    failures = journal.target_failures()
    traits = [*json.loads(meta["metrics"])]
    if metrics.OVERALL in (origin := Origin.model_validate_json(meta["origin"])).metrics:
        traits.append({"name": metrics.OVERALL, "bounded": True, "higher_is_better": True})
    return Summary(
        run_id=run_id,
        key=meta["key"],
        name=meta["name"],
        started=started,
        ended=ended,
        seconds=round(seconds, 3),
        planned=int(meta["total"]),
        cases=journal.count(),
        answered=journal.count() - sum(failures.values()),
        target_failures=failures,
        metrics=tuple(_metric_summary(journal, experiment.seed, **trait) for trait in traits),
        usage=priced(journal.usage(), experiment),
        origin=origin,
        min_coverage=experiment.min_coverage,
        embedded_judge=origin.judge.get("kind") == "embedded",
        tags=journal.tag_means(),
        degraded=journal.marked(DEGRADED),
        thinking=journal.marked(THINKING),
        without_end=journal.marked(NO_END),
        unknown_contexts=journal.marked(UNKNOWN),
    )


def _metric_summary(journal: Journal, seed: int, *, name: str, bounded: bool, higher_is_better: bool) -> MetricSummary:
    return stats.metric_summary(
        name,
        list((values := journal.values(name)).values()),
        journal.reasons(name, "failure"),
        journal.reasons(name, "not_applicable"),
        np.random.default_rng(seed),
        bounded=bounded,
        higher_is_better=higher_is_better,
        groups=_by_question(journal, name, values),
    )


def _by_question(
    journal: Journal, metric: str, values: Mapping[str, float]
) -> list[tuple[Sequence[float], int]] | None:
    """Values and number of failures of each question that was repeated; None where none was."""
    repeats = journal.repeats()
    if not repeats:
        return None
    groups = stats.by_question(values, repeats)
    lost = Counter(repeats.get(case, case) for case in journal.failed(metric))
    return [(groups.get(question, []), lost[question]) for question in dict.fromkeys([*groups, *lost])]


def priced(usage: Usage, experiment: config.Experiment) -> Usage:
    """What was spent, in money if the experiment knows prices."""
    prices = experiment.judge.prices if isinstance(experiment.judge, config.OpenAI) else None
    if prices is None:
        return usage
    cost = (usage.prompt_tokens * prices.prompt + usage.completion_tokens * prices.completion) / 1e6
    return usage.model_copy(update={"cost_usd": cost})


def summary_of(folder: runs.Folder) -> Summary:
    """A run at a glance, also while it goes on."""
    with folder.open_() as journal:
        return summarise(folder.id, journal, configfile.load(folder.experiment))


def case_of(folder: runs.Folder, case_id: str) -> Row:
    """One case of a run; raises `MismatchError` if it has not been asked."""
    with folder.open_() as journal:
        if case_id not in journal.ids():
            raise MismatchError(f"{folder.id}: no case {case_id!r} has been asked in this run")
        return journal.row(case_id)


def limit_of(folder: runs.Folder) -> int | None:
    """How many cases a run was told to ask at most."""
    with folder.open_() as journal:
        found: int | None = json.loads(journal.meta["limit"])
        return found


def compare(a: runs.Folder, b: runs.Folder, *, force: bool = False, seed: int = 0) -> Comparison:
    """Whether B is better than A; raises `MismatchError` for unlike origins unless forced."""
    with a.open_() as journal_a, b.open_() as journal_b:
        origins = [Origin.model_validate_json(journal.meta["origin"]) for journal in (journal_a, journal_b)]
        differences = stats.origin_differences(*origins)
        if differences and not force:
            raise MismatchError(
                f"{a.id} and {b.id} cannot be compared: {'; '.join(differences)}. "
                "With --force they are, over the questions they share, and the report says so."
            )
        return stats.compare_runs((a.id, journal_a), (b.id, journal_b), differences, seed)
