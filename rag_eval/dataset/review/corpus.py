"""The corpus beside a dataset, as a reviewer searches it: is there really no passage that answers a question?"""

import re
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from rag_eval.dataset import folders, writing
from rag_eval.errors import UsageError
from rag_eval.language.sentences import shorten
from rag_eval.language.words import terms, tokens
from rag_eval.records import Record

if TYPE_CHECKING:
    from rag_eval.dataset.drafting.passage_index import PassageIndex

MOST = 8
"""Passages that a search brings."""
_SHOWN = 240
"""Letters of a passage that are shown before it is opened."""
_SHORT = 4
"""Letters of a word whose forms are not looked for."""
_BEFORE = 80
"""Letters that stand before the first word that was searched for."""


class SearchHit(Record):
    """A passage that a search brought."""

    id: str
    beginning: str
    """A part of it on one line, where words that were searched for stand."""


class SearchResults(Record):
    """What a search brought, the nearest passage first."""

    hits: tuple[SearchHit, ...]
    passages: int
    """How many were searched."""
    stems: tuple[str, ...]
    """Beginnings of the words that were searched for, in small letters."""


class PassageText(Record):
    """A passage, whole."""

    id: str
    text: str


@dataclass
class ReviewCorpus:
    """The passages of a dataset folder; they are read when somebody first searches them."""

    folder: folders.DatasetFolder
    _reading: threading.Lock = field(default_factory=threading.Lock)
    _index: "PassageIndex | None" = None

    @property
    def is_there(self) -> bool:
        """Whether there are passages to search: beside the cases, or where the manifest says they came from."""
        return self.folder.corpus is not None or self._source is not None

    @property
    def _source(self) -> Path | None:
        source = self.folder.manifest.corpus
        return Path(source.path) if source is not None and Path(source.path).exists() else None

    def search(self, words: str) -> SearchResults:
        """The passages nearest to some words by BM25, at most `MOST`; raises `UsageError` where there is no corpus."""
        with self._reading:
            index = self._opened()
            known = stems(words)
            hits = tuple(
                SearchHit(id=near.id, beginning=excerpt(near.text, known)) for near in index.search(words, MOST)
            )
            return SearchResults(hits=hits, passages=index.count(), stems=known)

    def passage(self, key: str) -> PassageText:
        """A passage by its id; raises `UsageError` where there is none."""
        with self._reading:
            text = self._opened().text(key)
        if text is None:
            raise UsageError(f"{key}: is no passage of the corpus")
        return PassageText(id=key, text=text)

    def close(self) -> None:
        """Let go of what was read."""
        with self._reading:
            if self._index is not None:
                self._index.__exit__()
                self._index = None

    def _opened(self) -> "PassageIndex":
        from rag_eval.dataset.drafting.passage_index import PassageIndex

        if self._index is None:
            self._index = PassageIndex().put(self._passages())
        return self._index

    def _passages(self) -> Iterator[tuple[str, str]]:
        from rag_eval.dataset.sources.documents import passages

        if self.folder.corpus is not None:
            rows = folders.rows(self.folder.path / writing.CORPUS)
            yield from ((str(row["id"]), str(row["text"])) for row in rows)
        elif self._source is not None:
            yield from passages(str(self._source)).items()
        else:
            raise UsageError("no corpus is kept beside the cases. Do: rag-eval build-dataset … --corpus PAGES")


def stems(words: str) -> tuple[str, ...]:
    """As much of each word as its other forms begin with; without words that are everywhere."""
    known = (token.lower() for token in tokens(words) if terms(token.lower())[0].kind != "stop")
    return tuple(dict.fromkeys(word if len(word) <= _SHORT else word[: max(_SHORT, len(word) - 2)] for word in known))


def excerpt(text: str, known: Sequence[str]) -> str:
    """The part of a passage where the first of some words stands, by their beginnings; cut between words."""
    flat = " ".join(text.split())
    first = re.search(rf"\b(?:{'|'.join(map(re.escape, known))})", flat, re.IGNORECASE) if known else None
    if first is None or first.start() <= _BEFORE or len(flat) <= _SHOWN:
        return shorten(flat, _SHOWN)
    begin = flat.rfind(" ", 0, first.start() - _BEFORE) + 1
    return f"…{shorten(flat[begin:], _SHOWN)}"
