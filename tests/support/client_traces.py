"""Traces as further clients write them, by the names in their sources, of one question whose truth is known."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from support.dialects import pairs

QUESTION = "Can I bring my bike on the ferry?"
ANSWER = "Yes, bikes travel free of charge."
DOCUMENTS = [
    {"id": "d1", "text": "Bikes travel free on every ferry.", "score": 0.9},
    {"id": "d2", "text": "Dogs need a lead on deck.", "score": 0.4},
]
TEXTS = tuple(str(each["text"]) for each in DOCUMENTS)
IDS = tuple(str(each["id"]) for each in DOCUMENTS)
PROMPT = "Answer from these passages:\n" + "\n".join(TEXTS) + f"\n\nQuestion: {QUESTION}"
USAGE = {"gen_ai.usage.input_tokens": 50, "gen_ai.usage.output_tokens": 8}
_FIRST, _SECOND = (
    {"gen_ai.usage.input_tokens": 20, "gen_ai.usage.output_tokens": 3},
    {"gen_ai.usage.input_tokens": 30, "gen_ai.usage.output_tokens": 5},
)
_BEGAN = 1_790_000_000
Event = tuple[str, dict[str, Any]]


@dataclass
class Spans:
    """Spans of one trace, each a second after the one before."""

    listed: list[dict[str, Any]] = field(default_factory=list)

    def add(self, above: str | None, name: str, attributes: dict[str, Any], *events: Event, error: str = "") -> str:
        """Add a span; gives its id."""
        number = len(self.listed) + 1
        start = _BEGAN + number
        self.listed.append(
            {
                "traceId": "5b8efff798038103d269b633813fc60c",
                "spanId": f"{number:016x}",
                "parentSpanId": above or "",
                "name": name,
                "startTimeUnixNano": str(start * 10**9),
                "endTimeUnixNano": str((_BEGAN + 90 if above is None else start) * 10**9 + 5 * 10**8),
                "attributes": pairs({key: value for key, value in attributes.items() if value is not None}),
                "events": [{"name": event, "attributes": pairs(said)} for event, said in events],
                "status": {"code": 2, "message": error} if error else {},
            }
        )
        return f"{number:016x}"

    def otlp(self) -> dict[str, Any]:
        """The trace as OTLP has it."""
        return {"resourceSpans": [{"scopeSpans": [{"spans": self.listed}]}]}


def spring_ai() -> Any:
    """A chat client with an advisor that searches a vector store; the texts have quotes around them and no escapes."""
    spans = Spans()
    root = spans.add(None, "http post /ask", {"http.url": "/ask"})
    asked = {"spring.ai.kind": "chat_client", "spring.ai.chat.client.user.text": QUESTION}
    client = spans.add(
        root, "spring_ai chat_client",
        {"gen_ai.operation.name": "framework", **asked, "spring.ai.chat.client.conversation.id": "s-1"},
    )  # fmt: skip
    found = {
        "db.vector.query.content": QUESTION,
        "db.vector.query.response.documents": '["' + '", "'.join(TEXTS) + '"]',
    }
    spans.add(client, "pg_vector query", {"db.operation.name": "query", "spring.ai.kind": "vector_store", **found})
    said = {"gen_ai.prompt": json.dumps([PROMPT]), "gen_ai.completion": json.dumps([ANSWER])}
    spans.add(client, "chat gpt", {"gen_ai.operation.name": "chat", "gen_ai.request.model": "m", **said, **USAGE})
    return spans.otlp()


def google_adk() -> Any:
    """Two calls of a model and a tool between them, as JSON texts."""
    spans = Spans()
    agent = spans.add(None, "invoke_agent ferry", {"gen_ai.operation.name": "invoke_agent"})
    user = {"role": "user", "parts": [{"text": QUESTION}]}
    called = {"role": "model", "parts": [{"function_call": {"name": "search", "args": {"query": "bikes"}}}]}
    response = {"name": "search", "response": {"result": DOCUMENTS}}
    returned = {"role": "user", "parts": [{"function_response": response}]}

    def call(contents: list[Any], content: Any, used: dict[str, int]) -> None:
        recorded = {"llm_request": {"model": "m", "contents": contents}, "llm_response": {"content": content}}
        named = {f"gcp.vertex.agent.{name}": json.dumps(value) for name, value in recorded.items()}
        spans.add(
            agent, "call_llm", {"gen_ai.request.model": "m", "gcp.vertex.agent.session_id": "s-1", **named, **used}
        )

    call([user], called, _FIRST)
    tool = {"gen_ai.operation.name": "execute_tool", "gcp.vertex.agent.llm_request": "{}"}
    told = {"content": {"role": "user", "parts": [{"function_response": response}]}}
    spans.add(agent, "execute_tool search", {**tool, "gcp.vertex.agent.tool_response": json.dumps(told)})
    call([user, called, returned], {"role": "model", "parts": [{"text": ANSWER}]}, _SECOND)
    return spans.otlp()


def strands() -> Any:
    """Messages in events of spans, as Bedrock has them: parts without a type."""
    spans = Spans()
    text: Callable[[str], str] = lambda said: json.dumps([{"text": said}])  # noqa: E731 - as short as it is meant
    asked: Event = ("gen_ai.user.message", {"content": text(QUESTION)})
    answered: Event = ("gen_ai.choice", {"finish_reason": "end_turn", "message": text(ANSWER)})
    calls: Event = (
        "gen_ai.choice",
        {"message": json.dumps([{"toolUse": {"name": "search", "input": {"q": "bikes"}}}])},
    )
    agent = {"gen_ai.operation.name": "invoke_agent", "session.id": "s-1", **USAGE}
    root = spans.add(None, "invoke_agent Strands Agents", agent, asked, answered)
    chat = {"gen_ai.operation.name": "chat", "gen_ai.request.model": "m"}
    spans.add(root, "chat", {**chat, **_FIRST}, asked, calls)
    found: Event = ("gen_ai.choice", {"message": text(json.dumps(DOCUMENTS))})
    spans.add(root, "execute_tool search", {"gen_ai.operation.name": "execute_tool"}, found)
    spans.add(root, "chat", {**chat, **_SECOND}, asked, answered)
    return spans.otlp()


def vercel() -> Any:
    """A call of two steps and a tool between them."""
    spans = Spans()
    whole = {"ai.operationId": "ai.generateText", "ai.telemetry.metadata.sessionId": "s-1", "ai.model.id": "m"}
    counted = {"ai.usage.promptTokens": 50, "ai.usage.completionTokens": 8}
    asked = {"ai.prompt": json.dumps({"system": "You help.", "messages": [{"role": "user", "content": QUESTION}]})}
    root = spans.add(None, "ai.generateText", {**whole, **asked, "ai.response.text": ANSWER, **counted})
    user = {"role": "user", "content": [{"type": "text", "text": QUESTION}]}
    step = {"ai.operationId": "ai.generateText.doGenerate", "gen_ai.request.model": "m"}
    called = {"ai.response.toolCalls": json.dumps([{"toolName": "search", "args": "{}"}])}
    spans.add(root, "doGenerate", {**step, "ai.prompt.messages": json.dumps([user]), **called, **_FIRST})
    tool = {"ai.operationId": "ai.toolCall", "ai.toolCall.name": "search", "ai.toolCall.args": '{"query": "bikes"}'}
    listed = [{"id": each["id"], "content": each["text"], "similarity": each["score"]} for each in DOCUMENTS]
    spans.add(root, "ai.toolCall", {**tool, "ai.toolCall.result": json.dumps(listed)})
    history = [user, {"role": "tool", "content": [{"type": "tool-result", "result": listed}]}]
    said = {"ai.prompt.messages": json.dumps(history), "ai.response.text": ANSWER}
    spans.add(root, "doGenerate", {**step, **said, **_SECOND})
    return spans.otlp()


def semantic_kernel() -> Any:
    """Its own names of operations and tokens, and content in events of the span."""
    spans = Spans()
    agent = {
        "gen_ai.operation.name": "invoke_agent",
        "gen_ai.agent.invocation_input": json.dumps([{"role": "user", "content": QUESTION}]),
        "gen_ai.agent.invocation_output": json.dumps([{"role": "assistant", "content": ANSWER}]),
    }
    root = spans.add(None, "invoke_agent Ferry", agent)
    found = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.call.result": json.dumps(DOCUMENTS)}
    spans.add(root, "execute_tool docs-search", found)
    counted = {"gen_ai.response.prompt_tokens": 50, "gen_ai.response.completion_tokens": 8}
    spans.add(
        root, "chat.completions m",
        {"gen_ai.operation.name": "chat.completions", "gen_ai.request.model": "m", **counted},
        ("gen_ai.content.prompt", {"gen_ai.prompt": json.dumps([{"role": "user", "content": QUESTION}])}),
        ("gen_ai.content.completion", {"gen_ai.completion": json.dumps([{"role": "assistant", "content": ANSWER}])}),
    )  # fmt: skip
    return spans.otlp()


def logfire_openai() -> Any:
    """What Logfire records of OpenAI's client, below a span of one's own."""
    spans = Spans()
    root = spans.add(None, "answer", {"question": QUESTION})
    spans.add(root, "retrieve", {"query": QUESTION, "documents": json.dumps(DOCUMENTS)})
    sent = {"messages": [{"role": "user", "content": PROMPT}], "model": "m"}
    got = {"message": {"role": "assistant", "content": ANSWER}, "usage": {}}
    recorded = {"request_data": json.dumps(sent), "response_data": json.dumps(got)}
    spans.add(root, "Chat Completion", {"gen_ai.request.model": "m", **recorded, **USAGE})
    return spans.otlp()


def langfuse_sdk() -> Any:
    """What Langfuse's SDK sends over OTLP."""
    spans = Spans()
    called = json.dumps({"args": [QUESTION], "kwargs": {}})

    def observed(kind: str, asked: Any, output: Any) -> dict[str, Any]:
        sides = {"input": asked, "output": json.dumps(output)}
        return {"langfuse.observation.type": kind} | {f"langfuse.observation.{side}": it for side, it in sides.items()}

    root = spans.add(None, "answer", {**observed("span", called, ANSWER), "session.id": "s-1"})
    spans.add(root, "search", observed("retriever", called, DOCUMENTS))
    counted = {"langfuse.observation.usage_details": json.dumps({"input": 50, "output": 8, "total": 58})}
    prompt = json.dumps([{"role": "user", "content": PROMPT}])
    spans.add(
        root, "generation", {**observed("generation", prompt, {"role": "assistant", "content": ANSWER}), **counted}
    )
    return spans.otlp()


