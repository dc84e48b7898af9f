"""Conversations whose truth is known, written as traces in every dialect: rewritten questions, searches, failures.

A turn is a tree of steps, and a dialect says how it writes a step.
"""

import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

BEGAN = 1_790_000_000
_USAGE = {"input_tokens": 10, "output_tokens": 3}
_COUNTS = {"prompt_tokens": 10, "completion_tokens": 3}
FAILURE = "ModelError: the model broke"
Files = dict[str, list[dict[str, Any]]]


@dataclass(frozen=True)
class Turn:
    """What really was asked, retrieved and answered."""

    conversation: str
    number: int
    question: str
    passages: tuple[tuple[str, str], ...]
    """Id and text, in order."""
    answer: str | None
    """None where the request failed."""
    key: int
    """Number over all conversations."""
    rewritten: str | None
    """What the model made of the question before it was searched for."""
    searches: int
    suggests: bool
    """Whether the model was called again after the answer."""


@dataclass(frozen=True)
class Step:
    """One span."""

    key: str
    parent: str | None
    trace: str
    name: str
    kind: str
    asked: Any
    output: Any
    start: float
    end: float
    session: str
    error: str | None = None
    documents: tuple[tuple[str, str], ...] | None = field(default=None)


def conversations(count: int, seed: int = 7) -> list[list[Turn]]:
    """Conversations of one to six turns; one turn in six fails."""
    rng = random.Random(seed)
    made: list[list[Turn]] = []
    key = 0
    for number in range(count):
        turns: list[Turn] = []
        for at in range(1, rng.randint(1, 6) + 1):
            key += 1
            passages = tuple((f"d{key}-{n}", _passage(key, n)) for n in range(rng.randint(0, 3)))
            question = f"What is the price of item {key} in conversation {number}?"
            answer = None if rng.random() < 1 / 6 else f"Item {key} costs {key + 5} euros, “all in”."
            rewritten = f"price item {key}" if at > 1 and rng.random() < 1 / 2 else None
            searches = 2 if len(passages) > 1 and rng.random() < 1 / 2 else 1
            turns.append(
                Turn(f"s{number}", at, question, passages, answer, key, rewritten, searches, rng.random() < 1 / 3)
            )
        made.append(turns)
    return made


def _passage(key: int, number: int) -> str:
    return f'Passage {number} of the catalogue for item {key} says: it is sold "as seen" for {key + 5} euros a piece.'


def prompt(turn: Turn) -> str:
    """What the model is given of the question and its passages."""
    listed = "\n".join(text for _, text in turn.passages)
    return f"Answer from the passages.\n\nPassages:\n{listed}\n\nQuestion: {turn.question}\nAnswer:"


def steps(turns: list[Turn], *, together: bool = False) -> list[list[Step]]:
    """The steps of a conversation: a trace a turn, or all in one trace below a span of the session."""
    history: list[dict[str, str]] = []
    traces: list[list[Step]] = []
    whole = f"{turns[0].key:031x}f"
    for turn in turns:
        trace = whole if together else f"{turn.key:032x}"
        traces.append(_turn(turn, trace, f"{turns[0].key:015x}f" if together else None, list(history)))
        history.append({"role": "user", "content": turn.question})
        if turn.answer:
            history.append({"role": "assistant", "content": turn.answer})
    if not together:
        return traces
    start, end = traces[0][0].start - 1, traces[-1][0].end + 1
    session = Step(
        f"{turns[0].key:015x}f", None, whole, "chat session", "CHAIN", None, None, start, end, turns[0].conversation
    )
    return [[session, *(step for trace in traces for step in trace)]]


