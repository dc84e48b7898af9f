"""Small drawings of the tables, as SVG without a style of their own: what stands in them is numbers alone."""

from collections.abc import Sequence

from markupsafe import Markup

from rag_eval.records import ANSWERED, Conclusion, MetricComparison, MetricSummary

_WIDTH, _HEIGHT, _MIDDLE = 240.0, 20.0, 10.0
_INSET = 6.0
TONES: dict[Conclusion, str] = {"better": "good", "worse": "bad", "cannot_tell": "warn"}
"""How a conclusion about B is coloured; every other is left as it is."""


def reach(metrics: Sequence[MetricComparison]) -> float:
    """How far from 0 an axis goes that is to hold the intervals of these metrics."""
    ends = [abs(end) for m in metrics for end in (*_ends(m), m.smallest, m.detectable or 0.0)]
    return max([*ends, 1e-9]) * 1.05


def _ends(metric: MetricComparison) -> tuple[float, ...]:
    if metric.interval is not None:
        return (metric.interval.low, metric.interval.high)
    return (metric.difference,) if metric.difference is not None else ()


def forest(metric: MetricComparison, reach: float) -> Markup:
    """A difference with its interval on an axis from `-reach` to `reach`, better to the right."""
    if metric.difference is None:
        return Markup("")
    sign = 1 if metric.higher_is_better else -1

    def x(value: float) -> float:
        return _WIDTH / 2 + sign * value / reach * (_WIDTH / 2 - _INSET)

    tone = {"better": "good", "worse": "bad"}.get(metric.verdict, "none")
    parts = []
    if metric.smallest:
        left, right = sorted((x(-metric.smallest), x(metric.smallest)))
        parts.append(f'<rect class="p-band" x="{left:.1f}" y="1" width="{right - left:.1f}" height="18"/>')
    if metric.detectable:
        parts += [f'<path class="p-seen" d="M{x(end):.1f} 15v4"/>' for end in (-metric.detectable, metric.detectable)]
    parts.append(f'<path class="p-zero" d="M{x(0):.1f} 0v20"/>')
    if metric.interval is not None:
        low, high = sorted((x(metric.interval.low), x(metric.interval.high)))
        parts.append(f'<path class="p-line p-{tone}" d="M{low:.1f} 6v8M{low:.1f} 10H{high:.1f}M{high:.1f} 6v8"/>')
    parts.append(f'<circle class="p-{tone}" cx="{x(metric.difference):.1f}" cy="{_MIDDLE:g}" r="3.5"/>')
    return _svg("plot", f"0 0 {_WIDTH:g} {_HEIGHT:g}", "".join(parts))


def mean(metric: MetricSummary) -> Markup:
    """A mean with its interval on a line from 0 to 1; `answered` is a count of this run, and has none."""
    if not metric.bounded or metric.mean is None:
        return Markup("")

    def x(value: float) -> float:
        return _INSET + min(max(value, 0.0), 1.0) * (_WIDTH - 2 * _INSET)

    parts = [f'<rect class="p-track" x="{x(0):.1f}" y="4" width="{x(1) - x(0):.1f}" height="12" rx="2"/>']
    if metric.interval is not None and metric.name != ANSWERED:
        low, high = x(metric.interval.low), x(metric.interval.high)
        parts.append(f'<path class="p-line p-none" d="M{low:.1f} 6v8M{low:.1f} 10H{high:.1f}M{high:.1f} 6v8"/>')
    parts.append(f'<circle class="p-none" cx="{x(metric.mean):.1f}" cy="{_MIDDLE:g}" r="3.5"/>')
    return _svg("plot", f"0 0 {_WIDTH:g} {_HEIGHT:g}", "".join(parts))


def shares(metric: MetricSummary | None, of: str) -> Markup:
    """Of how many cases a metric has a value, and why of the others it has none, as one bar; `of` names the run."""
    if metric is None:
        return Markup("")
    other = metric.not_applicable - metric.refused
    counts = [("scored", metric.n), ("refused", metric.refused), ("failed", metric.failed), ("none", other)]
    total = sum(count for _, count in counts) or 1
    parts, left = [], 0.0
    for name, count in counts:
        width = 70 * count / total
        parts.append(f'<rect class="b-{name}" x="{left:.2f}" width="{width:.2f}" height="10"/>')
        left += width
    label = f"{of}: {metric.n} scored, {metric.refused} refused, {metric.failed} failed, {other} not applicable"
    return _svg("share", "0 0 70 10", "".join(parts), label)


def _svg(kind: str, box: str, inside: str, label: str = "") -> Markup:
    """What is said in the table besides is hidden from those who hear it; what is not has a label."""
    about = f'role="img" aria-label="{label}"' if label else 'aria-hidden="true"'
    title = f"<title>{label}</title>" if label else ""
    return Markup(f'<svg class="{kind}" viewBox="{box}" preserveAspectRatio="none" {about}>{title}{inside}</svg>')  # noqa: S704  made of numbers
