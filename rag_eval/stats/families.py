"""Many comparisons at a time: each is concluded from a p that is adjusted for all of them (Holm 1979)."""

from collections.abc import Mapping, Sequence
from typing import Literal, TypeVar

from rag_eval.records import ANSWERED, Conclusion, MetricComparison, RunComparison
from rag_eval.stats.multiplicity import holm

Key = TypeVar("Key")
ALPHA = 0.05
"""Chance of a false alarm that is allowed for a whole family."""
_Place = tuple[int, int]
"""Number of a comparison, and of a metric in it."""


def among_others(metrics: Sequence[MetricComparison], primary: str) -> tuple[MetricComparison, ...]:
    """Each metric with its p adjusted for all that were compared besides the primary one, and concluded from it.

    Among a dozen metrics one moves by luck. So a metric has gained or lost only where its p stays at most .05 after
    Holm's adjustment; else there is no clear difference, and the note says what it would have been alone. The primary
    metric and `answered` are judged alone: whether B is better on the one, and answers no fewer, is the question that
    was asked before any number was seen.
    """
    rest = {m.name: m.p_value for m in metrics if m.name not in (primary, ANSWERED) and m.p_value is not None}
    by_name = _adjusted_p(rest)
    what = f"{len(rest)} metrics"
    return tuple(_concluded(m, by_name[m.name], what) if m.name in by_name else m for m in metrics)


def alone(metrics: Sequence[MetricComparison], what: str) -> tuple[MetricComparison, ...]:
    """Each of some comparisons of one metric, such as its slices, adjusted for all of them."""
    by_place = _adjusted_p({place: m.p_value for place, m in enumerate(metrics) if m.p_value is not None})
    named = f"{len(by_place)} {what}"
    return tuple(_concluded(m, by_place[at], named) if at in by_place else m for at, m in enumerate(metrics))


def across(comparisons: Sequence[RunComparison]) -> tuple[RunComparison, ...]:
    """Several runs, each against the same one, every metric adjusted for all metrics of all runs.

    The primary metric of each run is adjusted for those of the other runs, as is `answered`: the best of many is luck.
    """
    rest, first = dict[_Place, float](), {name: dict[_Place, float]() for name in ("primary", ANSWERED)}
    for number, comparison in enumerate(comparisons):
        for at, metric in enumerate(comparison.metrics):
            if metric.p_value is None:
                continue
            is_first = metric.name in (comparison.primary, ANSWERED)
            family = first[ANSWERED if metric.name == ANSWERED else "primary"] if is_first else rest
            family[number, at] = metric.p_value
    adjusted = {place: p for family in (rest, *first.values()) for place, p in _adjusted_p(family).items()}
    return tuple(_with(comparison, number, adjusted) for number, comparison in enumerate(comparisons))


def _with(comparison: RunComparison, number: int, adjusted: Mapping[_Place, float]) -> RunComparison:
    what = "all metrics of all runs"
    metrics = tuple(
        _concluded(metric, adjusted[number, at], what) if (number, at) in adjusted else metric
        for at, metric in enumerate(comparison.metrics)
    )
    return comparison.model_copy(update={"metrics": metrics, **concluded(metrics, comparison.primary)})


def concluded(metrics: Sequence[MetricComparison], primary: str) -> dict[str, object]:
    """The fields of a comparison that follow from its metrics."""
    return {
        "verdict": verdict(metrics, primary),
        "regressed": tuple(metric.name for metric in metrics if metric.verdict == "worse"),
        "improved": tuple(metric.name for metric in metrics if metric.verdict == "better"),
    }


def verdict(metrics: Sequence[MetricComparison], primary: str) -> Conclusion | Literal["mixed"]:
    """What may be said of B as a whole.

    Fewer answers are worse, whatever the answers that came are worth. Else the primary metric decides, and what moved
    the other way is not passed over: `mixed` where the primary metric gained and another lost.
    """
    by_name = {metric.name: metric for metric in metrics}
    worse = [metric for metric in metrics if metric.verdict == "worse"]
    better = [metric for metric in metrics if metric.verdict == "better"]
    if ANSWERED in by_name and by_name[ANSWERED].verdict == "worse":
        return "worse"
    first: Conclusion = by_name[primary].verdict if primary in by_name else "unclear"
    if first in ("worse", "cannot_tell") or not worse:
        return first
    return "mixed" if better else "worse"


def _adjusted_p(family: Mapping[Key, float]) -> dict[Key, float]:
    return dict(zip(family, holm([*family.values()]), strict=True))


def _concluded(metric: MetricComparison, p: float, among: str) -> MetricComparison:
    changes: dict[str, object] = {"adjusted_p": p}
    if metric.verdict in ("better", "worse") and p > ALPHA:
        note = f"{metric.verdict} if looked at alone (p = {metric.p_value:.3f}), not among {among} (p = {p:.2f})"
        changes |= {"verdict": "unclear", "note": note}
    return metric.model_copy(update=changes)
