"""What an event of a stream, or a whole body, says of itself: that something went wrong, that the answer ends, or both.

Known are the shapes of OpenAI (chat and responses), Anthropic, Gemini, Cohere, Bedrock, Ollama, the Vercel AI SDK,
LangServe, AG-UI, Dify and RAGFlow, and what services of one's own write in their manner.
"""

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

_LONGEST = 300
_DEEPEST = 3
_WIDEST = 8
_WORDS = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")

_REASONS = ("finish_reason", "finishReason", "stop_reason", "stopReason", "done_reason", "doneReason", "stop_type")
_INSIDE = (
    "choices", "candidates", "delta", "message", "response", "data", "details", "messageStop", "chunk", "output",
    "result", "results",
)  # fmt: skip
"""Where an event may hold what it says of itself, beside its top."""
_CUT = frozenset({
    "length", "limit", "max_tokens", "max_output_tokens", "max_length", "max_new_tokens", "model_length", "token_limit",
    "model_context_window_exceeded",
})  # fmt: skip
_BROKEN = frozenset({
    "content_filter", "content_filtered", "error", "error_toxic", "error_limit", "failed", "network_error", "timeout",
    "cancelled", "canceled", "user_cancel", "abort", "aborted", "refusal", "safety", "recitation", "blocklist",
    "prohibited_content", "spii", "guardrail_intervened", "malformed_function_call",
})  # fmt: skip
_ON_THE_WAY = frozenset({
    "", "null", "none", "not_finished", "finish_reason_unspecified", "tool_calls", "tool_use", "function_call",
    "pause_turn",
})  # fmt: skip
"""Reasons that end nothing, or one step of several."""

_ALL_OF_IT = frozenset({
    "agent", "answer", "api", "chat", "completion", "conversation", "fatal", "generation", "internal", "job", "message",
    "messages", "model", "query", "rag", "request", "response", "run", "server", "service", "session", "stream", "task",
    "thread", "workflow",
})  # fmt: skip
"""Words of an event's kind that mean the whole answer, and none of its parts: `message_stop`, not `text-end`."""
_FAILED = frozenset({
    "error", "errors", "failed", "failure", "exception", "abort", "aborted", "cancelled", "canceled", "expired",
    "incomplete",
})  # fmt: skip
_ENDED = frozenset({
    "finish", "finished", "done", "end", "ended", "complete", "completed", "final", "stop", "stopped", "eos",
})  # fmt: skip
_ASIDE = frozenset({
    "reasoning", "thinking", "thought", "tool", "tools", "function", "arguments", "args", "mcp", "interpreter",
})  # fmt: skip
_FLAGS = (
    "done", "is_done", "isDone", "finished", "is_finished", "isFinished", "final", "is_final", "isFinal", "complete",
    "completed", "is_complete", "isComplete", "is_end", "isEnd", "stop", "eos",
)  # fmt: skip
_WITH_AN_END = frozenset({
    "content-delta", "content_block_delta", "message-start", "message_start", "response.created",
    "response.in_progress", "response.output_text.delta", "run_started", "stream-start", "text-delta", "text-start",
    "text_message_content", "thread.message.delta",
})  # fmt: skip
"""Kinds of events of protocols that name an end."""
_ERRORS = ("error", "errors", "errorText", "error_message", "errorMessage", "error_msg", "err", "exception", "fault")
_SAYING = (*_ERRORS, "message", "msg", "detail", "details", "reason", "description", "title")
_CODES = ("code", "type", "blockReason")
_STATUS_OF_ERRORS = range(400, 600)


@dataclass(frozen=True)
class Trouble:
    """Why what came is no whole answer."""

    reason: Literal["cut_off", "service_error"]
    message: str


def trouble(name: str, value: Any) -> Trouble | None:
    """What is wrong by an event's own word; `name` is that of a server-sent event, empty where there is none."""
    kinds = [_words(kind) for kind in _kinds(name, value)]
    if any(_is_whole(words, _FAILED) for words in kinds):
        stopped_by = _incomplete(value)
        return Trouble("cut_off", f"it was cut off: {stopped_by}") if stopped_by in _CUT else _error(value)
    if is_aside(name, value):
        return None
    return stopped(value) or (_error(value) if _tells_of_an_error(value, kinds) else None)


def stopped(value: Any) -> Trouble | None:
    """What is wrong by the reason for which a model stopped."""
    for key, reason in _reasons(value):
        if _plain(reason) in _CUT:
            return Trouble("cut_off", f"it was cut off: {key} is {reason!r}")
        if _plain(reason) in _BROKEN:
            error = _quoted(value) if _has_error(value) else ""
            return Trouble("service_error", f"it was ended: {key} is {reason!r}{error and f': {error}'}")
    return None


def error_of(body: Any) -> str:
    """What a body says that went wrong; empty where it says nothing of the kind."""
    return _quoted(body) if _tells_of_an_error(body, []) or _has_only_words(body) else ""


def is_end(name: str, value: Any) -> bool:
    """Whether an event says that the answer is whole."""
    kinds = [_words(kind) for kind in _kinds(name, value)]
    if any(_is_whole(words, _ENDED) for words in kinds) or _is_mapping_with(value, "data", is_=True):
        return True
    if any(_plain(reason) not in _ON_THE_WAY for _, reason in _reasons(value)):
        return True
    return any(place.get(flag) is True for place in _places(value) for flag in _FLAGS) or (
        _is_about_all(kinds) and isinstance(value, dict) and _plain(value.get("status", "")) in _ENDED
    )


