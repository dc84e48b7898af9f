"""Values that come in clusters: questions about one document or out of one conversation share their luck.

Ten questions about one page are not ten independent ones. What counts is how the sums of whole clusters scatter
(Liang and Zeger 1986). Two corrections make that hold for few and unequal clusters: each cluster's residual is taken
from the mean of the others, which is the jackknife by clusters, or CR3 (Bell and McCaffrey 2002; MacKinnon, Nielsen and
Webb 2023), and Student's t has as many degrees of freedom as there are clusters of equal size that would tell as much,
less one (Carter, Schnepel and Steigerwald 2017). In `bench/stats.py` both cover better than resampling clusters.
"""

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field

import numpy as np

FEWEST_CLUSTERS = 3
"""Clusters from which on their scatter says anything; Student's t pays for there being so few."""


@dataclass(frozen=True)
class Clusters:
    """Values summed by cluster."""

    totals: np.ndarray = field(repr=False)
    """Sum of each cluster's values, in the order in which clusters first appear; float, shape (clusters,)."""
    sizes: np.ndarray = field(repr=False)
    """Number of values of each; float, of the same shape."""

    def __len__(self) -> int:
        return len(self.sizes)

    @property
    def n(self) -> int:
        """All values."""
        return int(self.sizes.sum())

    @property
    def mean(self) -> float:
        """Over the values, not over the clusters."""
        return float(self.totals.sum() / self.sizes.sum())

    @property
    def effective(self) -> float:
        """How many clusters of equal size would tell as much; at most their number."""
        return float(self.sizes.sum() ** 2 / (self.sizes**2).sum())

    @property
    def error(self) -> float:
        """Standard error of the mean."""
        residuals = self.totals - self.sizes * self.mean
        without = residuals / (1 - self.sizes / self.n)
        count = len(self)
        return math.sqrt((count - 1) / count * float((without**2).sum())) / self.n

    @property
    def freedom(self) -> float:
        """Degrees of freedom of the standard error."""
        return self.effective - 1


def independent_values(values: np.ndarray, clusters: Clusters) -> float:
    """How many independent values would have a mean as uncertain as that of these clusters: n over the design effect.

    As many as there are clusters where these do not scatter or are too few to, and never more than there are values.
    """
    error = clusters.error if len(clusters) >= FEWEST_CLUSTERS else 0.0
    return min(float(values.var()) / error**2, float(clusters.n)) if error > 0 else clusters.effective


def cluster_p(clusters: Clusters) -> float:
    """Two-sided p of Student's t for a mean of 0, as the interval has it; 1 where nothing scatters."""
    from scipy.stats import t

    return float(2 * t.sf(abs(clusters.mean) / clusters.error, clusters.freedom)) if clusters.error > 0 else 1.0


def grouped(values: Sequence[float] | np.ndarray, clusters: Sequence[Hashable] | None) -> Clusters | None:
    """Values by cluster; None without clusters, or where each value is one of its own.

    Raises `ValueError` where there is not one cluster for each value.
    """
    if clusters is None:
        return None
    if len(clusters) != len(values):
        raise ValueError(f"{len(values)} values have {len(clusters)} clusters; there must be one for each value")
    places = {cluster: place for place, cluster in enumerate(dict.fromkeys(clusters))}
    if len(places) == len(values):
        return None
    codes = np.fromiter((places[cluster] for cluster in clusters), dtype=int, count=len(clusters))
    data = np.asarray(values, dtype=float)
    return Clusters(np.bincount(codes, weights=data), np.bincount(codes).astype(float))
