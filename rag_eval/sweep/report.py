"""A sweep on a terminal and as Markdown; the page is in `page`."""

from collections.abc import Iterator

from rich.console import RenderableType

from rag_eval.records import MetricComparison, overall_outcome
from rag_eval.reports import formatting, markdown
from rag_eval.reports.fitting import STYLE, FittingTable, WrappedText
from rag_eval.sweep import telling
from rag_eval.sweep.result import SweepResult, VariantResult

_LEAST_P = 0.001
_GATES = {"passed": "pass", "failed": "FAIL", "undecided": "undecided", None: "–"}


def terminal(result: SweepResult) -> Iterator[RenderableType]:
    """The result on a terminal: verdict, table, what must be known."""
    first, *rest = result.sentences
    yield WrappedText(first, "bold green" if len(result.contenders) == 1 else "bold")
    yield from (WrappedText(sentence) for sentence in rest)
    rows = [_terminal_row(result, row) for row in result.variants]
    title = f"{result.name}: {len(rows)} variants, {result.questions} questions"
    yield FittingTable("variant", _layouts(result), rows, frozenset({"so"}), title=title)
    yield WrappedText(legend(result), "dim")
    yield from (WrappedText(f"! {line}", "yellow") for line in result.warnings)


def _terminal_row(result: SweepResult, row: VariantResult) -> dict[str, str]:
    return {**dict(zip(heads(result), cells(result, row), strict=True)), STYLE: _style(result, row)}


def _style(result: SweepResult, row: VariantResult) -> str:
    if row.label == result.leader:
        return "bold"
    return "" if row.label in result.contenders else "dim"


def heads(result: SweepResult) -> tuple[str, ...]:
    """The heads of the table: all that is known of any variant."""
    return (
        "variant", result.primary, "95 % interval", "best in", "Δ", "Δ 95 %", "Δ is", "answered", "refused", "p50",
        "p95", *(["tokens"] if _tokens(result) else []), *(["cost"] if _costs(result) else []), "front", "gates", "so",
    )  # fmt: skip


def _tokens(result: SweepResult) -> bool:
    return any(row.tokens is not None for row in result.variants)


def _costs(result: SweepResult) -> bool:
    return any(row.cost_usd is not None for row in result.variants)


def cells(result: SweepResult, row: VariantResult) -> tuple[str, ...]:
    """A row of the table."""
    metric = difference(result, row)
    compared = ("baseline", "–", "–") if row.label == result.baseline else _difference(metric)
    return (
        row.label,
        formatting.number(row.quality),
        formatting.interval(row.interval),
        formatting.share(row.share),
        *compared,
        f"{row.answered}/{row.asked}",
        "–" if row.refused is None else str(row.refused),
        seconds(row.latency_p50),
        seconds(row.latency_p95),
        *([formatting.number(row.tokens, 0)] if _tokens(result) else []),
        *([dollars(row.cost_usd)] if _costs(result) else []),
        "●" if row.on_front else "",
        _GATES[overall_outcome(row.gates)],
        telling.so(result, row),
    )


def _difference(metric: MetricComparison | None) -> tuple[str, str, str]:
    if metric is None:
        return ("–", "–", "–")
    return formatting.signed(metric.difference), formatting.interval(metric.interval, plus=True), SAID[metric.verdict]


SAID = {
    "better": "better", "worse": "worse", "negligible": "none that matters", "unclear": "unclear",
    "cannot_tell": "cannot tell", "too_few": "too few", "unmoved": "no question moved",
}  # fmt: skip
"""What may be said of a difference, in a narrow column."""


def difference(result: SweepResult, row: VariantResult) -> MetricComparison | None:
    """The primary metric of a variant against the baseline."""
    comparison = result.against(row)
    return comparison.metric(result.primary) if comparison else None


def seconds(value: float | None) -> str:
    """A time."""
    return "–" if value is None else f"{value:.3f} s"


def dollars(value: float | None) -> str:
    """What an answer costs."""
    return "–" if value is None else f"${value:.5f}"


def p_value(value: float | None) -> str:
    """A p, as small as it can be told."""
    return "< 0.001" if value is not None and value < _LEAST_P else formatting.number(value)


def _layouts(result: SweepResult) -> tuple[tuple[str, ...], ...]:
    """Columns after the label, the fullest first; gates only where there are some, and what is known of spending."""
    known = [head for head in heads(result)[1:] if head != "gates" or any(row.gates for row in result.variants)]
    order = ("Δ is", "Δ 95 %", "refused", "p95", "best in", "gates", "answered", "tokens", "cost", "Δ", "front", "p50")
    dropped = [order[:count] for count in range(len(order) + 1)]
    return tuple(tuple(head for head in known if head not in without) for without in dropped)


def legend(result: SweepResult) -> str:
    """What the columns are."""
    return (
        f"Δ: difference in {result.primary} to {telling.quoted(result.baseline)}, concluded among all variants (Holm). "
        "best in: share of random halves of the questions in which it is best. so: a 95 % confidence set of the best. "
        "front ●: beaten by none in quality, time and cost together; what differs by less than matters counts as equal."
    )


def text(result: SweepResult, pages: dict[str, str]) -> str:
    """The result as Markdown; `pages` has the page of each variant's comparison, by label, relative to it."""
    listed = [head for head in heads(result) if head != "gates" or any(row.gates for row in result.variants)]
    rows = [
        tuple(cell for head, cell in zip(heads(result), cells(result, row), strict=True) if head in listed)
        for row in result.variants
    ]
    first, *rest = result.sentences
    links = [f"- [{markdown.cell(label)}]({page})" for label, page in pages.items()]
    parts = [
        f"# {markdown.cell(result.name)}: {len(result.variants)} variants",
        f"**{markdown.cell(first)}**",
        markdown.cell(" ".join(rest)),
        markdown.table(listed, rows),
        markdown.cell(legend(result)),
        "\n".join(f"> **Note.** {markdown.cell(line)}  " for line in result.warnings),
        "\n".join([f"Against {markdown.cell(telling.quoted(result.baseline))}, question by question:", "", *links])
        if links
        else "",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"
