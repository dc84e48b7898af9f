"""Whether a case still fits its corpus: ids that resolve, contexts that stand there, spans that stand in them."""

from collections.abc import Iterator

from rag_eval.dataset.checks.context import CheckContext
from rag_eval.dataset.checks.finding import DatasetFinding
from rag_eval.language.sentences import shorten
from rag_eval.records import Case


def check(subject: CheckContext) -> Iterator[DatasetFinding]:
    """`unresolved-id`, `drift` and `span`, for each case."""
    for case in subject.cases:
        if subject.shelf is not None:
            yield from _ids(case, subject)
        yield from _spans(case)


def _ids(case: Case, subject: CheckContext) -> Iterator[DatasetFinding]:
    assert subject.shelf is not None
    contexts = case.reference_contexts or ()
    for place, key in enumerate(case.reference_context_ids or ()):
        held = subject.shelf.text(key)
        said = contexts[place] if len(contexts) == len(case.reference_context_ids or ()) else None
        if held is None:
            yield _unresolved(case, key, subject.shelf.id_of(said) if said else None)
        elif said is not None and _normal(said) != _normal(held):
            yield _drift(case, key, said, held)


def _normal(text: str) -> str:
    return " ".join(text.split())


def _unresolved(case: Case, key: str, moved: str | None) -> DatasetFinding:
    return DatasetFinding(
        check="unresolved-id",
        severity="error",
        rows=(case.id,),
        message=f"no passage of the corpus has the id {key!r}"
        + (f"; its text stands under {moved!r}" if moved else ""),
        fix=f"--fix takes {moved!r}" if moved else "find the passage that bears the answer out now, or reject the case",
        fixable=moved is not None,
    )


def _drift(case: Case, key: str, said: str, held: str) -> DatasetFinding:
    return DatasetFinding(
        check="drift",
        severity="error",
        rows=(case.id,),
        message=f"the passage {key!r} has changed: {_difference(said, held)}",
        fix="read it again: if the reference still holds, take the new text; else review the case",
    )


def _difference(said: str, held: str) -> str:
    """Where two texts part, for a person."""
    one, other = said.split(), held.split()
    at = next((n for n, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))
    start = max(0, at - 3)
    before, now = " ".join(one[start : at + 8]), " ".join(other[start : at + 8])
    return f"{shorten(before, 60)!r} then, {shorten(now, 60)!r} now"


def _spans(case: Case) -> Iterator[DatasetFinding]:
    spans = case.metadata.get("spans")
    contexts = case.reference_contexts or ()
    for span in spans if isinstance(spans, list) else []:
        text = span.get("text") if isinstance(span, dict) else None
        if isinstance(text, str) and text and not any(text in context for context in contexts):
            yield DatasetFinding(
                check="span",
                severity="error",
                rows=(case.id,),
                message=f"the supporting span {shorten(text, 80)!r} stands in none of the case's contexts",
                fix="mark the span again with rag-eval review",
            )
