"""A judge whose replies are checked before anything is computed from them.

RAGAs takes one verdict for five statements as full marks. Here a reply must hold as many verdicts as there were
statements, for the same statements, each 0 or 1. A wrong one is asked for again, with what was wrong with it; then the
call fails with a reason. A list of statements must speak of all that its text states, or the score would move silently.
"""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from typing import Any, TypeVar

from pydantic import BaseModel

from rag_eval.errors import JudgeError
from rag_eval.judges.assertions import assertions as _assertions
from rag_eval.judges.coverage import left_out
from rag_eval.language.prompts import read_input
from rag_eval.language.words import tokens
from rag_eval.ports import Judge
from rag_eval.records import Reason

T = TypeVar("T", bound=BaseModel)
Fault = tuple[str, str]
"""A reason code and a sentence."""

TRIES = 3
_ALIKE = 0.55
"""Least share of letter pairs that a repeated statement has in common with the one that was asked (Dice)."""


class Checked:
    """Asks the judge beneath, and asks again, up to `TRIES` times in all, for a reply that is whole."""

    def __init__(self, judge: Judge, *, round_: int = 0) -> None:
        self._judge = judge
        self._round = round_

    async def reply(self, prompt: str, shape: type[T], draw: str = "") -> T:
        """A whole reply; raises `JudgeError` with the reason of the last fault."""
        asked, tag = prompt, draw
        for again in range(1, TRIES + 1):
            reply = await self._judge.reply(asked, shape, tag)
            fault = find_fault(prompt, reply)
            if fault is None:
                return reply
            reason, message = fault
            asked = f"{prompt}\nYour last reply could not be used: {message}. Reply again, whole."
            # A later round, after somebody asked for failures to be tried again, must not meet this one's replies.
            tag = f"{draw}/again-{self._round}.{again}"
        raise JudgeError(f"{message}, {TRIES} times over", reason=reason)


def find_fault(prompt: str, reply: BaseModel) -> Fault | None:
    """What is wrong with a reply to one of RAGAs' prompts, None if nothing is or its shape is not known."""
    find = _FINDERS.get(type(reply).__name__)
    return find(read_input(prompt), reply) if find else None


def _verdicts(asked: Mapping[str, Any], reply: Any) -> Fault | None:
    statements, verdicts = asked["statements"], reply.statements
    if len(statements) != len(verdicts):
        return Reason.INCOMPLETE_VERDICTS, f"it holds {len(verdicts)} verdicts for {len(statements)} statements"
    return _binary([one.verdict for one in verdicts]) or _same(statements, [one.statement for one in verdicts])


def _attributions(asked: Mapping[str, Any], reply: Any) -> Fault | None:
    statements = [one.statement for one in reply.classifications]
    if not statements:
        return Reason.INCOMPLETE_VERDICTS, "it holds no classification"
    if missing := _missing(asked["answer"], statements, asked.get("question", "")):
        return Reason.INCOMPLETE_VERDICTS, f"no classification speaks of {missing!r}"
    return _binary([one.attributed for one in reply.classifications])


def _missing(text: str, statements: Sequence[str], question: str = "", *, in_part: bool = False) -> str:
    """A piece of what a text states that no statement speaks of."""
    return left_out(_assertions(text), statements, f"{text}\n{question}", in_part=in_part)


def _classes(asked: Mapping[str, Any], reply: Any) -> Fault | None:
    placed, missed = len(reply.TP) + len(reply.FP), len(reply.FN)
    answer, truth = len(asked["answer"]), len(asked["ground_truth"])
    if placed != answer:
        return Reason.INCOMPLETE_VERDICTS, f"TP and FP hold {placed} statements of the answer's {answer}"
    if missed > truth:
        return Reason.WRONG_STATEMENTS, f"FN holds {missed} statements, the ground truth has {truth}"
    return None


def _single(_: Mapping[str, Any], reply: Any) -> Fault | None:
    return _binary([reply.verdict])


def _relevance(_: Mapping[str, Any], reply: Any) -> Fault | None:
    if not reply.question.strip():
        return Reason.NO_QUESTION, "it holds no question"
    return _binary([reply.noncommittal])


def _statements(asked: Mapping[str, Any], reply: Any) -> Fault | None:
    return _whole(reply.statements, asked.get("answer", asked.get("text", "")), asked)


def _claims(asked: Mapping[str, Any], reply: Any) -> Fault | None:
    return _whole(reply.claims, asked["response"], asked)


def _whole(statements: Sequence[str], text: str, asked: Mapping[str, Any]) -> Fault | None:
    """Whether a list of statements speaks of the whole of the text that it was made from."""
    if not any(statement.strip() for statement in statements):
        return Reason.NO_STATEMENTS, "it holds no statement"
    in_part = asked.get("coverage") == "low"
    missing = _missing(text, statements, asked.get("question", ""), in_part=in_part)
    return (Reason.INCOMPLETE_STATEMENTS, f"no statement speaks of {missing!r}") if missing else None


def _correctness(asked: Mapping[str, Any], reply: Any) -> Fault | None:
    claims = [claim.claim for claim in reply.claims]
    if not tokens(asked["reference"]) and not claims:
        return None
    wrong = [claim.verdict for claim in reply.claims if claim.verdict not in ("said", "missing", "contradicted")]
    if wrong:
        return Reason.INVALID_VERDICT, f"a verdict is said, missing or contradicted, it says {wrong[0]!r}"
    return _whole(claims, asked["reference"], asked)


def _binary(values: Sequence[int]) -> Fault | None:
    wrong = [value for value in values if value not in (0, 1)]
    return (Reason.INVALID_VERDICT, f"a verdict is 0 or 1, it says {wrong[0]}") if wrong else None


def _same(asked: Sequence[str], told: Sequence[str]) -> Fault | None:
    """Whether each verdict speaks of the statement in its place; models may change a word, not the statement."""
    known = {_normal(statement) for statement in asked}
    for statement, repeated in zip(asked, told, strict=True):
        mine, theirs = _normal(statement), _normal(repeated)
        # One that was asked in another place is that one, however much alike the two are.
        if mine != theirs and (theirs in known or _unlike(mine, theirs)):
            return Reason.WRONG_STATEMENTS, f"a verdict speaks of {repeated[:80]!r} where {statement[:80]!r} was asked"
    return None


def _unlike(mine: str, theirs: str) -> bool:
    """Whether two texts have few pairs of letters in common, wherever they stand: that takes linear time."""
    ours, others = _pairs(mine), _pairs(theirs)
    return 2 * (ours & others).total() < _ALIKE * (ours.total() + others.total())


def _pairs(text: str) -> Counter[str]:
    """Neighbouring letters, and single signs, of which a word of Chinese has but one or two."""
    return Counter(map("".join, pairwise(text))) + Counter(sign for sign in text if sign >= "\u2e80")


def _normal(text: str) -> str:
    return " ".join(tokens(text)).lower()


_FINDERS: Mapping[str, Callable[[Mapping[str, Any], Any], Fault | None]] = {
    "NLIStatementOutput": _verdicts,
    "StatementFaithfulnessOutput": _verdicts,
    "ContextRecallOutput": _attributions,
    "ClassificationWithReason": _classes,
    "ContextPrecisionOutput": _single,
    "AnswerRelevanceOutput": _relevance,
    "StatementGeneratorOutput": _statements,
    "ClaimDecompositionOutput": _claims,
    "CorrectnessOutput": _correctness,
}
