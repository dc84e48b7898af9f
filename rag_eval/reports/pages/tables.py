"""The tables that stand in a page as they are: metrics in groups, and slices by tag."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

from markupsafe import Markup

from rag_eval.plugins import METRICS
from rag_eval.records import MetricComparison, MetricSummary, RunComparison, SliceComparison, SliceSummary, Summary
from rag_eval.reports import formatting
from rag_eval.reports.pages import drawing

FEWEST = 6
"""Questions of a slice from which on its difference is more than an anecdote."""
_ALPHA = 0.05
M = TypeVar("M", MetricComparison, MetricSummary)


@dataclass(frozen=True)
class ComparisonRow:
    """A metric of the forest table."""

    metric: MetricComparison
    plot: Markup
    shares: Markup
    tone: str


@dataclass(frozen=True)
class RunRow:
    """A metric of a run's table."""

    metric: MetricSummary
    plot: Markup


@dataclass(frozen=True)
class SliceCell:
    """A number of a table of slices, with what it rests on beneath."""

    text: str
    detail: str
    tone: str = ""
    mark: bool = False
    """Whether it stays clear among all tags."""


@dataclass(frozen=True)
class SliceTable:
    """Some metrics for each tag."""

    metrics: tuple[str, ...]
    rows: tuple[tuple[str, int, tuple[SliceCell, ...]], ...]
    """Tag, its questions, and a cell for each metric."""
    fewest: int = FEWEST

    @property
    def cells(self) -> int:
        """Cells that hold a number."""
        return sum(cell.text != "–" for _, _, cells in self.rows for cell in cells)

    @property
    def by_luck(self) -> int:
        """Cells that would look clear if nothing at all had changed."""
        return round(self.cells * _ALPHA)


def grouped(metrics: Sequence[M]) -> dict[str, list[M]]:
    """Metrics by what they speak of, each in the order they come in."""
    groups: dict[str, list[M]] = {"answer": [], "retrieval": [], "time and cost": []}
    for metric in metrics:
        bounded = not metric.unit
        kind = METRICS.load(metric.name).subject if metric.name in METRICS else "answer"
        groups[kind if bounded else "time and cost"].append(metric)
    return {name: members for name, members in groups.items() if members}


def comparison_rows(comparison: RunComparison, a: Summary, b: Summary) -> dict[str, list[ComparisonRow]]:
    """The forest table: what has no unit shares one axis, everything else has its own."""
    by_name = [{metric.name: metric for metric in summary.metrics} for summary in (a, b)]
    reach = drawing.reach([metric for metric in comparison.metrics if not metric.unit])

    def row(metric: MetricComparison) -> ComparisonRow:
        own = drawing.reach([metric]) if metric.unit else reach
        bars = Markup("").join(
            drawing.shares(each.get(metric.name), side) for each, side in zip(by_name, "AB", strict=True)
        )
        return ComparisonRow(metric, drawing.forest(metric, own), bars, drawing.TONES.get(metric.verdict, "grey"))

    return {name: [row(metric) for metric in members] for name, members in grouped(comparison.metrics).items()}


def run_rows(summary: Summary) -> dict[str, list[RunRow]]:
    """The table of a run's metrics."""
    return {
        name: [RunRow(metric, drawing.mean(metric)) for metric in members]
        for name, members in grouped(summary.metrics).items()
    }


def comparison_slices(slices: Mapping[str, Sequence[SliceComparison]]) -> SliceTable | None:
    """Slices of several metrics, by metric; tags come in the order of the first, which is the worst first."""
    if not any(slices.values()):
        return None
    by_metric = {name: {part.tag: part.metric for part in parts} for name, parts in slices.items()}
    tags = [part.tag for part in next(iter(slices.values()))]
    rows = tuple(
        (tag, max(m.pairs for each in by_metric.values() if (m := each.get(tag))), _cells(by_metric, tag, _moved))
        for tag in tags
    )
    return SliceTable(tuple(slices), rows)


def _cells(by_metric: Mapping[str, Mapping[str, M]], tag: str, cell: Callable[[M], SliceCell]) -> tuple[SliceCell, ...]:
    return tuple(cell(each[tag]) if tag in each else SliceCell("–", "") for each in by_metric.values())


def _moved(metric: MetricComparison) -> SliceCell:
    if metric.difference is None or not metric.pairs:
        return SliceCell("–", "")
    interval, sign = metric.interval, 1 if metric.higher_is_better else -1
    detail = f"{formatting.interval(interval, plus=True)} n {metric.pairs}" if interval else f"n {metric.pairs}"
    clear = interval is not None and metric.pairs >= FEWEST and (interval.low > 0 or interval.high < 0)
    tone = ("good" if metric.difference * sign > 0 else "bad") if clear else "grey"
    return SliceCell(formatting.signed(metric.difference), detail, tone, clear and (metric.adjusted_p or 0.0) <= _ALPHA)


def run_slices(slices: Sequence[SliceSummary]) -> SliceTable | None:
    """Means by tag of some metrics."""
    if not slices:
        return None
    names = [metric.name for metric in slices[0].metrics]
    rows = tuple((part.tag, part.cases, tuple(map(_mean, part.metrics))) for part in slices)
    return SliceTable(tuple(names), rows)


def _mean(metric: MetricSummary) -> SliceCell:
    if metric.mean is None:
        return SliceCell("–", "")
    detail = f"{formatting.interval(metric.interval)} n {metric.n}" if metric.interval else f"n {metric.n}"
    return SliceCell(formatting.number(metric.mean), detail, "" if metric.n >= FEWEST else "grey")
