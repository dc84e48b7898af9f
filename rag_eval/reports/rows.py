"""Rows of the tables that stand in several reports, the same in each: a metric by tag, and several runs against one."""

from collections.abc import Sequence

from rag_eval.records import Movement, RunComparison
from rag_eval.reports import formatting


def overview_heads(compared: Sequence[RunComparison]) -> tuple[str, ...]:
    """The heads of the table of several comparisons with one run."""
    return (
        f"{_primary(compared[0])}, against {compared[0].a}",
        "mean",
        "B − A",
        "95 % interval",
        "pairs",
        "so",
        "worse in",
    )


def _primary(compared: RunComparison) -> str:
    """The primary metric with its unit and the mark where less is better."""
    metric = compared.metric(compared.primary)
    return formatting.title(metric) if metric else compared.primary


def overview_rows(compared: Sequence[RunComparison]) -> list[tuple[str, ...]]:
    """The primary metric of several runs, each against the same one, and what else they lost."""
    rows = [(each, each.metric(compared[0].primary)) for each in compared]
    return [
        (
            each.b,
            *formatting.change(metric)[1:],
            str(metric.pairs),
            formatting.verdict(metric),
            ", ".join(name for name in each.regressed if name != each.primary) or "–",
        )
        for each, metric in rows
        if metric is not None
    ]


def slice_heads(compared: RunComparison) -> tuple[str, ...]:
    """The heads of the table of slices."""
    return (f"{_primary(compared)} by tag", "A", "B", "B − A", "95 % interval", "win/tie/loss", "pairs", "so")


def slice_rows(compared: RunComparison) -> list[tuple[str, ...]]:
    """The primary metric for each tag of which there are pairs, the worst first."""
    return [
        (
            part.tag,
            *formatting.change(part.metric),
            f"{part.metric.win}/{part.metric.tie}/{part.metric.loss}",
            str(part.metric.pairs),
            formatting.verdict(part.metric),
        )
        for part in compared.slices
        if part.metric.pairs
    ]


def movement(x: Movement, unit: str, digits: int = 2) -> str:
    """From what to what a question moved, with as many digits as show that it did."""
    counts = (
        count for count in range(digits, formatting.MOST_DIGITS) if len({f"{v:z.{count}f}" for v in (x.a, x.b)}) > 1
    )
    count = next(counts, formatting.MOST_DIGITS)
    return formatting.with_unit(f"{formatting.number(x.a, count)} → {formatting.number(x.b, count)}", unit)
