"""Evaluations and what people thought, by name."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from rag_eval.traces import values
from rag_eval.traces.exchange import Opinion

_OF_USERS = re.compile(r"feedback|thumb|user|rating|satisf|like|stars|helpful", re.IGNORECASE)
_ON_A_SCALE = re.compile(r"rating|stars|satisf", re.IGNORECASE)
_GOOD = frozenset({"good", "positive", "thumbs_up", "thumbs up", "thumbsup", "thumbs-up", "up", "like", "liked",
                   "helpful", "correct", "yes", "true", "accepted", "pass", "👍", "+1"})  # fmt: skip
_BAD = frozenset({"bad", "negative", "thumbs_down", "thumbs down", "thumbsdown", "thumbs-down", "down", "dislike",
                  "disliked", "unhelpful", "not helpful", "incorrect", "wrong", "no", "false", "rejected", "fail",
                  "👎", "-1"})  # fmt: skip
_GOOD_STARS, _BAD_STARS = 4, 2


@dataclass(frozen=True)
class Assessment:
    """One evaluation as a capture has it."""

    name: str
    value: Any
    label: Any = None
    by_person: bool = False


def span_fields(verdicts: Iterable[Assessment]) -> dict[str, Any]:
    """Fields of a step: `scores`, `labels`, `feedback` and `confidence`, those that were told."""
    scores: dict[str, float] = {}
    labels: dict[str, str] = {}
    opinions: list[Opinion] = []
    for each in verdicts:
        score, label = _number(each.value), _label(each)
        if score is not None:
            scores[each.name] = score
        if label is not None:
            labels[each.name] = label
        opinions += [thought] if (thought := opinion(each)) else []
    confidence = scores.get("confidence")
    fields = {"scores": scores, "labels": labels, "feedback": opinions[-1] if opinions else None}
    return {name: value for name, value in {**fields, "confidence": confidence}.items() if value not in (None, {})}


def _number(value: Any) -> float | None:
    return None if isinstance(value, str) else values.number(value)


def _label(verdict: Assessment) -> str | None:
    if isinstance(verdict.value, str) and verdict.label is None:
        return values.text(verdict.value)
    return values.text(verdict.label)


def opinion(verdict: Assessment) -> Opinion | None:
    """What a person thought; None for what a machine found, and for what can be read either way."""
    if not verdict.by_person and not _OF_USERS.search(verdict.name):
        return None
    word = str(_label(verdict) or (verdict.value if isinstance(verdict.value, bool) else "")).strip().lower()
    if word in _GOOD | _BAD:
        return "good" if word in _GOOD else "bad"
    score = values.number(verdict.value)
    return None if score is None else _on_a_scale(verdict.name, score)


def _on_a_scale(name: str, score: float) -> Opinion | None:
    """Thumbs are 1 and 0 or −1; stars run to 5."""
    if _ON_A_SCALE.search(name) or score > 1:
        return "good" if score >= _GOOD_STARS else "bad" if score <= _BAD_STARS else None
    return "good" if score == 1 else "bad" if score <= 0 else None


def from_object(name: str, fields: Mapping[str, Any]) -> Assessment | None:
    """A verdict out of an object with `score` or `value`, `label`, and who gave it."""
    result = fields.get("result")
    inner: Mapping[str, Any] = {**fields, **result} if isinstance(result, dict) else fields
    value, label = values.first(inner, "score", "value"), inner.get("label")
    who = str(values.first(fields, "annotator_kind", "annotatorKind", "source") or "")
    if value is None and label is None:
        return None
    return Assessment(name, value, label, by_person=who.upper() in {"HUMAN", "ANNOTATION"})
