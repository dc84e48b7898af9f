"""Tokens, cost and messages of a call of a model."""

from typing import Any

import pytest

from rag_eval.traces import model_fields


@pytest.mark.parametrize(
    "counts",
    [
        {"input_tokens": 3, "output_tokens": "2"},
        {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5},
        '{"input": 3, "output": 2, "total": 5}',
        {"promptTokens": 3, "completionTokens": 2},
    ],
)
def test_tokens_are_known_by_any_name(counts: Any) -> None:
    """As numbers or texts."""
    assert model_fields.tokens(counts) == {"input_tokens": 3, "output_tokens": 2}


def test_what_was_not_counted_is_not_known() -> None:
    """It is no zero."""
    assert model_fields.tokens({"input_tokens": None}) == model_fields.tokens(None) == {}
    assert model_fields.cost({"cost": None}, "cost") == {}
    assert model_fields.cost({"details": '{"total": 0.5}'}, "cost", "details") == {"cost": 0.5}


def test_only_models_have_prompts() -> None:
    """A chain's input is no prompt."""
    assert model_fields.prompt("LLM", "Who?") == {"messages": (("user", "Who?"),)}
    assert model_fields.prompt("CHAIN", "Who?") == model_fields.prompt("LLM", None) == {}
