"""Whether the set as a whole can say what is wanted of it: enough items, tags that are not lopsided, nothing unread."""

import math
from collections import Counter
from collections.abc import Iterator

from rag_eval.dataset.checks.context import CheckContext
from rag_eval.dataset.checks.finding import DatasetFinding

FEWEST_A_TAG = 5
"""Cases of a tag below which its mean says nothing."""
_LOPSIDED = 20
"""How many times the smallest tag the largest may be."""
SET_FOR_TAGS = 40
"""Cases of a set from which its tags are looked at."""
NO_KINDS = ("draft", "production", "low-confidence", "bad-feedback", "no-contexts")
"""Tags that tell of the making, not of the question."""
ASSUMED_SPREAD = 0.4
"""Standard deviation of the paired differences where no run has shown it; two runs of scores in [0, 1] have less
mostly, and 0.71 at worst where they are 0 or 1 and independent."""
_BOTH_TAILS, _POWER = 1.959964, 0.841621
"""Quantiles of the normal distribution for a level of 5 % on both sides and a power of 80 %."""


def smallest_difference(cases: int, spread: float) -> float:
    """The difference of two means that a paired comparison sees four times out of five.

    Two-sided at 5 %, normal approximation; Cohen, "Statistical power analysis", 1988.
    """
    return (_BOTH_TAILS + _POWER) * spread / math.sqrt(cases)


def cases_for(effect: float, spread: float) -> int:
    """How many cases a paired comparison needs to see a difference four times out of five."""
    return math.ceil(((_BOTH_TAILS + _POWER) * spread / effect) ** 2)


def check(subject: CheckContext) -> Iterator[DatasetFinding]:
    """`too-few`, `imbalance` and `draft`, for the set."""
    yield from _too_few(subject)
    yield from _imbalance(subject)
    drafts = [case.id for case in subject.cases if "draft" in case.tags]
    if drafts:
        yield DatasetFinding(
            check="draft",
            severity="note",
            rows=tuple(drafts),
            message=f"{len(drafts)} cases are drafts that nobody has reviewed",
            fix="rag-eval review",
        )


def _too_few(subject: CheckContext) -> Iterator[DatasetFinding]:
    cases = len(subject.cases)
    spread = subject.spread if subject.spread is not None else ASSUMED_SPREAD
    needed = cases_for(subject.effect, spread)
    if 0 < cases < needed:
        source = "as past runs showed it" if subject.spread is not None else "assumed, as no two runs were given"
        yield DatasetFinding(
            check="too-few",
            severity="warning",
            message=f"{cases} cases can show a difference of {smallest_difference(cases, spread):.2f}, not of "
            f"{subject.effect:g} (spread of the differences {spread:.2f}, {source})",
            fix=f"add {needed - cases} cases, or look for larger differences with --effect",
        )


def _imbalance(subject: CheckContext) -> Iterator[DatasetFinding]:
    counts = Counter(tag for case in subject.cases for tag in case.tags if _is_kind(tag))
    if len(subject.cases) < SET_FOR_TAGS or len(counts) <= 1:
        return
    largest, most = counts.most_common(1)[0]
    for tag, count in sorted(counts.items()):
        if count < FEWEST_A_TAG or most > _LOPSIDED * count:
            yield DatasetFinding(
                check="imbalance",
                severity="warning",
                rows=tuple(case.id for case in subject.cases if tag in case.tags),
                message=f"the tag {tag!r} is on {count} cases, {largest!r} on {most}: its mean will say nothing",
                fix=f"add cases of {tag!r} until there are {max(FEWEST_A_TAG, math.ceil(most / _LOPSIDED))}, "
                "or put it together with another tag",
            )


def _is_kind(tag: str) -> bool:
    return tag not in NO_KINDS and not tag.startswith("topic: ")
