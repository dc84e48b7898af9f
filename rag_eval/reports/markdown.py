"""Runs and comparisons as Markdown: for pull requests, and for MLflow, which renders it."""

import re
from collections.abc import Sequence

from rag_eval.records import Comparison, GateResult, MetricComparison, Movement, Summary
from rag_eval.reports import words


def run(summary: Summary) -> str:
    """A run at a glance."""
    rows = [
        (
            words.title(m),
            words.number(m.mean),
            words.spread(m),
            words.values(m),
            str(m.refused),
            str(m.failed),
            str(words.not_applicable(m)),
            words.worst(m),
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
    state = f" ({words.state(summary)})" if words.state(summary) else ""
    made = f"rag-eval {summary.origin.code}{words.commit(summary)}"
    told = f"{words.answered(summary)}, judged by {words.judge(summary)}"
    parts = [
        f"# {summary.name}\n\nRun `{summary.run_id}`{state}: {told}.",
        words.refusals(summary).capitalize(),
        *(f"> **Note.** {said}" for said in words.warnings(summary)),
        _gates(summary.gates),
        table(heads, rows),
        _reasons(summary),
        _by_tag(summary),
        f"Dataset fingerprint `{summary.origin.dataset}`, {made}. {words.spend(summary)}",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def comparison(found: Comparison) -> str:
    """A comparison at a glance."""
    rows = [
        (
            words.title(m),
            words.number(m.mean_a),
            words.number(m.mean_b),
            words.signed(m.difference),
            words.interval(m.interval, plus=True),
            f"{m.win} / {m.tie} / {m.loss}",
            str(m.pairs),
            words.verdict(m),
        )
        for m in found.metrics
    ]
    heads = ("metric", "A", "B", "B − A", "95 % interval", "win / tie / loss", "pairs", "so")
    moved = [_moved(m, what, changes) for m in found.metrics for what, changes in _both(m) if changes]
    parts = [
        f"# {found.name_b} against {found.name_a}\n\nA is `{found.a}`, B is `{found.b}`.",
        "\n\n".join(f"**{text}**" if first else text for first, text in _sentences(found)),
        *(f"> **Note.** {said}" for said in words.comparison_warnings(found)),
        _gates(found.gates),
        table(heads, rows),
        table(words.REFUSAL_HEADS, refusals) if (refusals := words.refusal_rows(found)) else "",
        table(words.slice_heads(found), slices) if (slices := words.slice_rows(found)) else "",
        "## What moved most" if moved else "",
        *moved,
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _gates(decided: Sequence[GateResult]) -> str:
    """What became of gates, an item each."""
    return "\n".join(f"- **{gate.outcome}** {cell(gate.sentence)}" for gate in decided)


def _both(metric: MetricComparison) -> tuple[tuple[str, Sequence[Movement]], ...]:
    return ("lost", metric.lost), ("gained", metric.gained)


def _moved(metric: MetricComparison, what: str, moved: Sequence[Movement]) -> str:
    rows = [(x.case_id, words.number(x.a), words.number(x.b), x.user_input) for x in moved[:5]]
    count = metric.loss if what == "lost" else metric.win
    some = f" ({len(rows)} of {count})" if len(rows) < count else ""
    return f"**{metric.name}, {what} most{some}**\n\n" + table(("case", "A", "B", "question"), rows)


def _sentences(found: Comparison) -> list[tuple[bool, str]]:
    """The verdict's sentences, each with whether it is the first."""
    return [(place == 0, cell(text)) for place, text in enumerate(found.sentences)]


def table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A Markdown table; bars, line breaks, HTML, links and code marks inside a cell are made harmless."""
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(map(cell, line)) + " |" for line in lines)


_HARMFUL = re.compile(r"[\\|<&`*]|(?<=\])[(\[]")
"""What Markdown would read as something else than text: `[0.1, 0.2]` is a text, `[a](b)` a link."""


def cell(text: str) -> str:
    """A text in which bars, line breaks, HTML, links and code marks are harmless."""
    return _HARMFUL.sub(r"\\\g<0>", " ".join(text.split()))


def _reasons(summary: Summary) -> str:
    rows = [
        (m.name, words.counts(m.failures), words.counts(m.not_applicables))
        for m in summary.metrics
        if m.failures or m.not_applicables
    ]
    return "## Without a score\n\n" + table(("metric", "failed", "not applicable"), rows) if rows else ""


def _by_tag(summary: Summary) -> str:
    if not summary.tags:
        return ""
    names = [m.name for m in summary.metrics]
    rows = [(tag, *(words.number(means.get(name), 2) for name in names)) for tag, means in summary.tags.items()]
    return "## Means by tag\n\n" + table(("tag", *names), rows)
