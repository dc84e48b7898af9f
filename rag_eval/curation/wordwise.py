"""What words alone show to be wrong with a reference: its contexts say the opposite, or do not know its names."""

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import dropwhile, pairwise
from typing import Final

from rag_eval.judges.embedded.claims import statements
from rag_eval.judges.embedded.overlap import content_keys
from rag_eval.judges.embedded.passages import read_passages
from rag_eval.judges.embedded.polarity import contradiction
from rag_eval.judges.embedded.support import check
from rag_eval.language.lexicon import ABBREVIATIONS, MONTHS, NEGATORS, STOP_WORDS
from rag_eval.language.repetition import cut_walls
from rag_eval.language.sentences import sentences, shorten
from rag_eval.language.words import lowered, terms, tokens

SPOKEN_OF: Final = 0.6
"""Share of a claim's content words that a sentence must hold to be about the same."""

AS_NEAR: Final = 0.9
"""Share of what the nearest sentence holds from which another is as near; one that agrees with the claim is enough."""

HELD: Final = 0.8
"""Share of a sentence's content words that a claim must hold to speak of all that it says."""

FEWEST_WORDS: Final = 3
"""Content words of a claim below which a sentence holds them by chance."""

_REMEMBERED: Final = 8192
"""Sentences whose words are kept: rows that stand near each other mostly share their contexts."""

STEM: Final = 5
"""Letters by which names are compared."""

_APART: Final = re.compile(r"(?<!\s)\s+n['’]t\b")
"""A negation as tokenised texts write it: "does n't"."""
_NO_LONGER: Final = re.compile(r"\bno longer\b", re.IGNORECASE)
_YES_OR_NO: Final = re.compile(r"^\s*(?:yes|no)\b[.,!:;]\s*", re.IGNORECASE)
_DENY: Final = NEGATORS - {"without"}
_LIMITERS: Final = frozenset({"only", "except", "unless"})
_NO_NAMES: Final = ABBREVIATIONS | {
    *MONTHS, "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday",
}  # fmt: skip
"""Words with a capital that name nobody and nothing."""
_GLOSS: Final = re.compile(r"\([^()]*\)")
_NAME: Final = re.compile(
    r"(?<![\w.])[^\W\d_a-z][\w’'-]+(?:\s(?:(?:of|de|von|van|bin)\s(?:(?:the|la)\s)?)?[^\W\d_a-z][\w’'-]+)*"
)


def objection(reference: str, contexts: Sequence[str], question: str) -> str:
    """Why contexts do not bear a reference out, for a person to read; empty where words show nothing."""
    known = _plain("\n\n".join(contexts))
    written = _YES_OR_NO.sub("", _plain(reference))
    return _denied(written, known, question) or _unknown(written, f"{known}\n{question}")


def _plain(text: str) -> str:
    """A text with its negations in the forms that are looked for."""
    return _NO_LONGER.sub("not", _APART.sub("n't", cut_walls(text)))


def _denied(reference: str, context: str, question: str) -> str:
    """The first claim that is negated where every sentence about the same is not, or the other way round."""
    passages = read_passages(context)
    keys = [_keys(sentence) for sentence in passages.sentences]
    asked_about = content_keys(question)
    for claim in statements(reference):
        ours = content_keys(claim)
        if why := _denied_in_part(claim, ours, list(zip(passages.sentences, keys, strict=True))):
            return why
        shares = [len(ours & theirs) / max(1, len(ours)) for theirs in keys]
        best = max(shares, default=0.0)
        if len(ours) < FEWEST_WORDS or best < SPOKEN_OF:
            continue
        near = [s for s, share in zip(passages.sentences, shares, strict=True) if share >= AS_NEAR * best]
        if any(_limits(sentence) or _negated(claim) == _negated(sentence) for sentence in near):
            continue
        denied = all(contradiction(claim, sentence) for sentence in near)
        if denied and not check(claim, passages, asked_about).supported:  # last, as it takes longest
            return f"{contradiction(claim, near[0])} Nearest: {shorten(near[0])}"
    return ""


@lru_cache(_REMEMBERED)
def _keys(sentence: str) -> frozenset[str]:
    return content_keys(sentence)


def _denied_in_part(claim: str, ours: frozenset[str], known: Sequence[tuple[str, frozenset[str]]]) -> str:
    """How a claim denies what a shorter sentence says, nearly all of which it holds, where none says as it does."""
    if not _negated(claim):
        return ""
    shares = [(sentence, len(ours & theirs) / len(theirs)) for sentence, theirs in known if len(theirs) >= FEWEST_WORDS]
    near = [sentence for sentence, share in shares if share >= HELD]
    if not near or any(_limits(sentence) or _negated(sentence) for sentence in near):
        return ""
    denied = next((sentence for sentence in near if contradiction(claim, sentence)), "")
    return f"{contradiction(claim, denied)} Nearest: {shorten(denied)}" if denied else ""


def _negated(text: str) -> bool:
    """Whether a text negates what it says; "won" does in "won't" only, "No. 16" and "without" do not."""
    words = [*lowered(text), ""]
    return any(
        word in _DENY and (then == "t" or not word.endswith("n")) and not then[:1].isdecimal()
        for word, then in pairwise(words)
    )


def _limits(sentence: str) -> bool:
    """Whether a sentence says of something that it is not so, by saying of what alone it is."""
    return not _LIMITERS.isdisjoint(lowered(sentence))


def _unknown(reference: str, known: str) -> str:
    """The first name of which the contexts hold no word; a first name or a title may well be left out there."""
    known_words: set[str] = set()
    for name in _names(reference):
        known_words = known_words or {key[:STEM] for key in content_keys(known)}
        words = [term.key for token in tokens(name) for term in terms(token) if term.kind == "word"]
        if words and known_words.isdisjoint(word[:STEM] for word in words):
            return f"The contexts do not hold the name {name}."
    return ""


def _names(text: str) -> Iterator[str]:
    """What is written with capitals and stands outside brackets; a lone word that opens a sentence may be no name."""
    for sentence in sentences(text):
        plain = _GLOSS.sub(" ", sentence).strip(" .")
        for match in _NAME.finditer(plain):
            words = [*dropwhile(lambda word: word.lower() in STOP_WORDS, match[0].split())]
            opens = match.start() == 0 and len(words) == 1 and match[0] != plain
            if words and words[0][0].isupper() and not opens and not _NO_NAMES.issuperset(map(str.lower, words)):
                yield " ".join(words)
