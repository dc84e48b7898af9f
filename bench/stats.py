"""Whether intervals, tests and gates are as often right as they say; beside them what others would have said.

Run `python bench/stats.py [PART…]`; parts are the functions below. A rate misses its mark where it is off by more than
three standard errors of the simulation beyond what is allowed.
"""

import sys
import time
from collections.abc import Callable, Iterator
from math import sqrt

import numpy as np
import simulated as sim

from rag_eval import stats
from rag_eval.stats import intervals
from rag_eval.stats.sequence import bets, log_capital

SEED = 20261127
TRIALS = 2000
SIZES = (30, 100, 1000)
ALPHA = 0.05
Row = tuple[str, list[float], bool]
"""What was measured, its rates, and whether it keeps its mark."""


def noise(rate: float, trials: int = TRIALS) -> float:
    """Three standard errors of a rate."""
    return 3 * sqrt(rate * (1 - rate) / trials)


def holds(low: np.ndarray, high: np.ndarray, mean: float) -> float:
    """Share of the intervals that hold the mean, of those that are one."""
    known = np.isfinite(low)
    return float(((low <= mean) & (mean <= high))[known].mean())


def same(rng: np.random.Generator) -> Iterator[Row]:
    """The same figures from this bench and from the library, for single samples: largest differences."""
    x = sim.independent(sim.SKEWED, 20, 60, rng)
    low, high = sim.bca(x, sim.resampled(60, rng, 4999))
    ours = [stats.mean_interval(row.tolist(), rng) for row in x]
    off = [abs(i.low - a) + abs(i.high - b) for i, a, b in zip(ours, low, high, strict=True) if i]
    yield "BCa limits, in widths", [max(off) / float((high - low).mean())], max(off) < 0.1 * (high - low).mean()
    sizes = sim.sizes_of(12, 5, rng, unequal=True)
    names = np.repeat(np.arange(12), sizes).tolist()
    for population in (sim.SKEWED, sim.BINARY):
        x = sim.clustered(population, 20, sizes, 0.3, rng)
        low, high = sim.by_clusters(x, sizes, binary=population.binary)
        ours = [stats.mean_interval(row.tolist(), rng, clusters=names) for row in x]
        off = [abs(i.low - max(a, 0)) + abs(i.high - min(b, 1)) for i, a, b in zip(ours, low, high, strict=True) if i]
        yield f"cluster limits, {population.name}", [max(off)], max(off) < 1e-9
    x = sim.independent(sim.HALF, 20, 60, rng)
    weights, draws = sim.resampled(60, rng, 9999), sim.dirichlet(60, rng, 9999)
    theirs = [sim.studentised_p(x, 0.7, weights), sim.bounded_p(x, 0.7, 0.0, draws)]
    for name, p, limits in (("studentised", theirs[0], None), ("Gaffke", theirs[1], (0.0, 1.0))):
        gaps = [abs(stats.p_mean_above(row.tolist(), 0.7, rng, limits=limits) - q) for row, q in zip(x, p, strict=True)]
        yield f"{name} p", [max(gaps)], max(gaps) < 0.03
    flips = sim.sign_flips(x - 0.7, sim.signs_of(60, rng, 9999))
    gaps = [abs(stats.sign_flip(row - 0.7, rng) - q) for row, q in zip(x, flips, strict=True)]
    yield "sign flips p", [max(gaps)], max(gaps) < 0.03


