"""Messages between a user, a model and its tools, of any provider or framework."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from rag_eval.traces import jsontext, values

USER = frozenset({"user", "human", "HumanMessage", "HumanMessageChunk"})
ASSISTANT = frozenset({"assistant", "ai", "AIMessage", "AIMessageChunk", "model", "bot"})
_TOOL = frozenset({"tool", "function", "ToolMessage", "FunctionMessage"})
_SPEAKERS = USER | ASSISTANT | _TOOL | {"system", "developer", "SystemMessage"}
_RESULTS = frozenset(
    {"tool_call_response", "tool_result", "tool-result", "tool_return", "tool-return", "function_call_output"}
)
_CALLS = frozenset({"tool_call", "tool_use", "tool-call", "function_call"})
_PLAIN_TEXT = frozenset({"type", "text"})
_CALLED = ("toolUse", "function_call", "functionCall")
_RETURNED = ("toolResult", "function_response", "functionResponse")
"""How parts are called of which Bedrock and Gemini name no type."""
_LISTS = ("messages", "prompts", "prompt", "input", "contents", "inputs")
_DEEPEST = 4
_OBSERVED = re.compile(
    r"\s*(observation|tool (result|response|output)|function (result|response|output))s?\s*:", re.IGNORECASE
)
"""How agents without messages of tools write what a tool returned: as the user's."""


def role(message: Any) -> str | None:
    """Who speaks in a message; None for what is no message."""
    if not isinstance(message, dict):
        return None
    message = _unwrapped(message)
    speaker = message.get("role", message.get("type"))
    if not isinstance(speaker, str) or speaker not in _SPEAKERS:
        return None
    return "tool" if speaker in USER and _only_results(message) else speaker


def _only_results(message: Mapping[str, Any]) -> bool:
    """Whether what stands in a user's message is only what tools returned, as some writers have it."""
    parts = values.first(message, "content", "parts")
    listed = [part for part in parts if isinstance(part, dict)] if isinstance(parts, list) else []
    return bool(listed) and all(part.get("type") in _RESULTS or _has(part, _RETURNED) for part in listed)


def _has(part: Mapping[str, Any], names: tuple[str, ...]) -> bool:
    return any(isinstance(part.get(name), dict) for name in names)


def _unwrapped(message: Mapping[str, Any]) -> Mapping[str, Any]:
    """A message itself, out of OpenInference's `message` and out of what LangChain writes about its objects."""
    inner = message.get("message")
    if isinstance(inner, dict) and ("role" in inner or "content" in inner):
        return inner
    kwargs = message.get("kwargs")
    if isinstance(kwargs, dict) and "lc" in message:
        names = message.get("id")
        kind = names[-1] if isinstance(names, list) and names else None
        return {**kwargs, "type": kind}
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


def from_pair(message: Any) -> Any:
    """LangChain also takes a message as a pair of role and text."""
    match message:
        case [str() as speaker, str() as text] if speaker in USER | ASSISTANT | {"system"}:
            return {"role": speaker, "content": text}
        case _:
            return message


def calls_tool(message: Any) -> bool:
    """Whether a message asks for a tool: then its text, if it has any, is no answer."""
    if not isinstance(message, dict):
        return False
    message = _unwrapped(message)
    extra = message.get("additional_kwargs")
    if message.get("tool_calls") or (isinstance(extra, dict) and extra.get("tool_calls")):
        return True
    if message.get("function_call"):
        return True
    parts = values.first(message, "content", "parts")
    return isinstance(parts, list) and any(
        isinstance(part, dict) and (part.get("type") in _CALLS or _has(part, _CALLED)) for part in parts
    )


def asked(listed: Sequence[Any]) -> str | None:
    """What a user said last."""
    mine = (content(message) for message in reversed(listed) if role(message) in USER)
    return next((text for text in mine if text and not _OBSERVED.match(text)), None)


def answered(listed: Sequence[Any]) -> str | None:
    """What an assistant said last, after the user; None where its last message asks for a tool."""
    for message in reversed(listed):
        speaker = role(message)
        if speaker in USER:
            return None
        if speaker in ASSISTANT:
            if calls_tool(message):
                return None
            if text := content(message):
                return text
    return None


