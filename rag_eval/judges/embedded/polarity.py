"""Whether a claim denies what a sentence says, by negation or by an antonym."""

import re
from collections.abc import Sequence
from itertools import pairwise
from typing import Final

from rag_eval.language.lexicon import ANTONYMS, NEGATORS
from rag_eval.language.words import lowered, stem, terms

_ANSWER_WORD: Final = re.compile(
    r"\W*(?:yes|yeah|yep|no|nope)(?:\s*[,;:!–—]|\.(?!\s*\d)|\s+-(?=\s))\s*(?=\S)", re.IGNORECASE
)
_CONDITIONS: Final = frozenset({"if", "unless", "whether"})
_OF_HOURS_AND_PLACES: Final = frozenset({"opens", "close", "closes", "first", "last", "left", "right", "more", "less"})
_POLAR: Final = frozenset[str]().union(*(side for pair in ANTONYMS for side in pair))
_SIDES: Final = {
    word: [sides for left, right in ANTONYMS for sides in ((left, right), (right, left)) if word in sides[0]]
    for word in _POLAR
}
"""Word to the sides it is on, each with the other one."""


def unanswered(text: str) -> str:
    """A text without the yes or no that it opens with, which answers a question and negates nothing that follows.

    "No dogs are allowed" and "No. 5" open with another word, and a text that says nothing else is left as it is.
    """
    rest = text[match.end() :] if (match := _ANSWER_WORD.match(text)) else ""
    return rest if lowered(rest) else text


def opposed(left: str, right: str) -> bool:
    """Whether one text calls open, allowed or higher what the other one calls closed, forbidden or lower.

    Words that mostly say something else, such as the "closes" of opening hours, do not count.
    """
    ours, theirs = (set(lowered(text)) - _OF_HOURS_AND_PLACES for text in (left, right))
    return any(
        not mine.isdisjoint(ours)
        and not other.isdisjoint(theirs)
        and mine.isdisjoint(theirs)
        and other.isdisjoint(ours)
        for first, second in ANTONYMS
        for mine, other in ((first, second), (second, first))
    )


def contradiction(claim: str, sentence: str) -> str:
    """How a claim says the opposite of a sentence, for a person to read, or nothing.

    A negation counts where it stands right before a word that both share; a negated antonym says the same. What is so
    only if something else is so contradicts nothing.
    """
    ours, theirs = lowered(unanswered(claim)), lowered(unanswered(sentence))
    if not _CONDITIONS.isdisjoint(ours) or not _CONDITIONS.isdisjoint(theirs):
        return ""
    pair = _opposites(ours, theirs)
    turned = _negated(ours, {*theirs, *pair}) != _negated(theirs, {*ours, *pair})
    if turned == bool(pair):
        return ""
    return f"“{pair[0]}” stands against “{pair[1]}”." if pair else "One is negated, the other is not."


def _opposites(ours: Sequence[str], theirs: Sequence[str]) -> tuple[str, ...]:
    """A word of the claim and one of the sentence that cannot both hold, or nothing."""
    if _POLAR.isdisjoint(ours) or _POLAR.isdisjoint(theirs):
        return ()
    for word in ours:
        for mine, other in _SIDES.get(word, ()):
            against = other.intersection(theirs)
            if not against or not other.isdisjoint(ours):
                continue
            if mine.isdisjoint(theirs) or _governs(other, mine, theirs, _after(word, ours)):
                return word, min(against)
    return ()


def _after(word: str, words: Sequence[str]) -> str:
    """The first content word after a word: "Sundays" in "is open on Sundays"."""
    rest = words[words.index(word) + 1 :]
    return next((stem(w) for w in rest if terms(w)[0].kind != "stop"), "")


def _governs(some: frozenset[str], others: frozenset[str], words: Sequence[str], complement: str) -> bool:
    """Whether the nearest of all these words before a complement is one of the first ones."""
    nearest = ""
    for word in words:
        if stem(word) == complement:
            return nearest in some
        nearest = word if word in some or word in others else nearest
    return False


def _negated(words: Sequence[str], other: set[str]) -> bool:
    """Whether a negation stands right before a word that both texts share; "No. 5" is none."""
    if NEGATORS.isdisjoint(words):
        return False
    shared = {stem(word) for word in other if terms(word)[0].kind != "stop" or word in _POLAR}
    contents = [w for w in words if w in NEGATORS or w in _POLAR or terms(w)[0].kind != "stop"]
    return any(
        first in NEGATORS and not then[0].isdecimal() and stem(then) in shared for first, then in pairwise(contents)
    )
