"""The Pareto front: which variants are beaten by no other in quality, time and cost together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rag_eval.sweep.result import Axis

SMALLEST_S, SMALLEST_SHARE = 0.05, 0.1
"""Times are equal unless they differ by 50 ms and by a tenth, as in comparisons; so are costs, by a tenth."""
_ROUNDING = 1e-12


@dataclass(frozen=True)
class Point:
    """A variant by what it is weighed by."""

    at: Mapping[Axis, float]
    """Every axis of the front; times and costs are better where they are less."""


def axes(points: Sequence[Mapping[Axis, float | None]]) -> tuple[Axis, ...]:
    """What every variant has a number of; tokens only where there are no prices."""
    known = [axis for axis in _ORDER if points and all(point.get(axis) is not None for point in points)]
    return tuple(axis for axis in known if axis != "tokens" or "cost" not in known)


_ORDER: tuple[Axis, ...] = ("quality", "latency", "cost", "tokens")


def front(points: Sequence[Point], smallest: float) -> list[bool]:
    """For each variant whether it is on the front; `smallest` is the least difference in quality that matters.

    One is off it where another is better in one respect and worse in none, each by as much as matters: what differs by
    less is equal, or every variant would be on the front for the noise of its times.
    """
    beaten = [any(_beats(other, point, smallest) for other in points) for point in points]
    if not all(beaten):
        return [not each for each in beaten]
    return [not any(_beats(other, point, 0.0, 0.0) for other in points) for point in points]  # they go round in a ring


def _beats(point: Point, other: Point, smallest: float, share: float = SMALLEST_SHARE) -> bool:
    gains = [_gain(axis, point.at[axis], other.at[axis], smallest, share) for axis in point.at]
    return max(gains, default=0) > 0 and min(gains) >= 0


def _gain(axis: Axis, value: float, other: float, smallest: float, share: float) -> int:
    """1 where the value is better by as much as matters, -1 where it is worse, else 0."""
    ahead = value - other if axis == "quality" else other - value
    least = smallest
    if axis != "quality":
        least = max(share * min(value, other), SMALLEST_S if axis == "latency" and share else 0.0)
    return 0 if abs(ahead) < least - _ROUNDING or ahead == 0 else 1 if ahead > 0 else -1
