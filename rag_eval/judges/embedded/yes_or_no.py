"""What a text answers to a question that asks for yes or no."""

import re
from collections.abc import Sequence
from typing import Final

from rag_eval.judges.embedded.overlap import content_keys
from rag_eval.judges.embedded.polarity import opposed
from rag_eval.language.lexicon import NEGATORS
from rag_eval.language.words import lowered, tokens

TAKEN_UP: Final = 0.85
"""Share of a question's words that a sentence needs to be read as a yes or no to it."""

_YES: Final = re.compile(
    r"\W*(?:yes|yeah|correct|true|indeed|oui|sí|ja|sim|是的?|对|はい)\b|\W*(?:是的|对|はい)", re.IGNORECASE
)
_NO: Final = re.compile(
    r"\W*(?:不(?![同过過])|没有|沒有|いいえ)|\W*(?:no|nope|incorrect|false|non|nein|nee|não|否)(?:\b|(?=[,，。]))"  # noqa: RUF001
    r"(?!\.\s?\d|-\w)(?!\s+(?:one|more)\b)",
    re.IGNORECASE,
)
_NOT_BOTH: Final = (("only", "both"), ("different", "same"))
"""A word of an answer that denies one of the question."""
_BEFORE_YES: Final = re.compile(
    r"^(?:[^,]{0,60},|\W*(?:the answer is|therefore|thus|so))\s*(?=(?:yes|no)\b)", re.IGNORECASE
)
_ASKS_YES_OR_NO: Final = re.compile(
    r"(?:^|.*[,;:.?]\s)\W*(?:is|are|was|were|do|does|did|can|could|may|must|has|have|had|will|would|"
    r"should)\b[^?]*\??\W*$",
    re.IGNORECASE | re.DOTALL,
)


def opening(question: str, reference: str) -> tuple[int, str]:
    """1 for a reference that opens with yes, -1 with no, 0 for others, and the rest of it."""
    match = _YES.match(reference) or _NO.match(reference)
    if match is None:
        return 0, reference
    rest = reference[match.end() :]
    if tokens(rest) and rest[:1] not in ",.;:–—-，。、" and not _ASKS_YES_OR_NO.match(question):  # noqa: RUF001
        return 0, reference
    return (1 if _YES.match(reference) else -1), rest.lstrip(" ,.;:–—-，。、")  # noqa: RUF001


def stance(question: str, parts: Sequence[str]) -> tuple[int, bool]:
    """1 for an answer that says yes, -1 for no, 0 for one that leaves it open; and whether it does so in plain words.

    One that opens with neither says no if its first sentence holds a negation and the question does not, or an antonym
    of a word of it; a negated antonym says yes. What neither denies the question nor takes it up leaves it open.
    """
    for sentence in (*parts[:1], *parts[-1:]):
        body = _BEFORE_YES.sub("", sentence)
        if plain := (1 if _YES.match(body) else -1 if _NO.match(body) else 0):
            return plain, True
    if not parts:
        return 0, False
    first, asked = set(lowered(parts[0])), set(lowered(question))
    turned = opposed(question, parts[0])
    negated = not NEGATORS.isdisjoint(first) or any(word in first and other in asked for word, other in _NOT_BOTH)
    denied = (negated != (not NEGATORS.isdisjoint(asked))) != turned
    known = content_keys(question)
    taken_up = len(known & content_keys(parts[0])) + turned >= TAKEN_UP * len(known)
    if denied:
        return -1, taken_up
    return (1, taken_up) if taken_up or turned else (0, False)
