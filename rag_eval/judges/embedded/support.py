"""How far a context supports a claim, and why not.

Three shares are weighed by a logistic function: of the claim's words that the whole context holds, of those that its
best sentence holds, and of neighbouring words that are neighbours in the context too. Names that are missing and
numbers that the context says of something else take something off; a number that is missing, another unit or the
opposite of what the best sentence says take off so much that the claim mostly does not count as supported. How much a
word weighs depends on the word alone, so what else the context speaks of hardly turns a verdict.
"""

import math
import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from rag_eval.judges.embedded.cleaning import bare
from rag_eval.judges.embedded.passages import Passages, quantities, spelled, term_keys
from rag_eval.judges.embedded.polarity import contradiction, unanswered
from rag_eval.language.lexicon import COMMON_WORDS, GENERAL_WORDS, NUMBER_WORDS, QUANTITIES
from rag_eval.language.sentences import shorten
from rag_eval.language.words import Term, lowered, stem, tokens

SUPPORTED: Final = 0.5
"""Support from which a claim counts as supported."""

ALARM: Final = 0.4
"""Least support of an answer's claims below which somebody should look at it: most good answers hold no claim below."""

COMMON_WEIGHT: Final = 0.5
"""Weight of the words of which the lexicon says that they are common or general, against others."""

_GENERAL: Final = frozenset(map(stem, GENERAL_WORDS | COMMON_WORDS))

NEAR: Final = 0.75
"""Share of a claim's words that a sentence must hold for a negation or an antonym in it to speak of the same thing."""

LONGEST_LABEL: Final = 5
"""Words before a colon that may be the heading of what follows."""


@dataclass(frozen=True, slots=True)
class Rule:
    """The weights of the logistic function.

    They are near those that a regression finds on half the topics of FActScore and BEGIN, made round; in docs/scores.md
    stands how little a quarter more or less of each of them changes.
    """

    whole: float = 3.5
    sentence: float = 1.0
    pairs: float = 1.0
    start: float = -3.0
    names: float = 2.0
    """Taken off for missing names, times the share of the claim's names that is missing."""
    conflict: float = 2.5
    """Taken off for a missing number, another unit, or a contradiction."""
    stray: float = 1.0
    """Taken off for a number that the context says of something else, times how far away that is."""


RULE: Final = Rule()


@dataclass(frozen=True, slots=True)
class Finding:
    """What became of one claim."""

    support: float
    """In [0, 1]; of claims with a support of 0.8, about four in five are true on the sets it was fitted to."""
    supported: bool
    reason: str
    """For a person: what is missing or differs, and the nearest sentence."""
    evidence: str = ""
    """The sentence of the context that holds most of the claim's words, empty if none holds any."""


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


@dataclass(frozen=True, slots=True)
class _Word:
    """A term of a claim as it is written there."""

    term: Term
    token: str
    name: bool
    weight: float


def check(claim: str, passages: Passages, known: frozenset[str] = frozenset(), rule: Rule = RULE) -> Finding:
    """Judge one claim; terms in `known`, such as those of the question, are not counted.

    What only speaks of the passages or to the reader claims nothing, so nothing is unsupported in it. Without words to
    compare, a claim is supported where the context holds it letter by letter.
    """
    text = bare(claim)
    if not text and claim:
        return Finding(
            1.0, supported=True, reason="This is said about the sources or to the reader and claims nothing."
        )
    if not passages.sentences:
        return Finding(0.0, supported=False, reason="The context is empty.")
    text = unanswered(text)
    words = tokens(text)
    content = _content(text, words, known)
    if not content:
        return _literal(text, passages)
    overlap = _overlap(content, words, passages)
    stray, number = _stray(content, passages)
    conflict = _conflict(text, content, words, passages, overlap, stray=bool(stray))
    taken = rule.names * _missing_names(content, passages) + rule.conflict * bool(conflict) + rule.stray * stray
    support = _support(overlap, taken, rule)
    if stray and not conflict:
        conflict = f"The text says {number} of something else."
    supported = support >= SUPPORTED
    return Finding(support, supported, _reason(conflict, supported, content, passages, overlap), overlap.evidence)


def overlap(text: str, passages: Passages, known: frozenset[str] = frozenset()) -> Overlap:
    """How many of a text's words a context holds, whatever the text claims."""
    words = tokens(text)
    return _overlap(_content(text, words, known), words, passages)


def content_keys(text: str) -> frozenset[str]:
    """The terms of a text that are no function words."""
    return frozenset(term.key for _, term in spelled(tokens(text)) if term.kind != "stop")


def _content(text: str, words: list[str], known: frozenset[str]) -> list[_Word]:
    """The content words of a claim, each once; those that are known as well, where there are no others."""
    openers = {*_OPENER.findall(text), *_label(text)}
    content: dict[str, _Word] = {}
    for place, term in spelled(words):
        token = words[place]
        if term.kind == "stop" or term.key in content or _counts(words, place):
            continue
        name = term.kind == "word" and _is_name(words, place, openers)
        content[term.key] = _Word(term, token, name, COMMON_WEIGHT if term.key in _GENERAL else 1.0)
    return [word for key, word in content.items() if key not in known] or list(content.values())


_DEFINITE: Final = frozenset({"the", "these", "those", "all", "both"})
_OPENER: Final = re.compile(r"(?:^|[:.!?;\u2013\u2014•\"“(|/])\W*([^\W\d_]+)")
"""Words that may have a capital for where they stand."""


