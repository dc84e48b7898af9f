"""Where the mean of a population may lie, from below: distributions of which a low quantile is a lower bound.

The alpha-quantile is a lower bound with confidence 1 - alpha, and the share at or below a threshold is the p of "the
mean is no more than that". One object thus gives a bound and a p that never contradict each other.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from rag_eval.stats.clusters import FEWEST_CLUSTERS, Clusters, grouped
from rag_eval.stats.intervals import FEWEST, MANY

DRAWS = 9999
"""Random draws that stand for a distribution; the least p they can give is 1 in 10,000."""

_CHUNK = 2_000_000


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
    if data.size < FEWEST or np.ptp(data) == 0 or (by_cluster is not None and len(by_cluster) < FEWEST_CLUSTERS):
        return None
    freedom = data.size - 1 if by_cluster is None else by_cluster.freedom
    error = float(data.std(ddof=1)) / data.size**0.5 if by_cluster is None else by_cluster.error
    return t(freedom, loc=float(data.mean()), scale=error) if error > 0 else None


def studentised(values: Sequence[float] | np.ndarray, rng: np.random.Generator) -> Confidence | None:
    """The studentised bootstrap (Hall 1992), for skewed values without limits; Student's t from `MANY` values on."""
    data = np.asarray(values, dtype=float)
    if data.size < FEWEST or np.ptp(data) == 0:
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
    values of 0 and 1 it is the Beta distribution of Clopper and Pearson (1934). With `clusters` one more cluster of
    middling size, all of it `least`. No counterexample to its level is known (Learned-Miller and Thomas 2019), and it
    has held it in every simulation, also where rare values have not been seen, which no bootstrap does.
    """
    data = np.asarray(values, dtype=float) - least
    by_cluster = grouped(data, clusters) or Clusters(data, np.ones(data.size))
    totals, sizes = (
        np.append(x, rest) for x, rest in ((by_cluster.totals, 0.0), (by_cluster.sizes, _middling(by_cluster)))
    )
    if by_cluster.n == len(by_cluster) and np.isin(data, (0.0, data.max(initial=0.0))).all():
        return _two_valued(data, least)
    draws = np.concatenate([_weighted(totals, sizes, rows, rng) for rows in _chunks(totals.size)])
    return Draws(np.sort(draws) + least)


def _middling(clusters: Clusters) -> float:
    return clusters.n / len(clusters) if len(clusters) else 1.0


def _two_valued(data: np.ndarray, least: float) -> Confidence:
    """Values that are either `least` or another, here as their distance from it."""
    from scipy.stats import beta

    upper = int((data > 0).sum())
    if not upper:
        return Draws(np.full(1, least))
    made: Confidence = beta(upper, data.size - upper + 1, loc=least, scale=float(data.max()))
    return made


def _weighted(totals: np.ndarray, sizes: np.ndarray, rows: int, rng: np.random.Generator) -> np.ndarray:
    weights = rng.standard_exponential((rows, totals.size))
    return np.asarray((weights @ totals) / (weights @ sizes))


def _studentised(data: np.ndarray, rows: int, rng: np.random.Generator) -> np.ndarray:
    """Means less as many standard errors as a resample's mean is off in its own."""
    resampled = data[rng.integers(0, data.size, (rows, data.size))]
    spread = resampled.std(axis=1)
    off = resampled.mean(axis=1) - data.mean()
    # A resample of equal values is off by infinitely many of its standard errors, or not at all.
    with np.errstate(divide="ignore", invalid="ignore"):
        times = np.where(spread > 0, off / spread, np.where(off == 0, 0.0, np.sign(off) * np.inf))
    return np.asarray(data.mean() - times * data.std())


def _chunks(width: int) -> list[int]:
    """Rows of draws at a time, so that a chunk fits into memory whatever the width."""
    rows = max(1, _CHUNK // max(width, 1))
    return [min(rows, DRAWS - start) for start in range(0, DRAWS, rows)]
