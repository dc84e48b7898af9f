"""The words of a question or an answer, out of whatever structure a span recorded."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from rag_eval.traces import jsontext, values

QUESTION_KEYS = (
    "question", "user_input", "query", "user_query", "user_question", "query_str", "input", "prompt", "message",
    "messages", "new_message", "user_message", "contents", "text", "content", "inputs", "input_text",
    "search_query", "q", "kwargs", "args", "request", "body",
)  # fmt: skip
ANSWER_KEYS = (
    "answer", "response", "final_output", "raw", "output", "result", "output_text", "final_answer",
    "generated_text", "completion", "reply", "text", "content", "message", "messages", "choices", "generations",
    "candidates", "outputs", "return", "value", "parts", "body",
)  # fmt: skip
REDACTED = ("__REDACTED__", "[REDACTED]", "<redacted>")
_USER = frozenset({"user", "human", "HumanMessage", "HumanMessageChunk"})
_ASSISTANT = frozenset({"assistant", "ai", "AIMessage", "AIMessageChunk", "model", "bot"})
_OTHERS = {"system", "tool", "developer", "function", "SystemMessage", "ToolMessage"}
_SPEAKERS = _USER | _ASSISTANT | _OTHERS
_LIKE_A_QUESTION = re.compile(r"question|query|message|prompt|utterance|input|text", re.IGNORECASE)
_DEEPEST = 6


def question(value: Any, depth: int = 0) -> str | None:
    """What was asked: the text, the last thing a user said, or the field that is called like a question."""
    value = jsontext.within(value)
    if depth > _DEEPEST:
        return None
    if isinstance(value, list):
        return _last_of(value, _USER, question, depth)
    if not isinstance(value, dict):
        return values.text(value)
    if role(value) is not None:
        return content(value) if role(value) in _USER else None
    return _by_key(value, QUESTION_KEYS, question, depth) or _only_text(value)


def answer(value: Any, depth: int = 0) -> str | None:
    """What was said: the text, the last thing an assistant said, or the field that is called like an answer.

    An object without such a field is given as JSON: it is what the system answered.
    """
    content_ = jsontext.within(value)
    if depth > _DEEPEST:
        return None
    if isinstance(content_, list):
        return _last_of(content_, _ASSISTANT, answer, depth)
    if not isinstance(content_, dict):
        return values.text(content_)
    if role(content_) is not None:
        return content(content_) if role(content_) in _ASSISTANT else None
    text = _by_key(content_, ANSWER_KEYS, answer, depth) or _only_text(content_)
    return text or (_as_json(content_) if not depth and not set(content_) & {*ANSWER_KEYS, *_NO_ANSWER} else None)


_NO_ANSWER = frozenset({"documents", "contexts", "context", "retrieved_contexts", "source_documents"})


def _as_json(fields: Mapping[str, Any]) -> str | None:
    filled = {key: value for key, value in fields.items() if value not in (None, "", [], {})}
    return json.dumps(fields, ensure_ascii=False, default=str) if filled else None


def redacted(value: Any) -> bool:
    """Whether a value was blacked out before it was recorded."""
    return isinstance(value, str) and value.strip() in REDACTED


def confidence(output: Any) -> float | None:
    """How sure an answer says that it is."""
    fields = jsontext.within(output)
    return values.number(values.first(fields, "confidence", "confidence_score")) if isinstance(fields, dict) else None


def role(message: Any) -> str | None:
    """Who speaks in a message of any provider or framework; None for what is no message."""
    if not isinstance(message, dict):
        return None
    message = _unwrapped(message)
    speaker = message.get("role", message.get("type"))
    return speaker if isinstance(speaker, str) and speaker in _SPEAKERS else None


def _unwrapped(message: Mapping[str, Any]) -> Mapping[str, Any]:
    """A message itself, out of OpenInference's `message` and out of what LangChain writes about its objects."""
    inner = message.get("message")
    if isinstance(inner, dict) and ("role" in inner or "content" in inner):
        return inner
    kwargs = message.get("kwargs")
    if isinstance(kwargs, dict) and "lc" in message:
        names = message.get("id")
        kind = names[-1] if isinstance(names, list) and names else None
        return {"type": kind, **kwargs}
    data = message.get("data")
    return {"type": message.get("type"), **data} if isinstance(data, dict) and "content" in data else message


def content(message: Mapping[str, Any]) -> str | None:
    """The text of a message; of several parts, those that are text."""
    message = _unwrapped(message)
    parts = values.first(message, "content", "parts", "contents", "text")
    if isinstance(parts, dict):
        parts = [parts]
    if not isinstance(parts, list):
        return values.text(parts)
    texts = [text for part in parts if (text := _part(part))]
    return "\n".join(texts) if texts else None


def _part(part: Any) -> str | None:
    if isinstance(part, str):
        return part
    if not isinstance(part, dict):
        return None
    part = part.get("message_content", part)
    if not isinstance(part, dict) or part.get("type") not in (None, "text", "input_text", "output_text"):
        return None
    return values.text(values.first(part, "text", "content"))


Reading = Callable[[Any, int], str | None]


def _last_of(messages: list[Any], roles: frozenset[str], read: Reading, depth: int) -> str | None:
    """What the last speaker of a kind said; without speakers the last thing that can be read."""
    messages = [_from_pair(message) for message in messages]
    if any(role(message) is not None for message in messages):
        mine = (content(message) for message in reversed(messages) if role(message) in roles)
        return next((text for text in mine if text), None)
    return next((text for message in reversed(messages) if (text := read(message, depth + 1))), None)


def _from_pair(message: Any) -> Any:
    """LangChain also takes a message as a pair of role and text."""
    match message:
        case [str() as speaker, str() as text] if speaker in _USER | _ASSISTANT | {"system"}:
            return {"role": speaker, "content": text}
        case _:
            return message


def _by_key(fields: Mapping[str, Any], keys: tuple[str, ...], read: Reading, depth: int) -> str | None:
    for key in keys:
        if (inner := fields.get(key)) is not None and (text := read(inner, depth + 1)):
            return text
    return None


def _only_text(fields: Mapping[str, Any]) -> str | None:
    """The one text of an object, or the one whose name sounds like it."""
    texts = {key: value for key, value in fields.items() if isinstance(value, str) and value.strip()}
    if len(texts) == 1:
        return next(iter(texts.values()))
    likely = [value for key, value in texts.items() if _LIKE_A_QUESTION.search(key)]
    return likely[0] if len(likely) == 1 else None


_LABELLED = re.compile(r"(?:^|\n)[^\S\n]*(?:user\s+)?(?:question|query)\s*:\s*(\S[^\n]*)", re.IGNORECASE)
_TELLING = 40
"""Characters of a passage that no question holds by chance."""


def quotes(prompt: str, passages: tuple[str, ...]) -> bool:
    """Whether a prompt was augmented with what was retrieved."""
    return any(start and start in prompt for start in (passage.strip()[:_TELLING] for passage in passages))


def marked_question(prompt: str) -> str | None:
    """The question that an augmented prompt marks as such."""
    questions = _LABELLED.findall(prompt)
    return str(questions[-1]).strip() if questions else None
