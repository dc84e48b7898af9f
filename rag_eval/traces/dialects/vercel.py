"""Vercel's AI SDK for TypeScript, as its `experimental_telemetry` records it.

https://ai-sdk.dev/docs/ai-sdk-core/telemetry: a span for the whole, one for each call of the model and of a tool.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from rag_eval.traces import jsontext, message_text, model_fields, passages, sides, values
from rag_eval.traces.attributes import begin
from rag_eval.traces.dialect import AttributeNames, CaptureAdvice, Dialect, SpanEvent
from rag_eval.traces.span import RetrievedDocument

_PREFIXES = (
    "ai.operationId", "ai.prompt", "ai.response.", "ai.result.", "ai.toolCall.", "ai.model.", "ai.telemetry.",
    "ai.usage.", "ai.value", "ai.embedding",
)  # fmt: skip
"""Not all that begins with `ai.`: others have names there too."""
_INPUTS = ("ai.prompt.messages", "ai.prompt")
_OUTPUTS = ("ai.response.text", "ai.result.text", "ai.response.object", "ai.result.object")
_CALLS = ("ai.response.toolCalls", "ai.result.toolCalls")
_SESSIONS = ("sessionId", "session_id", "threadId", "thread_id", "conversationId", "chatId")


def describe(attributes: Mapping[str, Any], _: Sequence[SpanEvent]) -> dict[str, Any]:
    """Fields of a span, those that the attributes tell."""
    if not begin(attributes, _PREFIXES):
        return {}
    operation = str(attributes.get("ai.operationId") or "")
    if operation == "ai.toolCall" or "ai.toolCall.name" in attributes:
        return _tool(attributes)
    asked = values.first(attributes, *(_INPUTS if ".do" in operation else reversed(_INPUTS)))
    output = values.first(attributes, *_OUTPUTS)
    calls = jsontext.within(values.first(attributes, *_CALLS))
    kind = "EMBEDDING" if "embed" in operation.lower() else "LLM" if ".do" in operation else "CHAIN"
    counts = {
        "input_tokens": values.first(attributes, "ai.usage.promptTokens", "ai.usage.inputTokens"),
        "output_tokens": values.first(attributes, "ai.usage.completionTokens", "ai.usage.outputTokens"),
    }
    return {
        **sides.fields(kind, asked, output),
        "answer": None if calls and kind == "LLM" else message_text.answer(output),
        "given": passages.observed(asked) if kind == "LLM" else None,
        **model_fields.tokens(counts),
        "model": values.first(attributes, "ai.response.model", "ai.model.id"),
        "conversation": values.text(values.first(attributes, *(f"ai.telemetry.metadata.{name}" for name in _SESSIONS))),
    }


def _tool(attributes: Mapping[str, Any]) -> dict[str, Any]:
    result = jsontext.within(attributes.get("ai.toolCall.result"))
    carried: tuple[RetrievedDocument, ...] | None = passages.of_tool(result)
    return {
        "kind": "TOOL",
        "question": message_text.question(attributes.get("ai.toolCall.args")),
        "answer": message_text.answer(result),
        "carried": carried,
    }


DIALECT = Dialect(
    name="vercel",
    advice=CaptureAdvice(
        response="experimental_telemetry needs isEnabled: true, and recordOutputs must not be false",
        contexts=(
            "let the tool that retrieves return its passages as objects with id and content; recordOutputs must not be "
            "false. Passages that are put in the prompt without a tool need a span of their own"
        ),
    ),
    names=AttributeNames(prefixes=_PREFIXES),
    describe=describe,
)
