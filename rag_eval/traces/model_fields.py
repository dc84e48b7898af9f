"""What is read of a call of a model in every dialect: its messages, tokens and cost."""

from collections.abc import Mapping
from typing import Any

from rag_eval.traces import jsontext, messages, values

_TAKEN_IN = ("input_tokens", "prompt_tokens", "input", "promptTokens", "inputTokens", "prompt", "input_token_count")
_GIVEN_OUT = ("output_tokens", "completion_tokens", "output", "completionTokens", "outputTokens", "completion")
_COST = ("total_cost", "total", "totalCost", "cost")


def tokens(counts: Any) -> dict[str, Any]:
    """`input_tokens` and `output_tokens` out of an object of counts, by any of their names."""
    counts = jsontext.within(counts)
    if not isinstance(counts, dict):
        return {}
    taken = values.number(values.first(counts, *_TAKEN_IN))
    given = values.number(values.first(counts, *_GIVEN_OUT))
    return {name: each for name, each in (("input_tokens", taken), ("output_tokens", given)) if each is not None}


def cost(place: Mapping[str, Any], *names: str) -> dict[str, Any]:
    """`cost`, by the first of the names that has a number, or an object with a total."""
    for name in names:
        inner = jsontext.within(place.get(name))
        number = values.number(values.first(inner, *_COST)) if isinstance(inner, dict) else values.number(inner)
        if number is not None:
            return {"cost": number}
    return {}


def prompt(kind: str, asked: Any) -> dict[str, Any]:
    """`messages` that a model was given; nothing for spans of other kinds."""
    if kind != "LLM" or asked is None:
        return {}
    given = messages.of_prompt(asked)
    return {"messages": given} if given else {}
