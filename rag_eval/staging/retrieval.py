"""Finding passages: BM25 (Robertson and Zaragoza, 2009; Lucene's variant) over what a profile indexes."""

from collections.abc import Sequence
from dataclasses import dataclass

from rag_eval.staging.corpus import Passage
from rag_eval.staging.profiles import Profile
from rag_eval.staging.words import words


@dataclass(frozen=True)
class Hit:
    """A passage that was found."""

    passage: Passage
    score: float
    """BM25, above 0; comparable inside one answer only."""


class Index:
    """The passages of a corpus, ready to be searched; the same query always brings the same hits."""

    def __init__(self, passages: Sequence[Passage], profile: Profile) -> None:
        import bm25s

        self._passages = tuple(passages)
        self._limit = profile.limit
        self._bm25 = bm25s.BM25()
        self._bm25.index([words(profile.indexed(passage)) for passage in passages], show_progress=False)

    def search(self, query: str, k: int) -> list[Hit]:
        """Return up to k hits, best first, equal ones by id; none where no word of the query is indexed."""
        known = [word for word in words(query) if word in self._bm25.vocab_dict]
        if not known:
            return []
        # Rounded before they are compared: sums may differ in the last bit from one machine to the next.
        scores = [round(float(score), 4) for score in self._bm25.get_scores(known)]
        hits = [Hit(passage, score) for passage, score in zip(self._passages, scores, strict=True) if score > 0]
        hits.sort(key=lambda hit: (-hit.score, hit.passage.id))
        return hits[: min(k, self._limit)]
