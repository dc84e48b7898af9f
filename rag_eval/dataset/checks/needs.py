"""What each check needs to look at anything; the report says what no row has, instead of that nothing was found."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from rag_eval.dataset.checks.context import CheckContext
from rag_eval.dataset.checks.coverage import NO_KINDS, SET_FOR_TAGS
from rag_eval.dataset.checks.item_analysis import FEWEST_TO_CALL_CONSTANT
from rag_eval.records import Case


@dataclass(frozen=True)
class Need:
    """Something that a check cannot do without."""

    met: Callable[[CheckContext], bool]
    otherwise: str
    """Why the check could not look where it is not met, for a person to read."""


def _row(has: Callable[[Case], object], otherwise: str) -> Need:
    return Need(lambda subject: any(has(case) for case in subject.cases), otherwise)


_CASES = Need(lambda subject: len(subject.cases) > 0, "the dataset has no rows")
_TWO_CASES = Need(lambda subject: len(subject.cases) > 1, "it takes two rows")
_REFERENCE = _row(lambda case: case.reference, "no row has a reference")
_CONTEXTS = _row(lambda case: case.reference_contexts, "no row has reference contexts")
_IDS = _row(lambda case: case.reference_context_ids, "no row has reference context ids")
_ANSWERABLE = _row(lambda case: case.answerable, "no row is marked answerable")
_UNANSWERABLE = _row(lambda case: not case.answerable, "no row is marked unanswerable")
_REFERENCE_IN_CONTEXTS = _row(
    lambda case: case.answerable and case.reference and case.reference_contexts,
    "no answerable row has both a reference and reference contexts",
)
_ANSWERED = _row(lambda case: case.answerable and case.reference, "no answerable row has a reference")
_JUDGED = _row(
    lambda case: not case.answerable or (case.reference and case.reference_contexts),
    "no row is marked unanswerable or has both a reference and reference contexts",
)
_IDS_OF_CONTEXTS = _row(
    lambda case: len(case.reference_contexts or ()) == len(case.reference_context_ids or ()) > 0,
    "no row has as many reference context ids as reference contexts",
)
_SPANS = _row(lambda case: case.metadata.get("spans"), "no row has supporting spans")
_TAGS = _row(lambda case: set(case.tags).difference(NO_KINDS), "no row has a tag")
_MANY = Need(lambda subject: len(subject.cases) >= SET_FOR_TAGS, f"it takes {SET_FOR_TAGS} rows")
_CORPUS = Need(lambda subject: subject.shelf is not None, "no corpus is kept beside the cases; name one by --corpus")
_RUNS = Need(lambda subject: bool(subject.runs), "no past runs were named by --run")
_THREE_RUNS = Need(
    lambda subject: len(subject.runs) >= FEWEST_TO_CALL_CONSTANT, f"it takes {FEWEST_TO_CALL_CONSTANT} runs"
)
_REPEATED_RUNS = Need(
    lambda subject: len({run.system for run in subject.runs}) < len(subject.runs),
    "it takes two runs of one experiment",
)

NEEDS: Final[Mapping[str, tuple[Need, ...]]] = {
    "contradiction": (_TWO_CASES,),
    "leak": (_REFERENCE,),
    "unsupported": (_REFERENCE, _CONTEXTS, _REFERENCE_IN_CONTEXTS),
    "answerable": (_UNANSWERABLE,),
    "unresolved-id": (_CORPUS, _IDS),
    "drift": (_CORPUS, _CONTEXTS, _IDS, _IDS_OF_CONTEXTS),
    "span": (_SPANS,),
    "unfinished": (_CASES,),
    "refusal": (_ANSWERED,),
    "not-judged": (_JUDGED,),
    "duplicate": (_TWO_CASES,),
    "paraphrase": (_TWO_CASES, _REFERENCE),
    "lexical": (_CONTEXTS,),
    "partly-supported": (_REFERENCE, _CONTEXTS, _REFERENCE_IN_CONTEXTS),
    "garbled": (_CASES,),
    "no-reference": (_ANSWERABLE,),
    "imbalance": (_TAGS, _MANY),
    "too-few": (_CASES,),
    "saturated": (_RUNS,),
    "constant": (_RUNS, _THREE_RUNS),
    "unstable": (_RUNS, _REPEATED_RUNS),
    "draft": (_CASES,),
}
"""Check to what it needs, the first that is not met being the reason."""


def unmet(subject: CheckContext) -> dict[str, str]:
    """Check to why it could not look, for those that could not."""
    reasons = {name: (need.otherwise for need in needs if not need.met(subject)) for name, needs in NEEDS.items()}
    return {name: reason for name, otherwise in reasons.items() if (reason := next(otherwise, ""))}
