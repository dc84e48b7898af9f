"""Questions and answers are found in whatever structure a span recorded."""

import json
from pathlib import Path
from typing import Any

from rag_eval import traces

TRACE = "5B8EFFF798038103D269B633813FC60C"


ROOT, CHILD, OTHER, LAST = "EEE19B7EC3C1B174", "EEE19B7EC3C1B175", "EEE19B7EC3C1B176", "EEE19B7EC3C1B177"


def span(key: str, parent: str | None, attributes: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A span on its own, attributes as an object."""
    return {"traceId": TRACE, "spanId": key, "parentSpanId": parent, "name": "x", "attributes": attributes, **more}


def read(folder: Path, value: Any) -> list[traces.Exchange | traces.SkippedTrace]:
    """Everything in a file that holds the value."""
    path = folder / "t.json"
    path.write_text(json.dumps(value))
    return list(traces.read(str(path)))


def exchange(folder: Path, value: Any) -> traces.Exchange:
    """The only exchange in it."""
    (found,) = read(folder, value)
    assert isinstance(found, traces.Exchange), found
    return found


def skipped(folder: Path, value: Any) -> traces.SkippedTrace:
    """The only thing in it, which is none."""
    (found,) = read(folder, value)
    assert isinstance(found, traces.SkippedTrace), found
    return found


def test_null_outputs_and_inputs_are_nothing(tmp_path: Path) -> None:
    """Langfuse and LangSmith write null for what was not recorded."""
    run = {
        "id": "r",
        "trace_id": "r",
        "run_type": "chain",
        "inputs": {"question": "Who?"},
        "outputs": None,
        "start_time": None,
    }
    assert exchange(tmp_path, [run]).response is None
    trace = {"id": "t", "projectId": "p", "timestamp": "2025-01-15T10:00:00Z", "input": None, "output": None}
    assert skipped(tmp_path, trace).trace_id == "t"


def test_messages_are_read_in_every_form(tmp_path: Path) -> None:
    """The last thing a user said and the last thing an assistant said."""
    forms: list[list[Any]] = [
        [{"role": "user", "content": "Who?"}, {"role": "assistant", "content": "Me."}],
        [{"type": "human", "content": "Who?"}, {"type": "ai", "content": [{"type": "text", "text": "Me."}]}],
        [["human", "Who?"], ["ai", "Me."]],
        [
            {"lc": 1, "type": "constructor", "id": ["langchain", "HumanMessage"], "kwargs": {"content": "Who?"}},
            {"lc": 1, "type": "constructor", "id": ["langchain", "AIMessage"], "kwargs": {"content": "Me."}},
        ],
        [
            {"role": "user", "parts": [{"type": "text", "content": "Who?"}]},
            {"role": "tool", "parts": [{"type": "tool_call_response", "response": "x"}]},
            {"role": "assistant", "parts": [{"type": "text", "content": "Me."}]},
        ],
    ]
    for form in forms:
        held = {"input.value": json.dumps({"messages": form}), "output.value": json.dumps({"messages": form})}
        found = exchange(tmp_path, [span(ROOT, None, held)])
        assert (found.question, found.response) == ("Who?", "Me."), form


def test_frameworks_have_shapes_of_their_own(tmp_path: Path) -> None:
    """What agents' and web frameworks put into the input and output of their outermost span."""
    pairs_of: list[tuple[Any, Any]] = [
        ({"new_message": {"role": "user", "parts": [{"text": "Who?"}]}}, {"raw": "Me.", "tasks_output": []}),
        ({"args": ["Who?"]}, {"content": {"role": "model", "parts": [{"text": "Me."}]}}),
        ({"query_str": "Who?", "top_k": 3}, {"final_output": "Me.", "usage": {"total": 3}}),
        ([{"role": "user", "content": [{"type": "input_text", "text": "Who?"}]}],
         [{"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Me."}]}]),
        ({"body": {"prompt": "Who?"}}, {"choices": [{"message": {"role": "assistant", "content": "Me."}}]}),
        ("Who?", {"generations": [[{"text": "Me."}]]}),
    ]  # fmt: skip
    for asked, said in pairs_of:
        held = {
            "input.value": json.dumps(asked),
            "output.value": json.dumps(said),
            "input.mime_type": "application/json",
        }
        found = exchange(tmp_path, [span(ROOT, None, held)])
        assert (found.question, found.response) == ("Who?", "Me."), (asked, said)


def test_web_and_agent_sdks_have_names_of_their_own(tmp_path: Path) -> None:
    """Vercel's, Pydantic's, Langfuse's and LangSmith's SDKs over OTLP, and content that stands in events."""
    messages = [{"role": "user", "content": "Who?"}, {"role": "assistant", "content": "Me."}]
    for held in (
        {"ai.operationId": "ai.streamText", "ai.prompt": json.dumps({"prompt": "Who?"}), "ai.response.text": "Me."},
        {"gen_ai.operation.name": "invoke_agent", "pydantic_ai.all_messages": json.dumps(messages)},
        {"langfuse.trace.input": "Who?", "langfuse.trace.output": "Me.", "langfuse.session.id": "s"},
        {
            "langsmith.span.kind": "chain",
            "langsmith.inputs": '{"input": "Who?"}',
            "langsmith.outputs": '{"output": "Me."}',
        },
        {
            "gen_ai.system": "x",
            "llm.prompts.0.role": "user",
            "llm.prompts.0.content": "Who?",
            "llm.completions.0.content": "Me.",
        },
    ):
        found = exchange(tmp_path, [span(ROOT, None, held)])
        assert (found.question, found.response) == ("Who?", "Me."), held
    events = [
        {"name": "gen_ai.content.prompt", "attributes": {"gen_ai.prompt": json.dumps(messages[:1])}},
        {"name": "gen_ai.content.completion", "attributes": {"gen_ai.completion": json.dumps(messages[1:])}},
    ]
    found = exchange(tmp_path, [span(ROOT, None, {"gen_ai.system": "x"}, events=events)])
    assert (found.question, found.response) == ("Who?", "Me.")