def _turn(turn: Turn, trace: str, above: str | None, history: list[dict[str, str]]) -> list[Step]:
    begin = BEGAN + 100.0 * turn.key
    clock = iter(range(1, 99))

    def step(number: int, name: str, kind: str, asked: Any, output: Any, **more: Any) -> Step:
        start = begin + next(clock)
        parent = f"{turn.key:014x}00"
        key = f"{turn.key:014x}{number:02x}"
        return Step(key, parent, trace, name, kind, asked, output, start, start + 0.5, turn.conversation, **more)

    failure = None if turn.answer else FAILURE
    made: list[Step] = []
    if turn.rewritten:
        asked = [{"role": "user", "content": f"Rewrite the follow-up as a search query.\nFollow-up: {turn.question}"}]
        made.append(step(1, "chat m", "LLM", asked, turn.rewritten))
    cut = len(turn.passages) // turn.searches if turn.searches > 1 else len(turn.passages)
    for number, listed in enumerate((turn.passages[:cut], turn.passages[cut:])[: turn.searches]):
        query = turn.rewritten or turn.question
        made.append(step(2 + number, "retrieve", "RETRIEVER", query, None, documents=listed))
    asked = [{"role": "system", "content": "You answer."}, *history, {"role": "user", "content": prompt(turn)}]
    made.append(step(5, "chat m", "LLM", asked, turn.answer or "Item", error=failure))
    if turn.suggests and turn.answer:
        more = [{"role": "user", "content": f"Suggest a further question after this: {turn.answer}"}]
        made.append(step(6, "chat m", "LLM", more, "1. Is there a discount?"))
    root = Step(
        f"{turn.key:014x}00", above, trace, "ask", "CHAIN", turn.question, turn.answer, begin, begin + 50.0,
        turn.conversation, error=failure,
    )  # fmt: skip
    return [root, *made]


def _objects(listed: tuple[tuple[str, str], ...] | None) -> list[dict[str, str]]:
    return [{"id": key, "content": text} for key, text in listed or ()]


