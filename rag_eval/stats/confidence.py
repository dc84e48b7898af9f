"""Where the mean of a population may lie, from below: distributions of which a low quantile is a lower bound.

The alpha-quantile is a lower bound with confidence 1 - alpha, and the share at or below a threshold is the p of "the
mean is no more than that". One object thus gives a bound and a p that never contradict each other.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from rag_eval.stats.clusters import FEWEST_CLUSTERS, Clusters, grouped, independent_values
from rag_eval.stats.intervals import FEWEST, MANY, ROUNDING, alike

DRAWS = 9999
"""Random draws that stand for a distribution; the least p they can give is 1 in 10,000."""

_CHUNK = 2_000_000
_ALIKE = 4
"""Values to each that differs from which on resampling counts them."""
_LEVELS = 1000


Limits = tuple[float, float] | None
"""Least and largest value that can be; None where there are none, as of a time."""


class Confidence(Protocol):
    """A distribution of where the mean may lie."""

    def cdf(self, x: float) -> float:
        """Share at or below `x`."""
        ...

    def ppf(self, q: float) -> float:
        """Quantile."""
        ...


@dataclass(frozen=True)
class Draws:
    """A distribution by draws from it."""

    values: np.ndarray = field(repr=False)
    """Sorted."""

    def cdf(self, x: float) -> float:
        """Share at or below `x`, never 0."""
        return (1 + int(np.searchsorted(self.values, x, side="right"))) / (self.values.size + 1)

    def ppf(self, q: float) -> float:
        """The quantile, or the draw beneath it."""
        return float(self.values[max(int(q * (self.values.size + 1)) - 1, 0)])


def student(values: Sequence[float] | np.ndarray, clusters: Sequence[Hashable] | None = None) -> Confidence | None:
    """Student's t, by clusters where there are any; None with too few values, or where all are equal."""
    from scipy.stats import t

    data = np.asarray(values, dtype=float)
    by_cluster = grouped(data, clusters)
    if data.size < FEWEST or alike(data) or (by_cluster is not None and len(by_cluster) < FEWEST_CLUSTERS):
        return None
    freedom = data.size - 1 if by_cluster is None else by_cluster.freedom
    error = float(data.std(ddof=1)) / data.size**0.5 if by_cluster is None else by_cluster.error
    return t(freedom, loc=float(data.mean()), scale=error) if error > ROUNDING else None


def studentised(values: Sequence[float] | np.ndarray, rng: np.random.Generator) -> Confidence | None:
    """The studentised bootstrap (Hall 1992), for skewed values without limits; Student's t from `MANY` values on."""
    data = np.asarray(values, dtype=float)
    if data.size < FEWEST or alike(data):
        return None
    if data.size >= MANY:
        return student(data)
    return Draws(np.sort(np.concatenate([_studentised(data, rows, rng) for rows in _chunks(data.size)])))


def bounded(
    values: Sequence[float] | np.ndarray,
    least: float,
    rng: np.random.Generator,
    clusters: Sequence[Hashable] | None = None,
) -> Confidence:
    """Gaffke's distribution (2005) for values that are nowhere below `least`, which need no other shape.

    Random weights over the values and one more that is `least`: what has not been seen may be as bad as that. For
    values of 0 and 1 it is the Beta distribution of Clopper and Pearson (1934). No counterexample to its level is known
    (Learned-Miller and Thomas 2019), and it has held it in every simulation, also where rare values have not been seen,
    which no bootstrap does. With `clusters` the values weigh as much as so many independent ones, fewer for few
    clusters by Student's t, which for 0 and 1 is the interval of Korn and Graubard (1998); where most clusters are
    alike it errs to the safe side.
    """
    data = np.asarray(values, dtype=float) - least
    data = np.where(data < ROUNDING, 0.0, data)
    by_cluster = grouped(data, clusters)
    weight = 1.0 if by_cluster is None else _weight(data, by_cluster)
    levels, counts = np.unique(_coarse(data), return_counts=True)
    if levels.size == 1 or (levels.size == 2 and levels[0] == 0):  # noqa: PLR2004
        return _two_valued(
            float(levels[-1]), counts * weight if levels[0] == 0 else np.append(0.0, counts * weight), least
        )
    draws = np.concatenate([_weighted(levels, counts * weight, rows, rng) for rows in _chunks(levels.size)])
    return Draws(np.sort(draws) + least)


