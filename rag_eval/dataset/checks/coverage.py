"""Whether the set as a whole can say what is wanted of it: enough items, tags that are not lopsided, nothing unread."""

import math
from collections import Counter
from collections.abc import Iterator

from rag_eval.dataset.checks.check import Check, Defect
from rag_eval.dataset.checks.context import CheckContext
from rag_eval.dataset.checks.needs import CASES, Need, any_row

MIN_CASES_OF_TAG = 5
"""Cases of a tag below which its mean says nothing."""
_MAX_RATIO_OF_TAGS = 20
"""How many times the smallest tag the largest may be."""
MIN_CASES_FOR_TAGS = 40
"""Cases of a set from which its tags are looked at."""
TAGS_OF_MAKING = ("draft", "production", "low-confidence", "bad-feedback", "no-contexts")
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


def _drafts(context: CheckContext) -> Iterator[Defect]:
    drafts = [case.id for case in context.cases if "draft" in case.tags]
    if drafts:
        yield Defect(
            rows=tuple(drafts),
            message=f"{len(drafts)} cases are drafts that nobody has reviewed",
            fix="rag-eval review",
        )


def _too_few(context: CheckContext) -> Iterator[Defect]:
    cases = len(context.cases)
    spread = context.spread if context.spread is not None else ASSUMED_SPREAD
    needed = cases_for(context.effect, spread)
    if 0 < cases < needed:
        source = "as past runs showed it" if context.spread is not None else "assumed, as no two runs were given"
        yield Defect(
            message=f"{cases} cases can show a difference of {smallest_difference(cases, spread):.2f}, not of "
            f"{context.effect:g} (spread of the differences {spread:.2f}, {source})",
            fix=f"add {needed - cases} cases, or look for larger differences with --effect",
        )


def _imbalance(context: CheckContext) -> Iterator[Defect]:
    counts = Counter(tag for case in context.cases for tag in case.tags if _is_kind(tag))
    if len(context.cases) < MIN_CASES_FOR_TAGS or len(counts) <= 1:
        return
    largest, most = counts.most_common(1)[0]
    wanted = max(MIN_CASES_OF_TAG, math.ceil(most / _MAX_RATIO_OF_TAGS))
    for tag, count in sorted(counts.items()):
        if count < MIN_CASES_OF_TAG or most > _MAX_RATIO_OF_TAGS * count:
            yield Defect(
                rows=tuple(case.id for case in context.cases if tag in case.tags),
                message=f"the tag {tag!r} is on {count} cases, {largest!r} on {most}: its mean will say nothing",
                fix=f"add cases of {tag!r} until there are {wanted}, or put it together with another tag",
            )


def _is_kind(tag: str) -> bool:
    return tag not in TAGS_OF_MAKING and not tag.startswith("topic: ")


IMBALANCE = Check(
    name="imbalance",
    severity="warning",
    summary="a tag on too few cases, or one that dwarfs another",
    needs=(
        any_row(lambda case: set(case.tags).difference(TAGS_OF_MAKING), "no row has a tag"),
        Need(lambda context: len(context.cases) >= MIN_CASES_FOR_TAGS, f"it takes {MIN_CASES_FOR_TAGS} rows"),
    ),
    find=_imbalance,
)
TOO_FEW = Check(
    name="too-few",
    severity="note",
    summary="too few cases for the difference that somebody wants to see",
    needs=(CASES,),
    find=_too_few,
)
DRAFT = Check(
    name="draft",
    severity="note",
    summary="drafts that nobody has reviewed",
    needs=(CASES,),
    find=_drafts,
)
