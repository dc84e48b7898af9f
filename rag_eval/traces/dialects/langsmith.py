"""LangSmith's runs: flat with `parent_run_id`, or nested in `child_runs`."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rag_eval.traces import assessments, jsontext, message_text, model_fields, passages, sides, span_reader, values
from rag_eval.traces.attributes import begin
from rag_eval.traces.dialect import AttributeNames, Attributes, CaptureAdvice, Dialect, KeyedSpan, SpanEvent
from rag_eval.traces.span import UNTOLD, TraceSpan

NAME = "langsmith"
_KINDS = {"PROMPT": "PROMPT", "CHAT_MODEL": "LLM"}
_THREADS = ("thread_id", "session_id", "conversation_id")
_DEEPEST = 200


def recognised(value: Mapping[str, Any]) -> bool:
    """Whether an object is a run."""
    return "run_type" in value and any(name in value for name in ("inputs", "outputs", "start_time", "trace_id"))


def read(value: Mapping[str, Any]) -> Iterator[KeyedSpan]:
    """A run and all the runs below it, each with the key of its trace."""
    root = _trace(value)
    waiting: list[tuple[Mapping[str, Any], str | None, int]] = [(value, None, 0)]
    while waiting:
        run, parent, depth = waiting.pop()
        step = _step(run, root or values.text(run.get("id")), parent)
        yield (f"langsmith:{root}" if root else None), step
        children = run.get("child_runs")
        if isinstance(children, list) and depth < _DEEPEST:
            waiting.extend((child, step.id, depth + 1) for child in reversed(children) if isinstance(child, dict))


def _trace(run: Mapping[str, Any]) -> str | None:
    """The id of the trace; the first run in the dotted order, or the topmost that is known, where none is told."""
    trace_id = values.text(run.get("trace_id"))
    if trace_id:
        return trace_id
    order = values.text(run.get("dotted_order"))
    if order:
        return order.split(".", 1)[0].rsplit("Z", 1)[-1]
    parents = run.get("parent_run_ids")
    above = parents[0] if isinstance(parents, list) and parents else run.get("parent_run_id")
    return values.text(above) or values.text(run.get("id"))


def _step(run: Mapping[str, Any], trace_id: str | None, parent: str | None) -> TraceSpan:
    asked, output = jsontext.within(run.get("inputs")), jsontext.within(run.get("outputs"))
    kind = _kind(run)
    retrieves = kind in {"RETRIEVER", "RERANKER"}
    extra = jsontext.within(run.get("extra"))
    inner = extra.get("metadata") if isinstance(extra, dict) else None
    metadata: Mapping[str, Any] = inner if isinstance(inner, dict) else {}
    tags = run.get("tags")
    return TraceSpan(
        dialect=NAME,
        trace_id=trace_id,
        id=values.text(run.get("id")),
        parent=values.text(run.get("parent_run_id")) or parent,
        name=str(run.get("name") or ""),
        kind=kind,
        start=values.seconds(run.get("start_time")),
        end=values.seconds(run.get("end_time")),
        question=message_text.question(asked),
        answer=None if retrieves else message_text.answer(output),
        query=message_text.question(asked) if retrieves else None,
        documents=passages.documents(output) if retrieves else None,
        carried=None if retrieves or kind == "LLM" else passages.carried_documents(output),
        given=None if retrieves or kind == "LLM" else passages.given_documents(asked),
        refused=message_text.refused(output),
        **model_fields.prompt(kind, asked),
        **_used(run, output, kind),
        redacted=_hidden(asked),
        confidence=message_text.confidence(output),
        conversation=values.text(values.first(metadata, *_THREADS)) or values.text(run.get("thread_id")),
        error=_error(run),
        metadata=_model(run, metadata)
        | ({"tags": tags} if isinstance(tags, list) and tags else {})
        | values.case(metadata),
        **{name: value for name, value in assessments.span_fields(_verdicts(run)).items() if name != "confidence"},
    )


def _model(run: Mapping[str, Any], metadata: Mapping[str, Any]) -> dict[str, Any]:
    model = values.text(values.first(metadata, "ls_model_name")) if run.get("run_type") == "llm" else None
    return {"model": model} if model else {}


def _used(run: Mapping[str, Any], output: Any, kind: str) -> dict[str, Any]:
    """Tokens and cost of a call of a model."""
    if kind != "LLM":
        return {}
    recorded = jsontext.within(output.get("usage_metadata")) if isinstance(output, dict) else None
    return model_fields.tokens(
        {**(recorded if isinstance(recorded, dict) else {}), **_counts(run)}
    ) | model_fields.cost(run, "total_cost")


def _counts(run: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: run[name] for name in ("prompt_tokens", "completion_tokens") if values.number(run.get(name)) is not None
    }


def _error(run: Mapping[str, Any]) -> str | None:
    """The first line that says it, of an error with its stack."""
    recorded = values.text(run.get("error"))
    if recorded is None:
        return UNTOLD if run.get("status") == "error" else None
    return span_reader.error_text(None, recorded)


def _hidden(asked: Any) -> bool:
    return isinstance(asked, dict) and any(message_text.redacted(value) for value in asked.values())


def _kind(run: Mapping[str, Any]) -> str:
    run_type = str(run.get("run_type") or "").upper()
    # LangSmith knows no reranker; LangChain calls its compressors so.
    return _KINDS.get(run_type, run_type)


def _verdicts(run: Mapping[str, Any]) -> Iterator[assessments.Assessment]:
    """Averages of feedback by key, or single feedbacks."""
    stats = jsontext.within(run.get("feedback_stats"))
    for name, feedback in stats.items() if isinstance(stats, dict) else ():
        if isinstance(feedback, dict):
            yield assessments.Assessment(
                str(name), values.first(feedback, "avg", "mean", "score"), _commonest(feedback.get("values"))
            )
    singles = run.get("feedback")
    for feedback in singles if isinstance(singles, list) else ():
        if isinstance(feedback, dict) and feedback.get("key"):
            yield assessments.Assessment(str(feedback["key"]), feedback.get("score"), feedback.get("value"))


def _commonest(counts: Any) -> str | None:
    if not isinstance(counts, dict) or not counts:
        return None
    numbers = {str(name): values.number(count) or 0.0 for name, count in counts.items()}
    return max(numbers, key=lambda name: numbers[name])


def describe(attributes: Attributes, _: Sequence[SpanEvent]) -> dict[str, Any]:
    """Fields of a span that its SDK sent as OpenTelemetry's: inputs and outputs stand where prompts do."""
    if "langsmith.span.kind" not in attributes and not begin(attributes, ("langsmith.inputs", "langsmith.outputs")):
        return {}
    kind = str(attributes.get("langsmith.span.kind") or "").upper()
    asked, output = (
        values.first(attributes, f"langsmith.{side}", f"gen_ai.{older}")
        for side, older in (("inputs", "prompt"), ("outputs", "completion"))
    )
    threads = [f"langsmith.metadata.{name}" for name in _THREADS]
    if "langsmith.trace.session_name" not in attributes:  # LangSmith calls a project a session, and names it
        threads.append("langsmith.trace.session_id")
    conversation = values.text(values.first(attributes, *threads))
    return {**sides.fields(_KINDS.get(kind, kind), asked, output), "conversation": conversation}


DIALECT = Dialect(
    name=NAME,
    advice=CaptureAdvice(
        response=(
            "let the function with @traceable that is called first return the answer; LANGSMITH_HIDE_OUTPUTS"
            " must not be true"
        ),
        contexts=(
            'decorate the function that retrieves with @traceable(run_type="retriever") and let it return '
            "documents with page_content; LANGSMITH_HIDE_OUTPUTS must not be true"
        ),
    ),
    recognised=recognised,
    read=read,
    names=AttributeNames(prefixes=("langsmith.",)),
    describe=describe,
)