def demand_within(data: np.ndarray, limits: tuple[float, float]) -> None:
    """Raise `ValueError` for a value outside, but for what rounding leaves."""
    low, high = limits
    outside = data[(data < low - ROUNDING) | (data > high + ROUNDING)]
    if outside.size:
        raise ValueError(f"{outside[0]:g} is outside [{low:g}, {high:g}]; for values without limits: limits=None")


def _weight(data: np.ndarray, clusters: Clusters) -> float:
    """What a value of a cluster weighs beside an independent one."""
    from scipy.stats import t

    few = float(t.ppf(0.95, data.size - 1) / t.ppf(0.95, clusters.freedom)) if clusters.freedom >= 1 else 1.0
    effect = data.size / independent_values(data, clusters)
    # Of clusters that are all alike nothing tells whether the next differs as a whole; all of them weigh as much as
    # one that differs and in which all values are one.
    alike = _share_alike(data, clusters)
    differing = (1 - alike) * len(clusters)
    effect = (differing * effect + alike * data.size / clusters.effective) / (differing + alike)
    return float(few**2 / effect)


def _share_alike(data: np.ndarray, clusters: Clusters) -> float:
    """Share of the clusters that have the mean of the most frequent value."""
    levels, counts = np.unique(data, return_counts=True)
    return float(np.isclose(clusters.totals, clusters.sizes * levels[counts.argmax()], atol=1e-9).mean())


def _coarse(data: np.ndarray) -> np.ndarray:
    """Many values on few levels, each at or below its value: drawing weights takes no longer with more values."""
    step = float(data.max(initial=0.0)) / _LEVELS
    return data if data.size <= _LEVELS or step == 0 else np.floor(data / step) * step


def _two_valued(upper: float, weights: np.ndarray, least: float) -> Confidence:
    """Values that are `least`, or `upper` above it, with the weights of either."""
    from scipy.stats import beta

    if upper == 0:
        return Draws(np.full(DRAWS, least))
    made: Confidence = beta(weights[1], weights[0] + 1, loc=least, scale=upper)
    return made


def _weighted(levels: np.ndarray, counts: np.ndarray, rows: int, rng: np.random.Generator) -> np.ndarray:
    weights = rng.standard_gamma(counts, (rows, levels.size))
    return np.asarray((weights @ levels) / (weights.sum(axis=1) + rng.standard_exponential(rows)))


def _studentised(data: np.ndarray, rows: int, rng: np.random.Generator) -> np.ndarray:
    """Means less as many standard errors as a resample's mean is off in its own."""
    off, spread = _resampled(data - data.mean(), rows, rng)
    # A resample of equal values is off by infinitely many of its standard errors, or not at all.
    with np.errstate(divide="ignore", invalid="ignore"):
        times = np.where(spread > 0, off / spread, np.where(off == 0, 0.0, np.sign(off) * np.inf))
    return np.asarray(data.mean() - times * data.std())


def _resampled(data: np.ndarray, rows: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Means and standard deviations of resamples; of few different values by how often each is drawn."""
    levels, counts = np.unique(data, return_counts=True)
    if levels.size > data.size / _ALIKE:
        resampled = data[rng.integers(0, data.size, (rows, data.size))]
        return resampled.mean(axis=1), resampled.std(axis=1)
    order = np.argsort(-counts, kind="stable")  # little is left to draw after the most frequent
    levels, counts = levels[order], counts[order]
    drawn = rng.multinomial(data.size, counts / data.size, rows).astype(float)
    means = drawn @ levels / data.size
    squares = drawn @ levels**2 / data.size - means**2
    return means, np.where((drawn > 0).sum(axis=1) > 1, np.sqrt(np.maximum(squares, 0.0)), 0.0)


def _chunks(width: int) -> list[int]:
    """Rows of draws at a time, so that a chunk fits into memory whatever the width."""
    rows = max(1, _CHUNK // max(width, 1))
    return [min(rows, DRAWS - start) for start in range(0, DRAWS, rows)]
