"""A context made ready to be asked which of its sentences hold which terms."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from rag_eval.language.lexicon import UNITS
from rag_eval.language.sentences import sentences
from rag_eval.language.words import terms, tokens

REMEMBERED: Final = 32
"""Contexts kept ready: several metrics ask about the same one in a row."""

COMMON_WEIGHT: Final = 0.5
"""Weight of `COMMON_WORDS` against other words of the same rarity."""

_UNSEEN: Final = 0.5
"""Added to each count of sentences, so that an absent word has a finite weight (as in BM25)."""

_CURRENCIES: Final = ("€", "$", "£", "¥")


@dataclass(frozen=True, slots=True)
class Passages:
    """Sentences of a context with the places of each term."""

    sentences: tuple[str, ...]
    places: dict[str, tuple[int, ...]]
    """Term to the sentences that hold it, in order."""
    units: dict[str, frozenset[str]]
    """Number to the units it is said in."""
    decades: frozenset[str]
    """Decades, such as `1990s`, in which a year of the context lies."""

    def weight(self, term: str, *, common: bool) -> float:
        """How much a term tells: its inverse document frequency over the sentences."""
        rarity = math.log(1 + (len(self.sentences) + 1) / (len(self.places.get(term, ())) + _UNSEEN))
        return rarity * (COMMON_WEIGHT if common else 1.0)

    def holds(self, term: str) -> bool:
        """Whether a term occurs anywhere, a decade also by one of its years."""
        return term in self.places or term in self.decades


@lru_cache(REMEMBERED)
def read_passages(context: str) -> Passages:
    """Split a context and note where each term stands."""
    found = [(sentence, words) for sentence in sentences(context) if (words := tokens(sentence))]
    places: dict[str, list[int]] = {}
    units: dict[str, set[str]] = {}
    for number, (_, words) in enumerate(found):
        for term in {term.key for word in set(words) for term in terms(word)}:
            places.setdefault(term, []).append(number)
        for figure, unit in quantities(words):
            units.setdefault(figure, set()).add(unit)
    return Passages(
        sentences=tuple(sentence for sentence, _ in found),
        places={term: tuple(where) for term, where in places.items()},
        units={figure: frozenset(said) for figure, said in units.items()},
        decades=_decades(places),
    )


def quantities(words: list[str]) -> list[tuple[str, str]]:
    """Each number that stands next to a unit or a currency sign, with that unit."""
    found = []
    for place, word in enumerate(words):
        if not word[0].isdecimal():
            continue
        before = words[place - 1] if place else ""
        after = words[place + 1].lower() if place + 1 < len(words) else ""
        if unit := UNITS.get(after) or (UNITS[before] if before in _CURRENCIES else None):
            found.append((terms(word)[0].key, unit))
    return found


def _decades(places: Iterable[str]) -> frozenset[str]:
    return frozenset(f"{term[:3]}0s" for term in places if len(term) == 4 and term.isdecimal())  # noqa: PLR2004
