"""Runs and comparisons on a terminal: coloured where there are colours, plain where there are none.

Nothing is cut: texts are wrapped between words, and tables show fewer columns, or a row beneath the other, where there
is little room.
"""

from collections.abc import Iterator, Mapping, Sequence

from rich.console import RenderableType
from rich.text import Text

from rag_eval.records import GateResult, MetricComparison, MetricSummary, Movement, RunComparison, Summary
from rag_eval.reports import formatting, rows
from rag_eval.reports.evidence import case
from rag_eval.reports.fitting import STYLE, Cell, FittingTable, WrappedText

__all__ = ["MOVED", "case", "comparison", "gates", "overview", "run"]

_RUN = (
    ("mean", "95 % interval", "scored", "refused", "failed", "n/a", "if failures were 0 / 1"),
    ("mean", "95 % interval", "scored", "refused", "failed", "n/a"),
    ("mean", "95 % interval", "scored", "refused", "failed"),
    ("mean", "95 % interval", "scored", "failed"),
)
_COMPARISON = (
    ("A", "B", "B − A", "95 % interval", "win/tie/loss", "pairs", "so"),
    ("A", "B", "B − A", "95 % interval", "pairs", "verdict"),
    ("A", "B", "B − A", "95 % interval", "verdict"),
)
"""Columns after the name, the fullest first; the first that the terminal is wide enough for are shown."""
_CHANGE = ("A", "B", "B − A", "95 % interval")
_VERDICTS = frozenset({"so", "verdict"})
_LISTS = frozenset({"worse in"})
_SHORT: Mapping[str, str] = {"better": "B better", "worse": "B worse", "cannot_tell": "can't tell"}
"""A verdict where there is little room; the others are what they are called."""
_COLOURS = {"better": "green", "worse": "red", "cannot_tell": "yellow", "mixed": "yellow"} | dict.fromkeys(
    ("negligible", "unclear", "too_few", "unmoved"), "dim"
)
"""A verdict's colour."""
_CONCLUSIONS = {text: conclusion for conclusion, text in formatting.VERDICTS.items()}
_GATES = {"passed": ("✓", "green"), "failed": ("✗", "red"), "undecided": ("?", "yellow")}
"""Mark and colour of what became of a gate."""

_LISTED = 3
"""Questions that are listed as lost, and as gained, of each metric, where nobody asked for more."""
MOVED = 10
"""The same of a metric that somebody asked for."""

_FEW = 3
"""Metrics whose questions are listed when nobody asked for others."""


def run(summary: Summary) -> Iterator[RenderableType]:
    """A run as a table, with what must be known before believing it."""
    lines = [_run_row(m, low=m in summary.short_of_coverage) for m in summary.metrics]
    state = formatting.state(summary)
    title = f"{summary.name} · {summary.run_id}{f' · {state}' if state else ''}"
    yield FittingTable("metric", _RUN, lines, title=title)
    spend = f"; {formatting.spend(summary).rstrip('.')}" if summary.usage.calls else ""
    yield WrappedText(f"{formatting.answered(summary)}, judged by {formatting.judge(summary)}{spend}")
    for sentence in filter(None, (formatting.refusals(summary), formatting.repeats(summary))):
        yield WrappedText(sentence)
    yield from _notes(formatting.warnings(summary))
    yield from gates(summary.gates)


def gates(decided: Sequence[GateResult]) -> Iterator[RenderableType]:
    """What became of gates, a line each."""
    for gate in decided:
        mark, colour = _GATES[gate.outcome]
        yield WrappedText(f"{mark} {gate.sentence}", colour, indent=2)


def _run_row(m: MetricSummary, *, low: bool) -> dict[str, Cell]:
    return {
        "metric": formatting.title(m),
        "mean": formatting.mean(m),
        "95 % interval": formatting.spread(m),
        "scored": formatting.values(m),
        "failed": Text(str(m.failed), style="red" if m.failed else ""),
        "refused": str(m.refused),
        "n/a": str(formatting.not_applicable(m)),
        "if failures were 0 / 1": formatting.worst(m),
        STYLE: "red" if low else "",
    }


