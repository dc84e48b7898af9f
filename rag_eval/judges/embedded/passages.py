"""A context made ready to be asked which of its sentences hold which terms."""

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import chain, islice, pairwise, takewhile
from typing import Final

from rag_eval.judges.embedded.cleaning import unlabelled
from rag_eval.language.lexicon import UNITS
from rag_eval.language.sentences import sentences
from rag_eval.language.words import CACHE_SIZE, ROOT, Term, same_root, terms, tokens

REMEMBERED: Final = 32
"""Contexts kept ready: several metrics ask about the same one in a row."""

_CURRENCIES: Final = ("€", "$", "£", "¥")
_LAST_DIGIT: Final = "9\uffff"
_SIGNS_FROM: Final = "\u0900"
"""First of the scripts in which a token of a single sign may be a part of a word."""

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Passages:
    """Sentences of a context with the places of each term."""

    sentences: tuple[str, ...]
    places: Mapping[str, Sequence[int]]
    """Term to the sentences that hold it, in order."""
    pairs: set[Pair]
    """Terms that stand next to each other in some sentence, function words too."""
    units: dict[str, frozenset[str]]
    """Number to the units it is said in."""
    decades: frozenset[str]
    """Decades, such as `1990s`, in which a year of the context lies."""

    ordered: tuple[str, ...]
    """All terms in order, so that those of one root stand together."""

    def akin(self, term: str) -> Sequence[int]:
        """The sentences that hold a word of the same root, in order."""
        if len(term) < ROOT or term > _SIGNS_FROM:
            return ()
        first = bisect_left(self.ordered, term[:ROOT])
        near = takewhile(lambda other: other.startswith(term[:ROOT]), islice(self.ordered, first, None))
        return sorted({place for other in near if same_root(term, other) for place in self.places[other]})

    def holds(self, term: str) -> bool:
        """Whether a term occurs anywhere, a decade also by one of its years."""
        return term in self.places or term in self.decades


@lru_cache(REMEMBERED)
def read_passages(context: str) -> Passages:
    """Split a context and note where each term stands."""
    parts = [(sentence, words) for sentence in sentences(unlabelled(context)) if (words := tokens(sentence))]
    places: dict[str, list[int]] = {}
    pairs: set[Pair] = set()
    units: dict[str, set[str]] = {}
    for number, (_, words) in enumerate(parts):
        keys = term_keys(words)
        pairs.update(pairwise(keys))
        for key in set(keys):
            places.setdefault(key, []).append(number)
        for figure, unit in numbers_with_units(words):
            units.setdefault(figure, set()).add(unit)
    return Passages(
        sentences=tuple(sentence for sentence, _ in parts),
        places=places,
        pairs=pairs,
        units={figure: frozenset(names) for figure, names in units.items()},
        decades=_decades(places),
        ordered=tuple(sorted(places)),
    )


def spelled(words: list[str]) -> list[tuple[int, Term]]:
    """Each term of a text with the place of its token, in order.

    A single sign of a script without spaces is too little to compare by; there, each two neighbours are a term.
    """
    if max(words, default="") >= _SIGNS_FROM:
        return [*_paired(words)]
    return [(place, term) for place, word in enumerate(words) for term in terms(word)]


def term_keys(words: list[str]) -> list[str]:
    """The keys of the terms of a text, in order."""
    if max(words, default="") >= _SIGNS_FROM:
        return [term.key for _, term in _paired(words)]
    return [*chain.from_iterable(map(_keys, words))]


@lru_cache(CACHE_SIZE)
def _keys(word: str) -> tuple[str, ...]:
    return tuple(term.key for term in terms(word))


def _paired(words: list[str]) -> Iterator[tuple[int, Term]]:
    for place, word in enumerate(words):
        if not _is_sign(word):
            for term in terms(word):
                yield place, term
        elif place + 1 < len(words) and _is_sign(words[place + 1]):
            yield place, Term(word + words[place + 1], "word")
        elif not place or not _is_sign(words[place - 1]):
            yield place, Term(word, "word")


def numbers_with_units(words: list[str]) -> list[Pair]:
    """Each number that stands next to a unit or a currency sign, with that unit."""
    pairs: list[Pair] = []
    if min(words, default="") > _LAST_DIGIT and max(words) < _SIGNS_FROM:  # most sentences hold no number
        return pairs
    for place, word in enumerate(words):
        if not word[0].isdecimal():
            continue
        before = words[place - 1] if place else ""
        after = words[place + 1].lower() if place + 1 < len(words) else ""
        if unit := UNITS.get(after) or (UNITS[before] if before in _CURRENCIES else None):
            pairs.append((terms(word)[0].key, unit))
    return pairs


def _is_sign(word: str) -> bool:
    return word >= _SIGNS_FROM and len(word) == 1


def _decades(places: Iterable[str]) -> frozenset[str]:
    return frozenset(f"{term[:3]}0s" for term in places if len(term) == 4 and term.isdecimal())  # noqa: PLR2004
