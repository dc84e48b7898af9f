"""OpenTelemetry's conventions for generative AI, today's and those that came before.

https://github.com/open-telemetry/semantic-conventions-genai (all in development). Content is opt-in, a JSON string or a
structured value. Documents must have an id and a score only: their texts are then in nobody's trace.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

from rag_eval.traces import assessments, jsontext, message_text, messages, model_fields, passages, values
from rag_eval.traces.attributes import begin, under
from rag_eval.traces.dialect import AttributeNames, CaptureAdvice, Dialect, SpanEvent
from rag_eval.traces.span import RetrievedDocument

_SWITCH_ON = (
    "content is recorded only when it is switched on: OTEL_SEMCONV_STABILITY_OPT_IN=gen_ai_latest_experimental and "
    "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT=SPAN_ONLY (older instrumentations: true)"
)
_KINDS = {
    "retrieval": "RETRIEVER", "chat": "LLM", "text_completion": "LLM", "generate_content": "LLM", "completion": "LLM",
    "chat.completions": "LLM", "text.completions": "LLM",
    "execute_tool": "TOOL", "embeddings": "EMBEDDING", "invoke_agent": "AGENT", "create_agent": "TOOL",
    "invoke_workflow": "CHAIN", "rerank": "RERANKER", "vector_db_retrieve": "RETRIEVER", "execute_task": "CHAIN",
}  # fmt: skip
_AGENT = "gen_ai.agent.invocation_"
_MARKS = ("gen_ai.", "llm.usage.", "pydantic_ai.", "all_messages_events", "llm.prompts", "llm.completions")
_SPEAKERS = frozenset({"system", "user", "assistant", "tool"})
_CONVERSATIONS = ("pydantic_ai.all_messages", "all_messages_events")


def describe(attributes: Mapping[str, Any], events: Sequence[SpanEvent]) -> dict[str, Any]:
    """Fields of a span, those that the attributes and events tell."""
    if not begin(attributes, _MARKS) and not any(name.startswith("gen_ai.") for name, _ in events):
        return {}
    attributes = _with_events(attributes, events)
    kind = _kind(attributes)
    prompt = _messages(attributes, events)
    documents = passages.documents(values.first(attributes, "gen_ai.retrieval.documents", "gen_ai.rerank.documents"))
    fields = {
        "kind": kind,
        "question": message_text.question(prompt) if prompt else None,
        "answer": _answer(attributes, events),
        "query": values.text(attributes.get("gen_ai.retrieval.query.text")),
        "documents": documents,
        "given": passages.observed(prompt) if kind == "LLM" and prompt else None,
        "carried": _returned(attributes, events) if kind == "TOOL" else None,
        "conversation": values.text(attributes.get("gen_ai.conversation.id")),
        "model": values.first(attributes, "gen_ai.response.model", "gen_ai.request.model"),
        "index": attributes.get("gen_ai.data_source.id"),
        **_used(attributes),
        **assessments.span_fields(_evaluations(events)),
    }
    return {**fields, **(model_fields.prompt("LLM", prompt) if prompt and kind in {"LLM", ""} else {})}


def log_fields(name: str, body: Any, attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Fields of a span that a log event about it tells."""
    content = {**attributes, **body} if isinstance(body, dict) else attributes
    return describe({}, [(name, content)])


def _with_events(attributes: Mapping[str, Any], events: Iterable[SpanEvent]) -> Mapping[str, Any]:
    """Content may stand in an event of the span instead of in its attributes."""
    merged = dict(attributes)
    for name, content in events:
        if name != "gen_ai.evaluation.result" and name.startswith("gen_ai."):
            merged = {**{key: value for key, value in content.items() if key.startswith("gen_ai.")}, **merged}
    return merged


def _messages(attributes: Mapping[str, Any], events: Iterable[SpanEvent]) -> Any:
    """The messages that a model was given, wherever they stand; None where they were not recorded."""
    prompt = values.first(attributes, "gen_ai.input.messages", *_CONVERSATIONS, f"{_AGENT}input", "request_data")
    if prompt is not None:
        return jsontext.within(prompt)
    numbered = (under(attributes, name) for name in ("gen_ai.prompt", "llm.prompts"))
    return next((each for each in numbered if each), None) or [message for message in map(_message, events) if message]


