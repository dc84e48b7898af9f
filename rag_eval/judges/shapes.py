"""The shapes of replies: a row for each model that a judge may be asked for.

A row says what may be wrong with a reply, what verdicts it holds, and how the embedded judge fills it. A model of
RAGAs or of ours that has no row is an error: its replies would be believed unread.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from pydantic import BaseModel, JsonValue

from rag_eval.errors import JudgeError
from rag_eval.judges import canaries, evidence, faults
from rag_eval.judges.embedded import drafting, replies
from rag_eval.language.prompts import read_input
from rag_eval.records import Reason, Verdict

Input = Mapping[str, JsonValue]


@dataclass(frozen=True)
class Shape:
    """What is known of the replies of one model."""

    model: str
    """Name of the model's class."""
    fault: Callable[[Mapping[str, Any], Any], faults.Fault | None] = faults.no_fault
    """What is wrong with a reply, from the prompt's input and the reply."""
    verdicts: Callable[[Any, str], list[Verdict]] = evidence.nothing
    """The verdicts in a reply on one part of the evidence."""
    parts: tuple[str, ...] = ()
    """What the first, the second, … reply of this model within one score speaks of; its number from there on."""
    heuristic: Callable[[Input], Mapping[str, JsonValue]] | None = None
    """How the embedded judge fills it, by field; None where that takes a language model."""
    canary: canaries.Canary | None = None
    """How control statements ride along where an input speaks to the judge; None where a reply has no room for them."""


_ROWS: Final = (
    Shape(
        "StatementGeneratorOutput",
        faults.statements_fault,
        heuristic=replies.statement_list,
        canary=canaries.STATEMENTS,
    ),
    Shape("ClaimDecompositionOutput", faults.claims_fault, heuristic=replies.claim_list, canary=canaries.CLAIMS),
    Shape(
        "NLIStatementOutput",
        faults.verdicts_fault,
        evidence.of_verdicts,
        parts=("response", "reference"),
        heuristic=replies.support_verdicts,
        canary=canaries.VERDICTS,
    ),
    Shape(
        "StatementFaithfulnessOutput",
        faults.verdicts_fault,
        evidence.of_verdicts,
        heuristic=replies.support_verdicts,
        canary=canaries.VERDICTS,
    ),
    Shape(
        "ContextRecallOutput",
        faults.attributions_fault,
        evidence.of_attributions,
        parts=("reference",),
        heuristic=replies.attributions,
        canary=canaries.ATTRIBUTIONS,
    ),
    Shape(
        "ClassificationWithReason",
        faults.classes_fault,
        evidence.of_classes,
        heuristic=replies.statement_classes,
        canary=canaries.CLASSES,
    ),
    Shape("ContextPrecisionOutput", faults.lone_verdict_fault, evidence.of_context, heuristic=replies.usefulness),
    Shape("AnswerRelevanceOutput", faults.relevance_fault, evidence.of_question, heuristic=replies.relevance),
    Shape("CorrectnessOutput", faults.correctness_fault, heuristic=replies.claim_verdicts, canary=canaries.CORRECTNESS),
    Shape("EntitiesList", heuristic=replies.entity_list),
    Shape("AnswerAccuracyOutput", heuristic=replies.accuracy),
    Shape("ResponseGroundednessOutput", heuristic=replies.groundedness),
    Shape("ContextRelevanceOutput", heuristic=replies.context_relevance),
    Shape("DraftedQuestion", heuristic=drafting.draft),
    Shape("FollowsVerdict", heuristic=drafting.follows),
    Shape("SupportGrade", heuristic=drafting.supports),
    Shape("AnswersVerdict", heuristic=drafting.answers),
)
SHAPES: Final[Mapping[str, Shape]] = {row.model: row for row in _ROWS}
"""Name of a model, RAGAs' and ours, to its row."""

_LISTED: Final = frozenset({"ragas", "rag_eval"})
"""Packages whose models must have a row; one that somebody's own metric asks for is that metric's to check."""


def shape_of(model: type[BaseModel]) -> Shape:
    """The row of a model; raises `JudgeError` for one of RAGAs' or ours that has none."""
    name = model.__name__
    if name not in SHAPES and model.__module__.partition(".")[0] in _LISTED:
        message = f"replies of {model.__module__}.{name} cannot be checked: judges.shapes has no row for it"
        raise JudgeError(message, reason=Reason.UNSUPPORTED_PROMPT)
    return SHAPES.get(name) or Shape(name)


def find_fault(prompt: str, reply: BaseModel) -> faults.Fault | None:
    """What is wrong with a reply to a prompt, None if nothing is."""
    shape = shape_of(type(reply))
    return None if shape.fault is faults.no_fault else shape.fault(read_input(prompt), reply)


def verdicts(reply: BaseModel, number: int) -> list[Verdict]:
    """The verdicts in a reply; `number` is how many replies of its model came before within one score."""
    shape = shape_of(type(reply))
    return shape.verdicts(reply, shape.parts[number] if number < len(shape.parts) else f"{number + 1}")
