"""Confidence intervals of a mean. Where none can be had there is none, never one of no width."""

import math
import warnings
from collections.abc import Hashable, Sequence

import numpy as np

from rag_eval.records import Interval
from rag_eval.stats.clusters import FEWEST_CLUSTERS, Clusters, grouped, independent_values

RESAMPLES = 4999
"""Bootstrap resamples; with as many, a limit moves by about 1 % of the interval's width from seed to seed."""

MANY = 2000
"""From so many values on, the mean is as good as normal and resampling would only cost time."""

FEW_MOVED = 5
"""Questions that moved up to which their spread says nothing, and exact tests stand in for the interval."""

FEWEST = 6
"""Values from which on they can be resampled; of fewer pairs all could point one way by chance."""

ROUNDING = 1e-9
"""Values that differ by no more are equal: what two sums in another order leave, or a share that is kept from 0 / 0."""


def mean_interval(
    values: Sequence[float],
    rng: np.random.Generator,
    level: float = 0.95,
    clusters: Sequence[Hashable] | None = None,
) -> Interval | None:
    """Interval of the mean of values in [0, 1] or of times; None with too few of them, or where all are equal.

    Wilson's score interval (1927) for values that are all 0 or 1, which has a width also where all are 1; else
    SciPy's bias-corrected and accelerated bootstrap (Efron 1987), expanded for few values; the normal interval
    from `MANY` values on.
    With `clusters`, one for each value, Student's t on what clusters scatter by, and for 0 and 1 Wilson's interval over
    as many values as would scatter as much (Korn and Graubard 1998); None with fewer than `FEWEST_CLUSTERS`.
    """
    data = _whole(np.asarray(values, dtype=float))
    by_cluster = grouped(data, clusters)
    binary = bool(data.size) and bool(np.isin(data, (0.0, 1.0)).all())
    if by_cluster is not None:
        return _clustered(data, by_cluster, level, binary=binary)
    return _wilson(int(data.sum()), data.size, level) if binary else _independent(data, rng, level)


def without_interval(values: Sequence[float], clusters: Sequence[Hashable] | None = None) -> str:
    """Why values have no interval of their mean, in words; empty where there are none, which needs no reason."""
    data = np.asarray(values, dtype=float)
    by_cluster = grouped(data, clusters)
    if not data.size:
        return ""
    if data.size < FEWEST:
        return f"{data.size} value{'s' * (data.size > 1)}, and it takes {FEWEST}"
    if alike(data):
        return f"all {data.size} values are the same"
    if by_cluster is not None and len(by_cluster) < FEWEST_CLUSTERS:
        return f"values of {len(by_cluster)} documents or conversations, and it takes {FEWEST_CLUSTERS}"
    return "what goes together scatters too little to tell"


def difference_interval(
    differences: Sequence[float],
    rng: np.random.Generator,
    level: float = 0.95,
    clusters: Sequence[Hashable] | None = None,
) -> Interval | None:
    """Interval of the mean of paired differences, in their unit; None with too few, or where all are equal.

    Bootstrap over the pairs, as in `mean_interval`; with `clusters` Student's t on what clusters scatter by.
    """
    data = np.asarray(differences, dtype=float)
    by_cluster = grouped(data, clusters)
    if by_cluster is not None:
        return _clustered(data, by_cluster, level, binary=False)
    return _independent(data, rng, level)


def alike(data: np.ndarray) -> bool:
    """Whether all values are equal but for rounding."""
    return bool(np.ptp(data) <= ROUNDING) if data.size else True


def _whole(data: np.ndarray) -> np.ndarray:
    """Values in which what is 0 or 1 but for rounding is just that."""
    near = np.round(data)
    return np.where((abs(data - near) <= ROUNDING) & ((near == 0) | (near == 1)), near, data)


def _independent(data: np.ndarray, rng: np.random.Generator, level: float) -> Interval | None:
    if data.size < FEWEST or alike(data):
        return None
    return _normal(data, level) if data.size >= MANY else _bootstrap(data, rng, level)


def _clustered(data: np.ndarray, clusters: Clusters, level: float, *, binary: bool) -> Interval | None:
    from scipy.stats import t

    if len(clusters) < FEWEST_CLUSTERS or data.size < FEWEST:
        return None
    times = float(t.ppf(0.5 + level / 2, clusters.freedom))
    mean, half = clusters.mean, times * clusters.error
    if binary:
        low, high = _score(mean, independent_values(data, clusters), times)
        return Interval(low=low, high=high, level=level, method=f"Wilson, {len(clusters)} clusters")
    if half <= ROUNDING:
        return None
    # A mean lies between the least and the largest value, which Student's t does not know.
    low, high = (mean - half, mean + half) if data.min() < 0 else (max(mean - half, 0.0), mean + half)
    if data.min() >= 0 and data.max() <= 1:
        high = min(high, 1.0)
    return Interval(low=low, high=high, level=level, method=f"t, {len(clusters)} clusters")


def _score(share: float, n: float, times: float) -> tuple[float, float]:
    """Limits of Wilson's interval for a share of `n`, which need not be whole."""
    middle = (share + times**2 / (2 * n)) / (1 + times**2 / n)
    half = times * math.sqrt(share * (1 - share) / n + times**2 / (4 * n**2)) / (1 + times**2 / n)
    return max(middle - half, 0.0), min(middle + half, 1.0)


def _wilson(successes: int, n: int, level: float) -> Interval:
    from scipy.special import ndtri

    # SciPy has the same in `binomtest`, which first works out a p-value that nobody asked for: a hundred times as long.
    low, high = _score(successes / n, n, float(ndtri(0.5 + level / 2)))
    low, high = (low if successes else 0.0), (high if successes < n else 1.0)
    return Interval(low=low, high=high, level=level, method="Wilson")


def _normal(data: np.ndarray, level: float) -> Interval:
    from scipy.special import ndtri

    half = float(ndtri(0.5 + level / 2)) * float(data.std(ddof=1)) / math.sqrt(data.size)
    mean = float(data.mean())
    return Interval(low=mean - half, high=mean + half, level=level, method="normal")


def _expanded(level: float, n: int) -> float:
    """The level at which to read percentiles of n resampled values so that they hold `level` (Hesterberg 2015).

    A resample of few values scatters too little, by (n - 1)/n, and its quantiles are those of the normal distribution
    where they should be Student's.
    """
    from scipy.special import ndtr
    from scipy.stats import t

    return float(2 * ndtr(math.sqrt(n / (n - 1)) * t.ppf(0.5 + level / 2, n - 1)) - 1)


def _bootstrap(data: np.ndarray, rng: np.random.Generator, level: float) -> Interval | None:
    from scipy.stats import bootstrap

    for method, name in (("BCa", "BCa"), ("percentile", "percentile")):
        with warnings.catch_warnings():
            # SciPy warns where BCa has no answer, as for a single value that differs; percentile has one.
            warnings.simplefilter("ignore")
            limits = bootstrap(
                (data,),
                np.mean,
                n_resamples=RESAMPLES,
                confidence_level=_expanded(level, data.size),
                method=method,
                rng=rng,
                batch=500,
            ).confidence_interval
        if math.isfinite(limits.low) and math.isfinite(limits.high) and limits.high - limits.low > ROUNDING:
            return Interval(
                low=float(limits.low),
                high=float(limits.high),
                level=level,
                method=f"{name} bootstrap, {RESAMPLES} resamples",
            )
    return None
