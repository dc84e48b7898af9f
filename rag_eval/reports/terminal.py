"""Runs and comparisons on a terminal: coloured where there are colours, plain where there are none."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from pydantic import JsonValue
from rich.console import Console, ConsoleOptions, RenderableType, RenderResult
from rich.table import Table
from rich.text import Text

from rag_eval.journal import Row
from rag_eval.language.sentences import shorten
from rag_eval.records import (
    REFUSED,
    Comparison,
    Evidence,
    Failure,
    GateResult,
    MetricComparison,
    MetricSummary,
    Movement,
    NotApplicable,
    Outcome,
    Reply,
    Score,
    Summary,
)
from rag_eval.reports import words

_RUN = (
    ("mean", "95 % interval", "scored", "refused", "failed", "n/a", "if failures were 0 / 1"),
    ("mean", "95 % interval", "scored", "refused", "failed", "n/a"),
    ("mean", "95 % interval", "scored", "refused", "failed"),
    ("mean", "95 % interval", "scored", "failed"),
)
_COMPARISON = (
    ("A", "B", "B − A", "95 % interval", "win/tie/loss", "pairs", "so"),
    ("A", "B", "B − A", "95 % interval", "pairs", "B is"),
    ("A", "B", "B − A", "95 % interval", "B is"),
    ("B − A", "95 % interval", "B is"),
)
"""Columns after the metric's name, the fullest first; the first that the terminal is wide enough for are shown."""


@dataclass(frozen=True)
class FittingTable:
    """A table that leaves out columns rather than cut numbers."""

    title: str
    layouts: Sequence[Sequence[str]]
    rows: Sequence[Mapping[str, str]]
    """Head to cell; `style` is the row's."""
    subject: str = "metric"
    """Head of the first column, which is always there."""

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        tables = [self._table(heads) for heads in self.layouts]
        free = options.update(width=_FREE)
        fitting = (t for t in tables if console.measure(t, options=free).maximum <= options.max_width)
        yield next(fitting, tables[-1])

    def _table(self, heads: Sequence[str]) -> Table:
        table = Table(title=Text(self.title, style="bold"), title_justify="left")
        table.add_column(self.subject, overflow="fold")
        for head in heads:
            table.add_column(head, justify="left" if head in {"so", "B is"} else "right", no_wrap=True)
        for row in self.rows:
            table.add_row(Text(row[self.subject]), *(row[head] for head in heads), style=row["style"])
        return table


_COLOURS = {"better": "green", "worse": "red", "cannot_tell": "yellow", "mixed": "yellow"} | dict.fromkeys(
    ("negligible", "unclear", "too_few", "unmoved"), "dim"
)
"""A verdict's colour."""

_SECONDS = frozenset({"latency", "time_to_first_token"})
_GATES = {"passed": ("✓", "green"), "failed": ("✗", "red"), "undecided": ("?", "yellow")}
"""Mark and colour of what became of a gate."""

_SHOWN = 300
"""Letters of a context that are shown."""

_LISTED = 3
"""Questions that are listed as lost, and as gained, of each metric, where nobody asked for more."""
MOVED = 10
"""The same of a metric that somebody asked for."""

_FEW = 3
"""Metrics whose questions are listed when nobody asked for others."""

_FREE = 1000
"""Wider than any table."""


def run(summary: Summary) -> Iterator[RenderableType]:
    """A run as a table, with what must be known before believing it."""
    rows = [_run_row(m, low=m in summary.short_of_coverage) for m in summary.metrics]
    state = words.state(summary)
    yield FittingTable(f"{summary.name} · {summary.run_id}{f' · {state}' if state else ''}", _RUN, rows)
    yield Text(f"{words.answered(summary)}, judged by {words.judge(summary)}")
    for told in filter(None, (words.refusals(summary), words.repeats(summary))):
        yield Text(told)
    yield from _notes(words.warnings(summary))
    yield from gates(summary.gates)


def gates(decided: Sequence[GateResult]) -> Iterator[RenderableType]:
    """What became of gates, a line each."""
    for gate in decided:
        mark, colour = _GATES[gate.outcome]
        yield Text(f"{mark} {gate.sentence}", style=colour)


def _run_row(m: MetricSummary, *, low: bool) -> dict[str, str]:
    return {
        "metric": words.title(m),
        "mean": words.number(m.mean),
        "95 % interval": words.spread(m),
        "scored": words.values(m),
        "failed": f"[red]{m.failed}[/]" if m.failed else "0",
        "refused": str(m.refused),
        "n/a": str(words.not_applicable(m)),
        "if failures were 0 / 1": words.worst(m),
        "style": "red" if low else "",
    }


