"""OpenInference: what Arize Phoenix and its instrumentations write.

https://github.com/Arize-ai/openinference/blob/main/spec/semantic_conventions.md
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rag_eval.traces import assessments, jsontext, message_text, messages, model_fields, passages, values
from rag_eval.traces.attributes import begin, under
from rag_eval.traces.dialect import AttributeNames, CaptureAdvice, Dialect, SpanEvent
from rag_eval.traces.span import RetrievedDocument

_EVALUATIONS = ("evaluations", "trace.evaluations", "annotations")
_MARKS = ("openinference.", "retrieval.documents", "reranker.", "input.value", "output.value", "llm.input_messages",
          "llm.output_messages")  # fmt: skip


def describe(attributes: Mapping[str, Any], _: Sequence[SpanEvent]) -> dict[str, Any]:
    """Fields of a span, those that the attributes tell."""
    if not begin(attributes, _MARKS):
        return {}
    asked, output = jsontext.within(_value(attributes, "input")), jsontext.within(_value(attributes, "output"))
    kind = _kind(attributes)
    fields = {
        "kind": kind,
        "question": _question(attributes, kind, asked),
        "answer": _answer(attributes, kind, output),
        "documents": _documents(attributes, kind, output),
        "given": _given(attributes, kind, asked),
        "conversation": values.text(attributes.get("session.id")),
        "model": attributes.get("llm.model_name") if kind != "EMBEDDING" else None,
    }
    if asked is not None:
        fields["redacted"] = message_text.redacted(asked)
    if output is not None:
        carried = passages.of_tool if kind == "TOOL" else passages.carried_documents
        fields["carried"] = None if kind == "LLM" else carried(output)
        fields["refused"] = message_text.refused(output)
        fields["confidence"] = message_text.confidence(output)
    if kind == "RETRIEVER":
        fields["query"] = fields["question"]
    if kind == "LLM":
        counts = {name: attributes.get(f"llm.token_count.{name}") for name in ("prompt", "completion")}
        fields |= model_fields.tokens(counts) | model_fields.cost(attributes, "llm.cost.total")
        prompt = _messages(attributes, "input", kind) or asked
        fields |= {"given": passages.observed(prompt), **model_fields.prompt(kind, prompt)}
    if begin(attributes, _EVALUATIONS):
        fields |= assessments.span_fields(evaluations(attributes))
    return fields


def _value(attributes: Mapping[str, Any], side: str) -> Any:
    """The value of a side, or what else was recorded below its name."""
    direct = attributes.get(f"{side}.value")
    content = under(attributes, side) if direct is None else direct
    if isinstance(content, dict):
        return {key: value for key, value in content.items() if key != "mime_type" and value is not None} or None
    return content


def _kind(attributes: Mapping[str, Any]) -> str:
    kind = values.text(attributes.get("openinference.span.kind"))
    if kind:
        return kind.upper()
    if begin(attributes, ("reranker.output_documents",)):
        return "RERANKER"
    if begin(attributes, ("retrieval.documents",)):
        return "RETRIEVER"
    return "LLM" if any(key.startswith("llm.") and "_messages" in key for key in attributes) else ""


def _question(attributes: Mapping[str, Any], kind: str, asked: Any) -> str | None:
    """A model's from its messages; other spans may have only the first of a conversation there, beside their input."""
    if message_text.redacted(asked):
        return None
    spoken = messages.asked(_messages(attributes, "input", kind))
    whole = values.text(attributes.get("reranker.query")) or message_text.question(asked)
    return (spoken or whole) if kind == "LLM" else (whole or spoken)


def _answer(attributes: Mapping[str, Any], kind: str, output: Any) -> str | None:
    listed = _messages(attributes, "output", kind)
    if kind == "LLM" and any(map(messages.calls_tool, listed)):
        return None
    spoken = messages.answered(listed)
    whole = None if message_text.redacted(output) else message_text.answer(output)
    return (spoken or whole) if kind == "LLM" else (whole or spoken)


