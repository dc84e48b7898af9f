"""Whether a difference keeps to a margin, which is what a gate asks.

"No significant difference" is no answer to that: it is what too few questions say of any loss.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from rag_eval.stats.clusters import grouped
from rag_eval.stats.confidence import Confidence, Limits, bounded, demand_within, student, studentised
from rag_eval.stats.intervals import FEW_MOVED

Ruling = Literal["holds", "fails", "undecided"]
"""It keeps to the margin, it does not, or the pairs allow to say neither."""


@dataclass(frozen=True)
class MarginTest:
    """What paired differences say of a margin."""

    verdict: Ruling
    p_holds: float
    """p of "it does not keep to the margin"; at most `alpha` where it holds."""
    p_fails: float
    """p of "it keeps to the margin"; at most `alpha` where it fails."""
    bound: tuple[float, float] | None
    """What the mean difference is within, each limit with 1 − `alpha`; None where it is unknown."""


def non_inferiority(
    differences: Sequence[float],
    margin: float,
    rng: np.random.Generator,
    higher_is_better: bool = True,  # noqa: FBT001, FBT002 - what a metric says of itself
    alpha: float = 0.05,
    clusters: Sequence[Hashable] | None = None,
    limits: Limits = (-1.0, 1.0),
) -> MarginTest:
    """Whether B, of differences B minus A, is worse by less than `margin`: one-sided tests at -margin both ways.

    The studentised bootstrap; with clusters Student's t (Blackwelder 1982). With at most `FEW_MOVED` differences that
    are not 0, or not what most are, their spread says nothing, and within `limits` Gaffke's bound takes its place: what
    has not been seen may be as bad as the limits allow. Without limits the spread must do.

    Raises `ValueError` for a negative margin, and for a difference outside the limits.
    """
    low, high = _both_ways(differences, margin, rng, clusters, limits)
    if higher_is_better:
        p_holds, p_fails = _p(low, -margin), _p(high, margin)
    else:
        p_holds, p_fails = _p(high, -margin), _p(low, margin)
    return MarginTest(_ruling(p_holds, p_fails, alpha), p_holds, p_fails, _bound(low, high, alpha))


def equivalence(
    differences: Sequence[float],
    margin: float,
    rng: np.random.Generator,
    alpha: float = 0.05,
    clusters: Sequence[Hashable] | None = None,
    limits: Limits = (-1.0, 1.0),
) -> MarginTest:
    """Whether A and B differ by less than `margin` either way: two one-sided tests (Schuirmann 1987), as above.

    It fails where the difference is beyond the margin on one side at half of `alpha`, for there are two sides.
    """
    low, high = _both_ways(differences, margin, rng, clusters, limits)
    p_holds = max(_p(low, -margin), _p(high, -margin))
    p_fails = min(1.0, 2 * min(_p(low, margin), _p(high, margin)))
    return MarginTest(_ruling(p_holds, p_fails, alpha), p_holds, p_fails, _bound(low, high, alpha))


def _both_ways(
    differences: Sequence[float],
    margin: float,
    rng: np.random.Generator,
    clusters: Sequence[Hashable] | None,
    limits: Limits,
) -> tuple[Confidence | None, Confidence | None]:
    """Where the mean difference may lie from below, and the mean of the differences turned round."""
    if margin < 0:
        raise ValueError(f"a margin is how much may be lost, at least 0, not {margin:g}")
    data = np.asarray(differences, dtype=float)
    if limits is not None:
        demand_within(data, limits)
    by_cluster = grouped(data, clusters)
    units = data if by_cluster is None else by_cluster.totals
    moved = int((units != 0).sum())
    if moved > FEW_MOVED and np.ptp(data) > 0 and (limits is None or _apart(units) > FEW_MOVED):
        if by_cluster is not None:
            return student(data, clusters), student(-data, clusters)
        return studentised(data, rng), studentised(-data, rng)
    if limits is None or not data.size:
        return None, None
    return bounded(data, limits[0], rng, clusters), bounded(-data, -limits[1], rng, clusters)


def _apart(values: np.ndarray) -> int:
    """How many are not what most are."""
    return len(values) - int(np.unique(values, return_counts=True)[1].max())


def _p(confidence: Confidence | None, threshold: float) -> float:
    return 1.0 if confidence is None else float(confidence.cdf(threshold))


def _ruling(p_holds: float, p_fails: float, alpha: float) -> Ruling:
    if p_holds <= alpha:
        return "holds"
    return "fails" if p_fails <= alpha else "undecided"


def _bound(low: Confidence | None, high: Confidence | None, alpha: float) -> tuple[float, float] | None:
    return None if low is None or high is None else (float(low.ppf(alpha)), -float(high.ppf(alpha)))
