"""What is wrong with a judge's reply, for each form that one can have.

RAGAs takes one verdict for five statements as full marks. Here a reply must hold as many verdicts as there were
statements, for the same statements, each 0 or 1. A list of statements must speak of all that its text states, or the
score would move silently.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from rag_eval.judges.assertions import assertions as _assertions
from rag_eval.judges.coverage import left_out
from rag_eval.language.words import tokens
from rag_eval.records import Reason

Fault = tuple[str, str]
"""A reason code and a sentence."""

_ALIKE = 0.55
"""Least share of letter pairs that a repeated statement has in common with the one that was asked (Dice)."""


def no_fault(_: Mapping[str, Any], __: Any) -> Fault | None:
    """Nothing that could be told from the prompt: the model's own fields are all that is asked of it."""
    return None


def verdicts_fault(asked: Mapping[str, Any], reply: Any) -> Fault | None:
    """What is wrong with verdicts on statements: as many, on the same statements, each 0 or 1."""
    statements, verdicts = asked["statements"], reply.statements
    if len(statements) != len(verdicts):
        return Reason.INCOMPLETE_VERDICTS, f"it holds {len(verdicts)} verdicts for {len(statements)} statements"
    repeated = [item.statement for item in verdicts]
    return _binary([item.verdict for item in verdicts]) or _statement_mismatch(statements, repeated)


def attributions_fault(asked: Mapping[str, Any], reply: Any) -> Fault | None:
    """What is wrong with a list of statements of an answer and whether a context holds each."""
    statements = [item.statement for item in reply.classifications]
    if not statements:
        return Reason.INCOMPLETE_VERDICTS, "it holds no classification"
    if missing := _missing(asked["answer"], statements, asked.get("question", "")):
        return Reason.INCOMPLETE_VERDICTS, f"no classification speaks of {missing!r}"
    return _binary([item.attributed for item in reply.classifications])


def _missing(text: str, statements: Sequence[str], question: str = "", *, in_part: bool = False) -> str:
    """A piece of what a text states that no statement speaks of."""
    return left_out(_assertions(text), statements, f"{text}\n{question}", in_part=in_part)


def classes_fault(asked: Mapping[str, Any], reply: Any) -> Fault | None:
    """What is wrong with statements that are parted into right, wrong and left out."""
    placed, missed = len(reply.TP) + len(reply.FP), len(reply.FN)
    answer, truth = len(asked["answer"]), len(asked["ground_truth"])
    if placed != answer:
        return Reason.INCOMPLETE_VERDICTS, f"TP and FP hold {placed} statements of the answer's {answer}"
    if missed > truth:
        return Reason.WRONG_STATEMENTS, f"FN holds {missed} statements, the ground truth has {truth}"
    return None


def lone_verdict_fault(_: Mapping[str, Any], reply: Any) -> Fault | None:
    """What is wrong with one verdict."""
    return _binary([reply.verdict])


def relevance_fault(_: Mapping[str, Any], reply: Any) -> Fault | None:
    """What is wrong with a question that an answer would answer, and a verdict on the answer."""
    if not reply.question.strip():
        return Reason.NO_QUESTION, "it holds no question"
    return _binary([reply.noncommittal])


def statements_fault(asked: Mapping[str, Any], reply: Any) -> Fault | None:
    """What is wrong with the statements of an answer."""
    return _omission(reply.statements, asked.get("answer", asked.get("text", "")), asked)


def claims_fault(asked: Mapping[str, Any], reply: Any) -> Fault | None:
    """What is wrong with the claims of a response."""
    return _omission(reply.claims, asked["response"], asked)


def _omission(statements: Sequence[str], text: str, asked: Mapping[str, Any]) -> Fault | None:
    """Whether a list of statements speaks of the whole of the text that it was made from."""
    if not any(statement.strip() for statement in statements):
        return Reason.NO_STATEMENTS, "it holds no statement"
    in_part = asked.get("coverage") == "low"
    missing = _missing(text, statements, asked.get("question", ""), in_part=in_part)
    return (Reason.INCOMPLETE_STATEMENTS, f"no statement speaks of {missing!r}") if missing else None


def correctness_fault(asked: Mapping[str, Any], reply: Any) -> Fault | None:
    """What is wrong with the claims of a reference and what became of each."""
    claims = [claim.claim for claim in reply.claims]
    if not tokens(asked["reference"]) and not claims:
        return None
    wrong = [claim.verdict for claim in reply.claims if claim.verdict not in ("said", "missing", "contradicted")]
    if wrong:
        return Reason.INVALID_VERDICT, f"a verdict is said, missing or contradicted, it says {wrong[0]!r}"
    return _omission(claims, asked["reference"], asked)


def _binary(values: Sequence[int]) -> Fault | None:
    wrong = [value for value in values if value not in (0, 1)]
    return (Reason.INVALID_VERDICT, f"a verdict is 0 or 1, it says {wrong[0]}") if wrong else None


def _statement_mismatch(asked: Sequence[str], repeated: Sequence[str]) -> Fault | None:
    """Whether each verdict speaks of the statement in its place; models may change a word, not the statement."""
    known = {_normal(statement) for statement in asked}
    for statement, answer in zip(asked, repeated, strict=True):
        mine, theirs = _normal(statement), _normal(answer)
        # One that was asked in another place is that one, however much alike the two are.
        if mine != theirs and (theirs in known or _unlike(mine, theirs)):
            return Reason.WRONG_STATEMENTS, f"a verdict speaks of {answer[:80]!r} where {statement[:80]!r} was asked"
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
