"""Vectors without a model: hashed counts of word stems and of letter triples."""

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from functools import lru_cache
from hashlib import blake2b
from itertools import chain
from operator import mul
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

CACHED_WORDS: Final = 8192
"""Words whose features are kept, some ten each."""


class HashingEmbedder:
    """Embedder whose cosine grows with the words two texts share."""

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """One vector of length one per text."""
        return await aio.in_thread(lambda: [vector(text) for text in texts])


def vector(text: str) -> list[float]:
    """A unit vector: signed hashed features, each weighed by 1 + log of its count."""
    values = [0.0] * DIMENSIONS
    for feature, weight in _features(text).items():
        place, sign = _slot(feature)
        values[place] += sign * weight
    norm = math.sqrt(math.fsum(map(mul, values, values)))
    if norm == 0.0:  # an empty text, or features that cancel out
        place, sign = _slot("")
        return [sign if at == place else 0.0 for at in range(DIMENSIONS)]
    return [value / norm for value in values]


def _features(text: str) -> dict[str, float]:
    words = Counter(chain.from_iterable(map(_parts, tokens(text))))
    weighed: dict[str, float] = {}
    for (feature, share), count in words.items():
        weight = share if count == 1 else share * (1 + math.log(count))
        weighed[feature] = weighed.get(feature, 0.0) + weight
    return weighed


@lru_cache(CACHED_WORDS)
def _parts(token: str) -> tuple[tuple[str, float], ...]:
    """The features of a token, each with its weight."""
    parts: list[tuple[str, float]] = []
    for term in terms(token):
        share = COMMON_SHARE if term.kind == "stop" or term.common else 1.0
        parts.append((f"w {term.key}", share))
        parts += ((f"c {triple}", share * TRIPLE_SHARE) for triple in _triples(term.key))
    return tuple(parts)


def _triples(word: str) -> Iterator[str]:
    padded = f"^{word}$"
    return (padded[at : at + 3] for at in range(len(padded) - 2))


@lru_cache(REMEMBERED)
def _slot(feature: str) -> tuple[int, float]:
    digest = int.from_bytes(blake2b(feature.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")
    return digest % DIMENSIONS, 1.0 if digest >> 63 else -1.0
