"""What one metric says of a run."""

from collections.abc import Hashable, Mapping, Sequence
from statistics import fmean

import numpy as np

from rag_eval.records import MetricSummary, MetricTraits
from rag_eval.stats.intervals import mean_interval, without_interval
from rag_eval.stats.repeats import repeat_sd

_QUANTILES = {"p05": 0.05, "p50": 0.50, "p95": 0.95}


def metric_summary(
    traits: MetricTraits,
    values: Sequence[float],
    failures: Mapping[str, int],
    not_applicables: Mapping[str, int],
    rng: np.random.Generator,
    groups: Sequence[tuple[Sequence[float], int]] | None = None,
    clusters: Sequence[Hashable] | None = None,
) -> MetricSummary:
    """Mean, interval, worst cases and counts. Failures enter no mean and are in every denominator that is shown.

    `groups` has the values and the number of failures of each question, where questions were repeated; mean, interval
    and worst cases are then over questions. `clusters` has what each of these, or each value, belongs to with others.
    """
    asked = groups if groups is not None else [([value], 0) for value in values] + [([], 1)] * sum(failures.values())
    due = [(group, lost) for group, lost in asked if group or lost]
    means = [fmean(group) for group, _ in due if group]
    n, failed = len(values), sum(failures.values())
    worst = traits.bounded and n + failed > 0
    together = _of_values(clusters, groups)
    interval = mean_interval(means, rng, clusters=together)
    return MetricSummary(
        name=traits.name,
        n=n,
        failed=failed,
        not_applicable=sum(not_applicables.values()),
        mean=float(np.mean(means)) if n else None,
        interval=interval,
        note="" if interval else without_interval(means, together),
        worst_low=fmean(sum(group) / (len(group) + lost) for group, lost in due) if worst else None,
        worst_high=fmean((sum(group) + lost) / (len(group) + lost) for group, lost in due) if worst else None,
        quantiles={key: float(np.quantile(values, q)) for key, q in _QUANTILES.items()} if n else {},
        failures=dict(failures),
        not_applicables=dict(not_applicables),
        higher_is_better=traits.higher_is_better,
        bounded=traits.bounded,
        unit=traits.unit,
        label=traits.label,
        repeat_sd=repeat_sd([group for group, _ in groups]) if groups is not None else None,
    )


def _of_values(
    clusters: Sequence[Hashable] | None, groups: Sequence[tuple[Sequence[float], int]] | None
) -> Sequence[Hashable] | None:
    """The clusters of what has a value."""
    if clusters is None or groups is None:
        return clusters
    return [cluster for cluster, (group, _) in zip(clusters, groups, strict=True) if group]
