"""Answering without a language model: say again the sentences that share most with the question."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from rag_eval.staging.corpus import HandbookPassage
from rag_eval.staging.retrieval import RetrievedPassage
from rag_eval.staging.sentences import sentences
from rag_eval.staging.tokenizer import stems

NOT_FOUND = "The handbook does not say."

_LONGEST = 3
"""Sentences of an answer."""
_ENOUGH = 0.12
"""Share of the question's weight below which a sentence does not answer it."""
_CLOSE = 0.8
"""Share of the best sentence's score that another one needs to be said with it."""
_HEADING = 0.5
"""What a word of title or heading counts, next to one of the sentence itself."""
_REMEMBERED = 10_000
"""Passages whose sentences are kept."""
_RANK = 0.1
"""How fast the trust in a passage falls with its place in the ranking."""


@dataclass(frozen=True)
class Extract:
    """An answer made of the corpus' own sentences."""

    text: str
    confidence: float
    """In [0, 1], see `Extractor.extract`."""


@dataclass(frozen=True)
class _Sentence:
    text: str
    own: frozenset[str]
    around: frozenset[str]
    """Stems of title and heading that are not its own."""


@dataclass(frozen=True)
class _Candidate:
    sentence: _Sentence
    place: tuple[int, int]
    """Rank of its passage, then position in it."""
    score: float


class Extractor:
    """Picks sentences of retrieved passages; knows how rare each word is in the corpus."""

    def __init__(self, corpus: Sequence[HandbookPassage]) -> None:
        self._count = len(corpus)
        self._frequency = Counter(stem for passage in corpus for stem in _stems_of(passage))

    def extract(self, question: str, hits: Sequence[RetrievedPassage]) -> Extract:
        """Choose up to three sentences, in the order of the ranking and then of the page.

        A sentence scores the share of the question's words that it holds, each word weighted by its rarity in
        the corpus (IDF), words of its heading by half, and less the further down its passage was ranked. The
        confidence is the weighted share of the question's words that stand in the chosen sentences or their
        headings; it is 0 where nothing was chosen and the answer is `NOT_FOUND`.
        """
        wanted = {stem: self._rarity(stem) for stem in stems(question)}
        chosen = _choose(self._candidates(wanted, hits))
        if not chosen:
            return Extract(NOT_FOUND, 0.0)
        present = frozenset[str]().union(*(candidate.sentence.own | candidate.sentence.around for candidate in chosen))
        text = " ".join(candidate.sentence.text for candidate in chosen)
        return Extract(text, round(min(1.0, _share(wanted, present)), 4))

    def coverage(self, question: str, passage: HandbookPassage) -> float:
        """Return the weighted share of the question's words that stand in a passage or its title, in [0, 1]."""
        wanted = {stem: self._rarity(stem) for stem in stems(question)}
        return round(min(1.0, _share(wanted, _stems_of(passage))), 4)

    def _rarity(self, stem: str) -> float:
        frequency = self._frequency[stem]
        return math.log(1 + (self._count - frequency + 0.5) / (frequency + 0.5))

    def _candidates(self, wanted: Mapping[str, float], hits: Sequence[RetrievedPassage]) -> list[_Candidate]:
        return [
            _Candidate(sentence, (rank, position), _score(sentence, wanted, rank))
            for rank, hit in enumerate(hits)
            for position, sentence in enumerate(_read(hit.passage))
        ]


def _stems_of(passage: HandbookPassage) -> frozenset[str]:
    return stems(f"{passage.title}\n{passage.text}")


@lru_cache(maxsize=_REMEMBERED)
def _read(passage: HandbookPassage) -> tuple[_Sentence, ...]:
    """Cut a passage into sentences, each with the words it is about; its heading is not one of them."""
    around = stems(f"{passage.title} {passage.heading}")
    _, _, body = passage.text.partition("\n")
    return tuple(_Sentence(text, own := stems(text), around - own) for text in sentences(body))


def _choose(candidates: list[_Candidate]) -> list[_Candidate]:
    """Keep the best and those close to it, in reading order; none where even the best says too little."""
    ranked = sorted(candidates, key=lambda candidate: (-candidate.score, candidate.place))
    if not ranked or ranked[0].score < _ENOUGH:
        return []
    close = [candidate for candidate in ranked if candidate.score >= _CLOSE * ranked[0].score]
    return sorted(close[:_LONGEST], key=lambda candidate: candidate.place)


def _score(sentence: _Sentence, wanted: Mapping[str, float], rank: int) -> float:
    share = _share(wanted, sentence.own) + _HEADING * _share(wanted, sentence.around)
    return share / (1 + _RANK * rank)


def _share(wanted: Mapping[str, float], present: frozenset[str]) -> float:
    """Return how much of the question's weight these stems hold, in [0, 1]; 0 where it has none."""
    total = sum(wanted.values())
    return sum(weight for stem, weight in wanted.items() if stem in present) / total if total else 0.0
