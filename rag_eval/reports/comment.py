"""Two versions in a comment on a pull request: at most forty lines, the same place each time, nothing that bites.

What stands in questions and ids was written by anybody: in a comment it must neither link, nor mention people, nor
break out of its cell.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from rag_eval.records import Comparison, GateOutcome, MetricComparison, Movement, Summary
from rag_eval.reports import markdown, words

LINES = 40
"""Lines that a comment has at most."""

_GATES, _METRICS, _QUESTIONS = 7, 6, 5
"""Rows that each part has at most."""
_SHOWN = 120
"""Letters of a question that are shown."""
_LONGEST = 700
"""Letters of a sentence."""
_MARKS: dict[GateOutcome, str] = {"passed": "✅", "failed": "❌", "undecided": "❔"}
_LIVE = re.compile(r"(?<!\w)@(?=\w)|#(?=\d)|:(?=//)|(?<=www)\.")
"""Where a mention, a reference or a link would begin."""


@dataclass(frozen=True)
class Subject:
    """What a comment is about."""

    name: str
    comparison: Comparison
    outcome: GateOutcome | None
    """What became of the gates; None where there are none."""
    focus: Sequence[str]
    """The metrics to look at first."""
    head: Summary
    remarks: Sequence[str] = ()
    """What else a reader must know, a sentence each."""


def marker(name: str) -> str:
    """The line by which a workflow finds the comment to put a new one in its place."""
    return f"<!-- rag-eval:{name} -->"


def comment(subject: Subject) -> str:
    """The comment, as Markdown of at most `LINES` lines."""
    compared = subject.comparison
    first, *rest = compared.sentences or ("",)
    order = [*dict.fromkeys([*subject.focus, *compared.regressed, *(m.name for m in compared.metrics)])]
    metrics = [m for name in order if (m := compared.metric(name))]
    shown = min(len({*subject.focus, *compared.regressed}), _METRICS)
    above = [
        marker(subject.name),
        f"## {_heading(subject)}",
        "",
        f"**{_sentence(first)}**",
        *_paragraph([*rest, *subject.remarks]),
        *_gates(compared),
        *_table(metrics[:shown]),
        *_lost(compared),
    ]
    below = ["", f"<sub>{_about(subject)}</sub>"]
    lines = [*above, *_details(compared, metrics[shown:], LINES - len(above) - len(below)), *below]
    return "\n".join(lines) + "\n"


def _heading(subject: Subject) -> str:
    if subject.outcome is None:
        return subject.name
    return f"{_MARKS[subject.outcome]} {subject.name}: {words.SHIP[subject.outcome]}"


def _paragraph(sentences: Sequence[str]) -> list[str]:
    return ["", " ".join(map(_sentence, sentences))] if sentences else []


def _gates(compared: Comparison) -> list[str]:
    """A row for each gate, those that did not pass first."""
    order = {"failed": 0, "undecided": 1, "passed": 2}
    decided = sorted(compared.gates, key=lambda gate: order[gate.outcome])
    rows = [(_MARKS[gate.outcome], _sentence(gate.sentence)) for gate in decided]
    if len(rows) > _GATES:
        left = len(rows) - _GATES + 1
        rows = [*rows[: _GATES - 1], ("…", f"and {left} more, of which none is worse than the last")]
    return ["", "| | gate |", "| --- | --- |", *(f"| {mark} | {text} |" for mark, text in rows)] if rows else []


def _table(metrics: Sequence[MetricComparison]) -> list[str]:
    rows = [
        (
            words.title(m), words.number(m.mean_a), words.number(m.mean_b), words.signed(m.difference),
            words.interval(m.interval, plus=True), f"{m.win} / {m.tie} / {m.loss}", words.verdict(m),
        )
        for m in metrics
    ]  # fmt: skip
    heads = ("metric", "base", "head", "head − base", "95 % interval", "win / tie / loss", "so")
    return ["", *map(_inert, markdown.table(heads, [_of_head(row) for row in rows]).split("\n"))] if rows else []


def _of_head(row: tuple[str, ...]) -> tuple[str, ...]:
    """A row in which B is called by what it is here."""
    return (*row[:-1], row[-1].replace("B is", "head is"))


def _lost(compared: Comparison) -> list[str]:
    """The questions that lost most, in the primary metric, else in one that is worse."""
    candidates = [compared.primary, *compared.regressed]
    metric = next((m for name in candidates if (m := compared.metric(name)) and m.lost), None)
    if metric is None:
        return []
    head = f"Lost in {_inert(markdown.cell(metric.name))}: {metric.loss} of {metric.pairs} questions, these most"
    return ["", head, "", *map(_movement, metric.lost[:_QUESTIONS])]


def _movement(x: Movement) -> str:
    return f"- {words.number(x.a, 2)} → {words.number(x.b, 2)} {code(x.case_id)} {code(x.user_input)}"


def _details(compared: Comparison, others: Sequence[MetricComparison], space: int) -> list[str]:
    """All else, folded, in what space is left."""
    around = ["", "<details><summary>{}</summary>", "", "</details>"]
    notes = _paragraph(words.comparison_warnings(compared))
    rows = space - len(around) - len(notes) - 3  # a line between, and the table's head
    shown = others[: max(rows, 0)]
    left = len(others) - len(shown)
    what = f"{len(shown)} other metrics{f' ({left} more in comparison.md)' if left else ''}"
    title = ", and ".join([what] * bool(others) + ["notes"] * bool(notes)).capitalize()
    body = [*_table(shown), *notes]
    return [around[0], around[1].format(title), *body, *around[2:]] if body else []


def _about(subject: Subject) -> str:
    compared, head = subject.comparison, subject.head
    parts = [
        f"base {code(compared.a)}", f"head {code(compared.b)}", f"{head.cases} questions, each to both at once",
        f"judged by {_sentence(words.judge(head))}", f"rag-eval {head.origin.code}{_sentence(words.commit(head))}",
    ]  # fmt: skip
    return " · ".join(parts)


def _sentence(text: str) -> str:
    """A text in which nothing is live, on one line, cut where it is too long."""
    plain = _printable(text)
    return _inert(markdown.cell(plain if len(plain) <= _LONGEST else f"{plain[:_LONGEST]}…"))


def code(text: str) -> str:
    """A text as code: what it holds is shown and never read; cut where it is too long."""
    plain = _printable(text)
    plain = plain if len(plain) <= _SHOWN else f"{plain[:_SHOWN]}…"
    fence = "`" * (1 + max((len(run) for run in re.findall(r"`+", plain)), default=0))
    return f"{fence} {plain} {fence}" if len(fence) > 1 else f"{fence}{plain or ' '}{fence}"


def _printable(text: str) -> str:
    """On one line, without what cannot be seen, such as marks that turn the order of letters around."""
    return "".join(letter for letter in " ".join(text.split()) if letter.isprintable())


def _inert(text: str) -> str:
    return _LIVE.sub("\\g<0>\u200b", text)
