"""Tests of paired differences that need no shape: signs, sign flips, and how large an effect is beside its spread."""

from collections.abc import Hashable, Sequence
from typing import NamedTuple

import numpy as np

from rag_eval.stats.clusters import Clusters, grouped
from rag_eval.stats.intervals import MANY

FLIPS = 9999
"""Random sign flips where there are too many to go through; the least p they can give is 1 in 10,000."""

EXACT = 12
"""Differences (or clusters of them) that are not 0 up to which all sign flips are gone through."""

_ROUNDING = 1e-12
_ROWS = 1000


class Outcomes(NamedTuple):
    """Pairs by who won them."""

    win: int
    tie: int
    loss: int

    @property
    def lead(self) -> float | None:
        """Share of the pairs that were won less the share that were lost, in [-1, 1]; None without pairs."""
        pairs = self.win + self.tie + self.loss
        return (self.win - self.loss) / pairs if pairs else None


def outcomes(differences: Sequence[float] | np.ndarray, *, higher_is_better: bool = True) -> Outcomes:
    """How many differences, B minus A, are B's, nobody's and A's."""
    data = np.asarray(differences, dtype=float)
    up, down = int((data > 0).sum()), int((data < 0).sum())
    return Outcomes(up, data.size - up - down, down) if higher_is_better else Outcomes(down, data.size - up - down, up)


def sign_test(up: int, down: int) -> float:
    """Two-sided p of the exact sign test (Dixon and Mood 1946); 1 where nothing moved.

    For scores of 0 and 1 this is McNemar's test (1947) in its exact form: `up` and `down` are the discordant pairs.
    """
    from scipy.stats import binomtest

    return float(binomtest(up, up + down).pvalue) if up + down else 1.0


def effect_size(differences: Sequence[float] | np.ndarray, clusters: Sequence[Hashable] | None = None) -> float | None:
    """Cohen's d_z (1988): the mean difference in standard deviations of the differences; None without any spread.

    With `clusters` the spread is that of as many independent pairs with the same standard error.
    """
    data = np.asarray(differences, dtype=float)
    spread = paired_spread(data, clusters)
    return float(data.mean()) / spread if spread else None


def paired_spread(differences: np.ndarray, clusters: Sequence[Hashable] | None = None) -> float | None:
    """Standard deviation of the differences, such that over √n it is the mean's standard error; None with under two.

    It holds whatever makes a question's difference uncertain: the questions themselves, and what system and judge do
    differently on another day. A question that was asked several times has the mean of its repetitions, so that the
    share of the latter shrinks with the repetitions.
    """
    by_cluster = grouped(differences, clusters)
    if by_cluster is not None:
        return by_cluster.error * len(differences) ** 0.5 if len(by_cluster) > 1 else None
    return float(differences.std(ddof=1)) if len(differences) > 1 else None


def sign_flip(
    differences: Sequence[float] | np.ndarray,
    rng: np.random.Generator,
    clusters: Sequence[Hashable] | None = None,
) -> float:
    """Two-sided p of the mean difference if every difference could as well have had the other sign (Fisher 1935).

    All flips up to `EXACT` differences that are not 0, `FLIPS` random ones above, the normal limit from `MANY` on.
    Differences of one size have the exact p of their signs. The differences of one of `clusters` flip together.
    """
    by_cluster: Clusters | None = grouped(differences, clusters)
    units = np.asarray(differences, dtype=float) if by_cluster is None else by_cluster.totals
    moved = units[abs(units) > _ROUNDING]
    if not moved.size:
        return 1.0
    if np.ptp(abs(moved)) <= _ROUNDING:
        return sign_test(int((moved > 0).sum()), int((moved < 0).sum()))
    if moved.size >= MANY:
        return _normal_p(moved)
    return _all_flips(moved) if moved.size <= EXACT else _random_flips(moved, rng)


def _all_flips(moved: np.ndarray) -> float:
    signs = 1 - 2 * (np.arange(2**moved.size)[:, None] >> np.arange(moved.size) & 1)
    return float((abs(signs @ moved) >= abs(moved.sum()) - _ROUNDING).mean())


def _random_flips(moved: np.ndarray, rng: np.random.Generator) -> float:
    """The flip that was observed is one of those that are counted (Phipson and Smyth 2010)."""
    total, extreme = float(moved.sum()), 1
    for start in range(0, FLIPS, _ROWS):
        flipped = rng.random((min(_ROWS, FLIPS - start), moved.size), dtype=np.float32) < 0.5  # noqa: PLR2004
        extreme += int((abs(total - 2 * (flipped @ moved)) >= abs(total) - _ROUNDING).sum())
    return extreme / (FLIPS + 1)


def _normal_p(moved: np.ndarray) -> float:
    from scipy.special import ndtr

    return float(2 * ndtr(-abs(moved.sum()) / np.sqrt((moved**2).sum())))
