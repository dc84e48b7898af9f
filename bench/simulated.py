"""Populations to draw scores and differences from, and the statistics of `rag_eval.stats` for many samples at a time.

A sample is a row. All rows share one set of resamples, which leaves every rate what it is and takes a product of two
matrices instead of a loop; `bench/stats.py` first checks that single rows come out as the library has them.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri
from scipy.stats import t as student

RESAMPLES = 999


@dataclass(frozen=True)
class Population:
    """What values are drawn from, by a standard normal number for each."""

    name: str
    shape: Callable[[np.ndarray], np.ndarray]
    """From standard normal numbers, which may hang together, to values."""
    mean: float
    limits: tuple[float, float] | None = (0.0, 1.0)

    @property
    def binary(self) -> bool:
        """Whether values are 0 or 1."""
        return self.name.startswith("right or wrong")


def sparse(moved: float, size: float, ups: float = 0.5) -> Callable[[np.ndarray], np.ndarray]:
    """Differences of which a share moved, by `size`; `ups` is the share of these that went up."""
    low, high = ndtri(max(moved * (1 - ups), 0.0)), ndtri(1 - moved * ups)
    return lambda z: np.where(z > high, size, np.where(z < low, -size, 0.0))


NORMAL = Population("normal differences", lambda z: 0.2 * z, 0.0, None)
SKEWED = Population("mostly good scores", lambda z: ndtr(z) ** 0.25, 0.8)
BINARY = Population("right or wrong", lambda z: (z < ndtri(0.85)).astype(float), 0.85)
SPARSE = Population("90 % zero differences", sparse(0.1, 0.5), 0.0, (-1.0, 1.0))
RARE = Population(
    "3 % zeros, else good",
    lambda z: np.where(z < ndtri(0.03), 0.0, 0.9 + 0.1 * ndtr(z)),
    0.97 * 0.9 + 0.05 * (1 - 0.03**2),
)
HALF = Population("half perfect", lambda z: np.where(z > 0, 1.0, 2 * ndtr(z)), 0.75)
QUARTERS = Population("scores in quarters", lambda z: np.ceil(4 * ndtr(z) ** 0.25) / 4, 1 - (1 + 2**4 + 3**4) / 4**5)
TIMES = Population("seconds", lambda z: np.exp(0.8 * z), float(np.exp(0.32)), None)
LOSSES = Population(
    "3 % lose all", lambda z: np.where(z < ndtri(0.03), -1.0, 0.2 * (z > ndtri(0.85))), 0.0, (-1.0, 1.0)
)


def independent(population: Population, trials: int, n: int, rng: np.random.Generator) -> np.ndarray:
    """Values, shape (trials, n)."""
    return population.shape(rng.standard_normal((trials, n)))


def sizes_of(groups: int, each: int, rng: np.random.Generator, *, unequal: bool) -> np.ndarray:
    """Sizes of clusters; unequal ones are log-normal, the largest of them some ten times the smallest."""
    if not unequal:
        return np.full(groups, each)
    shares = np.exp(rng.normal(0, 0.8, groups))
    return np.asarray(np.maximum(1, np.round(shares / shares.sum() * groups * each)), dtype=int)


def clustered(
    population: Population, trials: int, sizes: np.ndarray, icc: float, rng: np.random.Generator
) -> np.ndarray:
    """Values of which the normal numbers of a cluster correlate by `icc`, shape (trials, sum of sizes)."""
    codes = np.repeat(np.arange(sizes.size), sizes)
    common = rng.standard_normal((trials, sizes.size))[:, codes]
    return population.shape(np.sqrt(icc) * common + np.sqrt(1 - icc) * rng.standard_normal((trials, codes.size)))


def resampled(n: int, rng: np.random.Generator, resamples: int = RESAMPLES) -> np.ndarray:
    """How often each of n values is drawn, as shares, shape (n, resamples)."""
    return rng.multinomial(n, np.full(n, 1 / n), size=resamples).T / n


def percentile(x: np.ndarray, weights: np.ndarray, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    """The percentile bootstrap, as the naive do it."""
    low, high = np.quantile(x @ weights, [0.5 - level / 2, 0.5 + level / 2], axis=1)
    return low, high


def bca(x: np.ndarray, weights: np.ndarray, level: float = 0.95) -> tuple[np.ndarray, np.ndarray]:
    """The bias-corrected and accelerated bootstrap, at the expanded level of small samples."""
    n = x.shape[1]
    means = np.sort(x @ weights, axis=1)
    centre = x.mean(axis=1, keepdims=True)
    below = ((means < centre).mean(axis=1) + (means <= centre).mean(axis=1)) / 2
    edge = 0.5 / means.shape[1]
    bias = ndtri(np.clip(below, edge, 1 - edge))
    off = x - centre
    squares = np.maximum((off**2).sum(axis=1), 1e-30)
    acceleration = (off**3).sum(axis=1) / (6 * squares**1.5)
    z = np.sqrt(n / (n - 1)) * student.ppf(0.5 + level / 2, n - 1)
    limits = []
    for side in (-z, z):
        q = ndtr(bias + (bias + side) / (1 - acceleration * (bias + side)))
        places = np.clip((q * (means.shape[1] - 1)).round().astype(int), 0, means.shape[1] - 1)
        limits.append(np.take_along_axis(means, places[:, None], axis=1)[:, 0])
    return limits[0], limits[1]


def score(shares: np.ndarray, n: np.ndarray | int, times: float) -> tuple[np.ndarray, np.ndarray]:
    """Wilson's limits."""
    middle = (shares + times**2 / (2 * n)) / (1 + times**2 / n)
    half = times * np.sqrt(shares * (1 - shares) / n + times**2 / (4 * n**2)) / (1 + times**2 / n)
    return middle - half, middle + half


