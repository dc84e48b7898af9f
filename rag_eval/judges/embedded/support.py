"""Whether a context supports a claim, and why not.

The rule: the share of a claim's words that the context holds, each weighed by how rare it is in that context,
over the whole context, its best window and its best sentence. A number, a name or a polarity that differs
overrules it.
"""

from dataclasses import dataclass
from typing import Final

from rag_eval.judges.embedded.passages import Passages, quantities
from rag_eval.judges.embedded.polarity import contradiction, lowered
from rag_eval.language.sentences import shorten
from rag_eval.language.words import Term, terms, tokens


@dataclass(frozen=True, slots=True)
class Rule:
    """The constants of the rule.

    They were chosen for the correlation with people's labels on half the topics of FActScore's biographies
    (0.84), with an eye on BEGIN and MTRAG, and checked on the other half (0.83). A tenth more or less of any
    of them moves that by at most 0.04.
    """

    threshold: float = 0.55
    """Coverage from which a claim counts as supported."""
    whole: float = 0.4
    """Weight of the coverage by the whole context."""
    window: float = 0.3
    """Weight of the coverage by the best window; the best sentence has the rest."""
    width: int = 3
    """Sentences in a window."""
    figure: float = 1.5
    """Weight of a number against a word of the same rarity."""
    name: float = 1.0
    """Taken off for missing names, times the share of the claim's names that is missing."""


RULE: Final = Rule()


@dataclass(frozen=True, slots=True)
class Finding:
    """What became of one claim."""

    supported: bool
    score: float
    """Coverage in [0, 1], less what missing names take off."""
    reason: str
    """For a person: what is missing or differs, and the nearest sentence."""


@dataclass(frozen=True, slots=True)
class _Word:
    """A term of a claim as it is written there."""

    term: Term
    token: str
    name: bool
    weight: float
    places: tuple[int, ...]


def check(claim: str, passages: Passages, known: frozenset[str] = frozenset(), rule: Rule = RULE) -> Finding:
    """Judge one claim; terms in `known`, such as those of the question, are not counted.

    Without words to compare, a claim is supported where the context holds it letter by letter.
    """
    words = tokens(claim)
    content = _content(words, passages, known, rule) or _content(words, passages, frozenset(), rule)
    if not passages.sentences:
        return Finding(supported=False, score=0.0, reason="The context is empty.")
    if not content:
        return _literal(claim, passages)
    coverage, best = _coverage(content, passages, rule)
    score = max(0.0, coverage - rule.name * _missing_names(content, passages))
    sentence = passages.sentences[best] if best >= 0 else ""
    veto = _figures(content, words, passages) or (score >= rule.threshold and contradiction(claim, sentence)) or ""
    supported = not veto and score >= rule.threshold
    return Finding(supported, score, _reason(veto, supported, content, passages, sentence))


def content_keys(text: str) -> frozenset[str]:
    """The terms of a text that are no function words."""
    return frozenset(term.key for token in tokens(text) for term in terms(token) if term.kind != "stop")


def _content(words: list[str], passages: Passages, known: frozenset[str], rule: Rule) -> list[_Word]:
    found: dict[str, _Word] = {}
    for place, token in enumerate(words):
        for term in terms(token):
            if term.kind == "stop" or term.key in known or term.key in found or token.lower() == "one":
                continue
            weight = passages.weight(term.key, common=term.common)
            found[term.key] = _Word(
                term=term,
                token=token,
                name=term.kind == "word" and _is_name(words, place),
                weight=weight * (rule.figure if term.kind == "figure" else 1.0),
                places=passages.places.get(term.key, ()),
            )
    return list(found.values())


def _is_name(words: list[str], place: int) -> bool:
    """A capital inside the claim, or at its start before another capital."""
    if not words[place][0].isupper():
        return False
    return place > 0 or (len(words) > 1 and words[1][0].isupper())


def _coverage(content: list[_Word], passages: Passages, rule: Rule) -> tuple[float, int]:
    """The weighed coverage in [0, 1] and the number of the best sentence, -1 where no word occurs."""
    total = sum(word.weight for word in content)
    one: dict[int, float] = {}
    window: dict[int, float] = {}
    for word in content:
        starts: set[int] = set()
        for place in word.places:
            one[place] = one.get(place, 0.0) + word.weight
            starts.update(range(place - rule.width + 1, place + 1))
        for start in starts:
            window[start] = window.get(start, 0.0) + word.weight
    whole = sum(word.weight for word in content if passages.holds(word.term.key))
    best = max(one, key=lambda place: (one[place], -place), default=-1)
    parts = (
        rule.whole * whole
        + rule.window * max(window.values(), default=0.0)
        + (1 - rule.whole - rule.window) * one.get(best, 0.0)
    )
    return parts / total, best


def _missing_names(content: list[_Word], passages: Passages) -> float:
    names = [word for word in content if word.name]
    return sum(not passages.holds(word.term.key) for word in names) / len(names) if names else 0.0


def _figures(content: list[_Word], words: list[str], passages: Passages) -> str:
    """What is wrong with the claim's numbers, or nothing."""
    for word in content:
        if word.term.kind == "figure" and not passages.holds(word.term.key):
            return f"The context does not hold the number {word.token}."
    for figure, unit in quantities(words):
        said = passages.units.get(figure)
        if said and unit not in said:
            return f"The context gives {figure} in {' and '.join(sorted(said))}, not in {unit}."
    return ""


def _literal(claim: str, passages: Passages) -> Finding:
    wanted = " ".join(lowered(claim))
    for sentence in passages.sentences:
        if wanted and f" {wanted} " in f" {' '.join(lowered(sentence))} ":
            return Finding(supported=True, score=1.0, reason=f"Said in: {shorten(sentence)}")
    return Finding(supported=False, score=0.0, reason="The claim holds no word that could be looked up.")


def _reason(veto: str, supported: bool, content: list[_Word], passages: Passages, sentence: str) -> str:  # noqa: FBT001
    missing = [word for word in content if not passages.holds(word.term.key)]
    names = [word.token for word in missing if word.name]
    others = [word.token for word in missing if not word.name and word.term.kind != "figure"]
    parts = [veto] if veto else []
    if names:
        parts.append(f"Names the context does not hold: {', '.join(names)}.")
    if others:
        parts.append(f"Words it does not hold: {', '.join(others)}.")
    if not parts and not supported:
        parts.append("Its words stand in different places of the context.")
    if sentence:
        parts.append(f"{'Said in' if supported else 'Nearest'}: {shorten(sentence)}")
    return " ".join(parts)
