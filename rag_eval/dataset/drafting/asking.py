"""What a judge is asked for one draft: to write a question, and then to say whether it holds.

The prompts carry their input behind the same marker as RAGAs' do, so that whoever can answer those can answer these.
"""

import json
from collections.abc import Sequence
from functools import cache
from typing import Literal, get_args

from pydantic import BaseModel, Field

from rag_eval.dataset.drafting.passage_index import CorpusPassage
from rag_eval.language.prompts import MARKER
from rag_eval.ports import Judge

Kind = Literal["single-fact", "paraphrased", "numeric", "procedural", "multi-hop", "comparison", "unanswerable"]
KINDS: tuple[Kind, ...] = get_args(Kind)

ASKERS = (
    "a newcomer who does not know the field's words",
    "somebody in a hurry who types a few words",
    "an expert who is precise",
    "a chatty customer who tells the circumstances first",
    "somebody who writes their language as a second language",
)
"""Who asks, in turn: production questions are not all worded by the author of the documents."""

_WHAT: dict[Kind, str] = {
    "single-fact": "One fact of the passage answers it.",
    "paraphrased": "One fact of the passage answers it, and the question shares as few words with it as it can.",
    "numeric": "The answer is a number, an amount, a date or a duration of the passage, with its unit.",
    "procedural": "It asks how something is done; the answer gives the steps of the passage in order.",
    "multi-hop": "It can be answered only by putting a fact of each passage together; quote at least one of each.",
    "comparison": "It compares something of the first passage with something of the second; quote both.",
    "unanswerable": (
        "It sounds as if these passages should answer it, but neither they nor, as far as can be seen, their documents "
        "do. Leave `answer` and `quotes` empty."
    ),
}
_RULES = """You write test questions for a search assistant over a company's documents.

Write one question of the kind that is asked for, worded as the asker would word it, and its reference answer.
- Question and answer are in the language of the passages.
- The question stands by itself: no "this passage", "the text", "according to", no name of a file or of a section.
- The answer is complete, one to three sentences, and says nothing that the quotes do not say.
- Each quote is copied letter by letter from a passage, and is the shortest stretch that bears out its part.
- The question does not give its answer away.
- If the passages hold nothing worth asking in this kind, leave `question` empty. That is a good reply.
"""
_FOLLOWS = """Say whether a statement follows from a context, and from nothing else.

`verdict` is 1 if every part of the statement is said by the context or follows directly from it, else 0. General
knowledge does not count. `reason` is one short sentence.
"""
_SUPPORTS = """Say how far an answer follows from a context, and from nothing else.

`grade` is 2 if every part of the answer is said by the context or follows directly from it, 1 if some parts are and
some are not, 0 if none is, or if the context says something else. What can be worked out from the context, such as a
sum or a yes or no, follows from it. General knowledge does not count. `reason` is one short sentence.
"""
_ANSWERS = """Say whether a passage answers a question.

`verdict` is 1 if somebody who reads only the passage can answer the whole question, else 0. Being about the same
subject is not enough. `reason` is one short sentence that quotes what answers it, or says what is missing.
"""


class DraftedQuestion(BaseModel):
    """A question as a judge drafts it."""

    question: str = Field(description="The question; empty if the passages allow none of this kind.")
    answer: str = Field(default="", description="The reference answer; empty for an unanswerable question.")
    quotes: list[str] = Field(default_factory=list, description="Copied letter by letter from the passages.")


class FollowsVerdict(BaseModel):
    """Whether a statement follows from a context."""

    reason: str = Field(default="", description="One short sentence.")
    verdict: Literal[0, 1] = Field(description="1 if the whole statement follows from the context, else 0.")


class SupportGrade(BaseModel):
    """How far an answer follows from a context."""

    reason: str = Field(default="", description="One short sentence.")
    grade: Literal[0, 1, 2] = Field(description="2 if the whole answer follows from the context, 1 in part, 0 not.")


class AnswersVerdict(BaseModel):
    """Whether a passage answers a question."""

    reason: str = Field(default="", description="One short sentence.")
    verdict: Literal[0, 1] = Field(description="1 if the passage answers the whole question, else 0.")


def _prompt(rules: str, shape: type[BaseModel], given: dict[str, object]) -> str:
    facts = json.dumps(given, ensure_ascii=False)
    return f"{rules}\nReply with JSON of this schema:\n{_schema(shape)}\n\n{MARKER}{facts}\nOutput: "


@cache
def _schema(shape: type[BaseModel]) -> str:
    return json.dumps(shape.model_json_schema(), ensure_ascii=False)


async def draft(judge: Judge, kind: Kind, asker: str, passages: Sequence[CorpusPassage], turn: int) -> DraftedQuestion:
    """A question of a kind about passages; `turn` tells apart several from the same ones. Raises `JudgeError`."""
    return await judge.reply(draft_prompt(kind, asker, passages, turn), DraftedQuestion)


def draft_prompt(kind: Kind, asker: str, passages: Sequence[CorpusPassage], turn: int) -> str:
    """What a judge is sent for a draft."""
    given: dict[str, object] = {
        "kind": kind,
        "what": _WHAT[kind],
        "asker": asker,
        "turn": turn,
        "passages": [{"title": passage.title, "text": passage.text} for passage in passages],
    }
    return _prompt(_RULES, DraftedQuestion, given)


async def follows(judge: Judge, statement: str, context: str, question: str = "") -> FollowsVerdict:
    """Whether a statement, said in reply to a question, follows from a context; raises `JudgeError`."""
    return await judge.reply(follows_prompt(statement, context, question), FollowsVerdict)


def follows_prompt(statement: str, context: str, question: str) -> str:
    """What a judge is sent to say whether a statement follows."""
    return _prompt(_FOLLOWS, FollowsVerdict, {"question": question, "statement": statement, "context": context})


async def supports(judge: Judge, answer: str, context: str, question: str) -> SupportGrade:
    """How far the answer to a question follows from a context; raises `JudgeError`."""
    given: dict[str, object] = {"question": question, "answer": answer, "context": context}
    return await judge.reply(_prompt(_SUPPORTS, SupportGrade, given), SupportGrade)


async def answers(judge: Judge, question: str, passage: str) -> AnswersVerdict:
    """Whether a passage answers a question; raises `JudgeError`."""
    return await judge.reply(answers_prompt(question, passage), AnswersVerdict)


def answers_prompt(question: str, passage: str) -> str:
    """What a judge is sent to say whether a passage answers."""
    return _prompt(_ANSWERS, AnswersVerdict, {"question": question, "passage": passage})