def coverage(rng: np.random.Generator) -> Iterator[Row]:
    """95 % intervals without clusters hold: ours, percentile bootstrap, normal (z), ours with 4,999 resamples."""
    for population in (sim.NORMAL, sim.SKEWED, sim.HALF, sim.BINARY, sim.SPARSE):
        for n in SIZES:
            x = sim.independent(population, 2 * TRIALS, n, rng)
            if population is sim.SPARSE:  # the library gives no interval there
                x = x[(x != 0).sum(axis=1) > intervals.FEW_MOVED]
            weights = sim.resampled(n, rng)
            half = 1.96 * x.std(axis=1, ddof=1) / sqrt(n)
            mean = x.mean(axis=1)
            found = sim.score(mean, n, 1.96) if population.binary else sim.bca(x, weights)
            more = found if population.binary or n > 100 else sim.bca(x, sim.resampled(n, rng, 4999))
            rates = [
                holds(low, high, population.mean)
                for low, high in (found, sim.percentile(x, weights), (mean - half, mean + half), more)
            ]
            slack = noise(0.95, len(x))
            # Few values do not show how skewed they are; a rate in steps cannot keep to one figure.
            least = 0.94 if n >= 100 else 0.92
            yield f"{population.name}, n {n}", rates, least - slack <= rates[0] <= (0.97 if n < 100 else 0.96) + slack


