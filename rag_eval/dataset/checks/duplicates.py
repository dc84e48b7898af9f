"""Questions that stand twice: the same words, the same thing in other words, or with answers that contradict."""

from collections.abc import Iterator, Sequence

from rag_eval.dataset.checks.check import Check, Defect
from rag_eval.dataset.checks.context import CheckContext
from rag_eval.dataset.checks.contradictions import contradicts
from rag_eval.dataset.checks.finding import DatasetFinding
from rag_eval.dataset.checks.needs import REFERENCE, TWO_CASES
from rag_eval.dataset.similarity import NEAR, SAME_ANSWER, jaccard
from rag_eval.language.sentences import shorten
from rag_eval.records import Case

_OTHER_ANSWER = 0.35
"""Share of words in common below which two answers to one question contradict each other."""


def _contradictions(context: CheckContext) -> Iterator[Defect]:
    for first, second, share in context.near_questions:
        if share >= NEAR and not _answers_agree(context, first, second):
            yield _contradiction(context.cases[first], context.cases[second])


def _duplicates(context: CheckContext) -> Iterator[Defect]:
    for first, second, share in context.near_questions:
        if share >= NEAR and _answers_agree(context, first, second):
            yield _duplicate(context.cases[first], context.cases[second])


def _paraphrases(context: CheckContext) -> Iterator[Defect]:
    for first, second, share in context.near_questions:
        case, other = context.cases[first], context.cases[second]
        same = share < NEAR and _answers_agree(context, first, second)
        if same and case.reference and _sources(case) == _sources(other):
            yield _paraphrase(case, other)


def repeated(cases: Sequence[Case]) -> Iterator[tuple[int, int]]:
    """Places of each two cases of which a check says that they ask the same, or for one fact in other words.

    Whether their answers agree or contradict each other: the one gives the other away.
    """
    context = CheckContext(cases)
    for first, second, share in context.near_questions:
        same_sources = _sources(cases[first]) == _sources(cases[second])
        if share >= NEAR or (same_sources and cases[first].reference and _answers_agree(context, first, second)):
            yield first, second


def _answers_agree(context: CheckContext, i: int, j: int) -> bool:
    """Whether two answers say the same, or at least nothing that cannot hold beside the other, where one is long."""
    case, other = context.cases[i], context.cases[j]
    if case.answerable != other.answerable:
        return False
    first, second = context.references[i], context.references[j]
    if not (case.reference and other.reference) or case.reference == other.reference:
        return True
    denied = contradicts(case.reference, other.reference)
    if denied is not None:
        return not denied
    if first.words <= second.words or second.words <= first.words:
        return True
    share = jaccard(first, second)
    return share >= SAME_ANSWER or (first.fixed == second.fixed and share >= _OTHER_ANSWER)


def _sources(case: Case) -> object:
    ids = case.reference_context_ids
    return frozenset(ids) if ids else frozenset(case.reference_contexts or ())


def is_copy(case: Case, other: Case) -> bool:
    """Whether nothing but id, tags and metadata tells two cases apart, so that one of them can go."""
    apart = {"id", "metadata", "tags"}
    return case.model_dump(exclude=apart) == other.model_dump(exclude=apart)


def _duplicate(case: Case, other: Case) -> Defect:
    copy = is_copy(case, other)
    return Defect(
        rows=(case.id, other.id),
        message=f"ask the same: {shorten(case.user_input, 80)!r} and {shorten(other.user_input, 80)!r}",
        fix="--fix keeps the first" if copy else "keep the better case, or say in the question what tells them apart",
        fixable=copy,
    )


def _paraphrase(case: Case, other: Case) -> Defect:
    return Defect(
        rows=(case.id, other.id),
        message=f"one fact, asked twice: {shorten(case.user_input, 80)!r} and {shorten(other.user_input, 80)!r}",
        fix="keep one; two count double in every mean, and make the interval too narrow",
    )


def _contradiction(case: Case, other: Case) -> Defect:
    def expected(case: Case) -> str:
        return repr(shorten(case.reference or "", 60)) if case.answerable else "unanswerable"

    return Defect(
        rows=(case.id, other.id),
        message=f"ask the same, {shorten(case.user_input, 80)!r}, and expect {expected(case)} and {expected(other)}",
        fix="look up which holds, and reject the other",
    )


def _without_copies(
    _: CheckContext, cases: Sequence[Case], findings: Sequence[DatasetFinding]
) -> tuple[list[Case], int]:
    """The first of each two copies is kept."""
    copies = {finding.rows[1] for finding in findings}
    return [case for case in cases if case.id not in copies], len(copies)


CONTRADICTION = Check(
    name="contradiction",
    severity="error",
    summary="two cases ask the same and expect different answers",
    needs=(TWO_CASES,),
    find=_contradictions,
)
DUPLICATE = Check(
    name="duplicate",
    severity="warning",
    summary="two cases ask the same",
    needs=(TWO_CASES,),
    find=_duplicates,
    repair=_without_copies,
)
PARAPHRASE = Check(
    name="paraphrase",
    severity="warning",
    summary="two cases ask for one fact in other words",
    needs=(TWO_CASES, REFERENCE),
    find=_paraphrases,
)
