"""Finding passages: a small port, and BM25 in process (Robertson and Zaragoza, 2009; Lucene's variant) behind it."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from rag_eval.staging.corpus import HandbookPassage
from rag_eval.staging.profiles import Profile
from rag_eval.staging.store import ServiceStore
from rag_eval.staging.tokenizer import words

_PATIENCE_S = 1.0
"""How long a search waits for an index that holds what was added since."""


@dataclass(frozen=True)
class RetrievedPassage:
    """A passage that was found."""

    passage: HandbookPassage
    score: float
    """Above 0; comparable inside one answer only."""


class Retriever(Protocol):
    """Whatever can find passages."""

    async def search(self, query: str, k: int, user: str | None) -> list[RetrievedPassage]:
        """Return up to k passages of the corpus and of this user, best first.

        Raises:
            PartError: it cannot, for whatever reason.
        """
        ...

    async def add(self, passages: Sequence[HandbookPassage]) -> None:
        """Have passages found from now on; those with the same ids are replaced.

        Raises:
            PartError: it cannot, for whatever reason.
        """
        ...

    async def aclose(self) -> None:
        """Let go of connections."""
        ...


class Bm25Index:
    """Passages, ready to be searched; the same query always brings the same hits."""

    def __init__(self, passages: Sequence[HandbookPassage], profile: Profile) -> None:
        import bm25s

        self._passages = tuple(passages)
        self._limit = profile.limit
        self._of_all = np.array([passage.owner is None for passage in passages], dtype=bool)
        self._owned: dict[str, list[int]] = {}
        for at, passage in enumerate(passages):
            if passage.owner is not None:
                self._owned.setdefault(passage.owner, []).append(at)
        self._bm25 = bm25s.BM25()
        self._bm25.index([words(profile.indexed(passage)) for passage in passages], show_progress=False)

    def __len__(self) -> int:
        return len(self._passages)

    def search(self, query: str, k: int, user: str | None = None) -> list[RetrievedPassage]:
        """Return up to k hits, best first, equal ones by id; none where no word of the query is indexed."""
        known = [word for word in words(query) if word in self._bm25.vocab_dict]
        wanted = min(k, self._limit)
        if not known or not wanted:
            return []
        # Rounded before they are compared: sums may differ in the last bit from one machine to the next.
        scores = self._bm25.get_scores(known).round(4)
        places = np.flatnonzero(scores * self._findable(user) > 0)
        if len(places) > wanted:  # those below the last that is wanted; equal ones are told apart by their ids
            least = np.partition(scores[places], -wanted)[-wanted]
            places = places[scores[places] >= least]
        hits = [RetrievedPassage(self._passages[at], round(float(scores[at]), 4)) for at in places]
        hits.sort(key=lambda hit: (-hit.score, hit.passage.id))
        return hits[:wanted]

    def _findable(self, user: str | None) -> "np.ndarray[Any, np.dtype[np.bool_]]":
        """Which passages somebody may find."""
        own = self._owned.get(user) if user is not None else None
        if own is None:
            return self._of_all
        allowed = self._of_all.copy()
        allowed[own] = True
        return allowed


class Bm25:
    """A `Bm25Index` over the corpus and what the store holds, made anew when this or another worker added to it."""

    def __init__(self, corpus: Sequence[HandbookPassage], store: ServiceStore, profile: Profile) -> None:
        self._corpus, self._store, self._profile = corpus, store, profile
        self._version = store.version()
        self._index = Bm25Index([*corpus, *store.passages()], profile)
        self._renewing: asyncio.Task[None] | None = None

    def __len__(self) -> int:
        return len(self._index)

    async def search(self, query: str, k: int, user: str | None) -> list[RetrievedPassage]:
        """Search; a new index is waited for, but not for long: then the one before answers."""
        if self._store.version() > self._version:
            await asyncio.wait([self._renewal()], timeout=_PATIENCE_S)
        return self._index.search(query, k, user)

    async def add(self, passages: Sequence[HandbookPassage]) -> None:  # noqa: ARG002  they are in the store already
        """Wait for an index that holds what the store holds now."""
        wanted = self._store.version()
        while self._version < wanted:
            await asyncio.shield(self._renewal())

    async def aclose(self) -> None:
        """Stop making an index."""
        if self._renewing is not None:
            self._renewing.cancel()

    def _renewal(self) -> "asyncio.Task[None]":
        """The making of a new index: one at a time, for whoever waits for it."""
        if self._renewing is None:
            self._renewing = asyncio.create_task(self._renew())
        return self._renewing

    async def _renew(self) -> None:
        try:
            version = self._store.version()
            self._index = await asyncio.to_thread(self._make)
            self._version = version
        finally:
            self._renewing = None

    def _make(self) -> Bm25Index:
        return Bm25Index([*self._corpus, *self._store.passages()], self._profile)
