"""How far a context supports a claim, and why not.

Three shares are weighed by a logistic function: of the claim's words that the whole context holds, of those that its
best sentence holds, and of neighbouring words that are neighbours in the context too. Names that are missing and
numbers that the context says of something else take something off; with a number that is missing, another unit or the
opposite of what the best sentence says a claim never counts as supported. How much a word weighs depends on the word
alone, so what else the context speaks of hardly turns a verdict.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from rag_eval.judges.embedded.cleaning import bare
from rag_eval.judges.embedded.overlap import MatchedWord, Overlap, content_words, shares
from rag_eval.judges.embedded.passages import Passages, numbers_with_units
from rag_eval.judges.embedded.polarity import contradiction, unanswered
from rag_eval.language.lexicon import ALTERNATIVES, AUXILIARIES, NEGATORS, NO_MONTHS, QUANTITIES
from rag_eval.language.sentences import shorten
from rag_eval.language.words import lowered, tokens

SUPPORTED: Final = 0.5
"""Support from which a claim counts as supported."""

DISPUTED: Final = 0.49
"""The most support of a claim that the context contradicts, or of which it lacks a number."""

ALARM: Final = 0.4
"""Least support of an answer's claims below which somebody should look at it: most good answers hold no claim below."""

FEWEST_DENIED: Final = 3
"""Content words from which a claim without an auxiliary is more than a name or a thing, which nothing can deny."""

_SAYS: Final = NEGATORS | AUXILIARIES


@dataclass(frozen=True, slots=True)
class Rule:
    """The weights of the logistic function.

    They are near those that a regression finds on FActScore and BEGIN, made round; with `start` the mean support of
    FActScore's claims is the share of true ones. In docs/scores.md stands how little a quarter more or less changes.
    """

    whole: float = 3.5
    sentence: float = 1.0
    pairs: float = 1.0
    start: float = -2.8
    names: float = 2.5
    """Taken off for missing names, times the share of the claim's names that is missing."""
    conflict: float = 2.0
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
    """For a person: where it is said, or what is missing or differs, and the nearest sentence."""
    evidence: str = ""
    """The sentence of the context that holds most of the claim's words, empty if none holds any."""


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
    content = content_words(text, words, passages, known)
    if not content:
        return _literal(text, passages)
    overlap = shares(content, words, passages)
    stray, number = _stray(content)
    conflict = _conflict(text, content, words, passages, overlap, stray=bool(stray))
    support = _support(overlap, rule.names * _missing_names(content) + rule.stray * stray, bool(conflict), rule)
    if support >= SUPPORTED:
        return Finding(support, supported=True, reason=_grounds(content, overlap, passages), evidence=overlap.evidence)
    conflict = conflict or (f"The text says {number} of something else." if stray else "")
    return Finding(support, supported=False, reason=_lack(conflict, content, overlap), evidence=overlap.evidence)


def _support(overlap: Overlap, taken: float, conflict: bool, rule: Rule) -> float:  # noqa: FBT001
    """The logistic function, stretched above one half so that what stands in the context word for word has 1."""
    odds = rule.start + rule.whole * overlap.whole + rule.sentence * overlap.sentence + rule.pairs * overlap.pairs
    if conflict:
        return min(DISPUTED, _logistic(odds - taken - rule.conflict))
    likely, most = _logistic(odds - taken), _logistic(rule.start + rule.whole + rule.sentence + rule.pairs)
    return likely if likely <= SUPPORTED else SUPPORTED + (1 - SUPPORTED) * (likely - SUPPORTED) / (most - SUPPORTED)


def _logistic(odds: float) -> float:
    return 1 / (1 + math.exp(-odds))


