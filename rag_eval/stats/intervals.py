"""Confidence intervals of a mean. Where none can be had there is none, never one of no width."""

import math
import warnings
from collections.abc import Sequence

import numpy as np

from rag_eval.records import Interval

RESAMPLES = 4999
"""Bootstrap resamples; with as many, a limit moves by about 1 % of the interval's width from seed to seed."""

MANY = 2000
"""From so many values on, the mean is as good as normal and resampling would only cost time."""

FEWEST = 6
"""Values from which on they can be resampled; of fewer pairs all could point one way by chance."""


def mean_interval(values: Sequence[float], rng: np.random.Generator, level: float = 0.95) -> Interval | None:
    """Interval of the mean of independent values; None with too few of them, or where all are equal.

    Wilson's score interval (1927) for values that are all 0 or 1, which has a width also where all are 1; else the
    bias-corrected and accelerated bootstrap (Efron 1987), both by SciPy; the normal interval from `MANY` values on.
    """
    data = np.asarray(values, dtype=float)
    if data.size and np.isin(data, (0.0, 1.0)).all():
        return _wilson(int(data.sum()), data.size, level)
    if data.size < FEWEST or np.ptp(data) == 0:
        return None
    return _normal(data, level) if data.size >= MANY else _bootstrap(data, rng, level)


def difference_interval(differences: Sequence[float], rng: np.random.Generator, level: float = 0.95) -> Interval | None:
    """Interval of the mean of paired differences, which lie in [-1, 1]; None with too few, or where all are equal."""
    data = np.asarray(differences, dtype=float)
    if data.size < FEWEST or np.ptp(data) == 0:
        return None
    return _normal(data, level) if data.size >= MANY else _bootstrap(data, rng, level)


def _wilson(successes: int, n: int, level: float) -> Interval:
    from scipy.stats import binomtest

    found = binomtest(successes, n).proportion_ci(confidence_level=level, method="wilson")
    return Interval(low=float(found.low), high=float(found.high), level=level, method="Wilson")


def _normal(data: np.ndarray, level: float) -> Interval:
    from scipy.special import ndtri

    half = float(ndtri(0.5 + level / 2)) * float(data.std(ddof=1)) / math.sqrt(data.size)
    mean = float(data.mean())
    return Interval(low=mean - half, high=mean + half, level=level, method="normal")


def _bootstrap(data: np.ndarray, rng: np.random.Generator, level: float) -> Interval:
    from scipy.stats import bootstrap

    for method, name in (("BCa", "BCa"), ("percentile", "percentile")):
        with warnings.catch_warnings():
            # SciPy warns where BCa has no answer, as for a single value that differs; percentile has one.
            warnings.simplefilter("ignore")
            found = bootstrap(
                (data,),
                np.mean,
                n_resamples=RESAMPLES,
                confidence_level=level,
                method=method,
                rng=rng,
                batch=500,
            ).confidence_interval
        if math.isfinite(found.low) and math.isfinite(found.high):
            return Interval(
                low=float(found.low),
                high=float(found.high),
                level=level,
                method=f"{name} bootstrap, {RESAMPLES} resamples",
            )
    raise AssertionError  # a percentile of finite numbers is finite