def comparison(compared: RunComparison, focus: Sequence[str] = (), moved: int = _LISTED) -> Iterator[RenderableType]:
    """A comparison as a table, then the questions that moved most: on the metrics in `focus`, else on a few."""
    first, *rest = compared.sentences or ("",)
    yield WrappedText(first, f"bold {_COLOURS[compared.verdict]}")
    yield from (WrappedText(sentence) for sentence in rest)
    lines = [_comparison_row(m) for m in compared.metrics]
    title = f"B {compared.b} against A {compared.a}"
    yield FittingTable("metric", _COMPARISON, lines, _VERDICTS, beside="so", below=_CHANGE, title=title)
    if refusals := formatting.refusal_rows(compared):
        yield _table(formatting.REFUSAL_HEADS, refusals)
    if slices := rows.slice_rows(compared):
        yield _table(rows.slice_heads(compared), slices, _COMPARISON)
    for m in _worth_a_look(compared, focus):
        yield from _moved(m, max(moved, MOVED) if focus and moved == _LISTED else moved)
    yield from _notes(formatting.comparison_warnings(compared))
    yield from gates(compared.gates)


def overview(compared: Sequence[RunComparison]) -> Iterator[RenderableType]:
    """Several runs against one, a line each; for a single comparison there is nothing to sum up."""
    if len(compared) > 1 and (lines := rows.overview_rows(compared)):
        yield _table(rows.overview_heads(compared), lines)


def _comparison_row(m: MetricComparison) -> dict[str, Cell]:
    mean_a, mean_b, difference, interval = formatting.change(m)
    return {
        "metric": formatting.title(m),
        "A": mean_a,
        "B": mean_b,
        "B − A": difference,
        "95 % interval": interval,
        "win/tie/loss": f"{m.win}/{m.tie}/{m.loss}",
        "pairs": str(m.pairs),
        **_verdict(formatting.verdict(m)),
    }


def _verdict(text: str) -> dict[str, Cell]:
    """A verdict in full and in short, each in its colour."""
    conclusion = _CONCLUSIONS[text]
    colour = _COLOURS[conclusion]
    short = _SHORT.get(conclusion, conclusion.replace("_", " "))
    return {"so": Text(text, style=colour), "verdict": Text(short, style=colour)}


def _worth_a_look(compared: RunComparison, focus: Sequence[str]) -> list[MetricComparison]:
    """The metrics somebody asked for, else the primary one and the first few of which the difference is clear."""
    if focus:
        return [m for m in compared.metrics if m.name in focus]
    moved = [m for m in compared.metrics if m.moved and m.higher_is_better]
    order = {"worse": 0, "better": 1}
    return sorted(moved, key=lambda m: (m.name != compared.primary, order.get(m.verdict, len(order))))[:_FEW]


def _table(heads: Sequence[str], lines: Sequence[Sequence[str]], layouts: Sequence[Sequence[str]] = ()) -> FittingTable:
    """A table whose last column may be a verdict, which then is told in short where there is little room."""
    first, *others = heads
    cells: list[Mapping[str, Cell]] = []
    for line in lines:
        row: dict[str, Cell] = dict(zip(heads, line, strict=True))
        cells.append({**row, **_verdict(str(row["so"]))} if "so" in row else row)
    below = _CHANGE if layouts else [head for head in others if head != "so"]
    left = _VERDICTS | _LISTS
    return FittingTable(first, layouts or (others,), cells, left, _LISTS, beside="so", below=below)


def _moved(metric: MetricComparison, most: int | None) -> Iterator[RenderableType]:
    """What lost most on a metric, then what gained most."""
    for what, moved, count in (("lost", metric.lost, metric.loss), ("gained", metric.gained, metric.win)):
        if shown := len(moved[:most]):
            some = f" ({shown} of {count})" if shown < count else ""
            yield WrappedText(f"{formatting.title(metric)}: {what} most{some}", "bold")
        yield from (_movement(x, metric.unit) for x in moved[:most])


def _movement(x: Movement, unit: str) -> WrappedText:
    lead = f"  {rows.movement(x, unit)}  "
    return WrappedText(f"{x.case_id}  {' '.join(x.user_input.split())}", indent=len(lead), lead=Text(lead))


def _notes(notes: Sequence[str]) -> Iterator[RenderableType]:
    for note in notes:
        yield WrappedText(f"! {note}", "yellow", indent=2)
