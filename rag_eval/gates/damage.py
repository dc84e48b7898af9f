"""Known ways to spoil an answer, one line each: what a gate that is worth its name must see.

Each is a pure function of a case, its answer, the answers to other questions and a generator of random numbers; it
changes what it says it changes and nothing else. It gives None where an answer cannot be spoiled that way, such as one
without a number whose number were to be changed.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from rag_eval.language.refusals import refusal
from rag_eval.language.sentences import sentences
from rag_eval.records import Answer, Case

Others = Sequence[Answer]
"""The answers to other questions of the same run."""
Apply = Callable[[Case, Answer, Others, np.random.Generator], Answer | None]

REFUSAL = "I'm sorry, but I could not find an answer to this question."
_NUMBER = re.compile(r"(?<![\w.,\[])[0-9]+(?:[.,][0-9]+)*(?![\w])")
_AUXILIARY = re.compile(
    r"\b(is|are|was|were|can|could|may|must|shall|should|will|would|has|have|had|does|do|did)\b(?:\s+(not)\b)?"
)
_SHORTEST = 12
"""Characters from which on half an answer is less than the answer."""


@dataclass(frozen=True)
class Damage:
    """One way to spoil an answer."""

    name: str
    what: str
    """For a person, such as `a number in the answer is another`."""
    change: Apply

    def apply(self, case: Case, answer: Answer, others: Others, rng: np.random.Generator) -> Answer | None:
        """The spoilt answer; None where this way changes nothing of it."""
        spoilt = self.change(case, answer, others, rng)
        return None if spoilt == answer else spoilt


def _swap(case: Case, answer: Answer, others: Others, rng: np.random.Generator) -> Answer | None:
    del case
    own = _claims(answer)
    return _with_text(answer, _another([text for text in map(_claims, others) if text], own, rng)) if own else None


def _number(case: Case, answer: Answer, others: Others, rng: np.random.Generator) -> Answer | None:
    del case, others
    numbers = [*_NUMBER.finditer(_claims(answer) or "")]
    if not numbers:
        return None
    chosen, text = numbers[int(rng.integers(len(numbers)))], answer.response or ""
    return _with_text(answer, f"{text[: chosen.start()]}{_other_number(chosen[0], rng)}{text[chosen.end() :]}")


def _negate(case: Case, answer: Answer, others: Others, rng: np.random.Generator) -> Answer | None:
    del case, others, rng
    turned = _AUXILIARY.sub(lambda match: match[1] if match[2] else f"{match[1]} not", _claims(answer) or "", count=1)
    return _with_text(answer, turned or None)


def _truncate(case: Case, answer: Answer, others: Others, rng: np.random.Generator) -> Answer | None:
    del case, others, rng
    text = (_claims(answer) or "").strip()
    half = text[: len(text) // 2]
    whole_words = half if text[len(half) : len(half) + 1].isspace() else half.rpartition(" ")[0]
    return _with_text(answer, (whole_words or half).rstrip()) if len(text) >= _SHORTEST else None


def _refuse(case: Case, answer: Answer, others: Others, rng: np.random.Generator) -> Answer | None:
    del others, rng
    return _with_text(answer, REFUSAL) if case.answerable and _claims(answer) else None


def _invent(case: Case, answer: Answer, others: Others, rng: np.random.Generator) -> Answer | None:
    if case.answerable or not answer.response or _claims(answer):
        return None
    return _with_text(answer, _another([text for text in map(_claims, others) if text], None, rng))


def _foreign(case: Case, answer: Answer, others: Others, rng: np.random.Generator) -> Answer | None:
    del case
    own = _claims(answer)
    pieces = [piece for text in map(_claims, others) if text for piece in sentences(text) if piece not in (own or "")]
    piece = _another(pieces, None, rng)
    return _with_text(answer, f"{own.rstrip()} {piece}") if own and piece else None


def _silence(case: Case, answer: Answer, others: Others, rng: np.random.Generator) -> Answer | None:
    del case, others, rng
    return _with_text(answer, "") if answer.response else None


def _drop_gold(case: Case, answer: Answer, others: Others, rng: np.random.Generator) -> Answer | None:
    del others, rng
    gold = _gold(case, answer)
    return _with_places(answer, [place for place in range(_length(answer)) if place not in gold]) if gold else None


def _bury_gold(case: Case, answer: Answer, others: Others, rng: np.random.Generator) -> Answer | None:
    del others, rng
    gold = _gold(case, answer)
    return _with_places(answer, sorted(range(_length(answer)), key=lambda place: place in gold)) if gold else None


def _other_contexts(case: Case, answer: Answer, others: Others, rng: np.random.Generator) -> Answer | None:
    del case
    taken = [other for other in others if _length(other) and _retrieved(other) != _retrieved(answer)]
    if not taken or not _length(answer):
        return None
    other = taken[int(rng.integers(len(taken)))]
    alike = [(getattr(answer, field) is None) == (getattr(other, field) is None) for field in _RETRIEVED]
    return answer.model_copy(update=dict(zip(_RETRIEVED, _retrieved(other), strict=True))) if all(alike) else None


def _stale(case: Case, answer: Answer, others: Others, rng: np.random.Generator) -> Answer | None:
    """Each number has one other that it turns into, wherever it stands, as in an older edition of the same pages."""
    del case, others
    older: dict[str, str] = {}

    def aged(match: re.Match[str]) -> str:
        return older.setdefault(match[0], _other_number(match[0], rng))

    texts = tuple(_NUMBER.sub(aged, text) for text in answer.retrieved_contexts or ())
    given = set(_NUMBER.findall(answer.response or ""))
    return answer.model_copy(update={"retrieved_contexts": texts}) if given & older.keys() else None


DAMAGES: tuple[Damage, ...] = (
    Damage("swap", "the answer is that to another question", _swap),
    Damage("number", "a number in the answer is another", _number),
    Damage("negate", "the answer's first is, can or must is negated, or no longer (English)", _negate),
    Damage("truncate", "the answer breaks off after half of its text", _truncate),
    Damage("foreign", "a sentence of another answer stands at the end", _foreign),
    Damage("refuse", "the answer refuses, although the question has an answer", _refuse),
    Damage("invent", "a right refusal is replaced by the answer to another question", _invent),
    Damage("silence", "the answer comes without text", _silence),
    Damage("drop_gold", "the contexts that hold the answer were not retrieved", _drop_gold),
    Damage("bury_gold", "the contexts that hold the answer come last", _bury_gold),
    Damage("other_contexts", "the contexts are those of another question", _other_contexts),
    Damage(
        "stale", "every number in the contexts is another, as in an older edition; the answer gives one of them", _stale
    ),
)
"""All of them, in the order in which they are reported."""

_RETRIEVED = ("retrieved_contexts", "retrieved_context_ids")


def _claims(answer: Answer) -> str | None:
    """The text of an answer that says something; None of one that refuses or is empty."""
    return None if not (answer.response or "").strip() or _refuses(answer.response or "") else answer.response


@lru_cache(maxsize=4096)
def _refuses(text: str) -> bool:
    return bool(refusal(text))


def _with_text(answer: Answer, text: str | None) -> Answer | None:
    return None if text is None else answer.model_copy(update={"response": text})


def _another(texts: Sequence[str], own: str | None, rng: np.random.Generator) -> str | None:
    """One of the texts that is not `own`; None where there is none."""
    different = [text for text in texts if text != own]
    return different[int(rng.integers(len(different)))] if different else None


def _other_number(number: str, rng: np.random.Generator) -> str:
    """The number with another first digit, which is never 0."""
    return f"{(int(number[0]) + int(rng.integers(1, 9)) - 1) % 9 + 1}{number[1:]}"


def _retrieved(answer: Answer) -> tuple[Any, ...]:
    return tuple(getattr(answer, field) for field in _RETRIEVED)


def _length(answer: Answer) -> int:
    """How many contexts came; 0 where ids and texts do not belong together."""
    lengths = {len(kept) for kept in _retrieved(answer) if kept is not None}
    return lengths.pop() if len(lengths) == 1 else 0


def _gold(case: Case, answer: Answer) -> frozenset[int]:
    """The places of the contexts that the case names, by id where ids are known, else by their text."""
    if not _length(answer):
        return frozenset()
    if case.reference_context_ids and answer.retrieved_context_ids is not None:
        wanted = {*case.reference_context_ids}
        return frozenset(place for place, key in enumerate(answer.retrieved_context_ids) if key in wanted)
    texts = [_flat(text) for text in case.reference_contexts or () if text.strip()]
    contexts = [_flat(text) for text in answer.retrieved_contexts or ()]
    holds = (place for place, context in enumerate(contexts) if any(t in context or context in t for t in texts))
    return frozenset(place for place in holds if contexts[place])


def _flat(text: str) -> str:
    return " ".join(text.split()).casefold()


def _with_places(answer: Answer, places: Sequence[int]) -> Answer:
    """The answer with the contexts at these places, in this order."""
    kept = {
        field: None if values is None else tuple(values[place] for place in places)
        for field, values in zip(_RETRIEVED, _retrieved(answer), strict=True)
    }
    return answer.model_copy(update=kept)