def _counts(words: list[str], place: int) -> bool:
    """Whether a number word only counts what the text has named: "one", "the two"."""
    word, before = words[place].lower(), words[place - 1].lower() if place else ""
    return word == "one" or (word in NUMBER_WORDS and before in _DEFINITE)


def _label(text: str) -> list[str]:
    """The words before a colon, which headings and the items of lists write with capitals."""
    head, colon, rest = text.partition(": ")
    return tokens(head) if colon and rest and len(head.split()) <= LONGEST_LABEL else []


def _is_name(words: list[str], place: int, openers: set[str]) -> bool:
    """A capital inside the claim, or at the start of a part of it before another capital."""
    if not words[place][0].isupper():
        return False
    following = words[place + 1] if place + 1 < len(words) else ""
    return words[place] not in openers or (following[:1].isupper() and following not in openers)


def _overlap(content: list[_Word], words: list[str], passages: Passages) -> Overlap:
    total = sum(word.weight for word in content) or 1.0
    held = sum(word.weight for word in content if passages.holds(word.term.key))
    sums: dict[int, float] = {}
    for word in content:
        for place in passages.places.get(word.term.key, ()):
            sums[place] = sums.get(place, 0.0) + word.weight
    best = max(sums, key=lambda place: (sums[place], -place), default=-1)
    pairs = list(pairwise(term_keys(words)))
    return Overlap(
        whole=held / total,
        sentence=sums.get(best, 0.0) / total,
        pairs=sum(pair in passages.pairs for pair in pairs) / len(pairs) if pairs else held / total,
        evidence=passages.sentences[best] if best >= 0 else "",
    )


def _support(overlap: Overlap, taken: float, rule: Rule) -> float:
    """The logistic function, stretched above one half so that what stands in the context word for word has 1."""
    odds = rule.start + rule.whole * overlap.whole + rule.sentence * overlap.sentence + rule.pairs * overlap.pairs
    found, most = _logistic(odds - taken), _logistic(rule.start + rule.whole + rule.sentence + rule.pairs)
    return found if found <= SUPPORTED else SUPPORTED + (1 - SUPPORTED) * (found - SUPPORTED) / (most - SUPPORTED)


def _logistic(odds: float) -> float:
    return 1 / (1 + math.exp(-odds))


def _stray(content: list[_Word], passages: Passages) -> tuple[float, str]:
    """How far from the claim's other words its numbers stand, from 0 to 1, and which number stands farthest.

    0 where a sentence with the number holds half of the other words, 1 where none holds any.
    """
    others = [word for word in content if word.term.kind != "figure"]
    total = sum(word.weight for word in others)
    farthest = (0.0, "")
    for figure in content:
        places = passages.places.get(figure.term.key)
        if figure.term.kind != "figure" or not places or not total:
            continue
        sums = dict.fromkeys(places, 0.0)
        for word in others:
            for place in sums.keys() & passages.places.get(word.term.key, ()):
                sums[place] += word.weight
        farthest = max(farthest, (max(0.0, 1 - 2 * max(sums.values()) / total), figure.token))
    return farthest


def _missing_names(content: list[_Word], passages: Passages) -> float:
    names = [word for word in content if word.name]
    return sum(not passages.holds(word.term.key) for word in names) / len(names) if names else 0.0


def _conflict(
    text: str, content: list[_Word], words: list[str], passages: Passages, overlap: Overlap, *, stray: bool
) -> str:
    """What of the claim cannot be right by the context, for a person to read, or nothing."""
    for word in content:
        if word.term.kind == "figure" and not passages.holds(word.term.key):
            return f"The number {word.token} {_absent(word.token, passages)}."
    for figure, unit in quantities(words):
        units = passages.units.get(figure)
        if units and unit not in units and (stray or any(unit in kind and kind & units for kind in QUANTITIES)):
            return f"The text gives {figure} in {' and '.join(sorted(units))}, not in {unit}."
    return contradiction(text, overlap.evidence) if overlap.sentence >= NEAR else ""


def _absent(token: str, passages: Passages) -> str:
    """How a number is missing: altogether, or its digits stand there as a part of something else."""
    if any(token in sentence for sentence in passages.sentences):
        return "stands in the text only as a part of another number or name"
    return "is not in the text"


def _literal(claim: str, passages: Passages) -> Finding:
    wanted = " ".join(lowered(claim))
    for sentence in passages.sentences:
        if wanted and f" {wanted} " in f" {' '.join(lowered(sentence))} ":
            return Finding(1.0, supported=True, reason=f"Said in: {shorten(sentence)}", evidence=sentence)
    return Finding(0.0, supported=False, reason="The claim holds no word that could be looked up.")


def _reason(conflict: str, supported: bool, content: list[_Word], passages: Passages, overlap: Overlap) -> str:  # noqa: FBT001
    missing = [word for word in content if word.term.kind != "figure" and not passages.holds(word.term.key)]
    names = [word.token for word in missing if word.name]
    others = [word.token for word in missing if not word.name]
    parts = [conflict] if conflict else []
    if names:
        parts.append(f"Names that are not in the text: {', '.join(names)}.")
    if others:
        parts.append(f"Words that are not in the text: {', '.join(others)}.")
    if not parts and not supported:
        parts.append("Its words stand in the text, but apart from each other.")
    if overlap.evidence:
        parts.append(f"{'Said in' if supported else 'Nearest'}: {shorten(overlap.evidence)}")
    return " ".join(parts)
