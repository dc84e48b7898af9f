"""What a judge's reply says, statement by statement, as the evidence of a score."""

from typing import Any, Literal

from rag_eval.records import Verdict


def nothing(_: Any, __: str) -> list[Verdict]:
    """A reply that judges nothing, such as a list of statements."""
    return []


def of_verdicts(reply: Any, part: str) -> list[Verdict]:
    """Statements, each with a verdict."""
    return [
        Verdict(part=part, statement=s.statement, verdict=_bit(s.verdict), reason=s.reason, **_graded(s))
        for s in reply.statements
    ]


def of_attributions(reply: Any, part: str) -> list[Verdict]:
    """Statements, each held by a context or not."""
    return [
        Verdict(part=part, statement=c.statement, verdict=_bit(c.attributed), reason=c.reason, **_graded(c))
        for c in reply.classifications
    ]


def of_classes(reply: Any, _: str) -> list[Verdict]:
    """Statements of the response that are right or wrong, and those of the reference that it leaves out."""
    sides = (("response", reply.TP, 1), ("response", reply.FP, 0), ("reference", reply.FN, 0))
    return [
        Verdict(part=side, statement=s.statement, verdict=_bit(good), reason=s.reason)
        for side, statements, good in sides
        for s in statements
    ]


def of_context(reply: Any, part: str) -> list[Verdict]:
    """One context, useful or not; its place is the part."""
    return [Verdict(part="context", statement=f"context {part}", verdict=_bit(reply.verdict), reason=reply.reason)]


def of_question(reply: Any, _: str) -> list[Verdict]:
    """The question that an answer would answer, and whether it answers at all."""
    why = "the judge calls the answer noncommittal" if reply.noncommittal else ""
    question = f"would answer: {reply.question}"
    return [Verdict(part="question", statement=question, verdict=_bit(not reply.noncommittal), reason=why)]


def _graded(item: Any) -> dict[str, Any]:
    """How far a judge that grades finds a statement borne out, and by which sentence."""
    known = vars(item) | (getattr(item, "model_extra", None) or {})  # a model finds slowly that it lacks a field
    return {"support": known.get("support"), "evidence": known.get("evidence", "")}


def _bit(value: float) -> Literal[0, 1]:
    return 1 if value else 0
