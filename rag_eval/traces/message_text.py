"""The words of a question or an answer, out of whatever structure a span recorded."""

import json
import re
from collections.abc import Callable, Mapping
from typing import Any

from rag_eval.traces import jsontext, messages, passages, reprs, values
from rag_eval.traces.messages import ASSISTANT, USER, content, role

QUESTION_KEYS = (
    "question", "user_input", "query", "user_query", "user_question", "query_str", "input", "prompt", "message",
    "messages", "new_message", "user_message", "contents", "text", "content", "inputs", "input_text",
    "search_query", "q", "request", "body", "query_bundle", "data", "init_parameters",
)  # fmt: skip
ANSWER_KEYS = (
    "answer", "response", "final_output", "raw", "output", "result", "output_text", "final_answer",
    "generated_text", "generation", "completion", "reply", "replies", "text", "content", "message", "messages",
    "choices",
    "generations", "candidates", "outputs", "return", "value", "parts", "body", "delta", "answers", "data",
)  # fmt: skip
REDACTED = ("__REDACTED__", "[REDACTED]", "<redacted>")
_OF_COMPONENTS = (
    "question",
    "user_input",
    "user_query",
    "user_question",
    "query",
    "messages",
    "input",
    "text",
    "prompt",
)
_OF_PARTS = ("answer", "final_answer", "response", "generation", "answers", "replies", "messages")
"""What answers are called inside what a component or a node of a graph returned."""
_ALTERNATIVES = frozenset({"choices", "generations", "candidates", "replies", "answers"})
_LIKE_A_QUESTION = re.compile(r"question|query|message|prompt|utterance|input|text", re.IGNORECASE)
_PARAMETER = re.compile(
    r"(^|_)(id|ids|name|names|type|kind|model|user|session|thread|lang|language|locale|mode|level|effort|format|version|"
    r"env|environment|status|role|url|path|template|tag|tags|config|date|time|key|token|tenant|region|currency)$",
    re.IGNORECASE,
)
"""Names of what a call was told beside its question."""
_DEEPEST = 6


def question(value: Any, depth: int = 0) -> str | None:
    """What was asked: the text, the last thing a user said, or the field that is called like a question."""
    value = _constructed(jsontext.within(value))
    if depth > _DEEPEST:
        return None
    if isinstance(value, list):
        return _last_of(value, USER, question, depth)
    if not isinstance(value, dict):
        return words(value)
    if role(value) is not None:
        return content(value) if role(value) in USER else None
    if "inputs" in value and {"tags", "kwargs"} & set(value):  # what a callback of LangChain was given
        return question(value["inputs"], depth + 1)
    text = _by_key(value, QUESTION_KEYS, question, depth) or _of_call(value, depth)
    return text or _of_components(value) or _only_question(value)


def answer(value: Any, depth: int = 0) -> str | None:
    """What was said: the text, the last thing an assistant said, or the field that is called like an answer.

    Pieces of a stream are joined. An object without such a field is given as JSON: it is what the system answered.
    What Python prints of an object is no answer.
    """
    content_ = _constructed(jsontext.within(value))
    if depth > _DEEPEST:
        return None
    if isinstance(content_, list):
        is_answer = not passages.carried_documents(content_)
        return (messages.joined(content_) or _last_of(content_, ASSISTANT, answer, depth)) if is_answer else None
    if not isinstance(content_, dict):
        return words(content_)
    if role(content_) is not None:
        return messages.answered([content_])
    return None if messages.calls_tool(content_.get("message")) else _of_object(content_, depth)


def _of_object(content_: Mapping[str, Any], depth: int) -> str | None:
    text = _by_key(content_, ANSWER_KEYS, answer, depth) or _of_parts(content_, depth) or _only_answer(content_)
    return text or (_as_json(content_) if not depth and not set(content_) & {*ANSWER_KEYS, *_NO_ANSWER} else None)


_NO_ANSWER = frozenset({"documents", "contexts", "context", "retrieved_contexts", "source_documents"})


def words(value: Any) -> str | None:
    """A text that somebody may have said; None for what Python prints of an object."""
    text = values.text(value)
    if text is None or reprs.is_object(text):
        return None
    return reprs.message(text) or text


def refused(value: Any) -> str | None:
    """What was recorded in place of an answer and is what Python prints of an object."""
    inner = jsontext.within(value)
    if isinstance(inner, dict):
        inner = next((each for each in inner.values() if isinstance(each, str) and reprs.is_object(each)), None)
    return inner if isinstance(inner, str) and reprs.is_object(inner) else None


def _constructed(value: Any) -> Any:
    """An object of LangChain's that is no message, without what is written about its class."""
    if not isinstance(value, dict) or "lc" not in value or not isinstance(kwargs := value.get("kwargs"), dict):
        return value
    return value if role(value) is not None else {"messages": kwargs["messages"]} if "messages" in kwargs else kwargs


def _as_json(fields: Mapping[str, Any]) -> str | None:
    filled = {key: value for key, value in fields.items() if value not in (None, "", [], {})}
    if not filled or reprs.within(filled):
        return None
    return json.dumps(fields, ensure_ascii=False, default=str)


def redacted(value: Any) -> bool:
    """Whether a value was blacked out before it was recorded."""
    return isinstance(value, str) and value.strip() in REDACTED


