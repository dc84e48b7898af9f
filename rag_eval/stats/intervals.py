"""Confidence intervals of a mean."""

import math
import warnings
from collections.abc import Sequence

import numpy as np

from rag_eval.records import Interval

RESAMPLES = 4999
"""Bootstrap resamples; with as many, a limit moves by about 1 % of the interval's width from seed to seed."""

MANY = 2000
"""From so many values on, the mean is as good as normal and resampling would only cost time."""


def mean_interval(values: Sequence[float], rng: np.random.Generator, level: float = 0.95) -> Interval | None:
    """Interval of the mean of independent values; None with fewer than two.

    Bias-corrected and accelerated bootstrap (Efron 1987) by SciPy; the normal interval from `MANY` values on; a point
    where all values are equal.
    """
    data = np.asarray(values, dtype=float)
    if data.size < 2:  # noqa: PLR2004 - spread needs two
        return None
    if np.ptp(data) == 0:
        point = float(data[0])
        return Interval(low=point, high=point, level=level, method="all values equal")
    if data.size >= MANY:
        return _normal(data, level)
    return _bootstrap(data, rng, level)


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
