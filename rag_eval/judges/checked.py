"""A judge whose replies are checked before anything is computed from them.

RAGAs takes one verdict for five statements as full marks. Here a reply must hold as many verdicts as there were
statements, for the same statements, each 0 or 1. A wrong one is asked for again, with what was wrong with it; then the
call fails with a reason.
"""

import difflib
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel

from rag_eval.errors import JudgeError
from rag_eval.language.prompts import read_input
from rag_eval.ports import Judge

T = TypeVar("T", bound=BaseModel)
Fault = tuple[str, str]
"""A reason code and a sentence."""

TRIES = 3
_ALIKE = 0.6
"""Least similarity (difflib ratio of normalised texts) at which a repeated statement counts as the same."""
_COVERED = 0.5
"""Least share of a sentence's words that must come back among the statements made from it."""
_WORD = re.compile(r"\w+")
_SENTENCE = re.compile(r"(?<=[.!?])\s+|\n+")
_LIST_MARK = re.compile(r"^\s*(?:[-*•]|\d+[.)])\s*|\s*\b\d+[.)]\s*$")
_FEWEST_WORDS = 3
"""Shorter sentences, such as `Sure.` or the number of a list item, state nothing of their own."""


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
        return "incomplete_verdicts", f"it holds {len(verdicts)} verdicts for {len(statements)} statements"
    return _binary([one.verdict for one in verdicts]) or _same(statements, [one.statement for one in verdicts])


def _attributions(asked: Mapping[str, Any], reply: Any) -> Fault | None:
    statements = [one.statement for one in reply.classifications]
    if not statements:
        return "incomplete_verdicts", "it holds no classification"
    told = set(_words(" ".join(statements)))
    for sentence in _assertions(asked["answer"]):
        words = _words(sentence)
        if sum(word in told for word in words) < _COVERED * len(words):
            return "incomplete_verdicts", f"no classification speaks of {sentence[:80]!r}"
    return _binary([one.attributed for one in reply.classifications])


def _assertions(text: str) -> list[str]:
    """The sentences of a text that state something: no questions, no `Here is how:`, no marks of a list."""
    sentences = [_LIST_MARK.sub("", sentence).strip() for sentence in _SENTENCE.split(text)]
    return [one for one in sentences if not one.endswith((":", "?")) and len(_words(one)) >= _FEWEST_WORDS]


def _classes(asked: Mapping[str, Any], reply: Any) -> Fault | None:
    placed, missed = len(reply.TP) + len(reply.FP), len(reply.FN)
    answer, truth = len(asked["answer"]), len(asked["ground_truth"])
    if placed != answer:
        return "incomplete_verdicts", f"TP and FP hold {placed} statements of the answer's {answer}"
    if missed > truth:
        return "wrong_statements", f"FN holds {missed} statements, the ground truth has {truth}"
    return None


def _single(_: Mapping[str, Any], reply: Any) -> Fault | None:
    return _binary([reply.verdict])


def _relevance(_: Mapping[str, Any], reply: Any) -> Fault | None:
    if not reply.question.strip():
        return "no_question", "it holds no question"
    return _binary([reply.noncommittal])


def _statements(_: Mapping[str, Any], reply: Any) -> Fault | None:
    held = reply.claims if hasattr(reply, "claims") else reply.statements
    return None if any(one.strip() for one in held) else ("no_statements", "it holds no statement")


def _binary(values: Sequence[int]) -> Fault | None:
    wrong = [value for value in values if value not in (0, 1)]
    return ("invalid_verdict", f"a verdict is 0 or 1, it says {wrong[0]}") if wrong else None


def _same(asked: Sequence[str], told: Sequence[str]) -> Fault | None:
    """Whether each verdict speaks of the statement in its place; models may change a word, not the statement."""
    known = {" ".join(_words(one)) for one in asked}
    for one, other in zip(asked, told, strict=True):
        mine, theirs = " ".join(_words(one)), " ".join(_words(other))
        # One that was asked in another place is that one, however much alike the two are.
        if mine != theirs and (theirs in known or _unlike(mine, theirs)):
            return "wrong_statements", f"a verdict speaks of {other[:80]!r} where {one[:80]!r} was asked"
    return None


def _unlike(mine: str, theirs: str) -> bool:
    return difflib.SequenceMatcher(None, mine, theirs, autojunk=False).ratio() < _ALIKE


def _words(text: str) -> list[str]:
    return _WORD.findall(text.lower())


_FINDERS: Mapping[str, Callable[[Mapping[str, Any], Any], Fault | None]] = {
    "NLIStatementOutput": _verdicts,
    "StatementFaithfulnessOutput": _verdicts,
    "ContextRecallOutput": _attributions,
    "ClassificationWithReason": _classes,
    "ContextPrecisionOutput": _single,
    "AnswerRelevanceOutput": _relevance,
    "StatementGeneratorOutput": _statements,
    "ClaimDecompositionOutput": _statements,
}
