"""What a judge is asked for one draft: prompts that hold all it needs, in a form that can be read again."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from support.scripted import Scripted

from rag_eval.dataset.drafting import asking
from rag_eval.dataset.drafting.passage_index import CorpusPassage
from rag_eval.errors import JudgeError
from rag_eval.language.prompts import MARKER, read_input

_SAYS: dict[str, dict[str, Any]] = {
    "DraftedQuestion": {"question": "Who?", "answer": "She.", "quotes": ["She"]},
    "FollowsVerdict": {"verdict": 1},
    "SupportGrade": {"grade": 2},
    "AnswersVerdict": {"verdict": 0},
}


def _passage(n: int, text: str, title: str = "Fares › Singles") -> CorpusPassage:
    return CorpusPassage(n, f"fares#{n}", "fares.md", 0, len(text), title, text)


def _prompt(ask: Callable[[Scripted], Awaitable[Any]]) -> str:
    judge = Scripted(_SAYS)

    async def scenario() -> None:
        await ask(judge)

    asyncio.run(scenario())
    [(prompt, _, _)] = judge.asked
    return prompt


def _drafting(kind: asking.Kind = "single-fact", turn: int = 0, *passages: CorpusPassage) -> str:
    return _prompt(lambda judge: asking.draft(judge, kind, asking.ASKERS[0], passages, turn))


@pytest.mark.parametrize("kind", asking.KINDS)
def test_every_kind_says_what_it_wants(kind: asking.Kind) -> None:
    """In words of its own: two kinds that ask for the same would be one."""
    wants = {each: read_input(_drafting(each))["what"] for each in asking.KINDS}
    assert wants[kind]
    assert [*wants.values()].count(wants[kind]) == 1
    assert read_input(_drafting(kind))["kind"] == kind


def test_the_kinds_are_those_that_the_command_line_offers() -> None:
    """In the order in which they are declared, none twice."""
    assert get_args(asking.Kind) == asking.KINDS
    assert len({*asking.KINDS}) == len(asking.KINDS)
    assert len({*asking.ASKERS}) == len(asking.ASKERS) > 1


def test_a_draft_is_asked_for_with_passages_and_no_ids() -> None:
    """Title and text in the order given: what the question must not name is not shown."""
    prompt = _drafting("multi-hop", 3, _passage(1, "Nine pounds.", "A"), _passage(2, "Dogs go free.", "B"))
    given_ = read_input(prompt)
    assert given_["passages"] == [{"title": "A", "text": "Nine pounds."}, {"title": "B", "text": "Dogs go free."}]
    assert given_["turn"] == 3
    assert given_["asker"] == asking.ASKERS[0]
    assert "fares.md" not in prompt
    assert "fares#1" not in prompt


def test_another_turn_is_another_prompt() -> None:
    """Else a reply that is kept would come again, and a passage would give one question only."""
    assert _drafting("numeric", 0, _passage(1, "x")) != _drafting("numeric", 1, _passage(1, "x"))
    assert _drafting("numeric", 1, _passage(1, "x")) == _drafting("numeric", 1, _passage(1, "x"))


@given(st.text(), st.text(), st.text())
def test_whatever_a_text_holds_it_comes_out_as_it_went_in(statement: str, context: str, question: str) -> None:
    """Also quotes, line breaks, and the marker behind which the input stands."""
    given_ = read_input(_prompt(lambda judge: asking.follows(judge, statement, context + MARKER + "{}", question)))
    assert given_ == {"question": question, "statement": statement, "context": context + MARKER + "{}"}


@pytest.mark.parametrize(
    ("ask", "fields", "shape"),
    [
        (lambda judge: asking.follows(judge, "S", "C"), {"question": "", "statement": "S", "context": "C"}, "verdict"),
        (
            lambda judge: asking.supports(judge, "A", "C", "Q"),
            {"question": "Q", "answer": "A", "context": "C"},
            "grade",
        ),
        (lambda judge: asking.answers(judge, "Q", "P"), {"question": "Q", "passage": "P"}, "verdict"),
    ],
)
def test_each_question_to_the_judge_has_its_own_fields(
    ask: Callable[[Scripted], Awaitable[Any]], fields: dict[str, str], shape: str
) -> None:
    """Which is statement and which context cannot be mixed up; the reply's shape stands in the prompt."""
    prompt = _prompt(ask)
    assert read_input(prompt) == fields
    schema, _ = json.JSONDecoder().raw_decode(prompt.partition("schema:\n")[2])
    assert schema["required"] == [shape]
    assert "reason" in schema["properties"]


def test_letters_of_any_writing_stand_as_they_are() -> None:
    """A model reads 渡船, not its code points, which would cost four times the tokens."""
    prompt = _prompt(lambda judge: asking.answers(judge, "渡船多少钱?", "Æ €"))
    assert "渡船多少钱" in prompt
    assert "Æ €" in prompt


@pytest.mark.parametrize(
    ("shape", "reply"),
    [
        (asking.FollowsVerdict, {"verdict": 2}),
        (asking.FollowsVerdict, {"verdict": "perhaps"}),
        (asking.FollowsVerdict, {"verdict": None}),
        (asking.FollowsVerdict, {"reason": "None given."}),
        (asking.SupportGrade, {"grade": 3}),
        (asking.SupportGrade, {"grade": -1}),
        (asking.SupportGrade, {"grade": 0.5}),
        (asking.AnswersVerdict, {"verdict": 0.9}),
        (asking.AnswersVerdict, {}),
        (asking.DraftedQuestion, {"answer": "Nine."}),
        (asking.DraftedQuestion, {"question": None}),
        (asking.DraftedQuestion, {"question": "Q?", "quotes": "Nine."}),
    ],
)
def test_a_reply_that_is_no_verdict_is_refused(shape: Any, reply: dict[str, Any]) -> None:
    """Half a verdict is not rounded, and one that is left out is not a no."""
    with pytest.raises(ValidationError):
        shape.model_validate(reply)


def test_an_unanswerable_question_needs_neither_answer_nor_quotes() -> None:
    """A judge may leave them out."""
    drafted = asking.DraftedQuestion.model_validate({"question": "Who?"})
    assert (drafted.answer, drafted.quotes) == ("", [])


def test_what_the_judge_fails_with_gets_out() -> None:
    """With its reason: whoever drafts counts it."""

    async def scenario() -> None:
        await asking.answers(Scripted({}), "Q", "P")

    with pytest.raises(JudgeError) as caught:
        asyncio.run(scenario())
    assert caught.value.reason == "no_script"
