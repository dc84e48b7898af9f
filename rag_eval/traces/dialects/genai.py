"""OpenTelemetry's conventions for generative AI, today's and those that came before.

https://github.com/open-telemetry/semantic-conventions-genai (all in development). Content is opt-in, a JSON string or a
structured value. Documents must have an id and a score only: their texts are then in nobody's trace.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from rag_eval.traces import assessments, message_text, passages, values
from rag_eval.traces.attributes import under
from rag_eval.traces.dialect import AttributeNames, CaptureAdvice, Dialect, SpanEvent

_SWITCH_ON = (
    "content is recorded only when it is switched on: OTEL_SEMCONV_STABILITY_OPT_IN=gen_ai_latest_experimental and "
    "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=SPAN_ONLY (older instrumentations: true)"
)
_KINDS = {
    "retrieval": "RETRIEVER", "chat": "LLM", "text_completion": "LLM", "generate_content": "LLM", "completion": "LLM",
    "execute_tool": "TOOL", "embeddings": "EMBEDDING", "invoke_agent": "AGENT", "create_agent": "TOOL",
    "invoke_workflow": "CHAIN", "rerank": "RERANKER",
}  # fmt: skip
_MARKS = ("gen_ai.", "pydantic_ai.", "all_messages_events", "llm.prompts", "llm.completions")
_CONVERSATIONS = ("pydantic_ai.all_messages", "all_messages_events")


def describe(attributes: Mapping[str, Any], events: Sequence[SpanEvent]) -> dict[str, Any]:
    """Fields of a span, those that the attributes and events tell."""
    if not any(key.startswith(_MARKS) for key in attributes) and not any(
        name.startswith("gen_ai.") for name, _ in events
    ):
        return {}
    attributes = _with_events(attributes, events)
    documents = passages.documents(values.first(attributes, "gen_ai.retrieval.documents", "gen_ai.rerank.documents"))
    return {
        "kind": _kind(attributes),
        "question": _question(attributes),
        "answer": _answer(attributes),
        "query": values.text(attributes.get("gen_ai.retrieval.query.text")),
        "documents": documents,
        "conversation": values.text(attributes.get("gen_ai.conversation.id")),
        "model": values.first(attributes, "gen_ai.response.model", "gen_ai.request.model"),
        "index": attributes.get("gen_ai.data_source.id"),
        **assessments.span_fields(_evaluations(events)),
    }


def _with_events(attributes: Mapping[str, Any], events: Iterable[SpanEvent]) -> Mapping[str, Any]:
    """Content may stand in an event of the span instead of in its attributes."""
    merged = dict(attributes)
    for name, content in events:
        if name == "gen_ai.evaluation.result":
            continue
        if name.startswith("gen_ai."):
            merged = {**{key: value for key, value in content.items() if key.startswith("gen_ai.")}, **merged}
        if name == "gen_ai.user.message":
            merged["gen_ai.prompt"] = values.first(content, "content", "gen_ai.prompt")
        if name == "gen_ai.choice":
            merged["gen_ai.completion"] = values.first(content, "message", "content", "gen_ai.completion")
    return merged


def _kind(attributes: Mapping[str, Any]) -> str:
    operation = values.text(attributes.get("gen_ai.operation.name"))
    if operation:
        return _KINDS.get(operation, "")
    if "gen_ai.retrieval.documents" in attributes:
        return "RETRIEVER"
    return "LLM" if "gen_ai.request.model" in attributes or "gen_ai.system" in attributes else ""


def _question(attributes: Mapping[str, Any]) -> str | None:
    text = message_text.question(values.first(attributes, "gen_ai.input.messages", *_CONVERSATIONS))
    return text or _under(attributes, ("gen_ai.prompt", "llm.prompts"), message_text.question)


def _answer(attributes: Mapping[str, Any]) -> str | None:
    text = message_text.answer(values.first(attributes, "gen_ai.output.messages", "final_result", *_CONVERSATIONS))
    return text or _under(attributes, ("gen_ai.completion", "llm.completions"), message_text.answer)


def _under(attributes: Mapping[str, Any], names: Iterable[str], read: Callable[[Any], str | None]) -> str | None:
    """What was written with a number for each message, as instrumentations did before."""
    return next((text for name in names if (text := read(under(attributes, name)))), None)


def _evaluations(events: Iterable[SpanEvent]) -> Iterator[assessments.Assessment]:
    for name, content in events:
        if name != "gen_ai.evaluation.result":
            continue
        called = values.text(content.get("gen_ai.evaluation.name")) or "evaluation"
        value, label = content.get("gen_ai.evaluation.score.value"), content.get("gen_ai.evaluation.score.label")
        yield assessments.Assessment(called, value, label)


DIALECT = Dialect(
    name="otel-genai",
    advice=CaptureAdvice(
        response=_SWITCH_ON,
        contexts=(
            "open a span with gen_ai.operation.name=retrieval and put gen_ai.retrieval.documents there, with"
            f" id and content; {_SWITCH_ON}"
        ),
    ),
    names=AttributeNames(
        prefixes=("gen_ai.", "pydantic_ai.", "all_messages_events", "final_result", "llm.prompts", "llm.completions"),
        bare=("gen_ai.operation.name", "gen_ai.input.messages", "gen_ai.request.model", "gen_ai.system",
              "gen_ai.provider.name"),
    ),
    describe=describe,
)  # fmt: skip
