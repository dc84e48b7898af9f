"""One-sided p-values and bounds of a mean or a quantile, for gates: may it be said that it keeps to a threshold?"""

from collections.abc import Hashable, Sequence
from typing import Literal

import numpy as np

from rag_eval.stats.clusters import grouped
from rag_eval.stats.confidence import Confidence, Limits, bounded, demand_within, student, studentised

__all__ = ["UNIT", "Limits", "mean_bound", "p_mean_above", "p_mean_below", "quantile_p"]

UNIT: Limits = (0.0, 1.0)
"""Of a score."""


def p_mean_above(
    values: Sequence[float],
    threshold: float,
    rng: np.random.Generator,
    clusters: Sequence[Hashable] | None = None,
    limits: Limits = UNIT,
) -> float:
    """The p of "the mean of the population is at most `threshold`" against its being above.

    Values within `limits` are judged by Gaffke's bound, which for 0 and 1 is Clopper's and Pearson's, and of which the
    level holds whatever the values; without limits by the studentised bootstrap, with clusters and without limits by
    Student's t. It is 1 where nothing can be said: no values, or, without limits, too few or all equal.

    Raises `ValueError` for a value outside the limits, and where clusters do not fit values.
    """
    confidence = _from_below(values, rng, clusters, limits)
    return 1.0 if confidence is None else float(confidence.cdf(threshold))


def p_mean_below(
    values: Sequence[float],
    threshold: float,
    rng: np.random.Generator,
    clusters: Sequence[Hashable] | None = None,
    limits: Limits = UNIT,
) -> float:
    """The p of "the mean of the population is at least `threshold`" against its being below; as `p_mean_above`."""
    return p_mean_above(_negative(values), -threshold, rng, clusters, _turned(limits))


def mean_bound(
    values: Sequence[float],
    side: Literal["lower", "upper"],
    alpha: float,
    rng: np.random.Generator,
    clusters: Sequence[Hashable] | None = None,
    limits: Limits = UNIT,
) -> float | None:
    """One-sided confidence bound of the mean at level 1 − `alpha`, by the same methods; None where none can be had.

    A lower bound above a threshold is a `p_mean_above` under `alpha`, an upper one below it a `p_mean_below`.
    """
    if side == "upper":
        turned = mean_bound(_negative(values), "lower", alpha, rng, clusters, _turned(limits))
        return None if turned is None else -turned
    confidence = _from_below(values, rng, clusters, limits)
    return None if confidence is None else float(confidence.ppf(alpha))


def quantile_p(values: Sequence[float], q: float, threshold: float, side: Literal["below", "above"]) -> float:
    """The p of "the `q`-quantile is not on this `side` of `threshold`", by how many values are; exact for any shape.

    As many of `n` values as are at most the threshold are binomial with a chance of at least `q` where the quantile is
    at most the threshold (Conover 1999). So `quantile_p(seconds, 0.95, 2.0, "below")` under .05 bears out "p95 is at
    most 2 s". What failed may stand as infinite. It is 1 without values.
    """
    from scipy.stats import binom

    within = int((np.asarray(values, dtype=float) <= threshold).sum())
    if not len(values):
        return 1.0
    return float(binom.sf(within - 1, len(values), q) if side == "below" else binom.cdf(within, len(values), q))


def _from_below(
    values: Sequence[float], rng: np.random.Generator, clusters: Sequence[Hashable] | None, limits: Limits
) -> Confidence | None:
    data = np.asarray(values, dtype=float)
    if limits is not None:
        demand_within(data, limits)
        return bounded(data, limits[0], rng, clusters) if data.size else None
    return studentised(data, rng) if grouped(data, clusters) is None else student(data, clusters)


def _negative(values: Sequence[float]) -> list[float]:
    return [-value for value in values]


def _turned(limits: Limits) -> Limits:
    return None if limits is None else (-limits[1], -limits[0])