def by_clusters(x: np.ndarray, sizes: np.ndarray, *, binary: bool) -> tuple[np.ndarray, np.ndarray]:
    """The interval of clustered values; not a number where nothing scatters."""
    n, groups = sizes.sum(), sizes.size
    totals = np.add.reduceat(x, np.concatenate([[0], np.cumsum(sizes)[:-1]]), axis=1)
    means = totals.sum(axis=1) / n
    without = (totals - sizes * means[:, None]) / (1 - sizes / n)
    errors = np.sqrt((groups - 1) / groups * (without**2).sum(axis=1)) / n
    effective = n**2 / (sizes**2).sum()
    times = float(student.ppf(0.975, effective - 1))
    if not binary:
        half = np.where(errors > 0, times * errors, np.nan)
        return means - half, means + half
    with np.errstate(divide="ignore", invalid="ignore"):
        worth = np.where(errors > 0, np.minimum(x.var(axis=1) / errors**2, n), effective)
    return score(means, worth, times)


def studentised_p(x: np.ndarray, threshold: float, weights: np.ndarray) -> np.ndarray:
    """The p of "at most the threshold" by the studentised bootstrap."""
    means = x @ weights
    spread = np.sqrt(np.maximum((x**2) @ weights - means**2, 0))
    centre, scale = x.mean(axis=1), x.std(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        times = np.nan_to_num((means - centre[:, None]) / spread, nan=0.0)
        seen = (centre - threshold) / scale
    return np.where(scale > 0, (1 + (times >= seen[:, None]).sum(axis=1)) / (weights.shape[1] + 1), 1.0)


def student_p(x: np.ndarray, threshold: float) -> np.ndarray:
    """The p of "at most the threshold" by Student's t."""
    n = x.shape[1]
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(student.sf((x.mean(axis=1) - threshold) / (x.std(axis=1, ddof=1) / np.sqrt(n)), n - 1))


def bounded_p(x: np.ndarray, threshold: float, least: float, weights: np.ndarray) -> np.ndarray:
    """The p of "at most the threshold" by Gaffke's distribution; `weights` are of shape (n + 1, draws)."""
    means = np.column_stack([x, np.full(len(x), least)]) @ weights
    return np.asarray((1 + (means <= threshold).sum(axis=1)) / (weights.shape[1] + 1))


def dirichlet(n: int, rng: np.random.Generator, draws: int = RESAMPLES) -> np.ndarray:
    """Random weights that add up to 1, shape (n + 1, draws)."""
    return rng.dirichlet(np.ones(n + 1), draws).T


def sign_flips(x: np.ndarray, signs: np.ndarray) -> np.ndarray:
    """Two-sided p of random sign flips; `signs` are of shape (n, flips)."""
    sums = abs(x.sum(axis=1, keepdims=True))
    return np.asarray((1 + (abs(x @ signs) >= sums - 1e-9).sum(axis=1)) / (signs.shape[1] + 1))


def signs_of(n: int, rng: np.random.Generator, flips: int) -> np.ndarray:
    """Random signs, shape (n, flips)."""
    return rng.choice([-1.0, 1.0], (n, flips))