def _messages(attributes: Mapping[str, Any], side: str, kind: str) -> list[dict[str, Any]]:
    if kind in {"RETRIEVER", "RERANKER", "EMBEDDING"}:
        return []  # they have hundreds of names, among which there is no need to look
    listed = under(attributes, f"llm.{side}_messages")
    return [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []


def _documents(attributes: Mapping[str, Any], kind: str, output: Any) -> tuple[RetrievedDocument, ...] | None:
    """A list of documents; a retriever that recorded none may still have returned them as its output."""
    name = "reranker.output_documents" if kind == "RERANKER" else "retrieval.documents"
    listed = under(attributes, name)
    if kind not in {"RETRIEVER", "RERANKER"}:
        return passages.documents(listed) if listed is not None else None
    returned = None if message_text.redacted(output) or output is None else passages.documents(output)
    if listed is None:
        return () if _found_nothing(attributes, kind, output) else returned
    documents = passages.documents(listed)
    return documents and passages.with_known_ids(documents, returned or ())


def _found_nothing(attributes: Mapping[str, Any], kind: str, output: Any) -> bool:
    """Whether a retriever was asked and wrote nothing down: a list of documents that is empty has no attributes."""
    asked = attributes.get("input.value")
    return kind == "RETRIEVER" and output is None and isinstance(asked, str) and not message_text.redacted(asked)


def _given(attributes: Mapping[str, Any], kind: str, asked: Any) -> tuple[RetrievedDocument, ...] | None:
    """What a reranker chose from, or a step was given beside its question."""
    if kind == "RERANKER":
        listed = under(attributes, "reranker.input_documents")
        return passages.documents(listed) if listed is not None else None
    return None if kind in {"LLM", "RETRIEVER", "EMBEDDING"} else passages.given_documents(asked)


def evaluations(attributes: Mapping[str, Any]) -> Iterator[assessments.Assessment]:
    """The verdicts in the attributes of a span, listed or by name."""
    for place in _EVALUATIONS:
        content = under(attributes, place)
        if isinstance(content, list):
            yield from (assessment for each in content if (assessment := _verdict(each)))
        elif isinstance(content, dict):
            named = (assessments.from_object(name, each) for name, each in content.items() if isinstance(each, dict))
            yield from (assessment for assessment in named if assessment)


def _verdict(each: Any) -> assessments.Assessment | None:
    if not isinstance(each, dict):
        return None
    inner = values.first(each, "evaluation", "annotation")
    fields: Mapping[str, Any] = {**each, **inner} if isinstance(inner, dict) else each
    fields = {key.removeprefix("evaluation.").removeprefix("annotation."): value for key, value in fields.items()}
    name = values.text(fields.get("name"))
    return assessments.from_object(name, fields) if name else None


DIALECT = Dialect(
    name="openinference",
    advice=CaptureAdvice(
        response="the outermost span needs output.value; OPENINFERENCE_HIDE_OUTPUTS must not be true",
        contexts=(
            "instrument the retriever too: a span with openinference.span.kind=RETRIEVER and "
            "retrieval.documents.N.document.content and .id"
        ),
    ),
    names=AttributeNames(
        prefixes=("input", "output", "retrieval", "reranker", "openinference.", "session.", "llm", "evaluations",
                  "trace.evaluations", "annotations"),
        trees=frozenset({"retrieval", "reranker", "input", "output", "llm", "evaluations", "trace", "annotations",
                         "openinference", "session"}),
        encoded=frozenset({"retrieval.documents", "reranker.output_documents", "reranker.input_documents",
                           "llm.input_messages", "llm.output_messages", "evaluations", "trace.evaluations",
                           "annotations"}),
        bare=("openinference.span.kind", "input.value", "llm.model_name"),
    ),
    describe=describe,
)  # fmt: skip
