"""What an event of a stream, or a whole body, says of itself: that something went wrong, that the answer ends, or both.

Known are the shapes of OpenAI (chat and responses), Anthropic, Gemini, Cohere, Bedrock, Ollama, the Vercel AI SDK,
LangServe, AG-UI, Dify and RAGFlow, and what services of one's own write in their manner.
"""

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from rag_eval.records import Reason

_LONGEST = 300
_DEEPEST = 3
_WIDEST = 8
_WORDS = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z]+(?![a-z])")

_KINDS = ("type", "kind", "event", "event_type")
_REASONS = ("finish_reason", "finishReason", "stop_reason", "stopReason", "done_reason", "doneReason", "stop_type")
_INSIDE = frozenset({
    "choices", "candidates", "delta", "message", "response", "data", "details", "messageStop", "chunk", "output",
    "result", "results",
})  # fmt: skip
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
_STATES = ("status", "state")
_RUNNING = frozenset({
    "accepted", "created", "enqueued", "in_progress", "in_queue", "initializing", "inprogress", "not_started",
    "notstarted", "pending", "processing", "queued", "running", "scheduled", "started", "starting", "submitted",
    "waiting", "working",
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
_ERRORS = (
    "error", "errors", "is_error", "isError", "errorText", "error_message", "errorMessage", "error_msg", "err",
    "exception", "fault",
)  # fmt: skip
_SAYING = (*_ERRORS, "message", "msg", "detail", "details", "reason", "description", "title")
_CODES = ("code", "type", "blockReason")
_STATUS_OF_ERRORS = range(400, 600)


_TELLING = frozenset({*_REASONS, *_FLAGS, *_ERRORS})


@dataclass(frozen=True)
class StreamEvent:
    """An event, or a whole body, with what in it may say how the answer fares; made by `event`."""

    name: str
    """That of a server-sent event; empty where there is none."""
    value: Any
    kinds: tuple[str, ...]
    """What it calls itself."""
    places: tuple[Mapping[str, Any], ...]
    """The objects in it that may be about the answer."""
    marks: tuple[tuple[str, Any], ...]
    """Key and value of what stands there under a telling name."""

    @property
    def words(self) -> list[tuple[str, ...]]:
        """Of each of its kinds."""
        return [_words(kind) for kind in self.kinds]


@dataclass(frozen=True)
class Trouble:
    """Why what came is no whole answer."""

    reason: Reason
    message: str


def event(name: str, value: Any) -> StreamEvent:
    """An event by its name and its JSON."""
    places = tuple(_places(value))
    marks = tuple((key, place[key]) for place in places for key in place if key in _TELLING)
    return StreamEvent(name, value, tuple(_kinds(name, value)), places, marks)


def trouble(event: StreamEvent) -> Trouble | None:
    """What is wrong by an event's own word."""
    if any(_is_whole(words, _FAILED) for words in event.words):
        why = _incomplete(event)
        return Trouble(Reason.CUT_OFF, f"it was cut off: {why}") if why in _CUT else _error(event)
    if is_aside(event):
        return None
    return stopped(event) or (_error(event) if _tells_of_an_error(event) else None)


def stopped(event: StreamEvent) -> Trouble | None:
    """What is wrong by the reason for which a model stopped."""
    for key, reason in _reasons(event):
        if _plain(reason) in _CUT:
            return Trouble(Reason.CUT_OFF, f"it was cut off: {key} is {reason!r}")
        if _plain(reason) in _BROKEN:
            error = _quoted(event) if _has_error(event) else ""
            return Trouble(Reason.SERVICE_ERROR, f"it was ended: {key} is {reason!r}{error and f': {error}'}")
    return None


def error_of(body: Any) -> str:
    """What a body says that went wrong; empty where it says nothing of the kind."""
    whole = event("", body)
    has_only_words = isinstance(body, dict) and bool(body) and set(body) <= {*_SAYING, *_CODES}
    return _quoted(whole) if has_only_words or _tells_of_an_error(whole) else ""


def words(body: bytes) -> str:
    """The words in which a body with an error's status tells of it; empty where it is no JSON, or has none."""
    try:
        return error_of(json.loads(body))
    except (ValueError, RecursionError):
        return ""


def is_end(event: StreamEvent) -> bool:
    """Whether an event says that the answer is whole."""
    if any(_is_whole(words, _ENDED) for words in event.words):
        return True
    if any(_plain(reason) not in _ON_THE_WAY for _, reason in _reasons(event)):
        return True
    if any(mark is True and key in _FLAGS for key, mark in event.marks):
        return True
    top = event.value if isinstance(event.value, dict) else {}
    return top.get("data") is True or (_plain(top.get("status")) in _ENDED and _is_about_all(event))


def announces(event: StreamEvent) -> bool:
    """Whether an event is one of a protocol that tells of the end: a stream without it was cut off."""
    if any(kind.lower() in _WITH_AN_END for kind in event.kinds):
        return True
    if any(key in _REASONS or (mark is False and key in _FLAGS) for key, mark in event.marks):
        return True
    top = event.value if isinstance(event.value, dict) else {}
    return top.get("object") == "chat.completion.chunk" or _has_deltas(top)


def is_running(body: Any) -> bool:
    """Whether a body says of a job that it is not done yet."""
    top = body if isinstance(body, dict) else {}
    return any(_plain(top.get(key)).replace(" ", "_") in _RUNNING for key in _STATES)


def has_failed(body: Any) -> bool:
    """Whether a body says of a job that nothing will come of it."""
    top = body if isinstance(body, dict) else {}
    return any(_plain(top.get(key)) in _FAILED for key in _STATES)


def is_aside(event: StreamEvent) -> bool:
    """Whether an event is, by its own word, no part of the answer: reasoning, or a tool's call."""
    return any(not _ASIDE.isdisjoint(words) for words in event.words)


def _kinds(name: str, value: Any) -> Iterator[str]:
    if name and name != "message":
        yield name
    if isinstance(value, dict):
        yield from (kind for key in _KINDS if isinstance(kind := value.get(key), str))
        if value.get("object") == "error":
            yield "error"


def _places(value: Any, deep: int = _DEEPEST) -> Iterator[Mapping[str, Any]]:
    if isinstance(value, list):
        for inner in value[:_WIDEST]:
            yield from _places(inner, deep)
    elif isinstance(value, dict):
        yield value
        for key, inner in value.items() if deep else ():
            if key in _INSIDE:
                yield from _places(inner, deep - 1)


@lru_cache(maxsize=1024)
def _words(kind: str) -> tuple[str, ...]:
    return tuple(word.lower() for word in _WORDS.findall(kind[:_LONGEST]))


def _is_whole(words: Sequence[str], last: frozenset[str]) -> bool:
    return bool(words) and words[-1] in last and _ALL_OF_IT.issuperset(words[:-1])


def _is_about_all(event: StreamEvent) -> bool:
    """Whether what stands beside a kind is about the whole answer, and not about a part, such as a step."""
    return all((_ALL_OF_IT | _FAILED | _ENDED).issuperset(words) for words in event.words)


def _reasons(event: StreamEvent) -> Iterator[tuple[str, str]]:
    """Key and text of each reason for which a model stopped."""
    return ((key, mark) for key, mark in event.marks if key in _REASONS and isinstance(mark, str))


def _plain(reason: Any) -> str:
    return reason.lower().replace("-", "_") if isinstance(reason, str) else ""


def _incomplete(event: StreamEvent) -> str:
    """Why a response of OpenAI's is incomplete."""
    whys = [place.get("incomplete_details") for place in event.places]
    return next((_plain(why.get("reason")) for why in whys if isinstance(why, dict)), "")


def _has_deltas(value: Mapping[str, Any]) -> bool:
    choices = value.get("choices")
    return isinstance(choices, list) and any(isinstance(choice, dict) and "delta" in choice for choice in choices)


def _tells_of_an_error(event: StreamEvent) -> bool:
    value = event.value
    if not isinstance(value, dict):
        return False
    if _has_error(event) or set(value) == {"detail"} or _is_blocked(value):
        return True
    if any(key.endswith("Exception") and isinstance(inner, dict | str) for key, inner in value.items()):
        return True
    return _says_no(value) and _is_about_all(event)


def _says_no(value: Mapping[str, Any]) -> bool:
    return (
        any(value.get(key) is False for key in ("success", "ok"))
        or any(_plain(value.get(key)) in _FAILED for key in ("status", "state"))
        or any(_is_bad_status(value.get(key)) for key in ("status", "statusCode", "status_code", "code"))
    )


def _has_error(event: StreamEvent) -> bool:
    return any(key in _ERRORS and isinstance(mark, str | dict | list | int) and bool(mark) for key, mark in event.marks)


def _is_blocked(value: Mapping[str, Any]) -> bool:
    feedback = value.get("promptFeedback")
    return isinstance(feedback, dict) and bool(feedback.get("blockReason"))


def _is_bad_status(value: Any) -> bool:
    return isinstance(value, int) and value in _STATUS_OF_ERRORS


def _error(event: StreamEvent) -> Trouble:
    return Trouble(Reason.SERVICE_ERROR, f"the service says that it failed: {_quoted(event)}")


def _quoted(event: StreamEvent) -> str:
    """The words in which a service tells of an error, on one line; all that it wrote where none are known."""
    words = [words for place in event.places if (words := _words_of(place))]
    codes = [code for place in event.places if (code := _code_of(place))]
    value = event.value
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
