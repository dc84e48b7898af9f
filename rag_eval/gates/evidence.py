"""One-sided tests and limits: what lets a gate pass, fail, or stay undecided.

Shares of 0 and 1 have the exact binomial (Clopper and Pearson 1934), other means Student's t, quantiles the number of
values that lie beyond the limit.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

Limits = tuple[float, float] | None
"""Least and largest value that can be; None where there are none, as of a time."""
UNIT: Limits = (0.0, 1.0)
FEWEST = 6
"""Values from which on the mean of others than shares can be told to lie beyond a limit."""


def p_mean_above(values: Sequence[float], threshold: float, rng: np.random.Generator, limits: Limits = UNIT) -> float:
    """The p of "the mean of the population is at most `threshold`" against its being above; 1 with too few values."""
    del rng
    data = np.asarray(values, dtype=float)
    if _binary(data, limits):
        from scipy.stats import binom

        share = min(max(threshold, 0.0), 1.0)
        return float(binom.sf(int(data.sum()) - 1, data.size, share))
    return _t(data, threshold)


def p_mean_below(values: Sequence[float], threshold: float, rng: np.random.Generator, limits: Limits = UNIT) -> float:
    """The p of "the mean of the population is at least `threshold`" against its being below; 1 with too few values."""
    data = np.asarray(values, dtype=float)
    if _binary(data, limits):
        return p_mean_above((1 - data).tolist(), 1 - threshold, rng, limits)
    return _t(-data, -threshold)


def mean_bound(
    values: Sequence[float],
    side: Literal["lower", "upper"],
    alpha: float,
    rng: np.random.Generator,
    limits: Limits = UNIT,
) -> float | None:
    """One-sided confidence bound of the mean at level 1 − `alpha`; None where none can be had."""
    del rng
    data = np.asarray(values, dtype=float)
    if _binary(data, limits):
        from scipy.stats import binomtest

        test = binomtest(int(data.sum()), data.size, alternative="greater" if side == "lower" else "less")
        exact = test.proportion_ci(confidence_level=1 - alpha, method="exact")
        return float(exact.low if side == "lower" else exact.high)
    if data.size < FEWEST:
        return None
    from scipy.stats import t

    half = float(t.ppf(1 - alpha, data.size - 1)) * float(data.std(ddof=1)) / math.sqrt(data.size)
    return float(data.mean()) - half if side == "lower" else float(data.mean()) + half


def quantile_p(values: Sequence[float], q: float, threshold: float, side: Literal["below", "above"]) -> float:
    """The p of "the `q`-quantile is not on this `side` of `threshold`", by how many values are (Conover 1999).

    What failed may stand as infinite. It is 1 without values.
    """
    from scipy.stats import binom

    if not len(values):
        return 1.0
    within = int((np.asarray(values, dtype=float) <= threshold).sum())
    return float(binom.sf(within - 1, len(values), q) if side == "below" else binom.cdf(within, len(values), q))


def holm(p_values: Sequence[float]) -> list[float]:
    """Holm's step-down adjustment (1979), in the order given: to reject at .05 is to be wrong anywhere in 5 %."""
    p = np.asarray(p_values, dtype=float)
    order = np.argsort(p, kind="stable")
    adjusted = np.empty_like(p)
    adjusted[order] = np.minimum(np.maximum.accumulate((p.size - np.arange(p.size)) * p[order]), 1.0)
    return [float(value) for value in adjusted]


@dataclass(frozen=True)
class MarginTest:
    """What paired differences say of a margin."""

    p_holds: float
    """The p of "it does not keep to the margin"."""
    p_fails: float
    """The p of "it keeps to the margin"."""
    bound: tuple[float, float] | None
    """What the mean difference is within, each limit with 1 − `alpha`; None where it is unknown."""


def non_inferiority(
    differences: Sequence[float],
    margin: float,
    rng: np.random.Generator,
    higher_is_better: bool = True,  # noqa: FBT001, FBT002 - what a metric says of itself
    alpha: float = 0.05,
    limits: Limits = (-1.0, 1.0),
) -> MarginTest:
    """Whether B, of differences B minus A, is worse by less than `margin` (Blackwelder 1982)."""
    del limits
    data = np.asarray(differences, dtype=float)
    gains = data if higher_is_better else -data
    sides = [mean_bound(data.tolist(), side, alpha, rng, None) for side in ("lower", "upper")]
    low, high = sides
    return MarginTest(_t(gains, -margin), _t(-gains, margin), None if low is None or high is None else (low, high))


def _binary(data: np.ndarray, limits: Limits) -> bool:
    return limits == UNIT and bool(data.size) and bool(np.isin(data, (0.0, 1.0)).all())


def _t(data: np.ndarray, threshold: float) -> float:
    """The p of "the mean is at most `threshold`"."""
    from scipy.stats import t

    if data.size < FEWEST:
        return 1.0
    error = float(data.std(ddof=1)) / math.sqrt(data.size)
    away = float(data.mean()) - threshold
    if error == 0:
        return 0.0 if away > 0 else 1.0
    return float(t.sf(away / error, data.size - 1))
