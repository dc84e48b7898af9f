"""Questions that stand twice: the same words, the same thing in other words, or with answers that contradict."""

from collections.abc import Iterator

from rag_eval.dataset.checks.context import CheckContext
from rag_eval.dataset.checks.contradictions import contradicts
from rag_eval.dataset.checks.finding import DatasetFinding
from rag_eval.dataset.similarity import NEAR, PARAPHRASED, SAME_ANSWER, alike, jaccard
from rag_eval.language.sentences import shorten
from rag_eval.records import Case

_OTHER_ANSWER = 0.35
"""Share of words in common below which two answers to one question contradict each other."""


def check(subject: CheckContext) -> Iterator[DatasetFinding]:
    """`duplicate`, `paraphrase` and `contradiction`, for each two questions."""
    for i, j, share in subject.questions.pairs(PARAPHRASED):
        if not alike(subject.questions.gists[i], subject.questions.gists[j]):
            continue
        one, other = subject.cases[i], subject.cases[j]
        same = _answers_agree(subject, i, j)
        if share >= NEAR and not same:
            yield _contradiction(one, other)
        elif share >= NEAR:
            yield _duplicate(one, other)
        elif same and one.reference and _sources(one) == _sources(other):
            yield _paraphrase(one, other)


def _answers_agree(subject: CheckContext, i: int, j: int) -> bool:
    """Whether two answers say the same, or at least nothing that cannot hold beside the other, where one is long."""
    one, other = subject.cases[i], subject.cases[j]
    if one.answerable != other.answerable:
        return False
    first, second = subject.references[i], subject.references[j]
    if not (one.reference and other.reference) or one.reference == other.reference:
        return True
    denied = contradicts(one.reference, other.reference)
    if denied is not None:
        return not denied
    if first.words <= second.words or second.words <= first.words:
        return True
    share = jaccard(first, second)
    return share >= SAME_ANSWER or (first.fixed == second.fixed and share >= _OTHER_ANSWER)


def _sources(case: Case) -> object:
    ids = case.reference_context_ids
    return frozenset(ids) if ids else frozenset(case.reference_contexts or ())


def is_copy(one: Case, other: Case) -> bool:
    """Whether nothing but id, tags and metadata tells two cases apart, so that one of them can go."""
    apart = {"id", "metadata", "tags"}
    return one.model_dump(exclude=apart) == other.model_dump(exclude=apart)


def _duplicate(one: Case, other: Case) -> DatasetFinding:
    copy = is_copy(one, other)
    return DatasetFinding(
        check="duplicate",
        severity="warning",
        rows=(one.id, other.id),
        message=f"ask the same: {shorten(one.user_input, 80)!r} and {shorten(other.user_input, 80)!r}",
        fix="--fix keeps the first" if copy else "keep the better one, or say in the question what tells them apart",
        fixable=copy,
    )


def _paraphrase(one: Case, other: Case) -> DatasetFinding:
    return DatasetFinding(
        check="paraphrase",
        severity="warning",
        rows=(one.id, other.id),
        message=f"one fact, asked twice: {shorten(one.user_input, 80)!r} and {shorten(other.user_input, 80)!r}",
        fix="keep one; two count double in every mean, and make the interval too narrow",
    )


def _contradiction(one: Case, other: Case) -> DatasetFinding:
    def told(case: Case) -> str:
        return repr(shorten(case.reference or "", 60)) if case.answerable else "unanswerable"

    return DatasetFinding(
        check="contradiction",
        severity="error",
        rows=(one.id, other.id),
        message=f"ask the same, {shorten(one.user_input, 80)!r}, and expect {told(one)} and {told(other)}",
        fix="look up which holds, and reject the other",
    )
