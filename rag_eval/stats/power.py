"""How small a difference a comparison could see, and how many more questions it would take."""

import math

from rag_eval.records import MOST_NEEDED


def minimum_detectable(sd: float, n: int, power: float = 0.8, alpha: float = 0.05) -> float | None:
    """The true difference that `n` pairs of this standard deviation call clear with this power, two-sided at `alpha`.

    Normal approximation; None without pairs or spread.
    """
    return _times(power, alpha) * sd / math.sqrt(n) if n > 0 and sd > 0 else None


def pairs_for(sd: float, difference: float, power: float = 0.8, alpha: float = 0.05) -> int:
    """Pairs it takes to see a true difference with this power. Raises `ValueError` for a difference of 0."""
    if difference == 0:
        raise ValueError("no number of pairs shows a difference of 0")
    return math.ceil((_times(power, alpha) * sd / difference) ** 2)


def needed(sd: float, difference: float, n: int, margin: float = 0.0, power: float = 0.8) -> int | None:
    """How many more pairs would decide, if mean and spread of the differences stay what they are after `n` of them.

    To decide is that the 95 % interval leaves out 0, or lies between -`margin` and `margin`; it then does so with the
    chance `power`. None where the difference is 0 and has no margin to lie in; 0 where there are enough pairs; at most
    `MOST_NEEDED`, which stands for more.
    """
    rooms = [abs(difference), margin - abs(difference)]
    room = max(rooms)
    if room <= 0:
        return None
    if sd <= 0:
        return 0
    # Compared before squaring: a difference that is as good as 0 needs more pairs than a float can hold.
    most = n + MOST_NEEDED
    return MOST_NEEDED if _times(power, 0.05) * sd / room > math.sqrt(most) else max(pairs_for(sd, room, power) - n, 0)


def _times(power: float, alpha: float) -> float:
    from scipy.special import ndtri

    return float(ndtri(1 - alpha / 2) + ndtri(power))