def langsmith_sdk() -> Any:
    """What LangSmith's SDK sends over OTLP: inputs and outputs where prompts stand, and a project as the session."""
    spans = Spans()
    project = {"langsmith.trace.session_id": "project", "langsmith.trace.session_name": "ferries"}

    def run(kind: str, asked: Any, output: Any) -> dict[str, Any]:
        said = {"gen_ai.prompt": json.dumps(asked), "gen_ai.completion": json.dumps(output)}
        return {"langsmith.span.kind": kind, **project, "langsmith.metadata.thread_id": "s-1", **said}

    root = spans.add(None, "ask", run("chain", {"question": QUESTION}, {"answer": ANSWER}))
    spans.add(root, "search", run("retriever", {"query": QUESTION}, {"documents": DOCUMENTS}))
    asked = {"messages": [{"role": "user", "content": PROMPT}]}
    output = {"choices": [{"message": {"role": "assistant", "content": ANSWER}}]}
    spans.add(root, "ChatOpenAI", {**run("llm", asked, output), **USAGE})
    return spans.otlp()


def azure_inference() -> Any:
    """Each message as JSON in an event."""
    spans = Spans()
    root = spans.add(None, "ask", {"http.request.method": "POST"})
    found = {"gen_ai.operation.name": "execute_tool", "gen_ai.tool.call.result": json.dumps({"documents": DOCUMENTS})}
    spans.add(root, "search", found)
    spans.add(
        root, "chat m", {"gen_ai.operation.name": "chat", "gen_ai.request.model": "m", **USAGE},
        ("gen_ai.user.message", {"gen_ai.event.content": json.dumps({"role": "user", "content": PROMPT})}),
        ("gen_ai.choice", {"gen_ai.event.content": json.dumps({"message": {"content": ANSWER}, "index": 0})}),
    )  # fmt: skip
    return spans.otlp()


