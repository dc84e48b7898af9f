"""What an endpoint answers to a chat request."""

import json
from typing import Any

import pytest

from rag_eval.judges.openai.completion import Completion


def answer(message: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A completion with one choice."""
    return {"choices": [{"message": message, "finish_reason": "stop"}], **more}


def called(arguments: str) -> dict[str, Any]:
    """A message that calls a function."""
    return {"content": None, "tool_calls": [{"function": {"name": "f", "arguments": arguments}}]}


@pytest.mark.parametrize(
    ("message", "text", "arguments"),
    [
        ({"content": "{}"}, "{}", None),
        ({"content": None}, "", None),
        ({}, "", None),
        ({"content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}, "c"]}, "abc", None),
        ({"content": [{"type": "reasoning"}, {"type": "text", "text": None}]}, "", None),
        (called('{"statements": []}'), "", {"statements": []}),
        ({"content": None, "tool_calls": [{"function": {"name": "f", "arguments": {"a": 1}}}]}, "", {"a": 1}),
        (called('{"statements": ['), "", None),
        (called("[1]"), "", None),
        ({"content": "x", "tool_calls": None}, "x", None),
    ],
)
def test_words_and_arguments(message: dict[str, Any], text: str, arguments: object) -> None:
    """Words come whole or in parts; the arguments of a function count only where they are a JSON object."""
    completion = Completion.read(answer(message))
    assert (completion.text, completion.arguments) == (text, arguments)


@pytest.mark.parametrize(
    ("usage", "tokens"),
    [
        ({"prompt_tokens": 7, "completion_tokens": 3}, (7, 3)),
        ({"prompt_tokens": None}, (0, 0)),
        (None, (0, 0)),
        ({}, (0, 0)),
    ],
)
def test_tokens(usage: object, tokens: tuple[int, int]) -> None:
    """What an endpoint does not count is none."""
    completion = Completion.read(answer({"content": "x"}, usage=usage))
    assert (completion.prompt_tokens, completion.completion_tokens) == tokens


def test_text_that_was_not_said_to_be_json_is_read_all_the_same() -> None:
    """Gateways name types that are none."""
    assert Completion.read(json.dumps(answer({"content": "x"}))).text == "x"


@pytest.mark.parametrize(
    "body",
    [
        "<html>",
        {},
        [],
        None,
        {"choices": []},
        {"choices": None},
        {"choices": [{}]},
        {"choices": [{"message": None}]},
        {"error": {"message": "overloaded"}},
        {"choices": [{"message": {"content": "x"}}], "error": "late"},
        {"choices": [{"message": {"content": ""}, "error": {"message": "overloaded", "code": 502}}]},
    ],
)
def test_what_is_no_completion(body: object) -> None:
    """An error in a 200, a gateway's page and an empty answer are told, and never taken for an empty reply."""
    with pytest.raises((ValueError, TypeError, AttributeError, LookupError)):
        Completion.read(body)


@pytest.mark.parametrize(
    ("given", "finish"),
    [
        ("stop", "stop"),
        (None, None),
        ("length", "length"),
        ("MAX_TOKENS", "length"),
        ("model_length", "length"),
        ("content_filter", "content_filter"),
        ("content_filter: SAFETY", "content_filter"),
        ("PROHIBITED_CONTENT", "content_filter"),
    ],
)
def test_why_a_reply_ends(given: str | None, finish: str | None) -> None:
    """In the words of OpenAI, whatever a gateway passes on."""
    body = {"choices": [{"message": {"content": "x"}, "finish_reason": given}]}
    assert Completion.read(body).finish_reason == finish


@pytest.mark.parametrize(
    ("headers", "usage", "cost"),
    [
        ({}, {}, None),
        ({"x-litellm-response-cost": "0.00123"}, {"cost": 7}, 0.00123),
        ({"x-litellm-response-cost": "None"}, {"cost": 0.5}, 0.5),
        ({"x-litellm-response-cost": "nan"}, None, None),
    ],
)
def test_who_answered_and_what_it_cost(headers: dict[str, str], usage: object, cost: float | None) -> None:
    """By the word of the endpoint and of the gateway before it."""
    completion = Completion.read(answer({"content": "x"}, usage=usage, model="gpt-4o-mini"), headers)
    assert (completion.model, completion.cost_usd) == ("gpt-4o-mini", cost)
