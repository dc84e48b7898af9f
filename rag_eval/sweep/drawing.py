"""The drawings of a sweep's page, as SVG: means on one axis, and quality over time with the Pareto front."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from rag_eval.sweep.result import SweepResult, VariantResult

_WIDTH, _HEIGHT, _INSET = 240.0, 20.0, 6.0
_BOX, _TALL = 560.0, 320.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 58.0, 16.0, 26.0, 44.0
_PLACES = ((10.0, 4.0, "start"), (-10.0, 4.0, "end"), (0.0, -10.0, "middle"), (0.0, 19.0, "middle"))
"""Where the number of a point may stand, the first that is free: right, left, above, below."""
_FREE = 15.0


@dataclass(frozen=True)
class Scale:
    """From values to places."""

    low: float
    high: float
    start: float
    end: float

    @classmethod
    def around(cls, values: Sequence[float], start: float, end: float) -> "Scale":
        """One that holds all values with some room at both ends."""
        low, high = min(values), max(values)
        room = 0.06 * (high - low) or max(abs(high), 1e-3) * 0.1
        return cls(low - room, high + room, start, end)

    def at(self, value: float) -> float:
        """The place of a value."""
        return self.start + (value - self.low) / (self.high - self.low) * (self.end - self.start)


def reach(result: SweepResult) -> tuple[float, float]:
    """The ends of the axis that the means stand on."""
    ends = [end for row in result.variants for end in _ends(row)]
    ends += [result.value.value] if result.value else []
    scale = Scale.around(ends, 0, 1) if ends else Scale(0, 1, 0, 1)
    return scale.low, scale.high


def _ends(row: VariantResult) -> tuple[float, ...]:
    if row.quality is None:
        return ()
    return (row.interval.low, row.quality, row.interval.high) if row.interval else (row.quality,)


def mean(result: SweepResult, row: VariantResult) -> Markup:
    """A mean with its interval; of the leader also, as a rhombus, what is left without the luck of being chosen."""
    if row.quality is None:
        return Markup("")
    scale = Scale(*reach(result), _INSET, _WIDTH - _INSET)
    tone = "good" if row.label in result.contenders else "none"
    parts = [f'<rect class="p-track" x="0" y="4" width="{_WIDTH:g}" height="12" rx="2"/>']
    if row.interval is not None:
        low, high = scale.at(row.interval.low), scale.at(row.interval.high)
        parts.append(f'<path class="p-line p-{tone}" d="M{low:.1f} 6v8M{low:.1f} 10H{high:.1f}M{high:.1f} 6v8"/>')
    parts.append(f'<circle class="p-{tone}" cx="{scale.at(row.quality):.1f}" cy="10" r="3.5"/>')
    if row.label == result.leader and result.value is not None:
        x = scale.at(result.value.value)
        parts.append(
            f'<path d="M{x:.1f} 3l5 7l-5 7l-5 -7z" fill="var(--card)" stroke="var(--text)" stroke-width="1.5"/>'
        )
    box = f"0 0 {_WIDTH:g} {_HEIGHT:g}"
    return _markup(
        f'<svg class="plot" viewBox="{box}" preserveAspectRatio="none" aria-hidden="true">{"".join(parts)}</svg>'
    )


def scatter(result: SweepResult) -> Markup:
    """Quality over the median latency, with intervals and the front; nothing where too little is known."""
    rows = [row for row in result.variants if row.quality is not None and row.latency_p50 is not None]
    if len(rows) < 2:  # noqa: PLR2004  one point shows nothing
        return Markup("")
    x = Scale.around([row.latency_p50 or 0.0 for row in rows], _LEFT, _BOX - _RIGHT)
    y = Scale.around([end for row in rows for end in _ends(row)], _TALL - _BOTTOM, _TOP)
    parts = [*_grid(result, x, y), *_front(rows, x, y), *_points(result, rows, x, y)]
    label = f"{result.primary} over the median latency of {len(rows)} variants; the numbers are those of the table"
    about = f'viewBox="0 0 {_BOX:g} {_TALL:g}" role="img" aria-label="{escape(label)}"'
    return _markup(f'<svg class="scatter" {about}>{"".join(parts)}</svg>')


def _grid(result: SweepResult, x: Scale, y: Scale) -> list[str]:
    parts = []
    for value in ticks(y.low, y.high):
        parts.append(f'<path d="M{_LEFT:g} {y.at(value):.1f}H{_BOX - _RIGHT:g}" stroke="var(--line)"/>')
        parts.append(f'<text x="{_LEFT - 6:g}" y="{y.at(value) + 4:.1f}" text-anchor="end">{value:.5g}</text>')
    floor = _TALL - _BOTTOM
    parts.append(f'<path d="M{_LEFT:g} {floor:g}H{_BOX - _RIGHT:g}" stroke="var(--quiet)"/>')
    for value in ticks(x.low, x.high):
        parts.append(f'<path d="M{x.at(value):.1f} {floor:g}v4" stroke="var(--quiet)"/>')
        parts.append(f'<text x="{x.at(value):.1f}" y="{floor + 17:g}" text-anchor="middle">{value:.5g} s</text>')
    middle = (_LEFT + _BOX - _RIGHT) / 2
    parts.append(
        f'<text x="{middle:g}" y="{_TALL - 8:g}" text-anchor="middle">median latency, faster to the left</text>'
    )
    parts.append(f'<text x="6" y="14">{escape(result.primary)}</text>')
    return parts


def ticks(low: float, high: float, most: int = 5) -> list[float]:
    """Round numbers between two ends, at most so many steps apart."""
    rough = (high - low) / most
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(times * power for times in (1, 2, 5, 10) if times * power >= rough)
    return [round(number * step, 12) for number in range(math.ceil(low / step), math.floor(high / step) + 1)]


def _front(rows: Sequence[VariantResult], x: Scale, y: Scale) -> list[str]:
    """A line through what is on the front."""
    on_front = sorted((row.latency_p50 or 0.0, row.quality or 0.0) for row in rows if row.on_front)
    points = " ".join(f"{x.at(latency):.1f},{y.at(quality):.1f}" for latency, quality in on_front)
    return [
        f'<polyline points="{points}" fill="none" stroke="var(--accent)" stroke-width="1.5" stroke-dasharray="5 4"/>'
    ]


def _points(result: SweepResult, rows: Sequence[VariantResult], x: Scale, y: Scale) -> list[str]:
    places = [(x.at(row.latency_p50 or 0.0), y.at(row.quality or 0.0)) for row in rows]
    taken = [*places]
    parts = []
    for row, (across, up) in zip(rows, places, strict=True):
        colour = "var(--accent)" if row.on_front else "var(--quiet)"
        if row.interval is not None:
            low, high = y.at(row.interval.low), y.at(row.interval.high)
            parts.append(f'<path d="M{across:.1f} {low:.1f}V{high:.1f}" stroke="{colour}" stroke-opacity="0.55"/>')
        if row.label == result.leader:
            parts.append(
                f'<circle cx="{across:.1f}" cy="{up:.1f}" r="8.5" fill="none" stroke="var(--good)" stroke-width="2"/>'
            )
        fill = colour if row.on_front else "var(--card)"
        parts.append(
            f'<circle cx="{across:.1f}" cy="{up:.1f}" r="5" fill="{fill}" stroke="{colour}" stroke-width="1.5"/>'
        )
        left, down, anchor = _label(across, up, taken)
        parts.append(f'<text class="strong" x="{left:.1f}" y="{down:.1f}" text-anchor="{anchor}">{row.rank}</text>')
    return parts


def _label(across: float, up: float, taken: list[tuple[float, float]]) -> tuple[float, float, str]:
    """A place for a number at which neither point nor number stands yet; the first if there is none."""
    tried = [(across + right, up + down, anchor) for right, down, anchor in _PLACES]
    free = (
        each
        for each in tried
        if all(abs(each[0] - x) > _FREE or abs(each[1] - 4 - y) > _FREE for x, y in taken if (x, y) != (across, up))
    )
    place = next(free, tried[0])
    taken.append((place[0], place[1] - 4))
    return place


def _markup(svg: str) -> Markup:
    return Markup(svg)  # noqa: S704  numbers, and a name that was escaped
