"""What an endpoint answers to a chat request, read from its JSON."""

import json
from dataclasses import dataclass
from typing import Any, Self


@dataclass(frozen=True)
class Completion:
    """The reply of a model, and what it cost."""

    text: str
    """Its words; empty where it called a function."""
    arguments: dict[str, Any] | None
    """Of the function that it called, None where it called none, or with what is no JSON object."""
    finish_reason: str | None
    prompt_tokens: int
    completion_tokens: int
    refusal: str = ""
    """In which words the model declines to answer."""

    @classmethod
    def read(cls, body: Any) -> Self:
        """From the JSON of an answer, or its text where its type was not said to be JSON.

        Raises `ValueError`, `TypeError`, `AttributeError` or `LookupError` for what is no completion.
        """
        answer = json.loads(body) if isinstance(body, str) else body
        if answer.get("error"):
            raise ValueError(answer["error"])
        (choice, *_) = answer["choices"]
        message, usage = choice["message"], answer.get("usage") or {}
        return cls(
            text=_text(message.get("content")),
            arguments=_arguments(message.get("tool_calls") or ()),
            finish_reason=choice.get("finish_reason"),
            prompt_tokens=usage.get("prompt_tokens") or 0,
            completion_tokens=usage.get("completion_tokens") or 0,
            refusal=_text(message.get("refusal")),
        )


def _text(content: Any) -> str:
    """The words of a message, which some endpoints send in parts."""
    if isinstance(content, list):
        return "".join(part if isinstance(part, str) else str(part.get("text") or "") for part in content)
    return content or ""


def _arguments(calls: Any) -> dict[str, Any] | None:
    for call in calls:
        try:
            arguments = json.loads(call["function"]["arguments"])
        except ValueError:
            return None
        return arguments if isinstance(arguments, dict) else None
    return None
