"""What events of known protocols say of themselves: an error, a cut, an end, a part that is no answer."""

from typing import Any

import pytest

from rag_eval.targets.http import signs

ERRORS = {
    "OpenAI chat": ("", {"error": {"message": "Overloaded", "code": 502}}, "Overloaded (502)"),
    "OpenRouter": (
        "", {"error": {"message": "Overloaded"}, "choices": [{"delta": {}, "finish_reason": "error"}]}, "Overloaded"
    ),
    "OpenAI responses": (
        "response.failed", {"type": "response.failed", "response": {"error": {"message": "Overloaded"}}}, "Overloaded"
    ),
    "OpenAI assistants": ("thread.run.failed", {"last_error": {}, "message": "Overloaded"}, "Overloaded"),
    "Anthropic": ("error", {"type": "error", "error": {"type": "o_e", "message": "Overloaded"}}, "Overloaded (o_e)"),
    "Vercel": ("", {"type": "error", "errorText": "Overloaded"}, "Overloaded"),
    "Vercel, stopped": ("", {"type": "abort"}, "abort"),
    "LangServe": ("error", {"status_code": 500, "message": "Overloaded"}, "Overloaded"),
    "plain": ("error", "Overloaded", "Overloaded"),
    "Ollama": ("", {"error": "Overloaded"}, "Overloaded"),
    "Cohere": ("", {"event_type": "stream-end", "finish_reason": "ERROR", "message": "x"}, "ERROR"),
    "Gemini": ("", {"candidates": [{"finishReason": "SAFETY"}]}, "SAFETY"),
    "Gemini, blocked": ("", {"promptFeedback": {"blockReason": "OTHER"}}, "OTHER"),
    "Bedrock": ("", {"modelStreamErrorException": {"message": "Overloaded"}}, "Overloaded"),
    "AG-UI": ("", {"type": "RUN_ERROR", "message": "Overloaded"}, "Overloaded"),
    "Dify": ("", {"event": "error", "status": 400, "message": "Overloaded"}, "Overloaded"),
    "vLLM": ("", {"object": "error", "message": "Overloaded"}, "Overloaded"),
    "FastAPI": ("", {"detail": "Overloaded"}, "Overloaded"),
    "filtered": ("", {"choices": [{"delta": {}, "finish_reason": "content_filter"}]}, "content_filter"),
    "an agent": ("", {"type": "result", "is_error": True, "message": "Overloaded"}, "Overloaded"),
    "no success": ("", {"success": False, "message": "Overloaded"}, "Overloaded"),
    "status in words": ("", {"status": "error", "message": "Overloaded"}, "Overloaded"),
    "status in numbers": ("", {"code": 503, "message": "Overloaded"}, "Overloaded"),
}  # fmt: skip


@pytest.mark.parametrize("shape", ERRORS)
def test_errors_are_quoted(shape: str) -> None:
    """Whatever the protocol, with the service's own words."""
    name, value, words = ERRORS[shape]
    trouble = signs.trouble(signs.event(name, value))
    assert trouble is not None
    assert trouble.reason == "service_error"
    assert words in trouble.message


@pytest.mark.parametrize(
    "value",
    [
        {"choices": [{"delta": {}, "finish_reason": "length"}]},
        {"done": True, "done_reason": "length"},
        {"type": "message_delta", "delta": {"stop_reason": "max_tokens"}},
        {"type": "finish", "finishReason": "length"},
        {"candidates": [{"finishReason": "MAX_TOKENS"}]},
        {"messageStop": {"stopReason": "max_tokens"}},
        {"type": "response.incomplete", "response": {"incomplete_details": {"reason": "max_output_tokens"}}},
        {"type": "message-end", "delta": {"finish_reason": "MAX_TOKENS"}},
    ],
)
def test_a_limit_cuts_off(value: Any) -> None:
    """An answer that reached the most tokens is half an answer."""
    trouble = signs.trouble(signs.event("", value))
    assert trouble is not None
    assert trouble.reason == "cut_off"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("", {"error": None, "text": "x"}),
        ("", {"errors": [], "error": "", "success": True, "code": 0, "status": 200}),
        ("", {"type": "tool-output-error", "errorText": "no such page"}),
        ("", {"type": "retrieval", "status": "failed", "index": "b"}),
        ("", {"type": "source", "text": "An error has a message."}),
        ("response.created", {"response": {"status": "in_progress", "error": None, "incomplete_details": None}}),
        ("ping", None),
        ("", "error"),
    ],
)
def test_what_is_no_error(name: str, value: Any) -> None:
    """Fields that are empty, steps that failed while the answer goes on, words of a text."""
    assert signs.trouble(signs.event(name, value)) is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("", {"choices": [{"delta": {}, "finish_reason": "stop"}]}),
        ("message_stop", {"type": "message_stop"}),
        ("response.completed", {"type": "response.completed"}),
        ("", {"type": "finish"}),
        ("end", None),
        ("", {"response": "", "done": True}),
        ("", {"type": "message-end"}),
        ("", {"event_type": "stream-end"}),
        ("", {"type": "RUN_FINISHED"}),
        ("", {"event": "message_end"}),
        ("", {"code": 0, "data": True}),
        ("", {"status": "completed"}),
        ("", {"candidates": [{"finishReason": "STOP"}]}),
    ],
)
def test_ends(name: str, value: Any) -> None:
    """The last words of each protocol."""
    assert signs.is_end(signs.event(name, value))
    assert signs.trouble(signs.event(name, value)) is None


@pytest.mark.parametrize(
    "value",
    [
        {"type": "text-end", "id": "1"},
        {"type": "finish-step"},
        {"type": "response.output_text.done", "text": "x"},
        {"type": "content_block_stop"},
        {"event": "on_chain_end"},
        {"choices": [{"delta": {"content": "x"}, "finish_reason": None}]},
        {"choices": [{"delta": {}, "finish_reason": "tool_calls"}]},
        {"done": False},
        {"text": "done"},
        "end",
    ],
)
def test_what_ends_only_a_part(value: Any) -> None:
    """Is no end of the answer."""
    assert not signs.is_end(signs.event("", value))


@pytest.mark.parametrize(
    ("value", "does"),
    [
        ({"object": "chat.completion.chunk", "choices": []}, True),
        ({"choices": [{"delta": {"content": "x"}}]}, True),
        ({"response": "x", "done": False}, True),
        ({"type": "content_block_delta", "delta": {"text": "x"}}, True),
        ({"type": "text-delta", "delta": "x"}, True),
        ({"text": "x"}, False),
        ("x", False),
    ],
)
def test_who_tells_of_the_end(value: Any, does: bool) -> None:  # noqa: FBT001  a column of the table
    """A protocol is known by its events."""
    assert signs.announces(signs.event("", value)) is does


@pytest.mark.parametrize(
    ("kind", "is_aside"),
    [
        ("response.reasoning_summary_text.delta", True),
        ("response.function_call_arguments.delta", True),
        ("THINKING_TEXT_MESSAGE_CONTENT", True),
        ("tool-input-delta", True),
        ("response.output_text.delta", False),
        ("TEXT_MESSAGE_CONTENT", False),
    ],
)
def test_reasoning_and_tools(kind: str, is_aside: bool) -> None:  # noqa: FBT001  a column of the table
    """Are no part of the answer by the event's own word."""
    assert signs.is_aside(signs.event("", {"type": kind, "delta": "x"})) is is_aside
