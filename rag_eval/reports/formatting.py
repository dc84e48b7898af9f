"""How numbers and counts are said, the same in every report."""

from collections.abc import Mapping, Sequence

from rag_eval.records import (
    ANSWERED,
    FailureGroup,
    GateOutcome,
    Interval,
    MetricComparison,
    MetricSummary,
    RunComparison,
    Summary,
    Usage,
    overall_outcome,
)
from rag_eval.reports import judged

EMBEDDED = (
    "Judged by the embedded judge, which compares words and not meaning: good for finding regressions, "
    "no substitute for a language model or a person."
)

_LONGEST_QUOTE = 320
"""Letters that are shown of what a failure says; the whole stands with its case."""
DIGITS, MOST_DIGITS = 3, 6
"""Digits of a number, and of one whose interval would else read as if it had no width."""


def number(value: float | None, digits: int = 3) -> str:
    """A value, or a dash where there is none."""
    return "–" if value is None else f"{value:z.{digits}f}"


def signed(value: float | None, digits: int = 3) -> str:
    """A difference with its sign."""
    return "–" if value is None else f"{value:+.{digits}f}"


def precision(limits: Interval | None, *, plus: bool = False) -> int:
    """How many digits tell the limits of an interval apart, and one of a difference from nought: 3, else up to 6."""
    if limits is None:
        return DIGITS
    ends = (limits.low, limits.high)
    apart = (
        count
        for count in range(DIGITS, MOST_DIGITS)
        if len({f"{end:z.{count}f}" for end in ends}) > 1
        and not (plus and any(end and not float(f"{end:.{count}f}") for end in ends))
    )
    return next(apart, MOST_DIGITS)


def interval(limits: Interval | None, *, plus: bool = False) -> str:
    """The limits of an interval, never as one and the same number."""
    if limits is None:
        return "–"
    say, count = (signed if plus else number), precision(limits, plus=plus)
    return f"[{say(limits.low, count)}, {say(limits.high, count)}]"


def mean(metric: MetricSummary) -> str:
    """A mean, with as many digits as the limits of its interval."""
    return number(metric.mean, precision(metric.interval))


def change(metric: MetricComparison) -> tuple[str, str, str, str]:
    """The mean of A, that of B, their difference and its interval, all with as many digits."""
    count = precision(metric.interval, plus=True)
    means = number(metric.mean_a, count), number(metric.mean_b, count)
    return *means, signed(metric.difference, count), interval(metric.interval, plus=True)


def with_unit(text: str, unit: str) -> str:
    """A number with its unit, where it has one."""
    return f"{text} {unit}" if unit else text


def repeats(summary: Summary) -> str:
    """What repetitions of one question differ by, or nothing where none was repeated."""
    known = [m for m in summary.metrics if m.repeat_sd is not None]
    spread = [f"{m.name} {with_unit(number(m.repeat_sd), m.unit)}" for m in known]
    return f"a question's own spread over its repetitions: {', '.join(spread)}" if spread else ""


def worst(metric: MetricSummary) -> str:
    """The mean's bounds if failures had scored 0 and 1; a dash where nothing failed."""
    if not metric.failed or metric.worst_low is None:
        return "–"
    return f"[{number(metric.worst_low)}, {number(metric.worst_high)}]"


def counts(reasons: Mapping[str, int]) -> str:
    """Reasons with how often each occurred."""
    return ", ".join(f"{count} × {reason}" for reason, count in reasons.items())


def answered(summary: Summary) -> str:
    """How many cases were answered, that only some were to be asked, and how long it took.

    The time is left out where it is not known: of a run that goes on, or was killed.
    """
    limited = f" ({summary.limit_said})" if summary.limited else ""
    text = f"{summary.answered} of {summary.planned} cases answered{limited}"
    ended = summary.finished or summary.stopped
    return f"{text} in {duration(summary.seconds)}" if ended else text


def spread(metric: MetricSummary) -> str:
    """The limits of a mean's interval; none for `answered`, which is a count of this run and no estimate."""
    return "–" if metric.name == ANSWERED else interval(metric.interval)


def values(metric: MetricSummary) -> str:
    """How many have a value, and of how many where some have none that should: `14`, `14 of 16`."""
    return scored(metric) if metric.failed else str(metric.n)


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


def heading(metric: MetricSummary | MetricComparison) -> str:
    """A metric's name with its unit, and a mark where less is better."""
    parts = [metric.name, f"({metric.unit})" if metric.unit else "", "" if metric.higher_is_better else "↓"]
    return " ".join(filter(None, parts))


