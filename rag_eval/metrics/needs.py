"""Whether a metric speaks of a case at all: the fields it needs must be there."""

from collections.abc import Collection
from typing import Final

from rag_eval.metrics.spec import MetricSpec
from rag_eval.records import UNKNOWN, Answer, Case

_RETRIEVED = frozenset({"retrieved_contexts", "retrieved_context_ids"})
WHY: Final = {
    "user_input": "the case has no question",
    "response": "the answer has no text",
    "reference": "the case has no reference",
    "reference_contexts": "the case has no reference contexts",
    "reference_context_ids": "the case has no reference context ids",
    "retrieved_contexts": "no contexts came with the answer",
    "retrieved_context_ids": "no context ids came with the answer",
    "answerable": "the question has no answer in the corpus",
}
"""Field to why a metric that needs it does not apply; a metric has reasons of its own for what only it needs."""


def why_not(spec: MetricSpec, case: Case, answer: Answer, among: Collection[str] | None = None) -> str | None:
    """Why a metric does not apply, None if it does; of its needs only those `among` some fields where these are given.

    An empty list of retrieved ids is a result of retrieval and applies; so is one of retrieved texts to a metric that
    `applies_to_nothing`, while of an answer nobody can say whether it is faithful to nothing.
    """
    for field in spec.needs if among is None else [field for field in spec.needs if field in among]:
        value = getattr(case if field in Case.model_fields else answer, field)
        if value == () and field == "retrieved_contexts" and not spec.applies_to_nothing:
            return "nothing was retrieved"
        if _is_nothing(value, empty_list=field not in _RETRIEVED):
            return _unknown(field, answer) or spec.lacking.get(field) or WHY.get(field, f"{field} is empty")
    return None


def _is_nothing(value: object, *, empty_list: bool) -> bool:
    blank = isinstance(value, str) and not value.strip()
    return value is None or value is False or blank or (empty_list and value == ())


def _unknown(field: str, answer: Answer) -> str | None:
    """Why what came with an answer could not be used."""
    whys = answer.metadata.get(UNKNOWN)
    why = whys.get(field) if isinstance(whys, dict) else None
    return why if isinstance(why, str) else None
