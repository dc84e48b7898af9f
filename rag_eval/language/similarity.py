"""Which questions are one question: by the words that carry meaning, with what must not differ checked apart.

Two questions that differ in a number, a negation or what they ask for (who, when, how many) are two questions, however
alike their words are; that is what a plain cosine gets wrong.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from rag_eval.language.lexicon import NEGATORS
from rag_eval.language.words import terms, tokens

NEAR: Final = 0.85
"""Weighed share of words in common from which two questions are one."""

PARAPHRASED: Final = 0.3
"""The same from which two questions with the same answer and the same sources are one in other words."""

SAME_ANSWER: Final = 0.75
"""The same from which two answers are one."""

_BLOCK: Final = 512
_ASKS: Final = (
    (
        "number",
        re.compile(r"\bhow (?:many|much|long|old|far|often|high|deep|large|big|tall|wide|fast|soon|late|early)\b"),
    ),
    ("reason", re.compile(r"\b(?:why|how come)\b")),
    ("time", re.compile(r"\b(?:when|what (?:time|year|date|day|month|century)|which (?:year|day|month|century))\b")),
    ("place", re.compile(r"\b(?:where|what (?:country|city|place|town)|which (?:country|city|place|town))\b")),
    ("person", re.compile(r"\b(?:who|whom|whose)\b")),
    ("way", re.compile(r"\bhow\b")),
    ("thing", re.compile(r"\b(?:what|which)\b")),
)  # fmt: skip


@dataclass(frozen=True)
class Gist:
    """What a question says, in a form that can be compared."""

    words: frozenset[str]
    """Its content words as stems."""
    fixed: frozenset[str]
    """What must be the same in another question for the two to be one: numbers and negations."""
    asks: str
    """What it asks for; empty where that cannot be told."""


_OPENERS: Final = re.compile(
    r"^\s*(?:(?:hello|hi|hey|dear \w+|good (?:morning|day|evening)|excuse me|sorry|please|quick question|"
    r"just wondering|"
    r"i(?: would|'d) like to know|i (?:was|am|'m) wondering|i could not find it anywhere|i need to know|do you know|"
    r"(?:can|could|would|will) (?:you|somebody|anyone) (?:please )?(?:tell|say|explain to|show) (?:me|us)|"
    r"please (?:can|could) you (?:tell|say) (?:me|us)|tell me)\b[\s,:;.!–-]*)+",
    re.IGNORECASE,
)
"""How people begin a question without having asked anything yet."""
_ASKED_FOR: Final = frozenset({"year", "date", "day", "time"})
"""Words that say what is asked for, as "when" does."""


@lru_cache(8192)
def gist(text: str) -> Gist:
    """The gist of a question or an answer; polite words before a question are not part of it."""
    text = _OPENERS.sub("", text.replace("’", "'")) or text
    all_terms = [term for token in tokens(text) for term in terms(token)]
    lowered = text.lower().replace("’", "'")
    negated = any(token.endswith("n't") or part in NEGATORS for token in tokens(lowered) for part in token.split("'"))
    asks = next((name for name, form in _ASKS if form.search(lowered)), "")
    words = frozenset(term.key for term in all_terms if term.kind != "stop")
    return Gist(
        words=words - _ASKED_FOR if asks == "time" else words,
        fixed=frozenset(term.key for term in all_terms if term.kind == "figure") | ({"not"} if negated else set()),
        asks=asks,
    )


def alike(left: Gist, right: Gist) -> bool:
    """Whether nothing that must be the same differs."""
    return left.fixed == right.fixed and (left.asks == right.asks or not (left.asks and right.asks))


class Index:
    """Texts that can be compared with each other, by words weighed by how rare they are among the texts."""

    def __init__(self, texts: Sequence[str]) -> None:
        self.gists = [gist(text) for text in texts]
        self._rows, self._weights, self._words = _matrix(self.gists)

    def words(self) -> tuple[Any, list[str]]:
        """A sparse row for each text with the weight of each of its words, and the stems that the columns stand for."""
        return self._rows, self._words

    def pairs(self, least: float) -> Iterator[tuple[int, int, float]]:
        """Each two texts, by their places, whose weighed Jaccard index is at least so much, above 0."""
        yield from ((i, j, share) for i, j, share in self._shares(0, len(self.gists), 0, least) if i < j)

    def across(self, border: int, least: float) -> Iterator[tuple[int, int, float]]:
        """The same pairs, of a text before the border and one from there on; neither side is compared with itself."""
        yield from self._shares(0, border, border, least)

    def _shares(self, first: int, last: int, others: int, least: float) -> Iterator[tuple[int, int, float]]:
        columns = self._rows[others:].T
        for start in range(first, last, _BLOCK):
            shared = (self._rows[start : min(start + _BLOCK, last)] @ columns).tocoo()
            rows, places = shared.row + start, shared.col + others
            shares = shared.data / (self._weights[rows] + self._weights[places] - shared.data)
            near = shares >= least
            yield from zip(rows[near].tolist(), places[near].tolist(), shares[near].tolist(), strict=True)


def _matrix(gists: Sequence[Gist]) -> tuple[Any, Any, list[str]]:
    """A row for each text with the root of a word's rarity at each word, the sum of rarities of each text, the words.

    The product of two rows is then the weight of the words that both have.
    """
    import numpy as np
    from scipy.sparse import csr_matrix

    places: dict[str, int] = {}
    columns = [[places.setdefault(word, len(places)) for word in sorted(each.words)] for each in gists]
    flat = np.array([place for row in columns for place in row], dtype=np.int64)
    starts = np.cumsum([0, *(len(row) for row in columns)])
    counts = np.bincount(flat, minlength=max(1, len(places)))
    rarity = np.log(1 + (len(gists) + 1) / (counts + 0.5))
    values = np.sqrt(rarity[flat])
    rows = csr_matrix((values, flat, starts), shape=(len(gists), max(1, len(places))))
    weights = np.asarray(rows.multiply(rows).sum(axis=1)).ravel()
    return rows, weights, [*places]


def jaccard(left: Gist, right: Gist) -> float:
    """Share of words in common, unweighed."""
    union = left.words | right.words
    return len(left.words & right.words) / len(union) if union else 0.0
