"""Langfuse: what its page downloads, what its API answers (camelCase) and what it exports to a bucket (snake_case).

https://langfuse.com/docs/api-and-data-platform/features/blob-storage-export-fields
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rag_eval.traces import (
    assessments,
    attributes,
    conventions,
    jsontext,
    message_text,
    model_fields,
    passages,
    sides,
    values,
)
from rag_eval.traces.dialect import AttributeNames, Attributes, CaptureAdvice, Dialect, KeyedSpan, SpanEvent
from rag_eval.traces.dialects import catalogue
from rag_eval.traces.span import NOTE, OUTERMOST, UNTOLD, TraceSpan

NAME = "langfuse"
_KINDS = {"SPAN": "", "EVENT": "EVENT", "GENERATION": "LLM"}
_RETRIEVES = re.compile(r"retriev|(vector|similarity|semantic|document)[ _-]?search", re.IGNORECASE)
_OURS = ("SPAN", "GENERATION", "EVENT", "RETRIEVER", "RERANKER", "AGENT", "TOOL", "CHAIN", "EMBEDDING", "EVALUATOR",
         "GUARDRAIL")  # fmt: skip
_OF_TRACES = ("projectId", "project_id", "bookmarked", "htmlPath", "observations")
_THREADS = ("session_id", "thread_id", "conversation_id", "sessionId", "threadId")


def recognised(value: Mapping[str, Any]) -> bool:
    """Whether an object is a download, a trace, an observation or a score."""
    inner = value.get("trace")
    if isinstance(inner, dict) and isinstance(value.get("observations", inner.get("observations")), list):
        return True
    return _is_observation(value) or _is_score(value) or _is_trace(value)


def _is_observation(value: Mapping[str, Any]) -> bool:
    if "id" not in value:
        return False
    if "parentObservationId" in value or "parent_observation_id" in value:
        return True
    return values.first(value, "traceId", "trace_id") is not None and (
        value.get("type") in _OURS and _start(value) is not None
    )


def _is_score(value: Mapping[str, Any]) -> bool:
    about = values.first(value, "traceId", "trace_id", "sessionId", "session_id")
    known = ("dataType", "data_type", "stringValue", "string_value", "observationId", "observation_id", "configId")
    return about is not None and "name" in value and "value" in value and any(name in value for name in known)


def _is_trace(value: Mapping[str, Any]) -> bool:
    observations = value.get("observations")
    if isinstance(observations, list) and observations and isinstance(observations[0], dict):
        return "id" in value and observations[0].get("type") in _OURS
    if "id" not in value or not ({"input", "output"} & set(value)) or "timestamp" not in value:
        return False
    return any(name in value for name in _OF_TRACES)


def _start(value: Mapping[str, Any]) -> Any:
    return values.first(value, "startTime", "start_time")


def read(value: Mapping[str, Any]) -> Iterator[KeyedSpan]:
    """The trace, its observations and its scores, each with the key of the trace."""
    if isinstance(inner := value.get("trace"), dict) and not _is_score(value):
        yield from _trace(inner)
        for each in _objects(value.get("observations")):
            yield _observation(each)
        for each in _objects(value.get("scores")):
            yield _score(each)
    elif _is_observation(value):
        yield _observation(value)
    elif _is_score(value):
        yield _score(value)
    else:
        yield from _trace(value)


def _trace(value: Mapping[str, Any]) -> Iterator[KeyedSpan]:
    asked, output = jsontext.within(value.get("input")), jsontext.within(value.get("output"))
    trace_id = values.text(value.get("id"))
    yield (
        _key(trace_id),
        TraceSpan(
            dialect=NAME,
            trace_id=trace_id,
            kind=OUTERMOST,
            name=str(value.get("name") or ""),
            start=values.seconds(value.get("timestamp")),
            latency_s=values.number(value.get("latency")),
            question=message_text.question(asked),
            answer=message_text.answer(output),
            carried=passages.carried_documents(output),
            confidence=message_text.confidence(output),
            redacted=message_text.redacted(asked),
            conversation=_conversation(value),
            metadata=_tags(value),
        ),
    )
    for each in _objects(value.get("observations")):
        yield _observation(each, trace_id)
    for each in _objects(value.get("scores")):
        yield _score(each, trace_id)


def _observation(value: Mapping[str, Any], trace_id: str | None = None) -> KeyedSpan:
    trace_id = values.text(values.first(value, "traceId", "trace_id")) or trace_id
    kind = str(value.get("type") or "").upper()
    fields = _told(value, _KINDS.get(kind, kind))
    latency = values.number(value.get("latency"))
    return _key(trace_id), TraceSpan(
        dialect=NAME,
        trace_id=trace_id,
        id=values.text(value.get("id")),
        parent=values.text(values.first(value, "parentObservationId", "parent_observation_id")),
        name=str(value.get("name") or ""),
        start=values.seconds(_start(value)),
        end=values.seconds(values.first(value, "endTime", "end_time")),
        latency_s=latency,
        error=values.text(values.first(value, "statusMessage", "status_message", "level"))
        if value.get("level") == "ERROR"
        else None,
        **fields,
    )


def _told(value: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """What an observation says by itself, and where that is nothing, what the attributes in its metadata say."""
    asked, output = jsontext.within(value.get("input")), jsontext.within(value.get("output"))
    metadata = jsontext.within(value.get("metadata"))
    inner = jsontext.within(metadata.get("attributes")) if isinstance(metadata, dict) else None
    named = attributes.of_span(inner, catalogue.attribute_names()) if isinstance(inner, dict) else {}
    known = {name: value_ for name, value_ in conventions.describe(named).items() if name != "dialect"}
    kind = kind or known.get("kind", "")
    if not kind and isinstance(output, list) and _RETRIEVES.search(str(value.get("name"))):
        kind = "RETRIEVER"  # before it had that type, people could only name their spans so
    retrieves = kind in {"RETRIEVER", "RERANKER"}
    own = {
        "question": message_text.question(asked),
        "answer": None if retrieves else message_text.answer(output),
        "query": message_text.question(asked) if retrieves else None,
        "documents": passages.documents(output) if retrieves and output is not None else None,
        "carried": None if retrieves or kind == "LLM" else passages.carried_documents(output),
        "given": None if retrieves or kind == "LLM" else passages.given_documents(asked),
        "refused": message_text.refused(output),
        "redacted": message_text.redacted(asked),
        "conversation": _conversation(value),
        "metadata": _tags(value) | dict(known.get("metadata", {})) | _model(value),
        **model_fields.prompt(kind, asked),
        **_used(value, kind),
    }
    # The attributes have scores and ids of documents, which the output often lacks.
    documents = known.get("documents") if known.get("documents") is not None else own["documents"]
    filled = {name: value_ for name, value_ in own.items() if value_ not in (None, False, "", {})}
    return {**known, **filled, "kind": kind, "documents": documents}


def _model(value: Mapping[str, Any]) -> dict[str, Any]:
    model = values.text(values.first(value, "model", "providedModelName", "provided_model_name"))
    return {"model": model} if model else {}


def _used(value: Mapping[str, Any], kind: str) -> dict[str, Any]:
    """Tokens and cost of a call of a model."""
    if kind != "LLM":
        return {}
    counts = values.first(value, "usageDetails", "usage_details", "usage")
    names = ("calculatedTotalCost", "calculated_total_cost", "totalCost", "total_cost", "costDetails", "cost_details")
    return model_fields.tokens(counts) | model_fields.cost(value, *names)


def _conversation(value: Mapping[str, Any]) -> str | None:
    session = values.text(values.first(value, "sessionId", "session_id"))
    metadata = jsontext.within(value.get("metadata"))
    return session or (values.text(values.first(metadata, *_THREADS)) if isinstance(metadata, dict) else None)


def _tags(value: Mapping[str, Any]) -> dict[str, Any]:
    tags = jsontext.within(values.first(value, "tags", "trace_tags"))
    case = values.case(value, jsontext.within(value.get("metadata")))
    return ({"tags": tags} if isinstance(tags, list) and tags else {}) | case


def _score(value: Mapping[str, Any], trace_id: str | None = None) -> KeyedSpan:
    trace_id = values.text(values.first(value, "traceId", "trace_id")) or trace_id
    kind = str(values.first(value, "dataType", "data_type") or "").upper()
    label = values.text(values.first(value, "stringValue", "string_value"))
    number = values.number(value.get("value")) if kind != "CATEGORICAL" else None
    score = label if number is None else number
    verdict = assessments.Assessment(
        str(value.get("name") or "score"),
        value.get("value") if score is None else score,
        label if number is not None and kind != "BOOLEAN" else None,
        by_person=str(value.get("source", "")).upper() == "ANNOTATION",
    )
    step = TraceSpan(
        dialect=NAME,
        trace_id=trace_id,
        id=values.text(value.get("id")),
        kind=NOTE,
        **assessments.span_fields([verdict]),
    )
    return _key(trace_id), step


def _key(trace_id: str | None) -> str | None:
    return f"langfuse:{trace_id}" if trace_id else None


def _objects(value: Any) -> list[Mapping[str, Any]]:
    listed = jsontext.within(value)
    return [item for item in listed if isinstance(item, dict)] if isinstance(listed, list) else []


def describe(named: Attributes, _: Sequence[SpanEvent]) -> dict[str, Any]:
    """Fields of a span that its SDK, from version 3 on, sent as OpenTelemetry's."""
    if not attributes.begin(named, ("langfuse.",)):
        return {}
    kind = str(named.get("langfuse.observation.type") or "").upper()
    observed = sides.fields(
        _KINDS.get(kind, kind), named.get("langfuse.observation.input"), named.get("langfuse.observation.output")
    )
    asked, output = named.get("langfuse.trace.input"), named.get("langfuse.trace.output")
    failed = named.get("langfuse.observation.level") == "ERROR"
    model = named.get("langfuse.observation.model.name")
    return {
        **observed,
        "question": message_text.question(asked) or observed["question"],
        "answer": message_text.answer(output) or observed["answer"],
        "error": (values.text(named.get("langfuse.observation.status_message")) or UNTOLD) if failed else None,
        **model_fields.tokens(named.get("langfuse.observation.usage_details")),
        **model_fields.cost(named, "langfuse.observation.cost_details"),
        **({"model": model} if model else {}),
        "conversation": values.text(values.first(named, "langfuse.session.id", "session.id")),
    }


DIALECT = Dialect(
    name=NAME,
    advice=CaptureAdvice(
        response=("let the function with @observe that is called first return the answer; capture_output must be on"),
        contexts=(
            'decorate the function that retrieves with @observe(as_type="retriever"); capture_output must be'
            " on and LANGFUSE_OBSERVE_DECORATOR_IO_CAPTURE_ENABLED not false"
        ),
    ),
    recognised=recognised,
    read=read,
    names=AttributeNames(prefixes=("langfuse.",)),
    describe=describe,
)
