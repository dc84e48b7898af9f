"""Which words of a claim stand where in a context, in another spelling too."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Final

from rag_eval.judges.embedded.passages import Passages, spelled, term_keys
from rag_eval.language.lexicon import COMMON_WORDS, GENERAL_WORDS, NUMBER_WORDS, ORDINALS
from rag_eval.language.quantities import SPELLED_OUT, Quantity, quantities
from rag_eval.language.quantity_equality import gives
from rag_eval.language.words import AKIN, Term, roman, stem, tokens

COMMON_WEIGHT: Final = 0.5
"""Weight of the words of which the lexicon says that they are common or general, and of a heading's, against others."""

NEAR: Final = 0.75
"""Share of a claim's words that a sentence must hold for a negation or an antonym in it to speak of the same thing."""

LONGEST_LABEL: Final = 5
"""Words before a colon that may be the heading of what follows."""

_ORDINALS: Final = {digits[:-2]: stem(word) for digits, word in ORDINALS.items()}
"""The key of a Roman numeral to that of its ordinal: the Second World War."""

_GENERAL: Final = frozenset(map(stem, GENERAL_WORDS | COMMON_WORDS))
_DEFINITE: Final = frozenset({"the", "these", "those", "all", "both"})
_OPENER: Final = re.compile(r"(?:^|[:.!?;\u2013\u2014•\"“(|/])\W*([^\W\d_]+)")
"""Words that may have a capital for where they stand."""

_YEAR: Final = re.compile(r"1\d{3}|20\d{2}")
"""Plain numbers that are mostly years, which nobody writes otherwise."""


@dataclass(frozen=True, slots=True)
class MatchedWord:
    """A content word of a claim, and where the context has it."""

    term: Term
    token: str
    """As it is written in the claim."""
    name: bool
    weight: float
    share: float
    """1 where the context holds it, `AKIN` where it holds one of the same root, else 0."""
    places: Sequence[int]
    """The sentences that hold it, in order."""

    @property
    def is_number(self) -> bool:
        """Whether it is a number, in digits, words or Roman numerals."""
        return self.term.kind == "figure" or bool(roman(self.token))


@dataclass(frozen=True, slots=True)
class Overlap:
    """Which words of a claim stand where in a context, as shares in [0, 1]."""

    whole: float
    """Of words that the context holds, weighed."""
    sentence: float
    """Of words that its best sentence holds, weighed."""
    pairs: float
    """Of neighbouring words that are neighbours there."""
    evidence: str
    """That sentence; empty if none holds any word."""
    near: tuple[str, ...]
    """The sentences that hold at least `NEAR` of the words, and so speak of the same thing."""


def overlap(text: str, passages: Passages, known: frozenset[str] = frozenset()) -> Overlap:
    """How many of a text's words a context holds, whatever the text claims; terms in `known` are not counted."""
    words = tokens(text)
    return shares(content_words(text, words, passages, known), words, passages)


def content_keys(text: str) -> frozenset[str]:
    """The terms of a text that are no function words."""
    return frozenset(term.key for _, term in spelled(tokens(text)) if term.kind != "stop")


def content_words(text: str, words: list[str], passages: Passages, known: frozenset[str]) -> list[MatchedWord]:
    """The content words of a claim, each once; those that are known as well, where there are no others."""
    label = _label(text)
    openers = {*_OPENER.findall(text), *label}
    content: dict[str, MatchedWord] = {}
    for place, term in spelled(words):
        token = words[place]
        if term.kind == "stop" or term.key in content or _counts(words, place):
            continue
        name = term.kind == "word" and _is_name(words, place, openers)
        weight = COMMON_WEIGHT if term.key in _GENERAL or token in label else 1.0
        content[term.key] = MatchedWord(term, token, name, weight, *_standing(term, passages, name=name))
    chosen = [word for key, word in content.items() if key not in known] or list(content.values())
    return _with_numbers(chosen, text, passages) if any(map(_may_be_a_number, chosen)) else chosen


def shares(content: Sequence[MatchedWord], words: list[str], passages: Passages) -> Overlap:
    """The shares of a claim's words that stand in a context, in one of its sentences, and side by side."""
    total = sum(word.weight for word in content) or 1.0
    whole = sum(word.weight * word.share for word in content) / total
    sums: dict[int, float] = {}
    for word in content:
        for place in word.places:
            sums[place] = sums.get(place, 0.0) + word.weight * word.share
    best = max(sums, key=lambda place: (sums[place], -place), default=-1)
    pairs = list(pairwise(term_keys(words)))
    return Overlap(
        whole=whole,
        sentence=sums.get(best, 0.0) / total,
        pairs=sum(pair in passages.pairs for pair in pairs) / len(pairs) if pairs else whole,
        evidence=passages.sentences[best] if best >= 0 else "",
        near=tuple(passages.sentences[place] for place in sorted(sums) if sums[place] >= NEAR * total),
    )


def _standing(term: Term, passages: Passages, *, name: bool) -> tuple[float, Sequence[int]]:
    if passages.holds(term.key):
        return 1.0, passages.places.get(term.key, ())
    if term.kind != "word":
        return 0.0, ()
    akin = passages.places.get(_ORDINALS.get(term.key, ""), ()) if name else passages.akin(term.key)
    return (AKIN, akin) if akin else (0.0, ())


def _may_be_a_number(word: MatchedWord) -> bool:
    """Whether a word that the context lacks is a number or part of one, which may be written otherwise there."""
    if word.share or _YEAR.fullmatch(word.token):
        return False
    return word.term.kind == "figure" or word.token.lower() in SPELLED_OUT


def _with_numbers(content: Sequence[MatchedWord], text: str, passages: Passages) -> list[MatchedWord]:
    """The same words; those of numbers that the context gives in another spelling stand where it does so.

    It is looked for where other words of the claim stand, half as many as anywhere, or everywhere if none does.
    """
    hits = Counter(place for word in content for place in word.places)
    least = max(hits.values(), default=0) / 2
    near = [place for place in range(len(passages.sentences)) if hits[place] >= least]
    places: dict[str, Sequence[int]] = {}
    for number in quantities(text):
        at = [place for place in near if _gives(passages.sentences[place], number)]
        places.update((token, at) for token in tokens(number.text) if at)
    return [
        replace(word, share=1.0, places=places[word.token]) if not word.share and word.token in places else word
        for word in content
    ]


def _gives(sentence: str, wanted: Quantity) -> bool:
    return any(gives(number, wanted) for number in quantities(sentence))


def _counts(words: Sequence[str], place: int) -> bool:
    """Whether a number word only counts what the text has named: "one", "the two"."""
    word, before = words[place].lower(), words[place - 1].lower() if place else ""
    return word == "one" or (word in NUMBER_WORDS and before in _DEFINITE)


def _label(text: str) -> list[str]:
    """The words before a colon, which headings and the items of lists write with capitals and in words of their own."""
    head, colon, rest = text.partition(": ")
    return tokens(head) if colon and rest and len(head.split()) <= LONGEST_LABEL else []


def _is_name(words: Sequence[str], place: int, openers: set[str]) -> bool:
    """A capital inside the claim, or at the start of a part of it before another capital."""
    if not words[place][0].isupper():
        return False
    following = words[place + 1] if place + 1 < len(words) else ""
    return words[place] not in openers or (following[:1].isupper() and following not in openers)
