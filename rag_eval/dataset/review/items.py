"""What a reviewer is shown of a case: a question, a draft of its answer, and the contexts that may bear it out."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import JsonValue

from rag_eval.dataset import folders, writing
from rag_eval.dataset.manifest import case_digest
from rag_eval.dataset.review.decisions import ReviewDecision, Verdict
from rag_eval.records import Case, Record

DRAFT = "draft"
"""The tag of a case that nobody has reviewed."""


class ReviewContext(Record):
    """A context that may bear the reference out."""

    key: str
    """Tells it from the others of its case: its id, or `#1` where it has none of its own."""
    id: str | None
    text: str | None
    """None where only the id is known."""
    supports: bool
    """Whether the draft says that it bears the reference out."""


class SupportingSpan(Record):
    """A part of a context on which the draft rests."""

    context_id: str
    text: str


class ReviewItem(Record):
    """A case as it is shown."""

    id: str
    digest: str
    user_input: str
    reference: str | None
    """The reference; of a question from production, what was answered there."""
    contexts: tuple[ReviewContext, ...]
    spans: tuple[SupportingSpan, ...]
    answerable: bool
    tags: tuple[str, ...]
    is_draft: bool
    draft: dict[str, JsonValue] | None = None
    """Who drafted it and what kind of question it is."""
    candidate: dict[str, JsonValue] | None = None
    """What is known from production, but for texts; only where a reviewer has to say what is right."""


def review_items(folder: folders.DatasetFolder) -> tuple[ReviewItem, ...]:
    """The cases of a dataset folder as they are shown, with the passages that only their ids name."""
    lacking = {key for case in folder.cases if not case.reference_contexts for key in case.reference_context_ids or ()}
    known = _passages(folder, lacking) if lacking else {}
    return tuple(review_item(case, known) for case in folder.cases)


def _passages(folder: folders.DatasetFolder, wanted: set[str]) -> dict[str, str]:
    rows = folders.rows(folder.path / writing.CORPUS)
    return {str(row["id"]): str(row["text"]) for row in rows if str(row["id"]) in wanted}


def review_item(case: Case, passages: Mapping[str, str] | None = None) -> ReviewItem:
    """One case as it is shown; `passages` gives texts to ids that stand without."""
    candidate = _mapping(case.metadata.get("candidate"))
    open_ = candidate is not None and case.reference is None and case.answerable
    response = candidate.get("response") if candidate is not None and open_ else None
    return ReviewItem(
        id=case.id,
        digest=case_digest(case),
        user_input=case.user_input,
        reference=response if isinstance(response, str) else case.reference,
        contexts=_contexts(case, candidate or {}, passages or {}),
        spans=tuple(_spans(case.metadata.get("spans"))),
        answerable=case.answerable,
        tags=tuple(tag for tag in case.tags if tag != DRAFT),
        is_draft=DRAFT in case.tags,
        draft=_mapping(case.metadata.get("draft")),
        candidate=_facts(candidate) if candidate is not None and open_ else None,
    )


def _facts(candidate: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    return {
        key: candidate[key] for key in ("trace_id", "feedback", "confidence", "topic") if candidate.get(key) is not None
    }


def _mapping(value: JsonValue) -> dict[str, JsonValue] | None:
    return value if isinstance(value, dict) else None


def _texts(value: Any) -> list[str]:
    return [text for text in value if isinstance(text, str)] if isinstance(value, list | tuple) else []


def _spans(value: JsonValue) -> Iterable[SupportingSpan]:
    for span in value if isinstance(value, list) else ():
        if isinstance(span, dict) and isinstance(span.get("text"), str) and span["text"]:
            yield SupportingSpan(context_id=str(span.get("context_id") or ""), text=str(span["text"]))


def _contexts(case: Case, candidate: Mapping[str, JsonValue], passages: Mapping[str, str]) -> tuple[ReviewContext, ...]:
    given = _paired(case.reference_contexts or (), case.reference_context_ids or ())
    pairs = _paired(_texts(candidate.get("retrieved_contexts")), _texts(candidate.get("retrieved_context_ids")))
    rows = [(key, text, True) for key, text in given]
    rows += [(key, text, False) for key, text in pairs if (key, text) not in given]
    keys = _keys([key for key, _, _ in rows])
    return tuple(
        ReviewContext(key=key, id=name, text=text if text is not None else passages.get(name or ""), supports=supports)
        for key, (name, text, supports) in zip(keys, rows, strict=True)
    )


def _paired(texts: Sequence[str], ids: Sequence[str]) -> list[tuple[str | None, str | None]]:
    """Ids with texts, place by place; ids are not believed where there are not as many as texts."""
    if not texts:
        return [(name, None) for name in ids]
    return list(zip(ids if len(ids) == len(texts) else [None] * len(texts), texts, strict=True))


def _keys(ids: Sequence[str | None]) -> list[str]:
    return [name if name and ids.count(name) == 1 else f"#{place}" for place, name in enumerate(ids, start=1)]


def supporting_contexts(contexts: Sequence[ReviewContext]) -> tuple[tuple[str, ...] | None, tuple[str, ...] | None]:
    """Texts and ids of contexts as a decision has them; None where one of them lacks it."""
    texts = tuple(context.text for context in contexts if context.text is not None)
    ids = tuple(context.id for context in contexts if context.id is not None)
    every = len(contexts)
    return (texts if texts and len(texts) == every else None), (ids if ids and len(ids) == every else None)


def supporting(shown: ReviewItem, decision: ReviewDecision) -> tuple[ReviewContext, ...]:
    """Those of the contexts shown that a decision names."""
    texts, ids = set(decision.reference_contexts or ()), set(decision.reference_context_ids or ())
    return tuple(context for context in shown.contexts if (context.text in texts if texts else context.id in ids))


def is_changed(shown: ReviewItem, decision: ReviewDecision) -> bool:
    """Whether a decision says something else than what was shown.

    Of a question from production it does not count which contexts were chosen: nobody had chosen any.
    """
    before = supporting_contexts([context for context in shown.contexts if context.supports])
    same_contexts = shown.candidate is not None or _same_contexts(before, decision)
    return not (
        same_contexts
        and same_text(decision.user_input, shown.user_input)
        and same_text(decision.reference, shown.reference)
    )


def _same_contexts(before: tuple[tuple[str, ...] | None, tuple[str, ...] | None], decision: ReviewDecision) -> bool:
    texts, ids = before
    if texts and decision.reference_contexts:
        return set(texts) == set(decision.reference_contexts)
    return set(ids or texts or ()) == set(decision.reference_context_ids or decision.reference_contexts or ())


def same_text(text: str | None, other: str | None) -> bool:
    """Whether two texts are the same but for how their lines end; None is the empty one."""
    return (text or "").replace("\r\n", "\n").replace("\r", "\n") == (other or "").replace("\r\n", "\n").replace(
        "\r", "\n"
    )


def verdict(shown: ReviewItem, decision: ReviewDecision) -> Verdict:
    """The verdict that fits: who accepts with changes edits, who edits without any accepts."""
    if decision.verdict not in ("accept", "edit") or decision.case_digest != shown.digest:
        return decision.verdict
    return "edit" if is_changed(shown, decision) else "accept"
