"""The JSON is found in what a model wrote, whatever it thought and said around it."""

import json

import pytest
from pydantic import BaseModel

from rag_eval.errors import ReasonedError
from rag_eval.judges.openai.completion import Completion
from rag_eval.judges.openai.replies import objects, parsed


class Statements(BaseModel):
    """What is asked for."""

    statements: list[str]


WHOLE = '{"statements": ["The set {a, b} is open.", "So is \\"c\\"."]}'


def completion(text: str) -> Completion:
    """A reply in words."""
    return Completion(text, None, "stop", 1, 1)


@pytest.mark.parametrize(
    "text",
    [
        WHOLE,
        json.dumps(WHOLE),
        f'<think>\nThe shape is {{"statements": [...]}}, or {{like this}}.\n</think>\n\n{WHOLE}',
        f"Hmm, the set {{a, b}} matters.\n</think>\n{WHOLE}",
        f"Here it is:\n```json\n{WHOLE}\n```\nLet me know if {{anything}} is unclear.",
        f'The shape is {{"statements": ["…"]}}. So:\n{WHOLE}',
        f"{{{{ {WHOLE}",
        f'{{"note": "first"}} {WHOLE} {{"note": "last"}}',
    ],
)
def test_the_reply_is_found_in_what_stands_around_it(text: str) -> None:
    """Thinking, fences, braces in prose, and the shape written down before it is filled."""
    assert parsed(completion(text), Statements).model_dump() == json.loads(WHOLE)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "I would rather not.",
        '"a text"',
        '{"statements": ["half',
        '{"statements": "none"}',
        "<think>{}",
        '["a", "b"]',
    ],
)
def test_what_holds_no_reply_is_asked_for_again(text: str) -> None:
    """It is said what stands there instead."""
    with pytest.raises(ReasonedError, match="the judge's reply is no Statements") as error:
        parsed(completion(text), Statements)
    assert (error.value.reason, error.value.retriable) == ("unparsable", True)


def test_a_called_function_goes_first() -> None:
    """What stands beside it are words."""
    call = Completion('{"statements": ["words"]}', {"statements": ["called"]}, "tool_calls", 1, 1)
    assert parsed(call, Statements).statements == ["called"]


class Verdicts(BaseModel):
    """A bit for each statement."""

    class Item(BaseModel):
        """One of them."""

        statement: str
        verdict: int

    statements: list[Item]


@pytest.mark.parametrize(
    ("said", "verdict"),
    [(1, 1), ("1", 1), ("yes", 1), (" No ", 0), (True, 1), (False, 0), ("supported", 1), ("not supported", 0)],
)
def test_yes_and_no_are_bits(said: object, verdict: int) -> None:
    """Where a number is meant, and nowhere else."""
    text = json.dumps({"statements": [{"statement": "yes", "verdict": said}, {"statement": "b", "verdict": 0}]})
    [first, _] = parsed(completion(text), Verdicts).statements
    assert (first.statement, first.verdict) == ("yes", verdict)


@pytest.mark.parametrize("said", ["perhaps", "", None, 0.5, "yes and no"])
def test_other_words_are_no_bits(said: object) -> None:
    """They are asked for again."""
    text = json.dumps({"statements": [{"statement": "a", "verdict": "yes"}, {"statement": "b", "verdict": said}]})
    with pytest.raises(ReasonedError):
        parsed(completion(text), Verdicts)


def test_a_text_full_of_braces_is_given_up() -> None:
    """A text of nothing but begun objects takes no time that grows with its square."""
    assert [*objects("{" * 100_000)] == []
    assert [*objects("{" * 300 + WHOLE)] == []
    assert [*objects("{" * 100 + WHOLE)] == [json.loads(WHOLE)]
