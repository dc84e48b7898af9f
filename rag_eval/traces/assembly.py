"""From the spans of one trace to its exchanges, or to the reason why it has none."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rag_eval.traces import log_events, message_text, model_calls, passages, retrievals, wording
from rag_eval.traces.dialects import catalogue
from rag_eval.traces.exchange import Exchange, SkippedTrace
from rag_eval.traces.span import INNER, NOTE, OUTERMOST, UNTOLD, TraceSpan
from rag_eval.traces.span_settings import BY_RULES, SpanSettings
from rag_eval.traces.span_tree import SpanTree, by_start, or_first
from rag_eval.traces.turns import Turn, turns

_NO_TIME = {"EVALUATOR", NOTE}
_SHOWN = 80


@dataclass(frozen=True)
class TraceQuestion:
    """What was asked."""

    text: str
    source: str = ""
    """Where it was found when no outer span has it."""


def assemble(
    unsorted: Sequence[TraceSpan], file: str, line: int, settings: SpanSettings = BY_RULES
) -> list[Exchange | SkippedTrace]:
    """The exchanges in the spans of one trace, one for each question that was asked."""
    tree = SpanTree(settings.applied(log_events.attached(_once(unsorted))))
    trace_id = next((span.trace_id for span in tree.spans if span.trace_id), None)
    whole = {"file": file, "line": line, "dialect": _dialect(tree.spans), "trace_id": trace_id}
    read = (_exchange(turn, tree, whole, settings) for turn in turns(tree))
    if exchanges := [each for each in read if each is not None]:
        return [*exchanges]
    reason, message = _missing(tree.spans)
    return [SkippedTrace(file, line, trace_id, reason, message)]


def _once(spans: Iterable[TraceSpan]) -> list[TraceSpan]:
    """Each span once: exports overlap, and a span may be written before and after it ended."""
    kept: dict[tuple[str, str] | int, TraceSpan] = {}
    for number, span in enumerate(spans):
        key = (span.kind if span.kind in {NOTE, OUTERMOST} else "", span.id or "")
        place = key if span.id or span.kind == OUTERMOST else number
        if place not in kept or _says(span) > _says(kept[place]):
            kept[place] = span
    return list(kept.values())


def _says(span: TraceSpan) -> int:
    return sum(field is not None for field in (span.question, span.answer, span.documents, span.end))


def _exchange(turn: Turn, tree: SpanTree, whole: Mapping[str, Any], settings: SpanSettings) -> Exchange | None:
    spans, asked = turn.spans, turn.asked
    models = model_calls.calls(spans, tree)
    retrieval = retrievals.retrieval(spans, tree, asked, "")
    searches = [span for span in spans if span.query]
    call = model_calls.answering(models, retrieval.everything or (), asked.question if asked else None, searches)
    failure = _failure(turn, models)
    answer, refused = (None, None) if failure else _named(turn, settings) or _answer(turn, call, tree)
    question = _question(turn, call, [each.text for each in retrieval.everything or () if each.text], searches)
    if question is None:
        return None
    joined = retrievals.joined(spans, model_calls.prompt(call)) if retrieval.everything is None else None
    if settings.contexts == "prompt":
        retrieval = retrievals.sifted(retrieval, model_calls.prompt(call))
    contexts, ids, scores = passages.as_columns(retrieval.given)
    timed = [span for span in spans if span.kind not in _NO_TIME]
    everything = (*turn.around, *spans)
    used, cost = model_calls.usage(spans, tree), model_calls.cost(spans, tree)
    return Exchange(
        **whole,
        question=question.text,
        response=answer,
        contexts=contexts,
        context_ids=ids,
        context_scores=scores,
        latency_s=_latency(timed),
        asked_at=next((span.start for span in timed if span.start is not None), None),
        scores=_merged(span.scores for span in spans),
        feedback=next((span.feedback for span in reversed(spans) if span.feedback), None),
        confidence=next((span.confidence for span in spans if span.confidence is not None), None),
        conversation=next((span.conversation for span in everything if span.conversation), None),
        turn=turn.number or model_calls.number(call),
        input_tokens=used[0],
        output_tokens=used[1],
        cost=cost,
        metadata=_metadata(turn, call, question)
        | _notes(retrieval, failure or ("" if answer else _any_error(spans)), refused, joined),
    )


def _failure(turn: Turn, models: Sequence[TraceSpan]) -> str | None:
    """Why a request failed, in the innermost words; None where it did not, whatever failed inside and was mended."""
    whole = [span for span in turn.spans if span.kind == OUTERMOST] + [
        span for span in turn.spans if span.kind not in _NO_TIME | {OUTERMOST}
    ][:1]
    decisive = [turn.asked, *(whole if turn.number is None else ())]
    if any(span is not None and span.error for span in decisive):
        return _any_error(turn.spans)
    recorded = turn.asked is not None and turn.asked.answer
    return _any_error(turn.spans) if not recorded and models and models[-1].error and not models[-1].answer else None


def _any_error(spans: Sequence[TraceSpan]) -> str:
    """The innermost reason: those around it only say that something failed."""
    failed = [span for span in spans if span.error and span.kind != NOTE]
    named = [span for span in failed if span.kind != OUTERMOST] or failed
    tellings = [span for span in named if span.error != UNTOLD] or named
    return (tellings[-1].error or "") if tellings else ""


def _named(turn: Turn, settings: SpanSettings) -> tuple[str, None] | None:
    """What the span said that a setting names, the last of them; None where there is none."""
    named = (span.answer for span in by_start(turn.spans)[::-1] if settings.answer and span.name == settings.answer)
    text = next((answer for answer in named if answer), None)
    return (text, None) if text else None


def _answer(turn: Turn, call: TraceSpan | None, tree: SpanTree) -> tuple[str | None, str | None]:
    """What the span that was asked gave back, or the next one inside it; else what the call that answered said.

    With it what was recorded in its place and is no answer, where that is all there is.
    """
    spoken = call.answer if call is not None and not call.error else None
    around = [span for span in turn.spans if span.kind not in INNER and _is_around(span, turn.asked, tree)]
    outer = next((span.answer for span in (turn.asked, *around) if span is not None and span.answer), None)
    if outer and not (spoken and _is_record(outer) and not _is_record(spoken)):
        return outer, None
    answer = spoken or _handed_on(turn)
    answer = answer or next((span.answer for span in turn.spans if span.kind == NOTE and span.answer), None)
    return answer, None if answer else next((span.refused for span in turn.spans if span.refused), None)


def _is_around(span: TraceSpan, asked: TraceSpan | None, tree: SpanTree) -> bool:
    """Whether a span stands for the exchange as a whole."""
    return span.kind == OUTERMOST or (not tree.depth(span) if asked is None else span.id in tree.above(asked))


def _handed_on(turn: Turn) -> str | None:
    """What the last span said that was asked the same right inside the one that was asked, and retrieved nothing."""
    asked = turn.asked
    if asked is None:
        return None
    same = (
        span.answer
        for span in by_start(turn.spans)[::-1]
        if span.answer
        and span.kind not in INNER
        and span.parent == asked.id
        and span.carried is None
        and wording.same(span.question or "", asked.question or "")
        and not wording.same(span.answer, asked.question or "")
    )
    return next(same, None)


def _is_record(text: str) -> bool:
    return text.strip()[:1] == "{" and text.strip()[-1:] == "}"


def _question(
    turn: Turn, call: TraceSpan | None, texts: Sequence[str], searches: Sequence[TraceSpan]
) -> TraceQuestion | None:
    """What the outermost span was asked; else what the model that answered was asked, or what was searched for."""
    if turn.asked is not None and turn.asked.question:
        return _plain(turn.asked.question, texts, searches, "")
    if call is None or not call.question:
        call = next((span for span in turn.spans if span.question and span.kind == "LLM"), None)
    if call is not None and call.question:
        return _plain(call.question, texts, searches, "prompt")
    if searches and not _after_a_silent_call(searches[0], turn):
        return TraceQuestion(searches[0].query or "", "query")
    note = next((span for span in turn.spans if span.question and span.kind == NOTE), None)
    return TraceQuestion(note.question, "event") if note and note.question else None


def _after_a_silent_call(search: TraceSpan, turn: Turn) -> bool:
    """Whether a model may have rewritten what was searched for, and nobody recorded from what."""
    silent = (span for span in turn.spans if span.kind == "LLM" and not span.question)
    return any(or_first(span.start) < or_first(search.start) for span in silent)


def _plain(prompt: str, texts: Sequence[str], searches: Sequence[TraceSpan], source: str) -> TraceQuestion:
    """What a prompt with passages in it names as its question, or what was searched for; else all of it."""
    stuffed = bool(texts and wording.standing(texts, prompt))
    query = next((span.query for span in by_start(searches) if span.query), None)
    inside = message_text.marked_question(prompt) if stuffed or source else None
    if inside:
        return TraceQuestion(inside, "prompt")
    if query and (stuffed or (source and query in prompt and query != prompt.strip())):
        return TraceQuestion(query, "query")
    return TraceQuestion(prompt, source)


def _latency(timed: Sequence[TraceSpan]) -> float | None:
    for span in timed:
        if span.latency_s is not None:
            return span.latency_s
        if span.start is not None and span.end is not None and span.end >= span.start:
            return round(span.end - span.start, 6)
    return None


def _dialect(spans: Sequence[TraceSpan]) -> str:
    names = {span.dialect for span in spans}
    return next(dialect.name for dialect in catalogue.installed() if dialect.name in names)


def _merged(each: Iterable[Any]) -> dict[str, Any]:
    """The outermost wins."""
    merged: dict[str, Any] = {}
    for fields in each:
        merged |= {name: value for name, value in fields.items() if name not in merged}
    return merged


def _metadata(turn: Turn, call: TraceSpan | None, question: TraceQuestion) -> dict[str, Any]:
    spans = (*turn.spans, *turn.around)
    model = call.metadata.get("model") if call else None
    metadata = {
        "name": next((span.name for span in spans if span.name and span.kind not in _NO_TIME), None),
        "labels": _merged(span.labels for span in spans),
        "question_from": question.source,
        "model": model,
        **{
            name: value
            for name, value in _merged(_of_span(span) for span in spans).items()
            if name != "model" or not model
        },
    }
    return {name: value for name, value in metadata.items() if value not in (None, "", {}, 0)}


def _of_span(span: TraceSpan) -> dict[str, Any]:
    """What is noted of a span; the model of an embedding is not the one that answered."""
    own = dict(span.metadata)
    return (
        {name: value for name, value in own.items() if name != "model"}
        if span.kind in {"EMBEDDING", "RETRIEVER"}
        else own
    )


def _notes(retrieval: retrievals.Retrieval, error: str, refused: str | None, joined: str | None) -> dict[str, Any]:
    """What is said beside the fields: of documents without text, those that were only retrieved, failures."""
    notes: dict[str, Any] = {
        "error": error,
        "documents_without_text": sum(each.text is None for each in retrieval.given or ()),
        "answer_refused": refused and refused[:_SHOWN],
        "contexts_in_one_text": joined,
    }
    if retrieval.given != retrieval.everything and retrieval.everything is not None:
        notes["retrieved"] = [{"id": each.id, "text": each.text, "score": each.score} for each in retrieval.everything]
    return {name: value for name, value in notes.items() if value}


def _missing(spans: Sequence[TraceSpan]) -> tuple[str, str]:
    """Why there is no question, and what to do about it."""
    dropped = max((span.dropped for span in spans), default=0)
    kinds = sorted({span.kind for span in spans if span.kind} - {OUTERMOST, NOTE})
    if dropped:
        return "attributes_dropped", (
            f"the question is gone: a span lost {dropped} or more attributes to the limit of OpenTelemetry's SDK, "
            "which drops the oldest. Set OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT=4096 in the service and capture again."
        )
    if any(span.redacted for span in spans):
        return "redacted", "the question was blacked out before it was recorded; capture with inputs shown"
    if all(span.kind == NOTE for span in spans):
        return "only_scores", "scores of a trace that is in none of the files"
    if {"LLM", "RETRIEVER"} & set(kinds):
        return "no_content", (
            "spans of a model or a retriever, but no question: content is not recorded unless the service opts in, "
            "such as with OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=true"
        )
    if kinds:
        return "no_question", f"no span has the question of a user; there are: {', '.join(kinds)}"
    names = ", ".join(dict.fromkeys(repr(span.name) for span in spans if span.name))[:80] or "spans without a name"
    return "not_rag", f"no question, model or retriever in this trace; it has {names}"