def _message(event: SpanEvent) -> dict[str, Any] | None:
    """One message of a prompt that is an event by itself, such as `gen_ai.user.message`."""
    name, content = event
    speaker = name.removeprefix("gen_ai.").removesuffix(".message")
    if not name.endswith(".message") or speaker not in _SPEAKERS:
        return None
    text = values.first(content, "content", "gen_ai.prompt", "gen_ai.event.content")
    inner = jsontext.within(text)
    spoken = inner.get("content", text) if isinstance(inner, dict) else inner if isinstance(inner, list) else text
    return {"role": speaker, **content, "content": spoken}


def _kind(attributes: Mapping[str, Any]) -> str:
    operation = values.text(attributes.get("gen_ai.operation.name"))
    if operation:
        return _KINDS.get(operation, "")
    if "gen_ai.retrieval.documents" in attributes:
        return "RETRIEVER"
    if "gen_ai.tool.name" in attributes:
        return "TOOL"
    return "LLM" if "gen_ai.request.model" in attributes or "gen_ai.system" in attributes else ""


def _answer(attributes: Mapping[str, Any], events: Iterable[SpanEvent]) -> str | None:
    text = message_text.answer(
        values.first(attributes, "gen_ai.output.messages", "final_result", *_CONVERSATIONS, f"{_AGENT}output")
    )
    text = text or message_text.answer(_in_logfire(attributes))
    text = text or _under(attributes, ("gen_ai.completion", "llm.completions"), message_text.answer)
    return text or next((choice for event in events if (choice := _choice(event))), None)


def _in_logfire(attributes: Mapping[str, Any]) -> Any:
    """What Logfire recorded of the response of a model."""
    response = jsontext.within(attributes.get("response_data"))
    return values.first(response, "message", "combined_chunk_content", "text") if isinstance(response, dict) else None


def _choice(event: SpanEvent) -> str | None:
    """What a model said in an event `gen_ai.choice`; None where it asked for a tool."""
    name, content = event
    if name != "gen_ai.choice":
        return None
    names = ("message", "content", "gen_ai.completion", "gen_ai.event.content")
    message = jsontext.within(values.first(content, *names))
    if isinstance(message, dict) and isinstance(message.get("message"), dict):
        message = message["message"]
    if isinstance(message, list):
        message = {"content": message}
    if isinstance(message, dict):
        return messages.answered([{"role": "assistant", **message}])
    return message_text.answer(message)


def _under(attributes: Mapping[str, Any], names: Iterable[str], read: Callable[[Any], str | None]) -> str | None:
    """What was written with a number for each message, as instrumentations did before."""
    return next((text for name in names if (text := read(under(attributes, name)))), None)


def _returned(attributes: Mapping[str, Any], events: Iterable[SpanEvent]) -> tuple[RetrievedDocument, ...] | None:
    """The passages that a tool brought."""
    result = values.first(attributes, "gen_ai.tool.call.result", "tool_response")
    if result is not None:
        inner = jsontext.within(result)
        brought = passages.of_tool(inner)
        return passages.observed([{"role": "tool", "content": inner}]) if brought is None else brought
    results = [jsontext.within(content.get("message")) for name, content in events if name == "gen_ai.choice"]
    return passages.observed([{"role": "tool", "content": each} for each in results])


def _used(attributes: Mapping[str, Any]) -> dict[str, Any]:
    """Tokens and cost, of a call or of all calls of an agent."""
    counts = {}
    for side, older in (("input_tokens", "prompt_tokens"), ("output_tokens", "completion_tokens")):
        counts[side] = values.first(
            attributes,
            f"gen_ai.usage.{side}",
            f"gen_ai.usage.{older}",
            f"llm.usage.{older}",
            f"gen_ai.aggregated_usage.{side}",
            f"gen_ai.response.{older}",
        )
    return model_fields.tokens(counts) | model_fields.cost(
        attributes, "operation.cost", "gen_ai.usage.cost", "gen_ai.usage.total_cost"
    )


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
        prefixes=("gen_ai.", "operation.cost", "llm.usage.", "tool_response", "pydantic_ai.", "all_messages_events",
                  "final_result", "llm.prompts", "llm.completions", "request_data", "response_data"),
        bare=("gen_ai.operation.name", "gen_ai.input.messages", "gen_ai.request.model", "gen_ai.system",
              "gen_ai.provider.name"),
    ),
    describe=describe,
)  # fmt: skip
