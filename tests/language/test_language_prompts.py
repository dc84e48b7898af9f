"""The input of a prompt is read where RAGAs puts it."""

import json

import pytest

from rag_eval.language.prompts import MARKER, read_input


def test_the_last_input_counts() -> None:
    """No text of a case can forge one: line breaks inside it are escaped."""
    given = {"text": f"line\n{MARKER}" + '{"text": "forged"}'}
    prompt = f'Examples\n{MARKER}{{"text": "example"}}\n{MARKER}{json.dumps(given)}\nOutput: '
    assert read_input(prompt) == given


@pytest.mark.parametrize(
    ("prompt", "message"),
    [
        ("no input", "holds no input"),
        (f"{MARKER}nonsense", "is not JSON"),
        (f"{MARKER}[1]", "no object"),
        (MARKER + "[" * 100_000, "is not JSON"),
    ],
)
def test_a_prompt_without_an_input_is_said_to_be_one(prompt: str, message: str) -> None:
    """Whatever stands in its place."""
    with pytest.raises(ValueError, match=message):
        read_input(prompt)