def confidence(output: Any) -> float | None:
    """How sure an answer says that it is."""
    fields = jsontext.within(output)
    return values.number(values.first(fields, "confidence", "confidence_score")) if isinstance(fields, dict) else None


Reading = Callable[[Any, int], str | None]


def _last_of(listed: list[Any], roles: frozenset[str], read: Reading, depth: int) -> str | None:
    """What the last speaker of a kind said; without speakers the last thing that can be read."""
    listed = [messages.from_pair(message) for message in listed]
    if any(role(message) is not None for message in listed):
        return messages.answered(listed) if roles is ASSISTANT else messages.asked(listed)
    return next((text for message in reversed(listed) if (text := read(message, depth + 1))), None)


def _by_key(fields: Mapping[str, Any], keys: tuple[str, ...], read: Reading, depth: int) -> str | None:
    for key in keys:
        inner = fields.get(key)
        if inner is None:
            continue
        if key in _ALTERNATIVES and isinstance(inner, list) and all(isinstance(each, str) for each in inner):
            inner = inner[:1]
        if text := read(inner, depth + 1):
            return text
    return None


def _of_call(fields: Mapping[str, Any], depth: int) -> str | None:
    """What a function was called with: its arguments before its keyword arguments, and the first that is a question."""
    args = jsontext.within(fields.get("args"))
    for argument in args if isinstance(args, list) else [args]:
        if isinstance(argument, str | dict | list) and (text := question(argument, depth + 1)):
            return text
    kwargs = jsontext.within(fields.get("kwargs"))
    return question(kwargs, depth + 1) if isinstance(kwargs, dict) else None


def _of_components(fields: Mapping[str, Any]) -> str | None:
    """What the components of a pipeline were asked: a question before a query, the longest of which has the others."""
    inner = [each for each in fields.values() if isinstance(each, dict)]
    for key in _OF_COMPONENTS:
        texts = [text for each in inner if (text := question(each.get(key), _DEEPEST - 2))]
        if texts:
            return max(texts, key=len)
    return None


def _of_parts(fields: Mapping[str, Any], depth: int) -> str | None:
    """What the last component of a pipeline, or node of a graph, answered."""
    inner = [each for each in fields.values() if isinstance(each, dict)]
    return next((text for each in reversed(inner) if (text := _by_key(each, _OF_PARTS, answer, depth + 1))), None)


def _only_question(fields: Mapping[str, Any]) -> str | None:
    """The one text of an object that is no parameter, or the one whose name sounds like a question."""
    texts = {key: text for key, value in fields.items() if isinstance(value, str) and (text := words(value))}
    texts = {key: text for key, text in texts.items() if not _PARAMETER.search(key)}
    likely = [text for key, text in texts.items() if _LIKE_A_QUESTION.search(key)]
    spoken = [text for text in texts.values() if any(map(str.isspace, text.strip())) or text.rstrip().endswith(_ASKING)]
    return likely[0] if len(likely) == 1 else spoken[0] if len(spoken) == len(texts) == 1 else None


def _only_answer(fields: Mapping[str, Any]) -> str | None:
    texts = {key: text for key, value in fields.items() if isinstance(value, str) and (text := words(value))}
    if len(texts) == 1 and len(fields) == 1:
        return next(iter(texts.values()))
    likely = [text for key, text in texts.items() if not _PARAMETER.search(key)]
    return likely[0] if len(likely) == 1 and not reprs.within(dict(fields)) else None


_ASKING = ("?", "\uff1f", "\u061f")
"""Marks at the end of a question, those of Chinese and Arabic too."""
_LABEL = (
    r"(?:(?:user(?:'s)?|human|current|new|latest|standalone)[ \t]+)?"
    r"(?:question|query|follow[- ]?up(?: question)?|q|frage|pregunta|pergunta|domanda|вопрос|質問|问题)"
)
_COLON = r"[:\uff1a]"
_TO_ITS_END = rf"(\S[^\n]*(?:\n(?![^\S\n]*(?:\n|[\w ]{{1,24}}{_COLON}|<|#))[^\n]+)*)"
_BEFORE = r"(?:^|\n)[^\S\n]*"
_TAG = r"(?:user_)?(?:question|query|input)"
_MARKS = (
    re.compile(
        rf"{_BEFORE}[*_>-]*[ \t]*{_LABEL}[ \t]*[*_]*{_COLON}[*_]*[^\S\n]*(?:\n\s*)?{_TO_ITS_END}", re.IGNORECASE
    ),
    re.compile(rf"{_BEFORE}#+[ \t]*{_LABEL}[ \t]*\n+{_TO_ITS_END}", re.IGNORECASE),
    re.compile(rf"<{_TAG}>\s*(.+?)\s*</{_TAG}>", re.IGNORECASE | re.DOTALL),
)


def marked_question(prompt: str) -> str | None:
    """The question that an augmented prompt marks as such; the last, since examples come first."""
    places = sorted((match.start(), match[1]) for mark in _MARKS for match in mark.finditer(prompt))
    texts = [_asked(text).strip('`*"') for _, text in places]
    return next((text for text in reversed(texts) if text and not text.startswith("{")), None)


def _asked(text: str) -> str:
    """A question to the end of its first line if it ends there; what follows are instructions."""
    line = text.strip().split("\n", 1)[0].rstrip()
    return line if line.endswith(_ASKING) else text.strip()