def autogen() -> Any:
    """Tools whose spans have no content: what they brought stands only in the next prompt."""
    spans = Spans()
    root = spans.add(None, "invoke_agent assistant", {"gen_ai.operation.name": "invoke_agent"})
    user = {"gen_ai.prompt.0.role": "user", "gen_ai.prompt.0.content": QUESTION}
    call = {"gen_ai.completion.0.role": "assistant", "gen_ai.completion.0.tool_calls.0.name": "search"}
    spans.add(root, "openai.chat", {"gen_ai.request.model": "m", **user, **call, **_FIRST})
    spans.add(root, "execute_tool search", {"gen_ai.operation.name": "execute_tool"})
    brought = {"gen_ai.prompt.1.role": "tool", "gen_ai.prompt.1.content": json.dumps(DOCUMENTS)}
    said = {"gen_ai.completion.0.role": "assistant", "gen_ai.completion.0.content": ANSWER}
    spans.add(root, "openai.chat", {"gen_ai.request.model": "m", **user, **brought, **said, **_SECOND})
    return spans.otlp()


def smolagents() -> Any:
    """A tool that returns one text with a numbered line before each passage."""
    spans = Spans()
    asked = {"input.value": json.dumps({"task": QUESTION, "stream": False}), "output.value": ANSWER}
    root = spans.add(None, "CodeAgent.run", {"openinference.span.kind": "AGENT", **asked})
    text = "\nRetrieved documents:\n" + "".join(f"\n\n===== Document {at} =====\n{it}" for at, it in enumerate(TEXTS))
    called = {"input.value": json.dumps({"args": ["bikes"], "kwargs": {}}), "output.value": text}
    spans.add(root, "RetrieverTool", {"openinference.span.kind": "TOOL", **called})
    counted = {"llm.token_count.prompt": 50, "llm.token_count.completion": 8}
    said = {
        "llm.input_messages.0.message.role": "user",
        "llm.input_messages.0.message.content": f"New task:\n{QUESTION}",
    }
    spans.add(root, "Model.generate", {"openinference.span.kind": "LLM", **said, "output.value": "done", **counted})
    return spans.otlp()


