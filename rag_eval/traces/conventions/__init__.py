"""What the attributes of a span mean, whoever wrote them: one module for each family of names.

A span may carry several families at once, such as OpenInference's inside MLflow's.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from rag_eval.traces import values
from rag_eval.traces.conventions import genai, mlflow, openinference, openllmetry, trulens

_ORDER = (trulens, mlflow, openinference, openllmetry)
_AS_METADATA = ("model", "index", "reference")
_SESSIONS = ("session.id", "thread_id", "conversation_id", "conversation.id", "session_id", "thread.id")
_MERGED = ("scores", "labels")
_NOTHING: tuple[Any, ...] = (None, "", {})


def meaning(attributes: Mapping[str, Any], events: Iterable[genai.Event] = ()) -> dict[str, Any]:
    """Fields of a step as the first family that tells them has them; `dialect` names the first that tells anything."""
    told = [(each.NAME, each.meaning(attributes)) for each in _ORDER]
    told.append((genai.NAME, genai.meaning(attributes, events)))
    found: dict[str, Any] = {}
    for name, fields in told:
        if fields:
            found.setdefault("dialect", name)
        for field, value in fields.items():
            if field in _MERGED:
                found[field] = {**value, **found.get(field, {})}
            elif value not in _NOTHING and found.get(field) in _NOTHING:
                found[field] = value
    extra = {name: found.pop(name) for name in _AS_METADATA if name in found}
    found.setdefault("conversation", values.text(values.first(attributes, *_SESSIONS)))
    found.setdefault("confidence", values.number(attributes.get("confidence")))
    return {**{name: one for name, one in found.items() if one is not None}, "metadata": extra}
