"""From the steps of one trace to its exchange, or to the reason why it has none."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from rag_eval.traces import message_text, passages
from rag_eval.traces.dialects import catalogue
from rag_eval.traces.exchange import Exchange, SkippedTrace
from rag_eval.traces.span import INNER, NOTE, OUTERMOST, RetrievedDocument, TraceSpan

_NO_TIME = {"EVALUATOR", NOTE}
_DEEPEST = 10_000


@dataclass(frozen=True)
class TraceQuestion:
    """What was asked, and the step that says so."""

    text: str
    step: TraceSpan
    source: str = ""
    """Where it was found when no outer span has it."""


def assemble(unsorted: Sequence[TraceSpan], file: str, line: int) -> Exchange | SkippedTrace:
    """The exchange in the steps of one trace."""
    steps = _outermost_first(_once(unsorted))
    trace_id = next((step.trace_id for step in steps if step.trace_id), None)
    question = _question(steps)
    if question is None:
        reason, message = _missing(steps)
        return SkippedTrace(file, line, trace_id, reason, message)
    documents = _documents(steps)
    contexts, ids, scores = passages.as_columns(documents)
    timed = [step for step in steps if step.kind not in _NO_TIME]
    return Exchange(
        file=file,
        line=line,
        dialect=_dialect(steps),
        trace_id=trace_id,
        question=question.text,
        response=_answer(steps, question.step),
        contexts=contexts,
        context_ids=ids,
        context_scores=scores,
        latency_s=_latency(timed),
        asked_at=next((step.start for step in timed if step.start is not None), None),
        scores=_merged(step.scores for step in steps),
        feedback=next((step.feedback for step in reversed(steps) if step.feedback), None),
        confidence=next((step.confidence for step in steps if step.confidence is not None), None),
        conversation=next((step.conversation for step in steps if step.conversation), None),
        metadata=_metadata(steps, question, documents),
    )


def _once(spans: Iterable[TraceSpan]) -> list[TraceSpan]:
    """Each span once: exports overlap, and a span may be written before and after it ended."""
    kept: dict[tuple[str, str] | int, TraceSpan] = {}
    for number, step in enumerate(spans):
        key = (step.kind if step.kind in {NOTE, OUTERMOST} else "", step.id or "")
        place = key if step.id or step.kind == OUTERMOST else number
        if place not in kept or _says(step) > _says(kept[place]):
            kept[place] = step
    return list(kept.values())


def _says(step: TraceSpan) -> int:
    return sum(field is not None for field in (step.question, step.answer, step.documents, step.end))


def _outermost_first(steps: Sequence[TraceSpan]) -> list[TraceSpan]:
    """By depth, then by time, then as they were written."""
    parents = _parents(steps)
    depths = [_depth(step, parents) for step in steps]
    order = sorted(range(len(steps)), key=lambda at: (depths[at], _or_last(steps[at].start), at))
    return [steps[at] for at in order]


def _parents(steps: Iterable[TraceSpan]) -> dict[str | None, str | None]:
    return {step.id: step.parent for step in steps if step.id}


def _depth(step: TraceSpan, parents: dict[str | None, str | None]) -> int:
    if step.kind == OUTERMOST:
        return -1
    above, depth = step.parent, 0
    while above in parents and depth < min(len(parents), _DEEPEST):
        above, depth = parents[above], depth + 1
    return depth


def _or_last(moment: float | None) -> float:
    return math.inf if moment is None else moment


def _question(steps: Sequence[TraceSpan]) -> TraceQuestion | None:
    """What the outermost span was asked; else what a model was asked or what was searched for."""
    for step in steps:
        if step.question and step.kind not in INNER:
            return TraceQuestion(step.question, step)
    prompt = next((step for step in steps if step.question and step.kind == "LLM"), None)
    search = next((step for step in steps if step.query), None)
    if prompt is not None and prompt.question is not None:
        return _from_prompt(prompt, prompt.question, search, steps)
    if search is not None and search.query is not None:
        return TraceQuestion(search.query, search, "query")
    note = next((step for step in steps if step.question and step.kind == NOTE), None)
    return TraceQuestion(note.question, note, "event") if note and note.question else None


def _from_prompt(step: TraceSpan, prompt: str, search: TraceSpan | None, steps: Sequence[TraceSpan]) -> TraceQuestion:
    """A prompt may be augmented with what was retrieved; then what was searched for is nearer to the question."""
    query = search.query if search else None
    texts = tuple(document.text for each in steps for document in each.documents or () if document.text)
    stuffed = message_text.quotes(prompt, texts)
    if search and query and (stuffed or (query in prompt and query != prompt.strip())):
        return TraceQuestion(query, search, "query")
    inside = message_text.marked_question(prompt) if stuffed else None
    return TraceQuestion(inside, step, "prompt") if inside else TraceQuestion(prompt, step, "prompt")


def _answer(steps: Sequence[TraceSpan], asked: TraceSpan) -> str | None:
    """What the span that was asked answered, or the next one inside it; else what a model said last."""
    outer = [step for step in steps if step.kind not in INNER]
    for step in (asked, *outer):
        if step.answer and step.kind not in {"RETRIEVER", "RERANKER"}:
            return step.answer
    if any(step.error for step in (asked, *outer[:1])):
        return None
    answered = [step for step in steps if step.answer and step.kind in {"LLM", NOTE}]
    return max(answered, key=lambda step: -math.inf if step.end is None else step.end).answer if answered else None


def _documents(steps: Sequence[TraceSpan]) -> tuple[RetrievedDocument, ...] | None:
    """What the generator was given: what a reranker kept, else what was retrieved, else what the answer carries."""
    retrieved = [step for step in steps if step.documents is not None and step.kind not in {"RERANKER", "EVALUATOR"}]
    known = tuple(document for step in retrieved for document in step.documents or ())
    ranked = {step.parent: step for step in _by_end(steps) if step.kind == "RERANKER" and step.documents is not None}
    if ranked:  # of several under the same parent, the last: each works on what the one before it kept
        return passages.with_known_texts(_union(ranked.values()), known)
    if retrieved:
        return _union(_topmost(retrieved, steps))
    return next((step.carried for step in steps if step.carried is not None), None)


def _by_end(steps: Sequence[TraceSpan]) -> list[TraceSpan]:
    return sorted(steps, key=lambda step: -math.inf if step.end is None else step.end)


def _topmost(retrieved: Sequence[TraceSpan], steps: Sequence[TraceSpan]) -> list[TraceSpan]:
    """Retrievers that no other retriever called: those below only bring what the one above sifts."""
    parents = _parents(steps)
    inside = {step.id for step in retrieved if step.id}
    return [step for step in retrieved if not inside.intersection(_above(step, parents))]


def _above(step: TraceSpan, parents: dict[str | None, str | None]) -> set[str]:
    seen: set[str] = set()
    above = step.parent
    while above is not None and above not in seen and above != step.id:
        seen.add(above)
        above = parents.get(above)
    return seen


def _union(steps: Iterable[TraceSpan]) -> tuple[RetrievedDocument, ...]:
    """Several searches bring the same passage more than once."""
    kept: dict[tuple[str | None, str | None], RetrievedDocument] = {}
    for step in steps:
        for document in step.documents or ():
            kept.setdefault((document.id, document.text), document)
    return tuple(kept.values())


def _latency(timed: Sequence[TraceSpan]) -> float | None:
    for step in timed:
        if step.latency_s is not None:
            return step.latency_s
        if step.start is not None and step.end is not None and step.end >= step.start:
            return round(step.end - step.start, 6)
    return None


def _dialect(steps: Sequence[TraceSpan]) -> str:
    names = {step.dialect for step in steps}
    return next(dialect.name for dialect in catalogue.installed() if dialect.name in names)


def _merged(each: Iterable[Any]) -> dict[str, Any]:
    """The outermost wins."""
    merged: dict[str, Any] = {}
    for fields in each:
        merged |= {name: value for name, value in fields.items() if name not in merged}
    return merged


def _metadata(
    steps: Sequence[TraceSpan], question: TraceQuestion, documents: tuple[RetrievedDocument, ...] | None
) -> dict[str, Any]:
    silent = sum(value.text is None for value in documents or ())
    metadata = {
        "name": next((step.name for step in steps if step.name and step.kind not in _NO_TIME), None),
        "error": next((step.error for step in steps if step.error), None),
        "labels": _merged(step.labels for step in steps),
        "question_from": question.source,
        "documents_without_text": silent,
        **_merged(step.metadata for step in steps),
    }
    return {name: value for name, value in metadata.items() if value not in (None, "", {}, 0)}


def _missing(steps: Sequence[TraceSpan]) -> tuple[str, str]:
    """Why there is no question, and what to do about it."""
    dropped = max((step.dropped for step in steps), default=0)
    kinds = sorted({step.kind for step in steps if step.kind} - {OUTERMOST, NOTE})
    if dropped:
        return "attributes_dropped", (
            f"the question is gone: a span lost {dropped} or more attributes to the limit of OpenTelemetry's SDK, "
            "which drops the oldest. Set OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT=4096 in the service and capture again."
        )
    if any(step.redacted for step in steps):
        return "redacted", "the question was blacked out before it was recorded; capture with inputs shown"
    if all(step.kind == NOTE for step in steps):
        return "only_scores", "scores of a trace that is in none of the files"
    if {"LLM", "RETRIEVER"} & set(kinds):
        return "no_content", (
            "spans of a model or a retriever, but no question: content is not recorded unless the service opts in, "
            "such as with OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=true"
        )
    if kinds:
        return "no_question", f"no span has the question of a user; there are: {', '.join(kinds)}"
    names = ", ".join(dict.fromkeys(repr(step.name) for step in steps if step.name))[:80] or "spans without a name"
    return "not_rag", f"no question, model or retriever in this trace; it has {names}"
