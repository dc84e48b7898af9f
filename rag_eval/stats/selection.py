"""What the best of several variants is worth, and which of them may be the best.

The highest of several observed means is partly luck: whoever quotes it quotes the luck, too (the winner's curse). So
the best is chosen on one half of the questions and measured on the other, both ways, over many random halvings: what a
half says of the variant that the other half chose is unbiased, whatever it was chosen from.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field

import numpy as np

from rag_eval.records import Interval
from rag_eval.stats.clusters import grouped
from rag_eval.stats.intervals import FEWEST, MANY
from rag_eval.stats.signs import FLIPS

HALVINGS = 100
"""Random halvings of the questions, each used both ways; the value then moves by little from seed to seed."""

FEWEST_TO_HALVE = 2 * FEWEST
"""Questions from which on either half can choose, and measure."""

_GROUPS = 50
"""Parts of the questions that are left out, one at a time, to see how much the value depends on them."""
_ROUNDING = 1e-12
_ROWS = 1000


@dataclass(frozen=True)
class Selection:
    """The choice of the best of several variants."""

    best: int
    """The variant with the highest mean, the first of equal ones."""
    naive: float
    """Its mean over the questions that it was chosen by."""
    value: float
    """What the variants that one half chose have on the other half; never more than `naive`, and as much where every
    half chooses the same."""
    interval: Interval | None
    """Of `value`; None where nothing varies."""
    shares: tuple[float, ...]
    """In which share of the halves each variant was chosen."""


def cross_fitted(
    scores: np.ndarray,
    rng: np.random.Generator,
    clusters: Sequence[Hashable] | None = None,
    level: float = 0.95,
    *,
    higher_is_better: bool = True,
) -> Selection | None:
    """Choose the best variant, and say what choosing it this way is worth; None with too few questions to halve.

    `scores` has a row for each question and a column for each variant. Clusters, one for each question, stay whole. The
    interval is Student's t on a jackknife of the whole procedure, choice included (Tukey 1958; Efron 2014 on estimates
    after a choice), with whole clusters left out; the scatter of the measured values alone is too small, as it takes
    what was chosen for given. It is of the mean true value of what halves choose, which is at most that of the best,
    and somewhat wide where variants are alike.
    """
    if len(scores) < FEWEST_TO_HALVE:
        return None
    signed = scores if higher_is_better else -scores
    halves = _Halves.of(signed, _codes(len(scores), clusters), rng)
    means = signed.mean(axis=0)
    best = int(means.argmax())
    value, shares = halves.value()
    spread = halves.interval(value, level)
    if not higher_is_better:
        value, means = -value, -means
        spread = spread and spread.model_copy(update={"low": -spread.high, "high": -spread.low})
    return Selection(best, float(means[best]), value, spread, shares)


def p_best(
    scores: np.ndarray,
    rng: np.random.Generator,
    clusters: Sequence[Hashable] | None = None,
    *,
    higher_is_better: bool = True,
) -> list[float]:
    """For each variant the p of "none is better"; those above .05 are a 95 % confidence set of the best one.

    Multiple comparisons with the best (Hsu 1981), by joint sign flips: the greatest t by which any other is ahead
    of a variant, against the greatest when the differences of each question, or of each cluster, change their sign
    together at random. The best itself is left out in at most 5 %, however many variants there are: only one of
    these tests is about it, and it holds for all of its rivals together.
    """
    signed = scores if higher_is_better else -scores
    totals = _totals(signed, clusters)
    ahead = totals.sum(axis=0)
    spreads = np.sqrt(((totals[:, :, None] - totals[:, None, :]) ** 2).sum(axis=0))
    flipped = _flipped(totals, rng)
    return [_p_of_one(variant, ahead, spreads[variant], flipped) for variant in range(scores.shape[1])]


def _p_of_one(variant: int, ahead: np.ndarray, spreads: np.ndarray, flipped: np.ndarray) -> float:
    apart = spreads > _ROUNDING  # what never differs is no rival
    if not apart.any():
        return 1.0
    scale = spreads[apart]
    observed = float(((ahead - ahead[variant])[apart] / scale).max())
    greatest = ((flipped[:, apart] - flipped[:, [variant]]) / scale).max(axis=1)
    return float((1 + (greatest >= observed - _ROUNDING).sum()) / (len(flipped) + 1))


def _totals(scores: np.ndarray, clusters: Sequence[Hashable] | None) -> np.ndarray:
    """Scores summed by cluster; shape (clusters, variants). What all variants have in common is taken off first."""
    own = scores - scores.mean(axis=1, keepdims=True)
    codes = _codes(len(scores), clusters)
    totals = np.zeros((int(codes.max()) + 1, scores.shape[1]))
    np.add.at(totals, codes, own)
    return totals


def _flipped(totals: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Sums under random sign flips; shape (flips, variants)."""
    flips = FLIPS if len(totals) < MANY else FLIPS // 5
    parts = []
    for start in range(0, flips, _ROWS):
        signs = 1.0 - 2.0 * rng.integers(0, 2, (min(_ROWS, flips - start), len(totals)))
        parts.append(signs @ totals)
    return np.concatenate(parts)