def title(metric: MetricSummary | MetricComparison) -> str:
    """The same with what the metric is, where that needs saying."""
    label = getattr(metric, "label", "")
    name = heading(metric)
    return f"{name.removesuffix(' ↓')} ({label}){' ↓' * name.endswith(' ↓')}" if label else name


def not_applicable(metric: MetricSummary) -> int:
    """Cases of which a metric does not speak, without those that were refused, which are counted apart."""
    return metric.not_applicable - metric.refused


def commit(summary: Summary) -> str:
    """The state of the work tree that a run began in, after a comma; nothing outside of one."""
    tree = summary.git
    if tree is None or not tree.commit:
        return ""
    branch = f" on {tree.branch}" if tree.branch else ""
    return f", git {tree.commit[:10]}{branch}{' with changes' if tree.dirty else ''}"


def state(summary: Summary) -> str:
    """How far a run that is not finished came; nothing where it is finished."""
    return "" if summary.finished else summary.state


def refusals(summary: Summary) -> str:
    """How often the system refused, and whether rightly; nothing where it never did and never should have."""
    counts = summary.refusals
    if counts is None or not (counts.refused or counts.unanswerable):
        return ""
    text = f"refused {counts.refused} of {counts.answers} answers: {counts.answerable_refused} of "
    text += f"{counts.answerable} questions that have an answer (over-refusal {share(counts.over_refusal)})"
    if counts.unanswerable:
        text += (
            f", {counts.unanswerable_refused} of {counts.unanswerable} that have none "
            f"(invented answers {share(counts.invented)})"
        )
    return text


def share(value: float | None) -> str:
    """A share in per cent, or a dash where there is none."""
    return "–" if value is None else f"{value:.0%}"


def failures(summary: Summary) -> list[str]:
    """Why there are cases without an answer or without a score: `5 × unauthorized: …`, what concerns most first."""
    return [failure(group) for group in summary.failures]


def failure(group: FailureGroup) -> str:
    """A kind of failure in its own words, with the settings that bear on it."""
    first = "" if group.alike else ", the first"
    message = " ".join(group.message.split())
    message = message if len(message) <= _LONGEST_QUOTE else f"{message[: _LONGEST_QUOTE - 1]}…"
    remedy = f"; {group.remedy}" if group.remedy else ""
    return f"{group.count} × {group.reason}{first}: {message.rstrip('.')}{remedy}"


def warnings(summary: Summary) -> list[str]:
    """What a reader must know before believing a number of this run."""
    lines = [EMBEDDED] if summary.embedded_judge else []
    if summary.stopped:
        lines.append(
            f"Asking was {summary.state}: these are means of a sample that was stopped, and only the gates that were "
            "looked at on the way, and those on single cases, have an outcome."
        )
    elif not summary.finished:
        lines.append(
            f"{state(summary).capitalize()} ({summary.cases} asked): these are not the numbers of the whole dataset. "
            f"Go on with: rag-eval run --resume {summary.run_id}"
        )
    if summary.target_failures:
        lines.append(
            f"{summary.cases - summary.answered} of {summary.cases} cases got no answer: "
            f"{counts(summary.target_failures)}. They stand in no mean here; a comparison counts them as 0."
        )
    lines += failures(summary)
    lines += judged.warnings(summary)
    if summary.degraded:
        lines.append(
            f"{summary.degraded} of {summary.answered} answers are degraded: the service says that something stood in "
            "for a part of it that was away. They are scored as they are."
        )
    lines += _of_reading(summary)
    short = grouped({m.name: scored(m) for m in summary.short_of_coverage})
    lines += [
        f"{names}: only {n} scored, under the {summary.min_coverage:.0%} that this run demands." for n, names in short
    ]
    lines += without_value([m for m in summary.metrics if m.not_applicable])
    without = {m.name: m.note for m in summary.metrics if m.note and m.name != ANSWERED}
    return [*lines, *(f"No interval of {names}: {why}." for why, names in grouped(without))]


def without_value(metrics: Sequence[MetricSummary]) -> list[str]:
    """The metrics among these that have no value at all, with why; a sentence for each reason."""
    reasons = {m.name: counts({**m.failures, **m.not_applicables}) for m in metrics if not m.n}
    return [f"{names}: has a value for no case ({why})." for why, names in grouped(reasons)]