def announces(name: str, value: Any) -> bool:
    """Whether an event is one of a protocol that tells of the end: a stream without it was cut off."""
    if any(kind.lower() in _WITH_AN_END for kind in _kinds(name, value)):
        return True
    if isinstance(value, dict) and (value.get("object") == "chat.completion.chunk" or _has_deltas(value)):
        return True
    return any(
        any(place.get(flag) is False for flag in _FLAGS) or any(key in place for key in _REASONS)
        for place in _places(value)
    )


def is_aside(name: str, value: Any) -> bool:
    """Whether an event is, by its own word, no part of the answer: reasoning, or a tool's call."""
    return any(_ASIDE.intersection(_words(kind)) for kind in _kinds(name, value))


def label(name: str, value: Any) -> tuple[str, ...]:
    """What an event calls itself."""
    return tuple(_kinds(name, value))


def _kinds(name: str, value: Any) -> Iterator[str]:
    if name and name != "message":
        yield name
    if isinstance(value, dict):
        yield from (value[key] for key in ("type", "kind", "event", "event_type") if isinstance(value.get(key), str))
        if value.get("object") == "error":
            yield "error"


def _words(kind: str) -> list[str]:
    return [word.lower() for word in _WORDS.findall(kind)]


def _is_whole(words: list[str], last: frozenset[str]) -> bool:
    return bool(words) and words[-1] in last and _ALL_OF_IT.issuperset(words[:-1])


def _is_about_all(kinds: list[list[str]]) -> bool:
    """Whether what stands beside a kind is about the whole answer, and not about a part, such as a step."""
    return all((_ALL_OF_IT | _FAILED | _ENDED).issuperset(words) for words in kinds)


def _places(value: Any, deep: int = _DEEPEST) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, list):
        for inner in value[:_WIDEST]:
            yield from _places(inner, deep)
    elif isinstance(value, dict):
        yield value
        if deep:
            for key in _INSIDE:
                yield from _places(value.get(key), deep - 1)


def _reasons(value: Any) -> Iterator[tuple[str, str]]:
    """Key and text of each reason for which a model stopped."""
    for place in _places(value):
        yield from ((key, place[key]) for key in _REASONS if isinstance(place.get(key), str))


def _plain(reason: Any) -> str:
    return reason.lower().replace("-", "_") if isinstance(reason, str) else ""


def _incomplete(value: Any) -> str:
    """Why a response of OpenAI's is incomplete."""
    whys = [place.get("incomplete_details") for place in _places(value)]
    return next((_plain(why.get("reason")) for why in whys if isinstance(why, dict)), "")


def _has_deltas(value: Mapping[str, Any]) -> bool:
    choices = value.get("choices")
    return isinstance(choices, list) and any(isinstance(choice, dict) and "delta" in choice for choice in choices)


def _tells_of_an_error(value: Any, kinds: list[list[str]]) -> bool:
    if not isinstance(value, dict):
        return False
    if _has_error(value) or set(value) == {"detail"} or _is_blocked(value):
        return True
    if any(key.endswith("Exception") and isinstance(inner, dict | str) for key, inner in value.items()):
        return True
    return _is_about_all(kinds) and (
        any(value.get(key) is False for key in ("success", "ok"))
        or any(_plain(value.get(key)) in _FAILED for key in ("status", "state"))
        or any(_is_bad_status(value.get(key)) for key in ("status", "statusCode", "status_code", "code"))
    )


def _has_error(value: Any) -> bool:
    return any(
        isinstance(place.get(key), str | dict | list | bool | int) and bool(place[key])
        for place in _places(value)
        for key in _ERRORS
    )


def _has_only_words(body: Any) -> bool:
    return isinstance(body, dict) and bool(body) and set(body) <= {*_SAYING, *_CODES}


def _is_blocked(value: Mapping[str, Any]) -> bool:
    feedback = value.get("promptFeedback")
    return isinstance(feedback, dict) and bool(feedback.get("blockReason"))


def _is_bad_status(value: Any) -> bool:
    return isinstance(value, int) and value in _STATUS_OF_ERRORS


def _is_mapping_with(value: Any, key: str, *, is_: bool) -> bool:
    return isinstance(value, dict) and value.get(key) is is_


def _error(value: Any) -> Trouble:
    return Trouble("service_error", f"the service says that it failed: {_quoted(value)}")


def _quoted(value: Any) -> str:
    """The words in which a service tells of an error, on one line; all that it wrote where none are known."""
    words = [words for place in _places(value) if (words := _words_of(place))]
    codes = [code for place in _places(value) if (code := _code_of(place))]
    text = next(iter(words + codes), "") or (value if isinstance(value, str) else json.dumps(value, ensure_ascii=False))
    return " ".join(text.split())[:_LONGEST]


def _words_of(place: Any) -> str:
    """A message, with the code beside it."""
    match place:
        case str():
            return place
        case list():
            return "; ".join(filter(None, map(_words_of, place[:_WIDEST])))
        case dict():
            words = next((text for key in _SAYING if (text := _words_of(place.get(key)))), "")
            code = _code_of(place) if words and not words.endswith(")") else ""
            return f"{words} ({code})" if code not in ("", "error", words) else words
        case _:
            return ""


def _code_of(place: Mapping[str, Any]) -> str:
    return next((str(place[key]) for key in _CODES if isinstance(place.get(key), str | int)), "")
