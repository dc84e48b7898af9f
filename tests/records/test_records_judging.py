"""Who answered in a judge's name."""

import pytest

from rag_eval.records import ObservedJudge


@pytest.mark.parametrize(
    ("asked", "answered", "other"),
    [
        ("gpt-4o", "gpt-4o", False),
        ("gpt-4o", "gpt-4o-2024-08-06", False),
        ("gpt-4", "gpt-4-0613", False),
        ("openai/gpt-4o", "gpt-4o", False),
        ("gemini-2.0-flash", "models/gemini-2.0-flash-001", False),
        ("claude-3-5-sonnet-latest", "claude-3-5-sonnet-20241022", False),
        ("llama3", "llama3:latest", False),
        ("GPT-4o", "gpt-4o", False),
        ("gpt-4o", "gpt-4o-mini", True),
        ("gpt-4o", "gpt-4o-mini-2024-07-18", True),
        ("gpt-4", "gpt-4.1", True),
        ("llama-3-70b", "llama-3-8b", True),
        ("judge", "gpt-4o", True),
    ],
)
def test_a_release_of_a_model_is_the_model(asked: str, answered: str, *, other: bool) -> None:
    """Its size, its line and its alias are not."""
    assert ObservedJudge(models={answered: 3}).others(asked) == ({answered: 3} if other else {})


def test_what_was_seen_adds_up() -> None:
    """Replies by model, costs, and every parameter that was ever left out."""
    one = ObservedJudge(models={"a": 1}, left_out=("seed",), cost_usd=0.5, priced=1)
    other = ObservedJudge(models={"a": 1, "b": 2}, left_out=("seed", "temperature"))
    expected = ObservedJudge(models={"a": 2, "b": 2}, left_out=("seed", "temperature"), cost_usd=0.5, priced=1)
    assert one + other == expected