def clusters(rng: np.random.Generator) -> Iterator[Row]:
    """95 % intervals with clusters of 10 hold, at ICC 0, .3, .7: ours (3), then the bootstrap that ignores them (3)."""
    for population in (sim.NORMAL, sim.SKEWED, sim.BINARY, sim.SPARSE):
        for groups in (8, 15, 30, 100):
            for unequal in (False, True):
                rates, naive = [], []
                for icc in (0.0, 0.3, 0.7):
                    # Not one set of sizes for all trials: few unequal ones can be odd.
                    ours, theirs = [], []
                    for _ in range(10):
                        sizes = sim.sizes_of(groups, 10, rng, unequal=unequal)
                        x = sim.clustered(population, TRIALS // 10, sizes, icc, rng)
                        ours.append(holds(*sim.by_clusters(x, sizes, binary=population.binary), population.mean))
                        weights = sim.resampled(int(sizes.sum()), rng, 199)
                        theirs.append(holds(*sim.percentile(x, weights), population.mean))
                    rates.append(float(np.mean(ours)))
                    naive.append(float(np.mean(theirs)))
                least = 0.94 if groups >= 30 and not unequal else 0.93
                kept = all(rate >= least - noise(0.95) for rate in rates)
                yield f"{population.name}, G {groups}{', unequal' if unequal else ''}", [*rates, *naive], kept


def levels(rng: np.random.Generator) -> Iterator[Row]:
    """One-sided p ≤ .05 at a threshold that is the mean: above, below; the same by t, by studentised bootstrap."""
    for population in (sim.SKEWED, sim.HALF, sim.BINARY, sim.RARE, sim.TIMES):
        for n in SIZES:
            x = sim.independent(population, TRIALS, n, rng)
            weights, draws = sim.resampled(n, rng), sim.dirichlet(n, rng)
            rates = []
            for sign in (1, -1):
                y, mean = sign * x, sign * population.mean
                by_t, by_bootstrap = sim.student_p(y, mean), sim.studentised_p(y, mean, weights)
                least = 0.0 if sign == 1 else -1.0
                ours = by_bootstrap if population.limits is None else sim.bounded_p(y, mean, least, draws)
                rates.append([float((p <= ALPHA).mean()) for p in (ours, by_t, by_bootstrap)])
            # Times have no limits: no method holds the level for every shape, and few do not show the slow tail.
            most = ALPHA if population.limits else 0.09 if n == 30 else 0.065
            kept = all(rate[0] <= most + noise(ALPHA) for rate in rates)
            yield f"{population.name}, n {n}", [rates[0][0], rates[1][0], *rates[0][1:], *rates[1][1:]], kept


def clustered_levels(rng: np.random.Generator) -> Iterator[Row]:
    """One-sided p ≤ .05 with clusters of 10 at a threshold that is the mean, at ICC 0, .3, .7: above (3), below (3)."""
    trials = TRIALS // 5
    for population in (sim.BINARY, sim.QUARTERS):
        for groups in (8, 30):
            for unequal in (False, True):
                rates = []
                for icc in (0.0, 0.3, 0.7):
                    above = below = 0
                    for _ in range(trials):
                        sizes = sim.sizes_of(groups, 10, rng, unequal=unequal)
                        x = sim.clustered(population, 1, sizes, icc, rng)[0].tolist()
                        names = np.repeat(np.arange(groups), sizes).tolist()
                        above += stats.p_mean_above(x, population.mean, rng, names) <= ALPHA
                        below += stats.p_mean_below(x, population.mean, rng, names) <= ALPHA
                    rates.append((above / trials, below / trials))
                # Unequal clusters that hardly differ inside are fewer than their number says.
                most = (0.1 if unequal else 0.065) + noise(ALPHA, trials)
                name = f"{population.name}, G {groups}{', unequal' if unequal else ''}"
                yield name, [*(a for a, _ in rates), *(b for _, b in rates)], max(map(max, rates)) <= most


def margins(rng: np.random.Generator) -> Iterator[Row]:
    """A loss of the margin, .05, passes: by non-inferiority, by "not clearly worse"; then what no loss does by both."""
    for population in (sim.NORMAL, sim.SPARSE, sim.LOSSES):
        for n in (30, 100, 300, 1000):
            x = sim.independent(population, TRIALS, n, rng)
            few = (x != 0).sum(axis=1) <= intervals.FEW_MOVED
            weights, draws = sim.resampled(n, rng), sim.dirichlet(n, rng)
            rates = []
            for loss in (0.05, 0.0):
                p = sim.studentised_p(x, loss - 0.05, weights)
                p[few] = sim.bounded_p(x[few], loss - 0.05, -1.0, draws)
                _, high = sim.percentile(x - loss, weights)
                rates += [float((p <= ALPHA).mean()), float((high >= 0).mean())]
            # Thirty pairs do not show a loss of everything in three of a hundred.
            kept = rates[0] <= 0.06 + noise(ALPHA) or n < 100
            yield f"{population.name}, n {n}", rates, kept


def gate_file(rng: np.random.Generator) -> Iterator[Row]:
    """A/A: some gate of 6 metrics × 5 slices (4 of 60, and all) alarms: ours, percentile bootstrap, unpaired z."""
    groups, each, metrics = 4, 60, 6
    n = groups * each
    flips = {size: sim.signs_of(size, rng, 4999) for size in (each, n)}
    weights = {size: sim.resampled(size, rng) for size in (each, n)}
    places = [slice(g * each, (g + 1) * each) for g in range(groups)] + [slice(0, n)]
    common = rng.standard_normal((TRIALS, n))
    p_values, other, unpaired = [], np.zeros(TRIALS, bool), np.zeros(TRIALS, bool)
    for metric in range(metrics):
        z = sqrt(0.4) * common + sqrt(0.6) * rng.standard_normal((TRIALS, n))
        x = sim.sparse(0.3, 0.5)(z) if metric % 2 else 0.2 * z
        level = rng.uniform(0.5, 0.9, (TRIALS, n))
        for place in places:
            part, size = x[:, place], x[:, place].shape[1]
            p_values.append(sim.sign_flips(part, flips[size]))
            low, high = sim.percentile(part, weights[size])
            other |= (low > 0) | (high < 0)
            spread = np.sqrt((level[:, place].var(axis=1) + (level[:, place] + part).var(axis=1)) / size)
            unpaired |= abs(part.mean(axis=1)) > 1.96 * spread
    ours = np.array([min(stats.holm(row)) for row in np.array(p_values).T.tolist()]) <= ALPHA
    rates = [float(flag.mean()) for flag in (ours, other, unpaired)]
    yield "a file of 30 gates", rates, rates[0] <= ALPHA + noise(ALPHA)


def shifted(difference: float) -> Callable[[np.ndarray], np.ndarray]:
    """Normal differences of that mean."""
    return lambda z: np.clip(0.2 * z + difference, -1, 1)


def tilted(difference: float) -> Callable[[np.ndarray], np.ndarray]:
    """One question in five moves by a half, so many of them up that this is the mean."""
    return sim.sparse(0.2, 0.5, 0.5 + 5 * difference)


def power(rng: np.random.Generator) -> Iterator[Row]:
    """Of comparisons planned to see a difference in 80 %: so many did, by the interval, by sign flips.

    Exact flips of differences of one size go in steps, and see a little less.
    """
    for name, shapes, sd in (("normal differences", shifted, 0.2), ("80 % zero differences", tilted, sqrt(0.2) * 0.5)):
        for difference in (0.03, 0.05):
            spread = sd if shapes is shifted else sqrt(sd**2 - difference**2)
            n = stats.pairs_for(spread, difference)
            x = shapes(difference)(rng.standard_normal((TRIALS, n)))
            low, high = sim.bca(x, sim.resampled(n, rng))
            p = sim.sign_flips(x, sim.signs_of(n, rng, 999))
            rates = [float(((low > 0) | (high < 0)).mean()), float((p <= ALPHA).mean())]
            yield f"{name}, {difference} with {n}", rates, abs(rates[0] - 0.8) <= 0.03


def first(flags: np.ndarray) -> np.ndarray:
    """Questions until a flag is up, all of them where it never is; shape (trials,)."""
    return np.asarray(np.where(flags.any(axis=1), flags.argmax(axis=1) + 1, flags.shape[1]))


def sequential(rng: np.random.Generator) -> Iterator[Row]:
    """Of 1,000 questions, looked at after each: decided against 0; questions saved; the same for a margin of .05.

    Last, how often a fixed interval, looked at after each from the 20th on, leaves out the true difference.
    """
    n, bar = 1000, np.log(2 / ALPHA)
    for name, shapes in (("normal differences", shifted), ("80 % zero differences", tilted)):
        for difference in (0.0, 0.02, 0.05, 0.10):
            x = shapes(difference)(rng.standard_normal((TRIALS // 2, n)))
            shares = (1 + x) / 2
            bet = bets(shares, ALPHA)
            rates = []
            for threshold in (0.0, -0.05):
                capital = np.cumsum(log_capital(shares, bet, (1 + threshold) / 2), axis=2).max(axis=0)
                rates += [float((capital.max(axis=1) >= bar).mean()), 1 - float(first(capital >= bar).mean()) / n]
            count = np.arange(1, n + 1)
            means = np.cumsum(x, axis=1) / count
            errors = np.sqrt(np.maximum(np.cumsum(x**2, axis=1) / count - means**2, 1e-12) / count)
            rates.append(float((abs(means - difference) > 1.96 * errors)[:, 20:].any(axis=1).mean()))
            kept = rates[0] <= ALPHA + noise(ALPHA, TRIALS // 2) if difference == 0 else True
            yield f"{name}, true difference {difference}", rates, kept


PARTS: tuple[Callable[[np.random.Generator], Iterator[Row]], ...] = (
    same, coverage, clusters, levels, clustered_levels, margins, gate_file, power, sequential,
)  # fmt: skip


def main() -> int:
    """Print every part's table; 1 if a rate misses its mark."""
    chosen = [part for part in PARTS if part.__name__ in sys.argv[1:] or len(sys.argv) == 1]
    missed = 0
    for part in chosen:
        began = time.perf_counter()
        print(f"\n{(part.__doc__ or '').strip()}")
        for name, rates, kept in part(np.random.default_rng(SEED)):
            missed += not kept
            print(f"  {name:48}{' '.join(f'{rate:6.3f}' for rate in rates)}{'' if kept else '  missed'}", flush=True)
        print(f"  ({part.__name__}, {time.perf_counter() - began:.0f} s)")
    print(f"\nstats              {missed} rates missed their mark")
    return int(missed > 0)


if __name__ == "__main__":
    sys.exit(main())
