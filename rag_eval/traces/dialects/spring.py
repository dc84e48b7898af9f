"""Spring AI's observations: of its chat client, its tools and its vector stores; calls of models are OpenTelemetry's.

https://docs.spring.io/spring-ai/reference/observability/index.html: content is recorded where it is switched on.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from rag_eval.traces import jsontext, message_text, passages, values
from rag_eval.traces.attributes import begin
from rag_eval.traces.dialect import AttributeNames, CaptureAdvice, Dialect, SpanEvent

_PREFIXES = ("spring.ai.", "db.vector.query.")
_KINDS = {"chat_client": "CHAIN", "vector_store": "RETRIEVER", "tool_call": "TOOL"}
_OPEN, _BETWEEN, _CLOSE = '["', '", "', '"]'


def describe(attributes: Mapping[str, Any], _: Sequence[SpanEvent]) -> dict[str, Any]:
    """Fields of a span, those that the attributes tell."""
    if not begin(attributes, _PREFIXES):
        return {}
    searched = attributes.get("db.vector.query.content")
    kind = _KINDS.get(str(attributes.get("spring.ai.kind")), "RETRIEVER" if searched is not None else "")
    if kind == "RETRIEVER" and attributes.get("db.operation.name", "query") != "query":
        return {"kind": ""}  # passages that were added or removed
    listed = attributes.get("db.vector.query.response.documents")
    result = jsontext.within(attributes.get("spring.ai.tool.call.result"))
    return {
        "kind": kind,
        "question": message_text.question(attributes.get("spring.ai.chat.client.user.text")),
        "query": values.text(searched),
        "documents": None if listed is None else passages.documents(_texts(listed)),
        "answer": message_text.answer(result) if kind == "TOOL" else None,
        "carried": passages.of_tool(result) if kind == "TOOL" else None,
        "conversation": values.text(attributes.get("spring.ai.chat.client.conversation.id")),
    }


def _texts(listed: Any) -> Any:
    """The texts of passages: Spring puts quotes around each and leaves those inside alone, so it may be no JSON."""
    inner = jsontext.within(listed)
    if not isinstance(inner, str):
        return inner
    text = inner.strip()
    if text.startswith(_OPEN) and text.endswith(_CLOSE):
        return text.removeprefix(_OPEN).removesuffix(_CLOSE).split(_BETWEEN)
    return [] if text in ("", "[]") else None


DIALECT = Dialect(
    name="spring-ai",
    advice=CaptureAdvice(
        response=("set spring.ai.chat.observations.log-completion=true (releases from 1.0 on write it to log events)"),
        contexts="set spring.ai.vectorstore.observations.log-query-response=true, and export log events too",
    ),
    names=AttributeNames(prefixes=(*_PREFIXES, "db.operation")),
    describe=describe,
)
