"""Runs and comparisons on a terminal: coloured where there are colours, plain where there are none."""

from collections.abc import Iterator

from rich.console import RenderableType
from rich.markup import escape
from rich.table import Table
from rich.text import Text

from rag_eval.journal import Row
from rag_eval.records import Comparison, Failure, MetricComparison, Outcome, Score, Summary
from rag_eval.reports import words


def run(summary: Summary) -> Iterator[RenderableType]:
    """A run as a table, with what must be known before believing it."""
    table = Table(title=f"{summary.name} · {summary.run_id}", title_justify="left", title_style="bold")
    table.add_column("metric", no_wrap=True)
    for head in ("mean", "95 % interval", "scored", "failed", "n/a", "if failures were 0 / 1"):
        table.add_column(head, justify="right", no_wrap=True)
    for m in summary.metrics:
        low = m.coverage is not None and m.coverage < summary.min_coverage
        table.add_row(
            m.name if m.higher_is_better else f"{m.name} ↓",
            words.number(m.mean),
            words.interval(m.interval),
            words.scored(m) if m.failed else str(m.n),
            f"[red]{m.failed}[/]" if m.failed else "0",
            str(m.not_applicable),
            words.worst(m),
            style="red" if low else None,
        )
    yield table
    yield Text(
        f"{summary.answered} of {summary.planned} cases answered in {words.duration(summary.seconds)}, "
        f"judged by {words.judge(summary)}"
    )
    yield from _notes(words.warnings(summary))


def case(row: Row) -> Iterator[RenderableType]:
    """One case: question, answer, reference, and each score with what it rests on."""
    yield Text(f"{row.case.id}  {', '.join(row.case.tags)}", style="dim")
    yield Text(row.case.user_input, style="bold")
    if isinstance(row.reply, Failure):
        yield Text(f"no answer: {row.reply.reason}: {row.reply.message}", style="red")
    else:
        yield Text(f"answer:    {row.reply.response or '–'}")
    yield Text(f"reference: {row.case.reference or '–'}")
    for name, outcome in row.outcomes.items():
        yield from _outcome(name, outcome)


def _outcome(name: str, outcome: Outcome) -> Iterator[RenderableType]:
    if not isinstance(outcome, Score):
        yield Text(f"{name}: {outcome.kind.replace('_', ' ')}: {outcome.reason}", style="yellow")
        return
    yield Text(f"{name}: {words.number(outcome.value)}", style="bold")
    for v in outcome.evidence.verdicts:
        yield Text(f"  {'✓' if v.verdict else '✗'} {v.statement}  ({v.part}: {v.reason})")
    for key, value in outcome.evidence.details.items():
        yield Text(f"  {key}: {value}", style="dim")


def comparison(found: Comparison, moved: int = 3) -> Iterator[RenderableType]:
    """A comparison as a table, then the questions that moved most."""
    table = Table(title=f"B {found.b} against A {found.a}", title_justify="left", title_style="bold")
    table.add_column("metric", no_wrap=True)
    for head in ("A", "B", "B − A", "95 % interval", "win/tie/loss", "pairs"):
        table.add_column(head, justify="right", no_wrap=True)
    table.add_column("so", no_wrap=True)
    for m in found.metrics:
        table.add_row(
            m.name if m.higher_is_better else f"{m.name} ↓",
            words.number(m.mean_a),
            words.number(m.mean_b),
            words.signed(m.difference),
            words.interval(m.interval, plus=True),
            f"{m.win}/{m.tie}/{m.loss}",
            str(m.pairs),
            f"[{_COLOURS[m.verdict]}]{words.verdict(m)}[/]",
        )
    yield table
    for m in found.metrics:
        if m.moved and m.higher_is_better:
            yield from _moved(m, moved)
    yield from _notes(words.comparison_warnings(found))


_COLOURS = {"better": "green", "worse": "red", "unclear": "dim"}


def _moved(metric: MetricComparison, most: int) -> Iterator[RenderableType]:
    yield Text(f"{metric.name}: moved most", style="bold")
    for x in metric.moved[:most]:
        yield Text.from_markup(
            f"  {words.number(x.a, 2)} → {words.number(x.b, 2)}  {escape(x.case_id)}  {escape(x.user_input)}",
            overflow="ellipsis",
        )


def _notes(said: list[str]) -> Iterator[RenderableType]:
    for note in said:
        yield Text(f"! {note}", style="yellow")
