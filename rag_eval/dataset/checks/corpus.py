"""Whether a case still fits its corpus: ids that resolve, contexts that stand there, spans that stand in them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from rag_eval.dataset.checks.check import Check, Defect
from rag_eval.dataset.checks.context import CheckContext
from rag_eval.dataset.checks.finding import DatasetFinding
from rag_eval.dataset.checks.needs import CONTEXTS, CORPUS, IDS, any_row
from rag_eval.dataset.drafting import PassageIndex
from rag_eval.language.sentences import shorten
from rag_eval.records import Case


@dataclass(frozen=True)
class _ContextOfCase:
    """A context that a case names by its id."""

    case: Case
    id: str
    text: str | None
    """As the case has it; None where ids and contexts are not as many."""
    now: str | None
    """As the corpus has it; None where it has no such id."""


def _contexts(passages: PassageIndex, cases: Sequence[Case]) -> Iterator[_ContextOfCase]:
    for case in cases:
        ids, contexts = case.reference_context_ids or (), case.reference_contexts or ()
        for place, key in enumerate(ids):
            text = contexts[place] if len(contexts) == len(ids) else None
            yield _ContextOfCase(case, key, text, passages.text(key))


def _unresolved_ids(context: CheckContext) -> Iterator[Defect]:
    for each in _contexts(context.passages, context.cases) if context.passages is not None else ():
        if each.now is None:
            moved = context.passages.id_of(each.text) if context.passages is not None and each.text else None
            yield _unresolved(each.case, each.id, moved)


def _drifts(context: CheckContext) -> Iterator[Defect]:
    for each in _contexts(context.passages, context.cases) if context.passages is not None else ():
        if each.now is not None and each.text is not None and _normal(each.text) != _normal(each.now):
            yield _drift(each.case, each.id, each.text, each.now)


def _normal(text: str) -> str:
    return " ".join(text.split())


def _unresolved(case: Case, key: str, moved: str | None) -> Defect:
    return Defect(
        rows=(case.id,),
        message=f"no passage of the corpus has the id {key!r}"
        + (f"; its text stands under {moved!r}" if moved else ""),
        fix=f"--fix takes {moved!r}" if moved else "find the passage that bears the answer out now, or reject the case",
        fixable=moved is not None,
    )


def _drift(case: Case, key: str, before: str, now: str) -> Defect:
    return Defect(
        rows=(case.id,),
        message=f"the passage {key!r} has changed: {_difference(before, now)}",
        fix="read it again: if the reference still holds, take the new text; else review the case",
    )


def _difference(text: str, other: str) -> str:
    """Where two texts part, for a person."""
    old, new = text.split(), other.split()
    at = next((n for n, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    start = max(0, at - 3)
    before, now = " ".join(old[start : at + 8]), " ".join(new[start : at + 8])
    return f"{shorten(before, 60)!r} then, {shorten(now, 60)!r} now"


def _lost_spans(context: CheckContext) -> Iterator[Defect]:
    for case in context.cases:
        yield from _spans(case)


def _spans(case: Case) -> Iterator[Defect]:
    spans = case.metadata.get("spans")
    contexts = case.reference_contexts or ()
    for span in spans if isinstance(spans, list) else []:
        text = span.get("text") if isinstance(span, dict) else None
        if isinstance(text, str) and text and not any(text in context for context in contexts):
            yield Defect(
                rows=(case.id,),
                message=f"the supporting span {shorten(text, 80)!r} stands in none of the case's contexts",
                fix="mark the span again with rag-eval review",
            )


def _repointed(
    context: CheckContext, cases: Sequence[Case], findings: Sequence[DatasetFinding]
) -> tuple[list[Case], int]:
    """Ids lead to where their texts stand now; what is counted is ids, as findings are."""
    assert context.passages is not None
    moved = {finding.rows[0] for finding in findings}
    mended = [_repoint(case, context.passages) if case.id in moved else case for case in cases]
    there = {case.id for case in cases}
    return mended, sum(finding.rows[0] in there for finding in findings)


def _repoint(case: Case, passages: PassageIndex) -> Case:
    pairs = zip(case.reference_context_ids or (), case.reference_contexts or (), strict=True)
    ids = tuple(key if passages.text(key) is not None else passages.id_of(text) or key for key, text in pairs)
    return case.model_copy(update={"reference_context_ids": ids})


UNRESOLVED_ID = Check(
    name="unresolved-id",
    severity="error",
    summary="a reference context id that no passage of the corpus has",
    needs=(CORPUS, IDS),
    find=_unresolved_ids,
    repair=_repointed,
)
DRIFT = Check(
    name="drift",
    severity="error",
    summary="a reference context that is no longer what the corpus says",
    needs=(
        CORPUS,
        CONTEXTS,
        IDS,
        any_row(
            lambda case: len(case.reference_contexts or ()) == len(case.reference_context_ids or ()) > 0,
            "no row has as many reference context ids as reference contexts",
        ),
    ),
    find=_drifts,
)
SPAN = Check(
    name="span",
    severity="error",
    summary="a supporting span that stands in none of the case's contexts",
    needs=(any_row(lambda case: case.metadata.get("spans"), "no row has supporting spans"),),
    find=_lost_spans,
)
