"""Stopping when it is decided: an interval that holds at every moment, however often one looks.

A fixed interval that is looked at after every question is wrong in nearly half of all A/A runs. A confidence sequence
is wrong in 5 % of them, over the whole of their course (Waudby-Smith and Ramdas 2024, "Estimating means of bounded
random variables by betting"): for each mean that could be, two bets are placed against it, and a mean of which one has
multiplied its stake by 2/alpha is out.
"""

import math
from collections.abc import Sequence
from typing import Literal

import numpy as np

_STEPS = 2000
"""Means that are bet against; an interval is wider by at most two steps, of a thousandth of a difference each."""

_MOST_BET = 0.5
"""Share of its capital that a bet may lose."""

Side = Literal["above", "below"]


def bets(shares: Sequence[float] | np.ndarray, alpha: float) -> np.ndarray:
    """How much to bet on each of values in [0, 1], from those before it: the predictable plug-in of theorem 3."""
    x = np.asarray(shares, dtype=float)
    t = np.arange(1, x.shape[-1] + 1)
    means = (0.5 + np.cumsum(x, axis=-1)) / (t + 1)
    spread = (0.25 + np.cumsum((x - means) ** 2, axis=-1)) / (t + 1)
    before = np.concatenate([np.full((*x.shape[:-1], 1), 0.25), spread[..., :-1]], axis=-1)
    return np.asarray(np.sqrt(2 * math.log(2 / alpha) / (before * t * np.log1p(t))))


def log_capital(x: np.ndarray | float, bet: np.ndarray | float, mean: np.ndarray | float) -> np.ndarray:
    """What a value adds to the logarithms of the capitals bet on more and on less than `mean`, stacked in front."""
    with np.errstate(divide="ignore"):
        up = np.minimum(bet, _MOST_BET / np.asarray(mean, dtype=float))
        down = np.minimum(bet, _MOST_BET / (1 - np.asarray(mean, dtype=float)))
    return np.stack([np.log1p(up * (x - mean)), np.log1p(-down * (x - mean))])


class PairedSequence:
    """A running interval of a mean difference in [-1, 1] that is valid at all times together.

    `update` takes one difference, B minus A; in any order that does not depend on the differences. It never widens.
    """

    def __init__(self, alpha: float = 0.05) -> None:
        self.alpha = alpha
        self.n = 0
        self._sum, self._squares = 0.5, 0.25
        self._means = np.linspace(0.0, 1.0, _STEPS + 1)
        self._capital = np.zeros((2, _STEPS + 1))
        self._low, self._high = 0, _STEPS

    @property
    def interval(self) -> tuple[float, float]:
        """Limits of the mean difference; [-1, 1] at first."""
        return 2 * float(self._means[self._low]) - 1, 2 * float(self._means[self._high]) - 1

    def update(self, difference: float) -> tuple[float, float]:
        """Take one more difference; the interval afterwards. Raises `ValueError` for one outside [-1, 1]."""
        if not -1 <= difference <= 1:
            raise ValueError(f"a difference lies in [-1, 1], and {difference:g} does not")
        x = (1 + difference) / 2
        self.n += 1
        spread = self._squares / self.n
        bet = math.sqrt(2 * math.log(2 / self.alpha) / (spread * self.n * math.log1p(self.n)))
        self._capital += log_capital(x, bet, self._means)
        self._sum += x
        self._squares += (x - self._sum / (self.n + 1)) ** 2
        self._narrow()
        return self.interval

    def decided(self, threshold: float = 0.0) -> Side | None:
        """On which side of a threshold the mean difference is, for good; None as long as that is open.

        Non-inferiority with a margin is decided at minus the margin where more is better.
        """
        low, high = self.interval
        # A limit that has moved has been bet away itself.
        if low >= threshold and self._low > 0:
            return "above"
        return "below" if high <= threshold and self._high < _STEPS else None

    def _narrow(self) -> None:
        """Leave out what has been bet away, each limit one step outside of the first mean that is still in."""
        stays = np.flatnonzero(self._capital.max(axis=0) < math.log(2 / self.alpha))
        if stays.size:
            self._low = max(self._low, int(stays[0]) - 1)
            self._high = min(self._high, int(stays[-1]) + 1)
