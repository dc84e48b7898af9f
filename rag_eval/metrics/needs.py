"""Whether a metric speaks of a case at all: the fields it needs must be there."""

from collections.abc import Sequence

from rag_eval.records import UNKNOWN, Answer, Case

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


def why_not(needs: Sequence[str], case: Case, answer: Answer) -> str | None:
    """Why a metric does not apply, None if it does.

    An empty list of retrieved ids is a result of retrieval and applies; an empty list of retrieved texts gives a judge
    nothing to read and does not.
    """
    for field in needs:
        value = getattr(case if field in Case.model_fields else answer, field)
        nothing = value is None or value is False or value == "" or (value == () and field != "retrieved_context_ids")
        if value == () and field == "retrieved_contexts":
            return "nothing was retrieved"
        if nothing or (isinstance(value, str) and not value.strip()):
            return _unknown(field, answer) or _WHY.get(field, f"{field} is empty")
    return None


def _unknown(field: str, answer: Answer) -> str | None:
    """Why what came with an answer could not be used."""
    whys = answer.metadata.get(UNKNOWN)
    why = whys.get(field) if isinstance(whys, dict) else None
    return why if isinstance(why, str) else None