def _moment(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()


def _span(step: Step, attributes: dict[str, Any]) -> dict[str, Any]:
    """A span of OTLP's with an error as OpenTelemetry's SDK records it."""
    kind, _, why = (step.error or "").partition(": ")
    raised = {"name": "exception", "attributes": {"exception.type": f"lib.{kind}", "exception.message": why}}
    return {
        "traceId": step.trace, "spanId": step.key, "parentSpanId": step.parent or "", "name": step.name,
        "startTimeUnixNano": int(step.start * 1e9), "endTimeUnixNano": int(step.end * 1e9),
        "attributes": {name: value for name, value in attributes.items() if value is not None},
        "status": {"code": 2, "message": step.error} if step.error else {"code": 0},
        "events": [raised] if step.error else [],
    }  # fmt: skip


def openinference(step: Step) -> dict[str, Any]:
    """Attributes by OpenInference's names."""
    own: dict[str, Any] = {"openinference.span.kind": step.kind, "session.id": step.session}
    if step.kind == "LLM":
        for at, message in enumerate(step.asked):
            own |= {f"llm.input_messages.{at}.message.{name}": text for name, text in message.items()}
        spoken = None if step.error else step.output
        own |= {"llm.output_messages.0.message.role": "assistant", "llm.output_messages.0.message.content": spoken}
        return {**own, "llm.token_count.prompt": 10, "llm.token_count.completion": 3, "llm.model_name": "m"}
    own |= {"input.value": step.asked, "output.value": step.output}
    for at, document in enumerate(_objects(step.documents)):
        own |= {f"retrieval.documents.{at}.document.{name}": text for name, text in document.items()}
    return own


def genai(step: Step) -> dict[str, Any]:
    """Attributes by OpenTelemetry's names; the outermost span is a server's."""
    if step.kind == "CHAIN":
        return {"http.request.method": "POST", "gen_ai.conversation.id": step.session}
    if step.kind == "RETRIEVER":
        return {"gen_ai.operation.name": "retrieval", "gen_ai.retrieval.query.text": step.asked,
                "gen_ai.retrieval.documents": json.dumps(_objects(step.documents))}  # fmt: skip
    messages = [{"role": each["role"], "parts": [{"type": "text", "content": each["content"]}]} for each in step.asked]
    spoken = [{"role": "assistant", "parts": [{"type": "text", "content": step.output}], "finish_reason": "stop"}]
    return {
        "gen_ai.operation.name": "chat", "gen_ai.request.model": "m", "gen_ai.input.messages": json.dumps(messages),
        "gen_ai.output.messages": None if step.error else json.dumps(spoken),
        "gen_ai.usage.input_tokens": 10, "gen_ai.usage.output_tokens": 3,
    }  # fmt: skip


def silent(step: Step) -> dict[str, Any]:
    """OpenTelemetry's names without the words of models, which are log events."""
    return {name: value for name, value in genai(step).items() if not name.endswith(".messages")}


def log_events(step: Step) -> list[dict[str, Any]]:
    """The words of a model as log events with bodies."""
    if step.kind != "LLM":
        return []
    bodies = [(f"gen_ai.{each['role']}.message", {"content": each["content"]}) for each in step.asked]
    if not step.error:
        bodies.append(("gen_ai.choice", {"index": 0, "message": {"role": "assistant", "content": step.output}}))
    return [
        {"traceId": step.trace, "spanId": step.key, "eventName": name, "timeUnixNano": int(step.start * 1e9),
         "body": _any_value(body)}
        for name, body in bodies
    ]  # fmt: skip


def _any_value(value: Any) -> dict[str, Any]:
    if isinstance(value, dict):
        return {"kvlistValue": {"values": [{"key": name, "value": _any_value(each)} for name, each in value.items()]}}
    return {"intValue": str(value)} if isinstance(value, int) else {"stringValue": value}


def openllmetry(step: Step) -> dict[str, Any]:
    """Attributes by Traceloop's names: a workflow, and a task that returns its documents."""
    own = {"traceloop.association.properties.session_id": step.session}
    if step.kind == "LLM":
        return {**genai(step), **own}
    returned = _objects(step.documents) if step.kind == "RETRIEVER" else step.output
    return {
        **own, "traceloop.span.kind": "task" if step.kind == "RETRIEVER" else "workflow",
        "traceloop.entity.input": step.asked and json.dumps({"args": [step.asked], "kwargs": {"mode": "x"}}),
        "traceloop.entity.output": None if returned is None else json.dumps(returned),
    }  # fmt: skip


def by_hand(step: Step) -> dict[str, Any]:
    """Attributes that are simply called after what they hold, beside calls of a model by OpenTelemetry's names."""
    if step.kind == "LLM":
        return genai(step)
    if step.kind == "RETRIEVER":
        return {"query": step.asked, "documents": json.dumps(_objects(step.documents))}
    return {"question": step.asked, "answer": step.output, "session.id": step.session}


def haystack(step: Step) -> dict[str, Any]:
    """Attributes of Haystack's own tracer."""
    if step.kind == "CHAIN":
        data = (
            None
            if step.asked is None
            else json.dumps({"retriever": {"query": "x"}, "prompt": {"question": step.asked}})
        )
        output = None if step.output is None else json.dumps({"llm": {"replies": [_reply(step.output)]}})
        return {
            "haystack.pipeline.input_data": data,
            "haystack.pipeline.output_data": output,
            "session.id": step.session,
        }
    name = "BM25Retriever" if step.kind == "RETRIEVER" else "OpenAIChatGenerator"
    asked = {"query": step.asked} if step.kind == "RETRIEVER" else {"messages": step.asked}
    given = {"documents": _objects(step.documents)} if step.kind == "RETRIEVER" else {"replies": [_reply(step.output)]}
    written = None if step.error else json.dumps(given)
    return {"haystack.component.type": name, "haystack.component.input": json.dumps(asked),
            "haystack.component.output": written}  # fmt: skip


def _reply(text: str) -> dict[str, Any]:
    meta = {"model": "m", "usage": {"prompt_tokens": 10, "completion_tokens": 3}}
    return {"role": "assistant", "content": [{"text": text}], "meta": meta}


def _otlp(describe: Callable[[Step], dict[str, Any]], traces: list[list[Step]]) -> list[dict[str, Any]]:
    spans = [_span(step, describe(step)) for trace in traces for step in trace]
    return [{"resourceSpans": [{"resource": {}, "scopeSpans": [{"scope": {}, "spans": spans}]}]}]


def _with_logs(traces: list[list[Step]]) -> list[dict[str, Any]]:
    records = [event for trace in traces for step in trace for event in log_events(step)]
    return [
        *_otlp(silent, traces),
        {"resourceLogs": [{"resource": {}, "scopeLogs": [{"scope": {}, "logRecords": records}]}]},
    ]


def phoenix(traces: list[list[Step]]) -> list[dict[str, Any]]:
    """Rows of a dataframe of spans."""
    return [
        {
            "context.trace_id": step.trace, "context.span_id": step.key, "parent_id": step.parent, "name": step.name,
            "start_time": _moment(step.start), "end_time": _moment(step.end), "span_kind": step.kind,
            "status_code": "ERROR" if step.error else "UNSET", "status_message": step.error or "",
            **{f"attributes.{name}": value for name, value in openinference(step).items()},
        }
        for trace in traces for step in trace
    ]  # fmt: skip


def mlflow(traces: list[list[Step]]) -> list[dict[str, Any]]:
    """Traces as MLflow's client gives them."""
    return [_mlflow(trace) for trace in traces]


def _mlflow(trace: list[Step]) -> dict[str, Any]:
    kinds = {"LLM": "CHAT_MODEL"}
    spans = []
    for step in trace:
        output = _objects(step.documents) if step.kind == "RETRIEVER" else None if step.error else step.output
        asked = {"messages": step.asked} if step.kind == "LLM" else {"question": step.asked, "user_id": "u1"}
        named = {
            "mlflow.spanType": kinds.get(step.kind, step.kind),
            "mlflow.spanInputs": asked,
            "mlflow.spanOutputs": output,
            "mlflow.chat.tokenUsage": _USAGE if step.kind == "LLM" else None,
        }
        spans.append(_span(step, {name: json.dumps(value) for name, value in named.items() if value is not None}))
    root = trace[0]
    info = {
        "trace_id": f"tr-{root.trace}", "request_time": _moment(root.start), "state": "ERROR" if root.error else "OK",
        "execution_duration_ms": 50_000, "trace_metadata": {"session_id": root.session},
    }  # fmt: skip
    return {"info": info, "data": {"spans": spans}}


def langfuse(traces: list[list[Step]]) -> list[dict[str, Any]]:
    """Traces with their observations, as the API answers."""
    kinds = {"CHAIN": "SPAN", "LLM": "GENERATION"}
    made = []
    for trace in traces:
        root = trace[0]
        observations = [
            {
                "id": step.key, "traceId": step.trace, "parentObservationId": step.parent, "name": step.name,
                "type": kinds.get(step.kind, step.kind), "startTime": _moment(step.start), "endTime": _moment(step.end),
                "input": step.asked, "output": _objects(step.documents) if step.kind == "RETRIEVER" else
                None if step.error else step.output,
                "level": "ERROR" if step.error else "DEFAULT", "statusMessage": step.error,
                "usageDetails": {"input": 10, "output": 3, "total": 13} if step.kind == "LLM" else {},
            }
            for step in trace
        ]  # fmt: skip
        made.append({
            "id": root.trace, "projectId": "p", "timestamp": _moment(root.start), "sessionId": root.session,
            "input": root.asked, "output": root.output, "observations": observations,
        })  # fmt: skip
    return made


def langsmith(traces: list[list[Step]]) -> list[dict[str, Any]]:
    """Runs, flat."""
    kinds = {"LLM": "llm", "CHAIN": "chain", "RETRIEVER": "retriever"}
    return [
        {
            "id": step.key, "trace_id": step.trace, "parent_run_id": step.parent, "run_type": kinds[step.kind],
            "name": step.name, "start_time": _moment(step.start), "end_time": _moment(step.end), "error": step.error,
            "status": "error" if step.error else "success", "extra": {"metadata": {"session_id": step.session}},
            "inputs": {"messages": [step.asked]} if step.kind == "LLM" else {"question": step.asked or ""},
            "outputs": _returned(step), **(_COUNTS if step.kind == "LLM" else {}),
        }
        for trace in traces for step in trace
    ]  # fmt: skip


def _returned(step: Step) -> dict[str, Any]:
    if step.kind == "RETRIEVER":
        return {"documents": [{"page_content": text, "metadata": {"id": key}} for key, text in step.documents or ()]}
    return {} if step.error or step.output is None else {"output": step.output}


def opik(traces: list[list[Step]]) -> list[dict[str, Any]]:
    """Traces with their spans."""
    made = []
    for trace in traces:
        root = trace[0]
        kind, _, why = (root.error or "").partition(": ")
        own = {"project_name": "p", "thread_id": root.session}
        if root.error:
            own["error_info"] = {"exception_type": kind, "message": why}  # type: ignore[assignment]
        spans = [
            {
                "id": step.key, "trace_id": step.trace, "parent_span_id": None, "name": step.name,
                "type": "llm" if step.kind == "LLM" else "general", "start_time": _moment(step.start),
                "end_time": _moment(step.end), "input": {"messages": step.asked} if step.kind == "LLM" else step.asked,
                "output": {"documents": _objects(step.documents)} if step.kind == "RETRIEVER" else step.output,
                "usage": _COUNTS if step.kind == "LLM" else None,
            }
            for step in trace[1:]
        ]  # fmt: skip
        made.append({
            "id": root.trace, "name": "ask", "start_time": _moment(root.start), "end_time": _moment(root.end),
            "input": {"question": root.asked}, "output": root.output and {"answer": root.output}, "spans": spans, **own,
        })  # fmt: skip
    return made


def trulens(traces: list[list[Step]]) -> list[dict[str, Any]]:
    """Rows of TruLens' table of events."""
    return [
        {
            "record": {"name": step.name, "status": "STATUS_CODE_ERROR" if step.error else "STATUS_CODE_UNSET"},
            "record_attributes": {f"ai.observability.{name}": value for name, value in _trulens(step).items()},
            "start_timestamp": _moment(step.start), "timestamp": _moment(step.end),
            "trace": {"trace_id": step.trace, "span_id": step.key, "parent_id": step.parent or ""},
        }
        for trace in traces for step in trace
    ]  # fmt: skip


def _trulens(step: Step) -> dict[str, Any]:
    own = {"record_id": f"r-{step.trace}", "session_id": step.session}
    if step.kind == "RETRIEVER":
        texts = [text for _, text in step.documents or ()]
        return {
            **own,
            "span_type": "retrieval",
            "retrieval.query_text": step.asked,
            "retrieval.retrieved_contexts": texts,
        }
    if step.kind == "LLM":
        return {**own, "span_type": "generation"}
    return {**own, "span_type": "record_root", "record_root.input": step.asked,
            **({} if step.output is None else {"record_root.output": step.output})}  # fmt: skip


def rows(traces: list[list[Step]]) -> list[dict[str, Any]]:
    """A log of a service of one's own."""
    return [
        {
            "question": trace[0].asked, "answer": trace[0].output or "Sorry, try again.", "error": trace[0].error,
            "contexts": [each for step in trace for each in _objects(step.documents)], "session_id": trace[0].session,
            "timestamp": _moment(trace[0].start),
        }
        for trace in traces
    ]  # fmt: skip


WRITERS: dict[str, Callable[[list[list[Step]]], list[dict[str, Any]]]] = {
    "openinference": lambda traces: _otlp(openinference, traces),
    "otel-genai": lambda traces: _otlp(genai, traces),
    "otel-genai, messages in log events": _with_logs,
    "openllmetry": lambda traces: _otlp(openllmetry, traces),
    "haystack": lambda traces: _otlp(haystack, traces),
    "otlp, attributes by hand": lambda traces: _otlp(by_hand, traces),
    "openinference, dataframe of Phoenix": phoenix,
    "mlflow": mlflow,
    "langfuse": langfuse,
    "langsmith": langsmith,
    "opik": opik,
    "trulens": trulens,
    "jsonl": rows,
}
"""Each dialect, and shapes of it, to what writes the objects of its file."""
TOGETHER = ("openinference", "haystack", "otel-genai", "otel-genai, messages in log events", "openllmetry",
            "otlp, attributes by hand", "openinference, dataframe of Phoenix", "langsmith", "langfuse",
            "mlflow")  # fmt: skip
"""Those in which a whole session may be one trace."""


def truth(turn: Turn) -> dict[str, Any]:
    """What has to be read of a turn."""
    return {
        "question": turn.question,
        "response": turn.answer,
        "contexts": tuple(text for _, text in turn.passages),
        "conversation": turn.conversation,
        "turn": turn.number,
    }


def turns_of(made: list[list[Turn]]) -> Iterator[Turn]:
    """All turns."""
    for conversation in made:
        yield from conversation
