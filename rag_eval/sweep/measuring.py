"""What the runs of a sweep hold: quality by question, refusals, seconds, and what answers cost."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from statistics import fmean

import numpy as np

from rag_eval import run_scores, runs
from rag_eval.journal import Journal
from rag_eval.records import MetricTraits, Summary
from rag_eval.records.spending import spending
from rag_eval.stats import Side
from rag_eval.sweep.variants import Variant


@dataclass(frozen=True)
class VariantRun:
    """The run of one variant."""

    variant: Variant
    folder: runs.RunFolder
    summary: Summary


@dataclass(frozen=True)
class MeasuredRun:
    """What it holds."""

    run: VariantRun
    side: Side
    """The primary metric by question, as comparisons take it: 0 where no answer came, if the metric counts it so."""
    latency_p50: float | None
    latency_p95: float | None
    tokens: float | None
    cost_usd: float | None


@dataclass(frozen=True)
class Measurements:
    """All of them, measured alike."""

    runs: tuple[MeasuredRun, ...]
    traits: MetricTraits
    """Of the primary metric."""
    clusters: Mapping[str, str] | None
    """Question to what it belongs to with others; None where that is not known."""


@dataclass(frozen=True)
class VariantScores:
    """The runs that have values of the primary metric, over the questions of which all of these have one."""

    runs: tuple[MeasuredRun, ...]
    values: np.ndarray = field(repr=False)
    """Shape (questions, runs)."""
    clusters: Sequence[tuple[str, ...]] | None


def measure(swept: Sequence[VariantRun]) -> Measurements:
    """Read every run of a sweep."""
    primary = swept[0].summary.primary
    with ExitStack() as stack:
        journals = [stack.enter_context(run.folder.open_()) for run in swept]
        traits = next(trait for trait in journals[0].meta.traits if trait.name == primary)
        measured = tuple(_measured(run, journal, traits) for run, journal in zip(swept, journals, strict=True))
        return Measurements(measured, traits, run_scores.clusters_of(*journals))


def _measured(run: VariantRun, journal: Journal, traits: MetricTraits) -> MeasuredRun:
    answers = journal.measured()
    seconds = [value for value, _ in answers if value is not None]
    spent = [spending(usage) for _, usage in answers]
    return MeasuredRun(
        run=run,
        side=run_scores.side(journal, traits),
        latency_p50=float(np.quantile(seconds, 0.50)) if seconds else None,
        latency_p95=float(np.quantile(seconds, 0.95)) if seconds else None,
        tokens=_mean([tokens for tokens, _ in spent if tokens is not None]),
        cost_usd=_mean([cost for _, cost in spent if cost is not None]),
    )


def _mean(values: Sequence[float]) -> float | None:
    return fmean(values) if values else None


def shared_scores(measured: Measurements) -> VariantScores:
    """What variants are ranked by."""
    ranked = tuple(run for run in measured.runs if run.side.values)
    first, *others = [run.side.values for run in ranked] or [{}]
    keys = [key for key in first if all(key in values for values in others)]
    values = np.array([[run.side.values[key] for run in ranked] for key in keys]).reshape(len(keys), len(ranked))
    belongs = measured.clusters
    clusters = None if belongs is None else [("", key) if key not in belongs else (belongs[key],) for key in keys]
    return VariantScores(ranked, values, clusters)
