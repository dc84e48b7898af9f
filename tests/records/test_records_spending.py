"""What services say of the usage of an answer."""

import pytest
from pydantic import JsonValue

from rag_eval.records.spending import spending


@pytest.mark.parametrize(
    ("usage", "tokens", "cost"),
    [
        ({"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}, 15.0, None),
        ({"input_tokens": 10, "output_tokens": 5}, 15.0, None),
        ({"promptTokenCount": 10, "candidatesTokenCount": 5}, 15.0, None),
        ({"prompt": 3}, 3.0, None),
        ({"total_tokens": 15, "cost": 0.002}, 15.0, 0.002),
        ({"totalCost": 1}, None, 1.0),
        (12, 12.0, None),
        ({"tokens": "many", "cached": True, "prompt_tokens": True}, None, None),
        ("12", None, None),
        (True, None, None),
        (None, None, None),
        ([1], None, None),
    ],
)
def test_tokens_and_dollars_of_an_answer(usage: JsonValue, tokens: float | None, cost: float | None) -> None:
    """In the names of the usual providers; a total counts before its parts, and what is no number is not one."""
    assert spending(usage) == (tokens, cost)