def _stray(content: Sequence[MatchedWord]) -> tuple[float, str]:
    """How far from the claim's other words its numbers stand, from 0 to 1, and which number stands farthest.

    0 where a sentence with the number holds half of the other words that the context has, 1 where none holds any.
    """
    farthest = (0.0, "")
    for figure in content:
        if figure.term.kind != "figure" or not figure.places:
            continue
        others = [word for word in content if word is not figure and word.share]
        total = sum(word.weight for word in others)
        sums = dict.fromkeys(figure.places, 0.0)
        for word in others:
            for place in sums.keys() & word.places:
                sums[place] += word.weight
        away = 1 - 2 * max(sums.values()) / total if total else 0.0
        farthest = (away, figure.token) if away > farthest[0] else farthest
    return farthest


def _missing_names(content: Sequence[MatchedWord]) -> float:
    names = [word for word in content if word.name]
    return sum(not word.share for word in names) / len(names) if names else 0.0


def _conflict(
    text: str, content: Sequence[MatchedWord], words: list[str], passages: Passages, overlap: Overlap, *, stray: bool
) -> str:
    """What of the claim cannot be right by the context, for a person to read, or nothing."""
    for word in content:
        if word.is_number and not word.share:
            return f"The number {word.token} {_absent(word.token, passages)}."
    for figure, unit in numbers_with_units(words):
        units = passages.units.get(figure)
        if units and unit not in units and (stray or any(unit in kind and kind & units for kind in QUANTITIES)):
            return f"The text gives {figure} in {' and '.join(sorted(units))}, not in {unit}."
    return _other_of_a_kind(content, words, overlap) or _denied(text, content, overlap)


def _other_of_a_kind(content: Sequence[MatchedWord], words: Sequence[str], overlap: Overlap) -> str:
    """A day, month or colour of the best sentence in the place of one that the context lacks, or nothing."""
    for word in content:
        if word.share:
            continue
        kind = next((kind for kind in ALTERNATIVES if word.token.lower() in kind), frozenset())
        claimed = {*map(str.lower, words)}
        for token in tokens(overlap.evidence):
            if token.lower() in kind - claimed and token not in NO_MONTHS:
                return f"The text says “{token}”, not “{word.token}”."
    return ""


def _denied(claim: str, content: Sequence[MatchedWord], overlap: Overlap) -> str:
    """How every sentence that speaks of the same thing says the opposite of a claim, or nothing."""
    if len(content) < FEWEST_DENIED and _SAYS.isdisjoint(lowered(claim)):
        return ""
    if not overlap.near or not all(contradiction(claim, sentence) for sentence in overlap.near):
        return ""
    return contradiction(claim, overlap.evidence)


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


def _grounds(content: Sequence[MatchedWord], overlap: Overlap, passages: Passages) -> str:
    """Why a claim counts as supported; what of it stands elsewhere, or is said in other words, comes last."""
    parts = [f"Said in: {shorten(overlap.evidence)}"]
    if missing := [word.token for word in content if not word.share]:
        parts.append(f"(Not there: {', '.join(missing)}.)")
    if apart := [word.token for word in content if word.is_number and _stands_apart(word, overlap, passages)]:
        parts.append(f"(In another sentence: {', '.join(apart)}.)")
    return " ".join(parts)


def _stands_apart(word: MatchedWord, overlap: Overlap, passages: Passages) -> bool:
    """Whether a context holds a word, but not in the sentence that is shown."""
    return bool(word.places) and all(passages.sentences[place] != overlap.evidence for place in word.places)


def _lack(conflict: str, content: Sequence[MatchedWord], overlap: Overlap) -> str:
    """Why a claim does not count as supported."""
    missing = [word for word in content if not word.is_number and not word.share]
    names = [word.token for word in missing if word.name]
    others = [word.token for word in missing if not word.name]
    parts = [conflict] if conflict else []
    if names:
        parts.append(f"Names that are not in the text: {', '.join(names)}.")
    if others:
        parts.append(f"Words that are not in the text: {', '.join(others)}.")
    if not parts:
        parts.append("Its words stand in the text, but apart from each other.")
    if overlap.evidence:
        parts.append(f"Nearest: {shorten(overlap.evidence)}")
    return " ".join(parts)
