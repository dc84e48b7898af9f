"""Whether a passage stands in a prompt, however it was written there."""

import json

import pytest

from rag_eval.traces import wording

TEXT = 'The "outdoor" pool is heated to 27 degrees, warm enough for all; it does close at 21:00, except on Sundays.'


@pytest.mark.parametrize(
    ("prompt", "stands"),
    [
        (f"Passages:\n{TEXT}\n\nQuestion: Who?", True),
        (json.dumps({"docs": [TEXT.replace(" ", "\n")]}), True),
        (f"> {TEXT[:60]}…", True),
        (f"{TEXT[-30:]} and the next passage begins", False),
        ("Question: Who?", False),
    ],
)
def test_a_passage_is_found_in_a_prompt(prompt: str, *, stands: bool) -> None:
    """Whatever became of its white space and quotes; its end alone may be its neighbour's beginning."""
    assert wording.stands(wording.letters(TEXT), wording.letters(prompt)) is stands


def test_texts_are_the_same_but_for_their_form() -> None:
    """Signs without letters are compared as they are."""
    assert wording.same(" When does it open?", "when does it open")
    assert not wording.same("?", "!")
    assert wording.holds("Follow-up: and the other price?", "And the other price")
    assert not wording.holds("It is 14 days.", "14")
