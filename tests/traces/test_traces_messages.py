"""Who said what, in messages of any provider."""

from typing import Any

import pytest

from rag_eval.traces import messages

USER = {"role": "user", "content": "Who?"}
CALL = {"role": "assistant", "content": "I will look.", "tool_calls": [{"id": "1", "function": {"name": "search"}}]}
RESULT = {"role": "tool", "content": '[{"id": "d1", "content": "Quote: \\"A\\""}]'}
ANSWER = {"role": "assistant", "content": "Me."}


@pytest.mark.parametrize(
    ("listed", "answer"),
    [
        ([USER, CALL, RESULT, ANSWER], "Me."),
        ([USER, ANSWER, USER], None),
        ([USER, CALL], None),
        ([USER, {"role": "assistant", "parts": [{"type": "text", "content": "Hm."}, {"type": "tool_call"}]}], None),
        ([{"lc": 1, "id": ["x", "AIMessage"], "kwargs": {"content": "Me.", "type": "ai"}}], "Me."),
    ],
)
def test_an_answer_follows_the_user_and_is_no_call_of_a_tool(listed: list[Any], answer: str | None) -> None:
    """The answer of an earlier turn is not that of this one."""
    assert messages.answered(listed) == answer


def test_what_tools_returned_is_not_what_the_user_said() -> None:
    """Some write it as the user's message."""
    returned = {"role": "user", "parts": [{"type": "tool_call_response", "id": "1", "result": "A"}]}
    assert messages.asked([USER, returned]) == "Who?"
    assert messages.kind_of(returned) == "tool"
    observed = {"role": "user", "content": "Observation:\nA"}
    assert messages.asked([USER, observed]) == "Who?"
    assert messages.of_prompt([USER, observed])[1] == ("tool", "Observation:\nA")


@pytest.mark.parametrize(
    "pieces",
    [
        ["It ", "opens."],
        [{"type": "AIMessageChunk", "content": "It "}, {"type": "AIMessageChunk", "content": "opens."}],
        [
            {"choices": [{"delta": {"content": "It "}}]},
            {"choices": [{"delta": {"content": "opens."}}]},
            {"choices": []},
        ],
    ],
)
def test_pieces_of_a_stream_are_joined(pieces: list[Any]) -> None:
    """Of texts, of LangChain's messages and of OpenAI's chunks."""
    assert messages.joined(pieces) == "It opens."
    assert messages.joined([{"name": "a"}, {"name": "b"}]) is None


def test_a_prompt_has_everything_that_was_given() -> None:
    """With what tools returned unpacked, and without calls of tools."""
    given = messages.of_prompt({"messages": [[USER, CALL, RESULT]]})
    assert [speaker for speaker, _ in given] == ["user", "tool"]
    assert 'Quote: "A"' in given[1][1]
    assert messages.of_prompt("Who?") == (("user", "Who?"),)
    assert messages.of_prompt({"x": 1}) == ()
