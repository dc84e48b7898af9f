"""Runs and comparisons as Markdown: for pull requests, and for MLflow, which renders it.

What stands in questions, ids, tags and names was written by anybody: here it is text and nothing else. No HTML, link,
picture, mention or reference comes of it, and no cell breaks its table.
"""

import re
from collections.abc import Sequence

from rag_eval.printable import printable
from rag_eval.records import GateResult, MetricComparison, Movement, RunComparison, Summary
from rag_eval.reports import formatting
from rag_eval.reports import rows as shared

_MOVED = 5
"""Questions that are listed as lost, and as gained, of each metric."""


def run(summary: Summary) -> str:
    """A run at a glance."""
    rows = [
        (
            formatting.title(m),
            formatting.mean(m),
            formatting.spread(m),
            formatting.values(m),
            str(m.refused),
            str(m.failed),
            str(formatting.not_applicable(m)),
            formatting.worst(m),
        )
        for m in summary.metrics
    ]
    heads = (
        "metric",
        "mean",
        "95 % interval",
        "scored",
        "refused",
        "failed",
        "not applicable",
        "if failures were 0 / 1",
    )
    state = f" ({formatting.state(summary)})" if formatting.state(summary) else ""
    made = f"rag-eval {summary.origin.code}{cell(formatting.commit(summary))}"
    answered = f"{formatting.answered(summary)}, judged by {cell(formatting.judge(summary))}"
    parts = [
        f"# {cell(summary.name)}\n\nRun {code(summary.run_id)}{state}: {answered}.",
        formatting.refusals(summary).capitalize(),
        *_notes(formatting.warnings(summary)),
        _gates(summary.gates),
        "## Metrics\n\n" + table(heads, rows),
        _reasons(summary),
        _by_tag(summary),
        f"Dataset fingerprint `{summary.origin.dataset}`, {made}. {formatting.spend(summary)}",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def comparison(compared: RunComparison) -> str:
    """A comparison at a glance."""
    rows = [
        (*_change(m), f"{m.win} / {m.tie} / {m.loss}", str(m.pairs), formatting.verdict(m)) for m in compared.metrics
    ]
    heads = ("metric", "A", "B", "B − A", "95 % interval", "win / tie / loss", "pairs", "so")
    moved = [_moved(m, what, changes) for m in compared.metrics for what, changes in _both(m) if changes]
    slices = table(shared.slice_heads(compared), shared.slice_rows(compared))
    parts = [
        f"# {cell(compared.name_b)} against {cell(compared.name_a)}",
        f"A is {code(compared.a)}, B is {code(compared.b)}.",
        "\n\n".join(f"**{text}**" if first else text for first, text in _sentences(compared)),
        *_notes(formatting.comparison_warnings(compared)),
        _gates(compared.gates),
        "## Metrics\n\n" + table(heads, rows),
        f"## Refusals\n\n{table(formatting.REFUSAL_HEADS, refusals)}"
        if (refusals := formatting.refusal_rows(compared))
        else "",
        f"## By tag\n\n{slices}" if shared.slice_rows(compared) else "",
        "## What moved most" if moved else "",
        *moved,
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _change(m: MetricComparison) -> tuple[str, ...]:
    return (formatting.title(m), *formatting.change(m))


def _notes(notes: Sequence[str]) -> list[str]:
    return [f"> **Note.** {cell(note)}" for note in notes]


def _gates(decided: Sequence[GateResult]) -> str:
    """What became of gates, an item each."""
    items = "\n".join(f"- **{gate.outcome}** {cell(gate.sentence)}" for gate in decided)
    return f"## Gates\n\n{items}" if items else ""


def _both(metric: MetricComparison) -> tuple[tuple[str, Sequence[Movement]], ...]:
    return ("lost", metric.lost), ("gained", metric.gained)


def _moved(metric: MetricComparison, what: str, moved: Sequence[Movement]) -> str:
    rows = [(x.case_id, *shared.movement(x, "", 3).split(" → "), x.user_input) for x in moved[:_MOVED]]
    count = metric.loss if what == "lost" else metric.win
    some = f" ({len(rows)} of {count})" if len(rows) < count else ""
    return f"**{cell(formatting.heading(metric))}, {what} most{some}**\n\n" + table(
        ("case", "A", "B", "question"), rows
    )


def _sentences(compared: RunComparison) -> list[tuple[bool, str]]:
    """The verdict's sentences, each with whether it is the first."""
    return [(place == 0, cell(text)) for place, text in enumerate(compared.sentences)]


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; nothing that stands in a cell is live, or breaks out of it."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(map(cell, line)) + " |" for line in lines)


_HARMFUL = re.compile(r"[\\|<&`*~]|(?<!\w)_|_(?!\w)|(?<=\])[(\[]")
"""What Markdown would read as something else than text: `[0.1, 0.2]` is a text, `[a](b)` a link."""
_LIVE = re.compile(r"(?<!\w)@(?=\w)|@(?=[\w-]+\.\w)|#(?=\d)|\bGH(?=-\d)|:(?=//)|(?<=www)\.", re.IGNORECASE)
"""Where a mention, an address, a reference or a link would begin."""


def cell(text: str) -> str:
    """A text on one line in which nothing is live: marks of Markdown are escaped, links are parted unseen."""
    return inert(_HARMFUL.sub(r"\\\g<0>", printed(text)))


def inert(text: str) -> str:
    """A text in which no mention, reference or link begins; what parts them cannot be seen."""
    return _LIVE.sub("\\g<0>\u200b", text)


def printed(text: str) -> str:
    """A text on one line, without what cannot be seen, such as marks that turn the order of letters around."""
    return " ".join(printable(text).split())


def code(text: str) -> str:
    """A text as code: what it holds is shown and never read."""
    plain = printed(text)
    fence = "`" * (1 + max((len(run) for run in re.findall(r"`+", plain)), default=0))
    return f"{fence} {plain} {fence}" if len(fence) > 1 else f"{fence}{plain or ' '}{fence}"


def _reasons(summary: Summary) -> str:
    rows = [
        (formatting.heading(m), formatting.counts(m.failures), formatting.counts(m.not_applicables))
        for m in summary.metrics
        if m.failures or m.not_applicables
    ]
    return "## Without a score\n\n" + table(("metric", "failed", "not applicable"), rows) if rows else ""


def _by_tag(summary: Summary) -> str:
    if not summary.tags:
        return ""
    heads = [formatting.heading(m) for m in summary.metrics]
    rows = [
        (tag, *(formatting.number(means.get(m.name), 2) for m in summary.metrics))
        for tag, means in summary.tags.items()
    ]
    return "## Means by tag\n\n" + table(("tag", *heads), rows)