def case(row: Row, *, full: bool = False) -> Iterator[RenderableType]:
    """One case: question, answer, reference, contexts, and each score with what it rests on.

    Of a long context stands its beginning, and what a verdict cites; all of it if `full`.
    """
    yield Text(f"{row.case.id}  {', '.join(row.case.tags)}", style="dim")
    yield Text(row.case.user_input, style="bold")
    if isinstance(row.reply, Failure):
        yield Text(f"no answer: {row.reply.reason}: {row.reply.message}", style="red")
    else:
        yield Text(f"answer:    {row.reply.response or '–'}")
    yield from _refusal(row.outcomes.get(REFUSED))
    yield Text(f"reference: {row.case.reference or '–'}")
    if not row.case.answerable:
        yield Text("           the question has no answer: the right thing is to say so")
    yield from _contexts(row.reply, None if full else _cited(row.outcomes))
    for names, outcome in _together(row.outcomes):
        yield from _outcome(names, outcome)


def _together(outcomes: Mapping[str, Outcome]) -> Iterator[tuple[str, Outcome]]:
    """Each outcome under its metric's name; those that rest on the same, as rankings do, under all of their names."""
    shown = [(name, outcome) for name, outcome in outcomes.items() if name != REFUSED]
    for _, group in groupby(shown, key=lambda pair: _basis(*pair)):
        pairs = [*group]
        last = pairs[-1][1]
        values = [f"{name}: {_value(name, outcome)}" for name, outcome in pairs if isinstance(outcome, Score)]
        yield " · ".join(values) or ", ".join(name for name, _ in pairs), last


def _basis(name: str, outcome: Outcome) -> object:
    """What an outcome rests on; alone where that is verdicts, or nothing."""
    if isinstance(outcome, NotApplicable) and outcome == NotApplicable(reason=outcome.reason):
        return outcome.reason
    shared = isinstance(outcome, Score) and outcome.evidence.details and not outcome.evidence.verdicts
    return str(outcome.evidence.details) if shared and isinstance(outcome, Score) else name


def _value(name: str, outcome: Score) -> str:
    return f"{words.number(outcome.value)} s" if name in _SECONDS else words.number(outcome.value)


def _refusal(outcome: Outcome | None) -> Iterator[RenderableType]:
    """That the answer refuses, and how that is known."""
    if isinstance(outcome, Score) and outcome.value:
        why = "".join(f"{v.statement}  ({v.reason})" for v in outcome.evidence.verdicts)
        yield Text(f"refuses:   {why}", style="yellow")


def _cited(outcomes: Mapping[str, Outcome]) -> frozenset[str]:
    """The sentences that verdicts cite."""
    kept = [outcome.evidence for outcome in outcomes.values() if not isinstance(outcome, Failure)]
    return frozenset(flat for each in kept for v in each.verdicts if (flat := " ".join(v.evidence.split())))


def _excerpt(text: str, cited: Collection[str]) -> str:
    """The beginning of a text and what of it is cited, with how much is left out."""
    flat = " ".join(text.split())
    shown = shorten(flat, _SHOWN)
    if shown == flat:
        return flat
    end = len(shown) - 1
    left = len(flat) - end
    places = sorted((at, at + len(each)) for each in cited if (at := flat.find(each)) >= 0)
    for start, stop in places:
        if stop <= end:
            continue
        gap = " " if start > end else ""
        shown = (shown if gap else shown.removesuffix("…")) + gap + flat[max(start, end) : stop]
        shown += "…" if stop < len(flat) else ""
        left -= stop - max(start, end)
        end = stop
    return f"{shown} ({left} more characters: --full)" if left else shown


def _contexts(reply: Reply, cited: Collection[str] | None) -> Iterator[RenderableType]:
    """What was retrieved, each by its beginning and what is `cited`; whole where that is None."""
    if isinstance(reply, Failure) or reply.retrieved_contexts is None:
        return
    ids = reply.retrieved_context_ids or ()
    yield Text("contexts:" if reply.retrieved_contexts else "contexts:  nothing was retrieved")
    for place, text in enumerate(reply.retrieved_contexts):
        label = ids[place] if place < len(ids) else f"{place + 1}"
        yield Text(f"  [{label}] {text if cited is None else _excerpt(text, cited)}", style="dim")


