"""Vectors without a model: hashed counts of word stems and of letter triples."""

import math
import sys
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache
from hashlib import blake2b
from itertools import chain
from typing import Final

from rag_eval import aio
from rag_eval.language.words import terms, tokens

DIMENSIONS: Final = 512
"""Length of a vector; enough that a sentence's features seldom collide."""

COMMON_SHARE: Final = 0.3
"""Weight of function words, which would otherwise make all English texts alike."""

TRIPLE_SHARE: Final = 0.3
"""Weight of a letter triple against a stem; triples bring near spellings together."""

REMEMBERED: Final = 65_536
"""Features whose places are kept; texts about one thing share most of them."""

CACHED_WORDS: Final = 32_768
"""Words whose features are kept, some ten each, most of which they share."""


class HashingEmbedder:
    """Embedder whose cosine grows with the words two texts share."""

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """One vector of length one per text."""
        return await aio.in_thread(lambda: [vector(text) for text in texts])


def vector(text: str) -> list[float]:
    """A unit vector: signed hashed features, each weighed by 1 + log of its count."""
    values = [0.0] * DIMENSIONS
    for place, value in _direction(text).items():
        values[place] = value
    return values


def cosine(left: str, right: str) -> float:
    """The cosine of the vectors of two texts, to the bit; of the places that both have alone."""
    ours, theirs = _direction(left), _direction(right)
    return sum(ours[place] * theirs[place] for place in sorted(ours.keys() & theirs.keys()))


def _direction(text: str) -> dict[int, float]:
    """The places of a text's unit vector that are not 0."""
    weights: dict[str, float] = {}
    slots: list[tuple[int, float]] = []
    for marked, count in Counter(chain.from_iterable(map(_parts, tokens(text)))).items():
        feature, share, slot = _feature(marked)
        weight = share if count == 1 else share * (1 + math.log(count))
        if feature in weights:
            weights[feature] += weight
        else:
            weights[feature] = weight
            slots.append(slot)
    values: dict[int, float] = {}
    for (place, sign), weight in zip(slots, weights.values(), strict=True):
        values[place] = values.get(place, 0.0) + sign * weight
    norm = math.sqrt(math.fsum(value * value for value in values.values()))
    if norm == 0.0:  # an empty text, or features that cancel out
        return dict((_slot(""),))
    return {place: value / norm for place, value in values.items()}


_SHARES: Final = {
    "W": 1.0,
    "w": COMMON_SHARE,
    "C": TRIPLE_SHARE,
    "c": COMMON_SHARE * TRIPLE_SHARE,
}
"""The weight of a feature by its mark: of a word or a triple of letters, in small letters those of common words."""


@lru_cache(CACHED_WORDS)
def _parts(token: str) -> tuple[str, ...]:
    """The features of a token, each behind its mark."""
    parts: list[str] = []
    for term in terms(token):
        word, triple = ("w", "c") if term.kind == "stop" or term.common else ("W", "C")
        padded = f"^{term.key}$"
        parts.append(f"{word} {term.key}")
        parts += (sys.intern(f"{triple} {padded[at : at + 3]}") for at in range(len(padded) - 2))
    return tuple(parts)


@lru_cache(REMEMBERED)
def _feature(marked: str) -> tuple[str, float, tuple[int, float]]:
    """A feature behind its mark: itself, its weight, and where it counts."""
    feature = f"{marked[0].lower()}{marked[1:]}"
    return feature, _SHARES[marked[0]], _slot(feature)


def _slot(feature: str) -> tuple[int, float]:
    digest = int.from_bytes(blake2b(feature.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")
    return digest % DIMENSIONS, 1.0 if digest >> 63 else -1.0
