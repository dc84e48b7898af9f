"""Two versions in a comment on a pull request: at most forty lines, the same place each time, nothing that bites.

What stands in questions and ids was written by anybody: in a comment it must neither link, nor mention people, nor
break out of its cell.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from rag_eval.language.sentences import shorten
from rag_eval.records import GateOutcome, MetricComparison, Movement, RunComparison, Summary
from rag_eval.reports import formatting, markdown, rows

LINES = 40
"""Lines that a comment has at most."""

_GATES, _METRICS, _QUESTIONS = 7, 6, 5
"""Rows that each part has at most."""
_SHOWN = 120
"""Letters of a question that are shown."""
_LONGEST = 700
"""Letters of a sentence."""
_MARKS: dict[GateOutcome, str] = {"passed": "✅", "failed": "❌", "undecided": "❔"}


@dataclass(frozen=True)
class Sides:
    """What the two versions are called, and where all that is known of them stands."""

    a: str
    b: str
    rest: str
    """The file that has what is left out."""
    asked: str = ""
    """How questions went to them."""


VERSIONS = Sides("base", "head", "comparison.md", ", each to both at once")
"""Of a pull request."""
RUNS = Sides("A", "B", "compare.html")
"""Runs that were made at different times."""


@dataclass(frozen=True)
class CommentSubject:
    """What a comment is about."""

    name: str
    comparison: RunComparison
    outcome: GateOutcome | None
    """What became of the gates; None where there are none."""
    focus: Sequence[str]
    """The metrics to look at first."""
    head: Summary
    remarks: Sequence[str] = ()
    """What else a reader must know, a sentence each."""
    sides: Sides = VERSIONS


def marker(name: str) -> str:
    """The line by which a workflow finds the comment to put a new one in its place."""
    return f"<!-- rag-eval:{name} -->"


def comment(subject: CommentSubject) -> str:
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
        *_table(metrics[:shown], subject.sides),
        *_lost(compared),
    ]
    below = ["", f"<sub>{_about(subject)}</sub>"]
    lines = [*above, *_details(subject, metrics[shown:], LINES - len(above) - len(below)), *below]
    return "\n".join(lines) + "\n"


def _heading(subject: CommentSubject) -> str:
    if subject.outcome is None:
        return markdown.cell(subject.name)
    return f"{_MARKS[subject.outcome]} {markdown.cell(subject.name)}: {formatting.SHIP[subject.outcome]}"


def _paragraph(sentences: Sequence[str]) -> list[str]:
    return ["", " ".join(map(_sentence, sentences))] if sentences else []


def _gates(compared: RunComparison) -> list[str]:
    """A row for each gate, those that did not pass first."""
    order = {"failed": 0, "undecided": 1, "passed": 2}
    decided = sorted(compared.gates, key=lambda gate: order[gate.outcome])
    lines = [(_MARKS[gate.outcome], _sentence(gate.sentence)) for gate in decided]
    if len(lines) > _GATES:
        left = len(lines) - _GATES + 1
        lines = [*lines[: _GATES - 1], ("…", f"and {left} more, of which none is worse than the last")]
    return ["", "| | gate |", "| --- | --- |", *(f"| {mark} | {text} |" for mark, text in lines)] if lines else []


def _table(metrics: Sequence[MetricComparison], sides: Sides) -> list[str]:
    heads = ("metric", sides.a, sides.b, f"{sides.b} − {sides.a}", "95 % interval", "won/lost", "so")
    lines = [
        (
            formatting.title(m),
            *formatting.change(m),
            f"{m.win}/{m.loss}",
            formatting.verdict(m).replace("B is", f"{sides.b} is"),
        )
        for m in metrics
    ]
    return ["", *markdown.table(heads, lines).split("\n")] if lines else []


def _lost(compared: RunComparison) -> list[str]:
    """The questions that lost most, in the primary metric, else in one that is worse."""
    candidates = [compared.primary, *compared.regressed]
    metric = next((m for name in candidates if (m := compared.metric(name)) and m.lost), None)
    if metric is None:
        return []
    head = f"Lost in {markdown.cell(formatting.heading(metric))}: {metric.loss} of {metric.pairs} questions, these most"
    return ["", head, "", *(_movement(x, metric.unit) for x in metric.lost[:_QUESTIONS])]


def _movement(x: Movement, unit: str) -> str:
    return f"- {rows.movement(x, unit)} {code(x.case_id)} {code(x.user_input)}"


def _details(subject: CommentSubject, others: Sequence[MetricComparison], space: int) -> list[str]:
    """All else, folded, in what space is left."""
    around = ["", "<details><summary>{}</summary>", "", "</details>"]
    notes = _paragraph(formatting.comparison_warnings(subject.comparison))
    room = space - len(around) - len(notes) - 3  # a line between, and the table's head
    shown = others[: max(room, 0)]
    left = len(others) - len(shown)
    more = f" ({left} more in {subject.sides.rest})" if left else ""
    what = f"{len(shown)} other metric{'s' * (len(shown) != 1)}{more}"
    title = ", and ".join([what] * bool(others) + ["notes"] * bool(notes)).capitalize()
    body = [*_table(shown, subject.sides), *notes]
    return [around[0], around[1].format(title), *body, *around[2:]] if body else []


def _about(subject: CommentSubject) -> str:
    compared, head, sides = subject.comparison, subject.head, subject.sides
    names = [name if name == side else f"{name} ({side})" for name, side in ((sides.a, "A"), (sides.b, "B"))]
    parts = [
        f"{names[0]} {code(compared.a)}", f"{names[1]} {code(compared.b)}", f"{head.cases} questions{sides.asked}",
        f"judged by {_sentence(formatting.judge(head))}",
        f"rag-eval {head.origin.code}{_sentence(formatting.commit(head))}",
    ]  # fmt: skip
    return " · ".join(parts)


def _sentence(text: str) -> str:
    """A text in which nothing is live, on one line, cut at a word where it is too long."""
    return markdown.cell(shorten(markdown.printed(text), _LONGEST))


def code(text: str) -> str:
    """A text as code: what it holds is shown and never read; cut at a word where it is too long."""
    return markdown.code(shorten(markdown.printed(text), _SHOWN))
