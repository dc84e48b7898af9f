"""Whether a metric speaks of a case at all: the fields it needs must be there."""

from collections.abc import Sequence

from rag_eval.records import UNKNOWN, Answer, Case

_RETRIEVED = frozenset({"retrieved_contexts", "retrieved_context_ids"})
_WHY = {
    "user_input": "the case has no question",
    "response": "the answer has no text",
    "reference": "the case has no reference",
    "reference_contexts": "the case has no reference contexts",
    "reference_context_ids": "the case has no reference context ids",
    "retrieved_contexts": "no contexts came with the answer",
    "retrieved_context_ids": "no context ids came with the answer",
    "latency_s": "the time it took is not known",
    "first_token_s": "the answer did not come in pieces",
    "answerable": "the question has no answer in the corpus",
}


def why_not(needs: Sequence[str], case: Case, answer: Answer, *, of_retrieval: bool = False) -> str | None:
    """Why a metric does not apply, None if it does.

    An empty list of retrieved ids is a result of retrieval and applies; so is one of retrieved texts to a metric
    `of_retrieval`, while of an answer nobody can say whether it is faithful to nothing.
    """
    for field in needs:
        value = getattr(case if field in Case.model_fields else answer, field)
        if value == () and field == "retrieved_contexts" and not of_retrieval:
            return "nothing was retrieved"
        if _is_nothing(value, empty_list=field not in _RETRIEVED):
            return _unknown(field, answer) or _WHY.get(field, f"{field} is empty")
    return None


def _is_nothing(value: object, *, empty_list: bool) -> bool:
    blank = isinstance(value, str) and not value.strip()
    return value is None or value is False or blank or (empty_list and value == ())


def _unknown(field: str, answer: Answer) -> str | None:
    """Why what came with an answer could not be used."""
    whys = answer.metadata.get(UNKNOWN)
    why = whys.get(field) if isinstance(whys, dict) else None
    return why if isinstance(why, str) else None