def joined(listed: Sequence[Any]) -> str | None:
    """The whole of an answer whose pieces were recorded; None where a list is something else."""
    if len(listed) > 1 and all(isinstance(piece, str) for piece in listed):
        return "".join(listed).strip() or None
    pieces = [_piece(each) for each in listed]
    texts = [piece for piece in pieces if piece is not None]
    return ("".join(texts).strip() or None) if texts and len(texts) == len(pieces) else None


def _piece(chunk: Any) -> str | None:
    """The text of a piece of a stream: of OpenAI's, or of LangChain's."""
    if not isinstance(chunk, dict):
        return None
    choices = chunk.get("choices")
    if isinstance(choices, list) and (not choices or (isinstance(choices[0], dict) and "delta" in choices[0])):
        delta = choices[0].get("delta") if choices else None
        return str(delta.get("content") or "") if isinstance(delta, dict) else ""
    inner = _unwrapped(chunk)
    if str(inner.get("type", "")).endswith("MessageChunk"):
        text = inner.get("content")
        return text if isinstance(text, str) else content(inner) or ""
    return None


def listed(value: Any) -> list[Any]:
    """The messages in what a model was given."""
    return _listed(value, 0) or []


def results(message: Mapping[str, Any]) -> Iterator[Any]:
    """What tools gave back in a message: its text, or the result in each of its parts."""
    yield from _results(values.first(_unwrapped(message), "content", "parts"))


def _results(parts: Any) -> Iterator[Any]:
    for part in parts if isinstance(parts, list) else [parts]:
        if not isinstance(part, dict):
            yield part
            continue
        inner = values.first(part, *_RETURNED)
        result = values.first(
            inner if isinstance(inner, dict) else part, "result", "response", "content", "output", "text"
        )
        if isinstance(result, list) and all(
            isinstance(each, dict) and set(each) <= {"type", "text"} for each in result
        ):
            yield from (each.get("text") for each in result)
        else:
            yield result


def of_prompt(value: Any) -> tuple[tuple[str, str], ...]:
    """Who said what in what a model was given, in order; a prompt that is one text is a user's."""
    listed = _listed(value, 0)
    if listed is None:
        text = values.text(jsontext.within(value)) if isinstance(value, str) else None
        return (("user", text),) if text else ()
    spoken = ((kind, text) for message in listed if (kind := kind_of(message)) and (text := whole(message)))
    return tuple(("tool" if kind == "user" and _OBSERVED.match(text) else kind, text) for kind, text in spoken)


def kind_of(message: Any) -> str | None:
    """`user`, `assistant`, `tool` or `system`."""
    speaker = role(message)
    if speaker is None:
        return None
    return (
        "user" if speaker in USER else "assistant" if speaker in ASSISTANT else "tool" if speaker in _TOOL else "system"
    )


def whole(message: Mapping[str, Any]) -> str | None:
    """Everything that a message says, also what a tool returned; of a message that asks for a tool nothing."""
    if role(message) in ASSISTANT and calls_tool(message):
        return None
    if text := content(message):
        return "\n".join(strings(text)) if role(message) in _TOOL else text
    return "\n".join(strings(values.first(_unwrapped(message), "content", "parts"))) or None


def strings(value: Any) -> Iterator[str]:
    """All texts in a value, also in JSON that stands in one."""
    inner = jsontext.within(value)
    if isinstance(inner, str):
        yield inner
    for each in inner if isinstance(inner, list) else inner.values() if isinstance(inner, dict) else ():
        yield from strings(each)


def _listed(value: Any, depth: int) -> list[Any] | None:
    """The list of messages in a value; of several lists, such as a batch, the first."""
    inner = jsontext.within(value)
    if isinstance(inner, list):
        pairs = [from_pair(each) for each in inner]
        if any(role(each) is not None for each in pairs):
            return pairs
        return next(
            (inner_list for each in inner[:1] if depth < _DEEPEST and (inner_list := _listed(each, depth + 1))), None
        )
    if isinstance(inner, dict) and depth < _DEEPEST:
        if role(inner) is not None:
            return [inner]
        kwargs = inner["kwargs"] if "lc" in inner and isinstance(inner.get("kwargs"), dict) else inner
        return next((inner_list for name in _LISTS if (inner_list := _listed(kwargs.get(name), depth + 1))), None)
    return None
