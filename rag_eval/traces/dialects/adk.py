"""Google's Agent Development Kit: requests and responses of the model and of tools, each a JSON text.

https://google.github.io/adk-docs/observability
"""

from collections.abc import Mapping, Sequence
from typing import Any

from rag_eval.traces import jsontext, message_text, messages, model_fields, passages, values
from rag_eval.traces.attributes import begin
from rag_eval.traces.dialect import AttributeNames, CaptureAdvice, Dialect, SpanEvent

_PREFIX = "gcp.vertex.agent."
_CONTENT = "ADK_CAPTURE_MESSAGE_CONTENT_IN_SPANS must not be false"


def describe(attributes: Mapping[str, Any], _: Sequence[SpanEvent]) -> dict[str, Any]:
    """Fields of a span, those that the attributes tell."""
    if not begin(attributes, (_PREFIX,)):
        return {}
    conversation = values.text(attributes.get(f"{_PREFIX}session_id"))
    request, response, returned = (
        jsontext.within(attributes.get(f"{_PREFIX}{name}")) for name in ("llm_request", "llm_response", "tool_response")
    )
    if returned is not None:
        result = _result(returned)
        return {
            "kind": "TOOL",
            "answer": message_text.answer(result),
            "carried": passages.of_tool(result),
            "conversation": conversation,
        }
    if not request and not response:
        return {"conversation": conversation}
    contents = request.get("contents") if isinstance(request, dict) else None
    content = response.get("content") if isinstance(response, dict) else None
    return {
        "kind": "LLM",
        "question": messages.asked(contents) if isinstance(contents, list) else None,
        "answer": messages.answered([content]) if isinstance(content, dict) else None,
        "given": passages.observed(contents),
        "conversation": conversation,
        **model_fields.prompt("LLM", contents),
    }


def _result(returned: Any) -> Any:
    """What a tool gave back, also out of the event that reported it."""
    content = returned.get("content") if isinstance(returned, dict) else None
    parts = content.get("parts") if isinstance(content, dict) else None
    for part in parts if isinstance(parts, list) else ():
        reported = values.first(part, "function_response", "functionResponse") if isinstance(part, dict) else None
        if isinstance(reported, dict):
            return reported.get("response")
    return returned


DIALECT = Dialect(
    name="google-adk",
    advice=CaptureAdvice(
        response=_CONTENT,
        contexts=f"let the tool that retrieves return its passages as objects with id and text; {_CONTENT}",
    ),
    names=AttributeNames(prefixes=(_PREFIX,)),
    describe=describe,
)
