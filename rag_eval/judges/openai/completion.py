"""What an endpoint answers to a chat request, read from its JSON."""

import json
import math
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Self

_COST = "x-litellm-response-cost"
"""The header in which LiteLLM's proxy says what a reply cost, in US dollars."""
_LENGTHS = frozenset({"length", "max_tokens", "model_length"})
"""Anthropic's and Mistral's words for it, which some gateways pass on."""
_FILTERS = ("content_filter", "content-filter", "safety", "prohibited_content", "recitation", "blocklist", "spii")
"""Gemini's words for it, alone or after the first of these: `content_filter: SAFETY`."""


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
    model: str = ""
    """Which one answered, by the endpoint's word; empty where it does not say."""
    cost_usd: float | None = None
    """What a gateway says that the reply cost."""

    @classmethod
    def read(cls, body: Any, headers: Mapping[str, str] = MappingProxyType({})) -> Self:
        """From the JSON of an answer, or its text where its type was not said to be JSON, and from its headers.

        Raises `ValueError`, `TypeError`, `AttributeError` or `LookupError` for what is no completion.
        """
        answer = json.loads(body) if isinstance(body, str) else body
        choice: dict[str, Any] = next(iter(answer.get("choices") or ()), {})
        if error := answer.get("error") or choice.get("error"):  # of the provider behind a gateway
            raise ValueError(error)
        message, usage = choice.get("message"), answer.get("usage") or {}
        if not isinstance(message, dict):
            raise ValueError("no message is in it")  # noqa: TRY004 - what came is no completion
        return cls(
            text=_text(message.get("content")),
            arguments=_arguments(message.get("tool_calls") or ()),
            finish_reason=_finish(choice.get("finish_reason")),
            prompt_tokens=usage.get("prompt_tokens") or 0,
            completion_tokens=usage.get("completion_tokens") or 0,
            refusal=_text(message.get("refusal")),
            model=str(answer.get("model") or ""),
            cost_usd=_cost(headers.get(_COST), usage.get("cost")),
        )


def _finish(reason: Any) -> str | None:
    """Why a reply ends, in OpenAI's words: `length`, `content_filter`, or something else."""
    plain = str(reason or "").lower()
    if plain in _LENGTHS:
        return "length"
    return "content_filter" if plain.startswith(_FILTERS) else reason


def _cost(*amounts: Any) -> float | None:
    """The first that is one."""
    for amount in amounts:
        with suppress(TypeError, ValueError):
            if math.isfinite(cost := float(amount)) and cost >= 0:
                return cost
    return None


def _text(content: Any) -> str:
    """The words of a message, which some endpoints send in parts."""
    if isinstance(content, list):
        return "".join(part if isinstance(part, str) else str(part.get("text") or "") for part in content)
    return content or ""


def _arguments(calls: Any) -> dict[str, Any] | None:
    for call in calls:
        try:
            arguments = call["function"]["arguments"]
            arguments = arguments if isinstance(arguments, dict) else json.loads(arguments)
        except ValueError:
            return None
        return arguments if isinstance(arguments, dict) else None
    return None
