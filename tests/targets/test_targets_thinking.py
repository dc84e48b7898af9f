"""What was thought is told from what was answered."""

import pytest

from rag_eval.errors import TargetError
from rag_eval.language.thinking import first_visible, without
from rag_eval.records import THINKING, Answer
from rag_eval.targets.thinking import without_thinking


@pytest.mark.parametrize(
    "text",
    [
        "<think>Is it six?</think>\n\nAt six.",
        "<THINKING>Is it six?</THINKING>At six.",
        "<reasoning effort='low'>Is it six?</reasoning> At six.",
        "Is it six?\n</think>\nAt six.",
        "<think></think>At six.",
        "<think>a <think> b</think> c</think>At six.",
        "<think>The tag <think> is mine.</think>At six.",
        "<seed:think>Six?</seed:think>At six.",
        "At six.<think>Was it?",
    ],
)
def test_only_the_answer_is_left(text: str) -> None:
    """Whatever the tag is called, with its beginning or its end missing, or one in another."""
    assert without(text) == "At six."
    assert text[first_visible(text) :].startswith("At six.")


@pytest.mark.parametrize("text", ["At six.", "  a < b ", "Write `<think>` before it.", "I think, therefore.", ""])
def test_what_was_not_thought(text: str) -> None:
    """Stays as it is, to the last space."""
    assert without(text) == text


def test_an_answer_says_what_it_holds() -> None:
    """Kept, it is marked to be counted; dropped, the mark says so; nothing else is no answer."""
    answer = Answer(response="<think>Six?</think> At six.")
    kept, dropped = (without_thinking(answer, drop=drop) for drop in (False, True))
    assert (kept.response, kept.metadata) == (answer.response, {THINKING: True})
    assert (dropped.response, dropped.metadata) == ("At six.", {THINKING: False})
    assert without_thinking(Answer(response="At six."), drop=True).metadata == {}
    assert without_thinking(Answer(), drop=True) == Answer()
    with pytest.raises(TargetError, match="nothing but what was thought"):
        without_thinking(Answer(response="<think>Six or sev"), drop=True)