def traceloop_joined() -> Any:
    """A tool that returns its passages as one text: where one ends nobody can tell."""
    spans = Spans()

    def entity(kind: str, asked: Any, output: Any) -> dict[str, Any]:
        said = {"input": {"args": [asked], "kwargs": {}}, "output": output}
        return {"traceloop.span.kind": kind} | {f"traceloop.entity.{side}": json.dumps(it) for side, it in said.items()}

    session = {"traceloop.association.properties.session_id": "s-1"}
    root = spans.add(None, "ask.workflow", {**entity("workflow", QUESTION, ANSWER), **session})
    spans.add(root, "search.tool", entity("tool", QUESTION, "\n\n".join(TEXTS)))
    prompt = [
        {"role": "user", "parts": [{"type": "text", "content": PROMPT.replace(TEXTS[0] + "\n", TEXTS[0] + "\n\n")}]}
    ]
    spans.add(
        root, "openai.chat",
        {"gen_ai.operation.name": "chat", "gen_ai.input.messages": json.dumps(prompt), **USAGE},
    )  # fmt: skip
    return spans.otlp()


def datadog() -> Any:
    """Spans as Datadog's SDK sends them, one after the other."""

    def span(number: int, kind: str, asked: Any, output: Any, **metrics: int) -> dict[str, Any]:
        meta = {"span.kind": kind, "input": asked, "output": output}
        place = {"span_id": str(number), "trace_id": "77", "parent_id": "1" if number > 1 else "undefined"}
        timed = {"start_ns": (_BEGAN + number) * 10**9, "duration": 5 * 10**8, "session_id": "s-1"}
        return {**place, **timed, "name": kind, "status": "ok", "meta": meta, "metrics": metrics}

    return [
        span(1, "workflow", {"value": QUESTION}, {"value": ANSWER}),
        span(2, "retrieval", {"value": QUESTION}, {"documents": DOCUMENTS}),
        span(
            3, "llm", {"messages": [{"role": "user", "content": PROMPT}]},
            {"messages": [{"role": "assistant", "content": ANSWER}]}, input_tokens=50, output_tokens=8,
        ),
    ]  # fmt: skip


TRUTH: dict[str, Any] = {
    "question": QUESTION, "response": ANSWER, "contexts": TEXTS, "context_ids": IDS, "conversation": "s-1",
    "input_tokens": 50.0, "output_tokens": 8.0,
}  # fmt: skip
NO_IDS, NO_SESSION = {"context_ids": None}, {"conversation": None}
CLIENTS: dict[str, tuple[Callable[[], Any], dict[str, Any]]] = {
    "Spring AI": (spring_ai, {"dialect": "spring-ai", **NO_IDS}),
    "Google ADK": (google_adk, {"dialect": "google-adk"}),
    "Strands Agents": (strands, {"dialect": "otel-genai"}),
    "Vercel AI SDK": (vercel, {"dialect": "vercel"}),
    "Semantic Kernel": (semantic_kernel, {"dialect": "otel-genai", **NO_SESSION}),
    "OpenAI SDK, Logfire": (logfire_openai, {**NO_SESSION}),
    "Langfuse SDK, OTLP": (langfuse_sdk, {"dialect": "langfuse"}),
    "LangSmith SDK, OTLP": (langsmith_sdk, {"dialect": "langsmith"}),
    "Azure AI Inference": (azure_inference, {"dialect": "otel-genai", **NO_SESSION}),
    "AutoGen, OpenLLMetry": (autogen, {"dialect": "otel-genai", **NO_SESSION}),
    "smolagents, OpenInference": (smolagents, {"dialect": "openinference", **NO_IDS, **NO_SESSION}),
    "Traceloop decorators, passages in one text": (traceloop_joined, {"contexts": None, **NO_IDS}),
    "Datadog LLM Observability": (datadog, {"dialect": "datadog"}),
}
"""How each writes the trace, and where that differs from the truth by what it does not record."""