def _outcome(name: str, outcome: Outcome) -> Iterator[RenderableType]:
    if isinstance(outcome, Score):
        yield Text(name, style="bold")
    elif outcome.reason == REFUSED:
        yield Text(f"{name}: not applicable: the answer refuses, and so claims nothing", style="yellow")
    else:
        yield Text(f"{name}: {outcome.kind.replace('_', ' ')}: {outcome.reason}", style="yellow")
    if not isinstance(outcome, Failure):
        yield from _evidence(outcome.evidence)


def _evidence(evidence: Evidence) -> Iterator[RenderableType]:
    for v in dict.fromkeys(evidence.verdicts):
        support = "" if v.support is None else f" {words.number(v.support, 2)}"
        why = f"{v.part}: {v.reason}" if v.reason else v.part
        yield Text(f"  {'✓' if v.verdict else '✗'}{support} {v.statement}  ({why})")
    for key, value in evidence.details.items():
        yield Text(f"  {key.replace('_', ' ')}: {_detail(value)}", style="dim")


def _detail(value: JsonValue) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return words.number(value) if isinstance(value, float) else str(value)


def comparison(found: Comparison, focus: Sequence[str] = (), moved: int = _LISTED) -> Iterator[RenderableType]:
    """A comparison as a table, then the questions that moved most: on the metrics in `focus`, else on a few."""
    first, *rest = found.sentences or ("",)
    yield Text(first, style=f"bold {_COLOURS[found.verdict]}")
    yield from (Text(sentence) for sentence in rest)
    rows = [_comparison_row(m) for m in found.metrics]
    yield FittingTable(f"B {found.b} against A {found.a}", _COMPARISON, rows)
    if refusals := words.refusal_rows(found):
        yield _plain_table(words.REFUSAL_HEADS, refusals)
    if slices := words.slice_rows(found):
        yield _plain_table(words.slice_heads(found), slices)
    for m in _worth_a_look(found, focus):
        yield from _moved(m, max(moved, MOVED) if focus and moved == _LISTED else moved)
    yield from _notes(words.comparison_warnings(found))
    yield from gates(found.gates)


def overview(found: Sequence[Comparison]) -> Iterator[RenderableType]:
    """Several runs against one, a line each; for a single comparison there is nothing to sum up."""
    if len(found) > 1 and (rows := words.overview_rows(found)):
        yield _plain_table(words.overview_heads(found), rows)


def _comparison_row(m: MetricComparison) -> dict[str, str]:
    colour = _COLOURS[m.verdict]
    return {
        "metric": words.title(m),
        "A": words.number(m.mean_a),
        "B": words.number(m.mean_b),
        "B − A": words.signed(m.difference),
        "95 % interval": words.interval(m.interval, plus=True),
        "win/tie/loss": f"{m.win}/{m.tie}/{m.loss}",
        "pairs": str(m.pairs),
        "so": f"[{colour}]{words.verdict(m)}[/]",
        "B is": f"[{colour}]{m.verdict.replace('_', ' ')}[/]",
        "style": "",
    }


def _worth_a_look(found: Comparison, focus: Sequence[str]) -> list[MetricComparison]:
    """The metrics somebody asked for, else the primary one and the first few of which the difference is clear."""
    if focus:
        return [m for m in found.metrics if m.name in focus]
    moved = [m for m in found.metrics if m.moved and m.higher_is_better]
    order = {"worse": 0, "better": 1}
    return sorted(moved, key=lambda m: (m.name != found.primary, order.get(m.verdict, len(order))))[:_FEW]


def _plain_table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    table = Table()
    for place, head in enumerate(heads):
        table.add_column(head, justify="right" if place else "left")
    for row in rows:
        table.add_row(*row)
    return table


def _moved(metric: MetricComparison, most: int | None) -> Iterator[RenderableType]:
    """What lost most on a metric, then what gained most."""
    for what, moved, count in (("lost", metric.lost, metric.loss), ("gained", metric.gained, metric.win)):
        if moved:
            shown = len(moved[:most])
            some = f" ({shown} of {count})" if shown < count else ""
            yield Text(f"{metric.name}: {what} most{some}", style="bold")
        yield from (_movement(x) for x in moved[:most])


def _movement(x: Movement) -> Text:
    line = f"  {words.number(x.a, 2)} → {words.number(x.b, 2)}  {x.case_id}  {' '.join(x.user_input.split())}"
    return Text(line, no_wrap=True, overflow="ellipsis")


def _notes(said: list[str]) -> Iterator[RenderableType]:
    for note in said:
        yield Text(f"! {note}", style="yellow")
