"""The verdict of a comparison in words, the same in every report: what it is, refusals, and what it leaves out."""

from collections.abc import Iterator

from rag_eval.records import ANSWERED, MOST_NEEDED, MetricComparison, RefusalChange, RunComparison
from rag_eval.reports import formatting

_NAMED = 3
"""Gains that are named; losses are all."""
OPENINGS = {
    "better": "{b} is better than {a}",
    "worse": "{b} is worse than {a}",
    "mixed": "{b} gained and lost against {a}",
    "negligible": "No difference that matters between {a} and {b}",
    "unclear": "No clear difference between {a} and {b}",
    "cannot_tell": "Whether {b} is better than {a} cannot be told",
    "too_few": "Too few questions to tell {a} and {b} apart",
    "unmoved": "{b} answers as {a} does",
}
"""How the sentence begins."""


def sentences(comparison: RunComparison) -> tuple[str, ...]:
    """The verdict, sentence by sentence; the first can stand alone."""
    names = called(comparison)
    parts = [
        _headline(comparison, *names),
        comparison.stopped,
        _refusals(comparison, *names),
        *_of_answers_alone(comparison, *names),
    ]
    return tuple(part for part in parts if part)


def called(comparison: RunComparison) -> tuple[str, str]:
    """What A and B are called: by the names of their experiments, by their ids where these are the same."""
    return (
        (comparison.name_a, comparison.name_b)
        if comparison.name_a != comparison.name_b
        else (comparison.a, comparison.b)
    )


def _headline(comparison: RunComparison, a: str, b: str) -> str:
    """What B is, first by what was not answered, then by the primary metric, then by every other loss."""
    clauses = []
    answered, primary = comparison.metric(ANSWERED), comparison.metric(comparison.primary)
    if answered is not None and answered.verdict == "worse":
        clauses.append(_answered(answered, a, b))
    if primary is not None:
        clauses.append(change(primary) + _needed(primary))
    losses = [m for m in comparison.metrics if m.verdict == "worse" and m.name not in (comparison.primary, ANSWERED)]
    if losses:
        clauses.append("worse in " + ", ".join(f"{m.name} {_means(m)}" for m in losses))
    if gains := [name for name in comparison.improved if name != comparison.primary]:
        more = f" and {len(gains) - _NAMED} more" if len(gains) > _NAMED else ""
        clauses.append(f"better in {', '.join(gains[:_NAMED])}{more}")
    opening = _left_out(comparison, a, b) + OPENINGS[comparison.verdict].format(a=a, b=b)
    return f"{opening}: {'; '.join(clauses)}." if clauses else f"{opening}."


def _left_out(comparison: RunComparison, a: str, b: str) -> str:
    """Which questions a verdict leaves out that only one run was asked, as where the other is not finished."""
    alone = [(count, name) for count, name in ((comparison.only_in_a, a), (comparison.only_in_b, b)) if count]
    parts = [f"{count} question{'s' * (count > 1)} that only {name} was asked" for count, name in alone]
    return f"Without {' and '.join(parts)}: " if parts else ""


def change(metric: MetricComparison) -> str:
    """How one metric moved: means, difference with its interval or why there is none, and over how many questions."""
    if not metric.pairs:
        return f"{metric.name}: no question has a value in both"
    rest = f" {formatting.interval(metric.interval, plus=True)}, {metric.pairs} questions" if metric.interval else ""
    rest = rest or (f", {metric.note}" if metric.note else "")
    difference = formatting.change(metric)[2]
    text = f"{metric.name} {_means(metric)}, {difference}{rest}"
    if metric.interval and metric.verdict == "cannot_tell":
        text += f", and {metric.note}"
    if metric.unanswered_a or metric.unanswered_b:
        text += f", with 0 where no answer came{_survivors(metric)}"
    return text


def _needed(metric: MetricComparison) -> str:
    """How many more questions would decide what is unclear, to two digits, which is as well as it is known."""
    if metric.verdict != "unclear" or not metric.needed:
        return ""
    if metric.needed >= MOST_NEEDED:
        return f"; more than {MOST_NEEDED:,} more questions would be needed to decide"
    about = round(metric.needed, 2 - len(str(metric.needed)))
    return f"; about {about:,} more question{'s' if about > 1 else ''} would decide"


def _means(metric: MetricComparison) -> str:
    a, b, *_ = formatting.change(metric)
    return formatting.with_unit(f"{a} → {b}", metric.unit)


def _survivors(metric: MetricComparison) -> str:
    left = metric.survivors
    if left is None:
        return ""
    means = formatting.with_unit(f"{formatting.number(left.mean_a)} → {formatting.number(left.mean_b)}", metric.unit)
    return f" (where both answered {means}, {left.pairs} questions)"


def _answered(metric: MetricComparison, a: str, b: str) -> str:
    came_a, came_b = (round((mean or 0.0) * metric.pairs) for mean in (metric.mean_a, metric.mean_b))
    return f"{b} answered {came_b} of {metric.pairs} questions, {a} {came_a}"


def _refusals(comparison: RunComparison, a: str, b: str) -> str:
    """How often each refused, apart for what has an answer and what has none."""
    if comparison.refusals is None:
        return ""
    without, having = comparison.refusals.unanswerable, comparison.refusals.answerable
    clauses = []
    if without.total:
        clauses.append(f"of {_those(without.total)} no answer {_refused(without, a, b)}")
    if having.total:
        which = "one" if clauses else "an answer"
        clauses.append(f"of {_those(having.total, again=bool(clauses))} {which} {_refused(having, a, b)}")
    answered = comparison.metric(ANSWERED)
    left_out = (answered.pairs if answered else 0) - without.total - having.total
    where = f" (without {left_out} of which it is not known in both)" if left_out > 0 else ""
    return f"Refusals{where}: {'; '.join(clauses)}." if clauses else ""


def _those(count: int, *, again: bool = False) -> str:
    """So many questions that have something."""
    single = count == 1
    noun = "" if again else " question" if single else " questions"
    return f"{count}{noun} that {'has' if single else 'have'}"


def _refused(change: RefusalChange, a: str, b: str) -> str:
    return f"{a} refuses {change.refused_a} and {b} {change.refused_b}"


def _of_answers_alone(comparison: RunComparison, a: str, b: str) -> Iterator[str]:
    """Faithfulness speaks of claims: over how many questions, and what each refused or left unanswered."""
    metric = comparison.metric("faithfulness")
    if metric is None or not metric.pairs:
        return
    questions = "1 question" if metric.pairs == 1 else f"{metric.pairs} questions"
    text = f"Faithfulness speaks of the {questions} that both answered: {_means(metric)}, {formatting.verdict(metric)}"
    if metric.refused_a or metric.refused_b:
        text += f"; {a} refused {metric.refused_a} of what it was asked, {b} {metric.refused_b}"
    answered = comparison.metric(ANSWERED)
    if answered is not None and answered.mean_a is not None and answered.difference:
        text += f"; {_answered(answered, a, b)}"
    yield f"{text}."