def _codes(count: int, clusters: Sequence[Hashable] | None) -> np.ndarray:
    """The number of each question's cluster; of its own where there are none."""
    if clusters is None or grouped(np.zeros(count), clusters) is None:
        return np.arange(count)
    places = {cluster: place for place, cluster in enumerate(dict.fromkeys(clusters))}
    return np.fromiter((places[cluster] for cluster in clusters), dtype=int, count=count)


@dataclass(frozen=True)
class _Halves:
    """Scores summed over the two halves of every halving, by the group of questions that may be left out."""

    sums: np.ndarray = field(repr=False)
    """Shape (2, halvings, groups, variants)."""
    sizes: np.ndarray = field(repr=False)
    """Questions; shape (2, halvings, groups)."""

    @classmethod
    def of(cls, scores: np.ndarray, codes: np.ndarray, rng: np.random.Generator) -> "_Halves":
        """Halve the questions at random, with what has one code on one side."""
        units = np.bincount(codes)
        groups = (rng.permutation(len(units)) % min(_GROUPS, len(units)))[codes]
        first = _first_halves(units, rng)[:, codes]
        sums = np.empty((2, HALVINGS, groups.max() + 1, scores.shape[1]))
        sizes = np.empty(sums.shape[:3])
        for group in range(groups.max() + 1):
            members = groups == group
            half, rows = first[:, members], scores[members]
            sums[0, :, group], sizes[0, :, group] = half @ rows, half.sum(axis=1)
            sums[1, :, group], sizes[1, :, group] = (1 - half) @ rows, (1 - half).sum(axis=1)
        return cls(sums, sizes)

    def value(self) -> tuple[float, tuple[float, ...]]:
        """The mean of what the halves say of each other's choice, and the share of halves that chose each variant."""
        measured, chosen = _each_other(self.sums.sum(axis=2), self.sizes.sum(axis=2))
        counts = np.bincount(chosen.ravel(), minlength=self.sums.shape[-1])
        return float(measured.mean()), tuple((counts / chosen.size).tolist())

    def interval(self, value: float, level: float) -> Interval | None:
        """By leaving out each group, in every halving."""
        from scipy.stats import t

        whole, sizes = self.sums.sum(axis=2, keepdims=True), self.sizes.sum(axis=2, keepdims=True)
        measured, _ = _each_other(whole - self.sums, sizes - self.sizes)
        left_out = measured.mean(axis=0)
        count = len(left_out)
        error = float(np.sqrt((count - 1) / count * ((left_out - left_out.mean()) ** 2).sum()))
        weights = self.sizes[:, 0].sum(axis=0)
        freedom = float(weights.sum() ** 2 / (weights**2).sum()) - 1
        if error <= _ROUNDING or freedom < 1:
            return None
        half = float(t.ppf(0.5 + level / 2, freedom)) * error
        how = f"jackknife, {count} groups, {HALVINGS} halvings"
        return Interval(low=value - half, high=value + half, level=level, method=how)


def _first_halves(units: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """1.0 for the units of one half of each halving, 0.0 for the others; shape (halvings, units).

    Where units are of unlike size each goes, in random order, to the half that has less.
    """
    first = np.zeros((HALVINGS, len(units)))
    orders = rng.permuted(np.tile(np.arange(len(units)), (HALVINGS, 1)), axis=1)
    if units.max() == 1:
        np.put_along_axis(first, orders[:, : len(units) // 2], 1.0, axis=1)
        return first
    for row, order in zip(first, orders, strict=True):
        balance = 0
        for unit in order:
            row[unit] = float(balance <= 0)
            balance += units[unit] if balance <= 0 else -units[unit]
    return first


def _each_other(sums: np.ndarray, sizes: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """What either half has of the variant that the other chose, over all questions; and what was chosen.

    A half that has become empty measures nothing, and chooses at random, which is the first.
    """
    means = sums / np.maximum(sizes, 1.0)[..., None]
    chosen = means.argmax(axis=-1)
    measured = np.take_along_axis(sums, chosen[::-1, ..., None], axis=-1)[..., 0]
    return measured.sum(axis=0) / sizes.sum(axis=0), chosen