def grouped(said_of: Mapping[str, str]) -> list[tuple[str, str]]:
    """What is said, each once, with the metrics that it is said of: once for one cause."""
    return [
        (text, ", ".join(name for name in said_of if said_of[name] == text)) for text in dict.fromkeys(said_of.values())
    ]


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
            "with null in their place, or with texts and ids that do not fit each other: no metric that needs them "
            "speaks of these answers. In target.select `docs[?text].text` leaves out, on purpose, what has no text."
        )
    return lines


def comparison_warnings(comparison: RunComparison) -> list[str]:
    """What a reader must know before believing a difference."""
    lines = [EMBEDDED] if comparison.embedded_judge else []
    if comparison.differences:
        lines.append(f"Compared by force although {'; '.join(comparison.differences)}.")
    lines += comparison.judged
    if comparison.only_in_a or comparison.only_in_b:
        lines.append(
            f"{comparison.only_in_a} cases are in A alone and {comparison.only_in_b} in B alone; "
            "only shared ones count."
        )
    apart = [f"{m.name} {m.only_a} and {m.only_b}" for m in comparison.metrics if m.only_a or m.only_b]
    if apart:
        lines.append(f"Cases with a value in A alone and in B alone, which enter no mean here: {', '.join(apart)}.")
    lines += _unanswered(comparison)
    lines += [f"{m.name}: {m.note}." for m in comparison.metrics if m.note and m.verdict != "unmoved"]
    tags = [f"{part.tag}: {m.note}" for part in comparison.slices if (m := part.metric).note and m.verdict != "unmoved"]
    lines += [f"{comparison.primary} by tag; {'; '.join(tags)}."] if tags else []
    unmoved = [m.name for m in comparison.metrics if m.verdict == "unmoved"]
    return [*lines, f"No question moved in: {', '.join(unmoved)}."] if unmoved else lines


def _unanswered(comparison: RunComparison) -> list[str]:
    """What no answer counts as, and the means without these questions."""
    counted = [m for m in comparison.metrics if m.unanswered_a or m.unanswered_b]
    left = [
        f"{m.name} {with_unit(f'{number(s.mean_a)} → {number(s.mean_b)}', m.unit)}"
        for m in counted
        if (s := m.survivors)
    ]
    if not left:
        return []
    pairs = max(m.survivors.pairs for m in counted if m.survivors)
    lost_a, lost_b = max(m.unanswered_a for m in counted), max(m.unanswered_b for m in counted)
    counts_as = f"Questions that got no answer count as 0 here, {lost_a} of A and {lost_b} of B."
    return [f"{counts_as} Over the {pairs} that both answered: {', '.join(left)}."]


VERDICTS = {
    "better": "B is better",
    "worse": "B is worse",
    "negligible": "no difference that matters",
    "unclear": "no clear difference",
    "cannot_tell": "cannot tell",
    "too_few": "too few pairs",
    "unmoved": "no question moved",
}


def verdict(metric: MetricComparison) -> str:
    """What the differences allow to say about B."""
    return VERDICTS[metric.verdict]


def refusal_rows(comparison: RunComparison) -> list[tuple[str, str, str, str, str]]:
    """Refusals from A to B, a row for the questions that have an answer and one for those that have none."""
    if comparison.refusals is None:
        return []
    kinds = (("have an answer", comparison.refusals.answerable), ("have none", comparison.refusals.unanswerable))
    return [
        (kind, str(c.both_answered), str(c.only_a_refused), str(c.only_b_refused), str(c.both_refused))
        for kind, c in kinds
        if c.total
    ]


REFUSAL_HEADS = (
    "refusals, A → B: questions that",
    "answered → answered",
    "refused → answered",
    "answered → refused",
    "refused → refused",
)


def spend(summary: Summary) -> str:
    """What the judge was paid for."""
    return spend_of(summary.usage)


def spend_of(usage: Usage) -> str:
    """Calls, tokens and money in a sentence."""
    if not usage.calls:
        return "No judge call was paid for."
    cost = f", ${usage.cost_usd:.4f}" if usage.cost_usd is not None else ""
    return f"{usage.calls} judge calls, {usage.prompt_tokens} + {usage.completion_tokens} tokens{cost}."


SHIP: dict[GateOutcome, str] = {"passed": "may ship", "failed": "must not ship", "undecided": "cannot be told yet"}
"""What follows from gates."""


def ship(comparison: RunComparison) -> str:
    """Whether B may take the place of A, where gates say so; nothing without gates."""
    outcome = overall_outcome(comparison.gates)
    if outcome is None:
        return ""
    name = comparison.name_b if comparison.name_b != comparison.name_a else comparison.b
    return f"Whether {name} may ship {SHIP[outcome]}." if outcome == "undecided" else f"{name} {SHIP[outcome]}."
