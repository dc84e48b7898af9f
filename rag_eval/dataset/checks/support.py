"""What needs a judge: whether a reference follows from its contexts, and whether the unanswerable can be answered."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence

from rag_eval.dataset.checks.check import Check, Defect
from rag_eval.dataset.checks.context import CheckContext
from rag_eval.dataset.checks.finding import DatasetFinding
from rag_eval.dataset.checks.needs import CONTEXTS, REFERENCE, any_row
from rag_eval.dataset.drafting import answers, supports
from rag_eval.errors import ReasonedError
from rag_eval.language.refusals import refusal
from rag_eval.language.sentences import shorten
from rag_eval.ports import Judge
from rag_eval.records import Case

_TOGETHER = 2000
"""Cases that wait for the judge at a time."""
_LOOKED_AT = 3
"""Passages of the corpus that are looked at for an answer."""
_FULL, _PARTLY, _NOT = 2, 1, 0


Objection = Callable[[str, Sequence[str], str], str]
"""From a reference, its contexts and its question to what words alone show to be wrong with it, or nothing."""


async def check(
    context: CheckContext,
    judge: Judge,
    *,
    at_a_time: int,
    objection: Objection | None = None,
    watch: Callable[[], None] = lambda: None,
) -> AsyncIterator[DatasetFinding]:
    """`unsupported`, `partly-supported`, `answerable` and `not-judged`, for each case.

    With `objection` the judge is one that compares words: it can tell that a reference is about something else, or
    holds a number out of nowhere, and not that a part of it is missing.
    """
    gate = asyncio.Semaphore(at_a_time)

    async def judged(case: Case) -> list[DatasetFinding]:
        async with gate:
            findings = [finding async for finding in _of_case(context, judge, case, objection)]
            watch()
            return findings

    for start in range(0, len(context.cases), _TOGETHER):  # a task for each of very many cases would fill the memory
        for findings in await asyncio.gather(*map(judged, context.cases[start : start + _TOGETHER])):
            for finding in findings:
                yield finding


async def _of_case(
    context: CheckContext, judge: Judge, case: Case, objection: Objection | None
) -> AsyncIterator[DatasetFinding]:
    try:
        if not case.answerable:
            async for finding in _answerable(context, judge, case, reads_meaning=objection is None):
                yield finding
        elif case.reference and case.reference_contexts:
            support = await supports(judge, case.reference, "\n\n".join(case.reference_contexts), case.user_input)
            if support.grade < (_PARTLY if objection else _FULL):
                yield _unsupported(case, support.grade, support.reason)
            elif objection and (why := objection(case.reference, case.reference_contexts, case.user_input)):
                yield _unsupported(case, _NOT, why)
    except ReasonedError as error:
        yield NOT_JUDGED.finding(
            Defect(
                rows=(case.id,),
                message=f"the judge gave no verdict: {error.reason}: {error}",
                fix="check again; replies that came are kept",
            )
        )


def _unsupported(case: Case, grade: int, reason: str) -> DatasetFinding:
    partly = grade == _PARTLY
    return (PARTLY_SUPPORTED if partly else UNSUPPORTED).finding(
        Defect(
            rows=(case.id,),
            message=f"its contexts do not bear the reference out{' in full' if partly else ''}: "
            f"{shorten(case.reference or '', 80)!r}. {reason}",
            fix="add the context that does, or mend the reference",
        )
    )


async def _answerable(
    context: CheckContext, judge: Judge, case: Case, *, reads_meaning: bool
) -> AsyncIterator[DatasetFinding]:
    """What says that a question can be answered after all: the sources that it names, or a passage."""
    why = f"names its source, {case.reference_context_ids[0]!r}" if case.reference_context_ids else None
    near = context.passages.search(case.user_input, _LOOKED_AT) if context.passages else []
    texts = [*(case.reference_contexts or ()), *(passage.text for passage in near)]
    for text in texts if why is None else ():
        if await _answers(judge, case, text, reads_meaning=reads_meaning):
            why = f"a passage answers it, {shorten(text, 60)!r}"
            break
    if why is not None:
        yield ANSWERABLE.finding(
            Defect(
                rows=(case.id,),
                message=f"is marked unanswerable, and {why}: {shorten(case.user_input, 80)!r}",
                fix="give it a reference and mark it answerable, or ask for something that is nowhere said",
            )
        )


async def _answers(judge: Judge, case: Case, text: str, *, reads_meaning: bool) -> bool:
    """Whether a passage answers a case; words alone tell it better where there is a reference to look up as well."""
    if (await answers(judge, case.user_input, text)).verdict:
        return True
    if reads_meaning or not case.reference or refusal(case.reference):
        return False
    return (await supports(judge, case.reference, text, case.user_input)).grade == _FULL


_WITH_BOTH = any_row(
    lambda case: case.answerable and case.reference and case.reference_contexts,
    "no answerable row has both a reference and reference contexts",
)
UNSUPPORTED = Check(
    name="unsupported",
    severity="error",
    summary="the contexts do not bear the reference out",
    needs=(REFERENCE, CONTEXTS, _WITH_BOTH),
)
ANSWERABLE = Check(
    name="answerable",
    severity="error",
    summary="marked unanswerable, but it names its source, or a passage answers it",
    needs=(any_row(lambda case: not case.answerable, "no row is marked unanswerable"),),
)
NOT_JUDGED = Check(
    name="not-judged",
    severity="error",
    summary="the judge gave no verdict",
    needs=(
        any_row(
            lambda case: not case.answerable or (case.reference and case.reference_contexts),
            "no row is marked unanswerable or has both a reference and reference contexts",
        ),
    ),
)
PARTLY_SUPPORTED = Check(
    name="partly-supported",
    severity="warning",
    summary="the contexts bear the reference out in part; only a language model tells",
    needs=(REFERENCE, CONTEXTS, _WITH_BOTH),
)
