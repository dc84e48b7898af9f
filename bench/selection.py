"""Whether the best of several variants is worth what a sweep says: the seen mean and the corrected one, in many draws.

Run `python bench/selection.py`. Of each population it prints, by number of variants and of questions: how far the mean
of the best is above its true value, as seen and as corrected (by the true value of what halves chose); how often a 95 %
interval holds the true value of the chosen variant, around the seen mean and the corrected one; how often the
confidence set of the best holds the truly best, and the share of all variants that it holds.
"""

import sys
import time
from collections.abc import Callable, Iterator
from math import sqrt

import numpy as np
from scipy.special import ndtri

from rag_eval import stats

SEED = 20261127
TRIALS = 400
ALIKE = 0.5
"""Correlation of the scores of two variants: questions are easy or hard for all of them."""
Row = tuple[str, list[float], bool]


def scores(means: np.ndarray, n: int, rng: np.random.Generator, *, binary: bool, groups: int | None) -> np.ndarray:
    """Scores, shape (questions, variants); in `groups` clusters of one size a half of what varies is common."""
    z = sqrt(ALIKE) * rng.standard_normal((n, 1)) + sqrt(1 - ALIKE) * rng.standard_normal((n, len(means)))
    if groups is not None:
        codes = np.arange(n) % groups
        common = sqrt(ALIKE) * rng.standard_normal((groups, 1)) + sqrt(1 - ALIKE) * rng.standard_normal(
            (groups, len(means))
        )
        z = sqrt(0.5) * z + sqrt(0.5) * common[codes]
    return (z < ndtri(means)).astype(float) if binary else means + 0.3 * z


def measured(
    means: np.ndarray, x: np.ndarray, rng: np.random.Generator, clusters: list[int] | None
) -> tuple[float, ...]:
    """What one sweep says, beside what is so."""
    choice = stats.cross_fitted(x, rng, clusters)
    assert choice is not None
    assert choice.interval is not None
    seen = stats.mean_interval(x[:, choice.best].tolist(), rng, clusters=clusters)
    assert seen is not None
    best = [p > 0.05 for p in stats.p_best(x, rng, clusters)]
    true = float(means[choice.best])
    return (
        choice.naive - true,
        choice.value - float(np.dot(choice.shares, means)),
        float(seen.low <= true <= seen.high),
        float(choice.interval.low <= true <= choice.interval.high),
        float(best[int(means.argmax())]),
        sum(best) / len(best),
    )


TRUTHS: tuple[tuple[str, Callable[[int], np.ndarray]], ...] = (
    ("all alike", lambda k: np.full(k, 0.6)),
    ("from .55 to .65", lambda k: np.linspace(0.55, 0.65, k)),
    ("one ahead by .1", lambda k: np.r_[0.7, np.full(k - 1, 0.6)]),
)


def table(rng: np.random.Generator, *, binary: bool, groups: int | None) -> Iterator[Row]:
    """A row for each truth, number of variants and number of questions."""
    noise = 3 * sqrt(0.05 * 0.95 / TRIALS)
    for truth, shape in TRUTHS:
        for variants, n in ((3, 60), (12, 60), (3, 240), (12, 240)):
            means = shape(variants)
            clusters = None if groups is None else (np.arange(n) % groups).tolist()
            rows = [
                measured(means, scores(means, n, rng, binary=binary, groups=groups), rng, clusters)
                for _ in range(TRIALS)
            ]
            numbers = np.array(rows)
            rates = numbers.mean(axis=0).tolist()
            error = 3 * float(numbers[:, 1].std()) / sqrt(TRIALS)
            # What halves choose is a little worse than what all questions choose, where these tell variants apart.
            kept = abs(rates[1]) <= error and rates[3] >= 0.93 - noise and rates[4] >= 0.95 - noise
            yield f"{truth}, {variants} variants, {n} questions", rates, kept


POPULATIONS: tuple[tuple[str, bool, int | None], ...] = (
    ("scores", False, None), ("right or wrong", True, None), ("scores in 20 clusters", False, 20),
)  # fmt: skip


def main() -> int:
    """Print every table; 1 if a number misses its mark."""
    missed = 0
    for name, binary, groups in POPULATIONS:
        began = time.perf_counter()
        print(f"\n{name}: bias seen, corrected; interval holds, seen, corrected; set holds the best, its share")
        for what, rates, kept in table(np.random.default_rng(SEED), binary=binary, groups=groups):
            missed += not kept
            numbers = " ".join(f"{rate:6.3f}" for rate in rates)
            print(f"  {what:46}{numbers}{'' if kept else '  missed'}", flush=True)
        print(f"  ({time.perf_counter() - began:.0f} s)")
    print(f"\nselection          {missed} numbers missed their mark")
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
