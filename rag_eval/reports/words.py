"""How numbers and counts are said, the same in every report."""

from collections.abc import Mapping

from rag_eval.records import Comparison, Interval, MetricComparison, MetricSummary, Summary

EMBEDDED = (
    "Judged by the embedded judge, which compares words and not meaning: good for finding regressions, "
    "no substitute for a language model or a person."
)


def number(value: float | None, digits: int = 3) -> str:
    """A value, or a dash where there is none."""
    return "–" if value is None else f"{value:z.{digits}f}"


def signed(value: float | None) -> str:
    """A difference with its sign."""
    return "–" if value is None else f"{value:+.3f}"


def interval(found: Interval | None, *, plus: bool = False) -> str:
    """The limits of an interval."""
    if found is None:
        return "–"
    say = signed if plus else number
    return f"[{say(found.low)}, {say(found.high)}]"


def repeats(summary: Summary) -> str:
    """What repetitions of one question differ by, or nothing where none was repeated."""
    spread = [f"{m.name} {number(m.repeat_sd)}" for m in summary.metrics if m.repeat_sd is not None]
    return f"a question's own spread over its repetitions: {', '.join(spread)}" if spread else ""


def worst(metric: MetricSummary) -> str:
    """The mean's bounds if failures had scored 0 and 1; a dash where nothing failed."""
    if not metric.failed or metric.worst_low is None:
        return "–"
    return f"[{number(metric.worst_low)}, {number(metric.worst_high)}]"


def counts(reasons: Mapping[str, int]) -> str:
    """Reasons with how often each occurred."""
    return ", ".join(f"{count} × {reason}" for reason, count in reasons.items())


def scored(metric: MetricSummary) -> str:
    """How much of what was due has a value: `1 of 10`."""
    return f"{metric.n} of {metric.n + metric.failed}"


def judge(summary: Summary) -> str:
    """Who judged."""
    who = summary.origin.judge
    if summary.embedded_judge:
        return f"the embedded judge (version {who.get('version')})"
    return f"{who.get('model', who.get('use'))} at {who.get('endpoint', 'an address of its own')}"


def duration(seconds: float) -> str:
    """Seconds as people say them."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02d} min"
    return f"{minutes} min {rest:02d} s" if minutes else f"{seconds:.1f} s"


def warnings(summary: Summary) -> list[str]:
    """What a reader must know before believing a number of this run."""
    said = [EMBEDDED] if summary.embedded_judge else []
    if summary.cases < summary.planned:
        said.append(f"Not finished: {summary.cases} of {summary.planned} cases were asked.")
    if summary.target_failures:
        said.append(f"{summary.cases - summary.answered} cases got no answer: {counts(summary.target_failures)}.")
    if summary.degraded:
        said.append(
            f"{summary.degraded} of {summary.answered} answers are degraded: the service says that something stood in "
            "for a part of it that was away. They are scored as they are."
        )
    said += _of_reading(summary)
    said += [
        f"{m.name}: only {scored(m)} scored, under the {summary.min_coverage:.0%} that this run demands."
        for m in summary.short_of_coverage
    ]
    nowhere = [m for m in summary.metrics if not m.n and not m.failed and m.not_applicable]
    for why in dict.fromkeys(counts(m.not_applicables) for m in nowhere):
        names = [m.name for m in nowhere if counts(m.not_applicables) == why]
        said.append(f"{', '.join(names)}: applies to no case ({why}).")
    return said


def _of_reading(summary: Summary) -> list[str]:
    """What could not be lines of the answers as they came."""
    whole, lines = summary.answered, list[str]()
    if summary.thinking:
        lines.append(
            f"{summary.thinking} of {whole} answers hold what the model thought first (<think>…</think>), which is "
            "scored as a part of them; `thinking: drop` (in target.select; for a replay in target) leaves it out."
        )
    if summary.without_end:
        lines.append(
            f"{summary.without_end} of {whole} answers came as streams without any sign of their end: one that was cut "
            "off could not be told from them. target.stream.done names such a sign, needs_done: true demands it."
        )
    if summary.unknown_contexts:
        lines.append(
            f"{summary.unknown_contexts} of {whole} answers came with contexts of which some have no text or no id, "
            "or with texts and ids that do not fit each other: no metric that needs them speaks of these answers. In "
            "target.select `docs[?text].text` leaves out, on purpose, what has no text."
        )
    return lines


def comparison_warnings(found: Comparison) -> list[str]:
    """What a reader must know before believing a difference."""
    said = [EMBEDDED] if found.embedded_judge else []
    if found.differences:
        said.append(f"Compared by force although {'; '.join(found.differences)}.")
    if found.only_in_a or found.only_in_b:
        said.append(f"{found.only_in_a} cases are in A alone and {found.only_in_b} in B alone; only shared ones count.")
    apart = [f"{m.name} {m.only_a} and {m.only_b}" for m in found.metrics if m.only_a or m.only_b]
    if apart:
        said.append(f"Cases scored in A alone and in B alone, which enter no mean here: {', '.join(apart)}.")
    return said


def verdict(metric: MetricComparison) -> str:
    """What the interval allows to say about B."""
    return {"better": "B is better", "worse": "B is worse", "unclear": "no clear difference"}[metric.verdict]
