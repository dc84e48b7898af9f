"""The passages of a corpus in a file, so that a corpus of any size is read, searched and written in bounded memory.

SQLite with its full-text index FTS5: BM25 ranking and document frequencies come with it.
"""

import hashlib
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Self

from rag_eval.dataset.documents import Document, UnreadableDocument
from rag_eval.dataset.documents.chunks import TextChunk, chunks, page_of
from rag_eval.language.damage import MUCH, damage
from rag_eval.language.words import terms, tokens
from rag_eval.scratch import open_scratch

_TABLES = """
CREATE TABLE IF NOT EXISTS documents (
    id TEXT PRIMARY KEY, kind TEXT NOT NULL, encoding TEXT, sha256 TEXT NOT NULL, text TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS passages (
    n INTEGER PRIMARY KEY, id TEXT NOT NULL UNIQUE, document TEXT NOT NULL, start INTEGER NOT NULL,
    end INTEGER NOT NULL, page INTEGER, title TEXT NOT NULL, text TEXT NOT NULL, figures INTEGER NOT NULL,
    steps INTEGER NOT NULL, damage REAL NOT NULL
);
CREATE VIRTUAL TABLE IF NOT EXISTS words USING fts5(
    title, text, content='passages', content_rowid='n', tokenize='porter unicode61'
);
CREATE VIRTUAL TABLE IF NOT EXISTS vocabulary USING fts5vocab(words, 'row');
"""
_FIGURE = re.compile(r"\d")
_STEP = re.compile(r"^[^\S\n]*\d+[.)]\s|^To [a-z][^.\n]{3,60}, [a-z]", re.MULTILINE)
_ASKED = 24
"""Most words of a question that are searched for; the rest would only make it slower."""


@dataclass(frozen=True)
class CorpusPassage:
    """A passage in the index; `text` is its document's text from `start` to `end`."""

    n: int
    """Number from 1, in the order of the corpus."""
    id: str
    document: str
    start: int
    end: int
    title: str
    text: str


class PassageIndex:
    """Passages that can be fetched by number and searched. Used in a `with`."""

    def __init__(self) -> None:
        self._db = open_scratch(_TABLES)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    def fill(self, documents: Iterable[Document | UnreadableDocument]) -> Iterator[Document | UnreadableDocument]:
        """Put the passages of documents in the index, handing each document on as it comes."""
        self._db.execute("BEGIN")
        for document in documents:
            if isinstance(document, Document):
                self._keep(document)
            yield document
        self._index()

    def put(self, passages: Iterable[tuple[str, str]]) -> Self:
        """Put passages in the index that have an id and a text only."""
        self._db.execute("BEGIN")
        for key, text in passages:
            document = key.partition("#")[0]
            self._keep_chunk(TextChunk(key, document, 0, len(text), "", text), None)
        self._index()
        return self

    def _keep(self, document: Document) -> None:
        row = (document.id, document.kind, document.encoding, document.sha256, document.text)
        self._db.execute("INSERT INTO documents VALUES (?, ?, ?, ?, ?)", row)
        for chunk in chunks(document):
            self._keep_chunk(chunk, page_of(document, chunk.start))

    def _keep_chunk(self, chunk: TextChunk, page: int | None) -> None:
        figures = sum(1 for _ in _FIGURE.finditer(chunk.text))
        steps = sum(1 for _ in _STEP.finditer(chunk.text))
        place = (chunk.id, chunk.document, chunk.start, chunk.end, page, chunk.title)
        row = (*place, chunk.text, figures, steps, damage(chunk.text))
        self._db.execute("INSERT INTO passages VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)

    def _index(self) -> None:
        self._db.execute("INSERT INTO words (words) VALUES ('rebuild')")
        self._db.execute("COMMIT")

    def count(self) -> int:
        """How many passages there are."""
        return int(self._db.execute("SELECT count(*) FROM passages").fetchone()[0])

    def passage(self, n: int) -> CorpusPassage:
        """A passage by its number."""
        row = self._db.execute(
            "SELECT n, id, document, start, end, title, text FROM passages WHERE n = ?", (n,)
        ).fetchone()
        return CorpusPassage(*row)

    def text(self, key: str) -> str | None:
        """The text of a passage by its id, None where there is no such passage."""
        row = self._db.execute("SELECT text FROM passages WHERE id = ?", (key,)).fetchone()
        return row[0] if row else None

    def id_of(self, text: str) -> str | None:
        """The id of the passage with this very text, None where there is none."""
        row = self._db.execute("SELECT id FROM passages WHERE text = ? ORDER BY n", (text,)).fetchone()
        return row[0] if row else None

    def numbers(self, *, figures: bool = False, steps: bool = False) -> list[list[int]]:
        """The numbers of passages to draft from, a list for each document; with figures or steps only, if asked for.

        Those whose text is damaged are left out.
        """
        rows = self._db.execute(
            "SELECT document, n FROM passages WHERE figures >= ? AND steps >= ? AND damage < ? ORDER BY n",
            (int(figures), int(steps), MUCH),
        )
        by_document: dict[str, list[int]] = {}
        for document, n in rows:
            by_document.setdefault(document, []).append(n)
        return list(by_document.values())

    def garbled(self) -> Iterator[tuple[str, int, int, float]]:
        """Documents with damaged passages: how many of how many, and the mean share of damaged words in those."""
        yield from self._db.execute(
            "SELECT document, sum(damage >= ?1), count(*), avg(CASE WHEN damage >= ?1 THEN damage END) FROM passages"
            " GROUP BY document HAVING max(damage) >= ?1 ORDER BY document",
            (MUCH,),
        )

    def search(self, text: str, most: int, *, not_in: str | None = None, readable: bool = False) -> list[CorpusPassage]:
        """The passages that are nearest to a text by BM25, best first, at most so many; also damaged ones or not."""
        words = dict.fromkeys(t for t in map(str.lower, tokens(text)) if t.isalnum() and terms(t)[0].kind != "stop")
        if not words:
            return []
        wanted = " OR ".join(f'"{word}"' for word in list(words)[:_ASKED])
        rows = self._db.execute(
            "SELECT p.n, p.id, p.document, p.start, p.end, p.title, p.text"
            " FROM words w JOIN passages p ON p.n = w.rowid"
            " WHERE words MATCH ? AND p.document IS NOT ? AND p.damage < ? ORDER BY w.rank, p.n LIMIT ?",
            (wanted, not_in, MUCH if readable else 2, most),
        )
        return [CorpusPassage(*row) for row in rows]

    def neighbour(self, passage: CorpusPassage) -> CorpusPassage | None:
        """The passage of another document that shares most with this one's title and beginning."""
        near = self.search(
            f"{passage.title.rpartition(' › ')[2]} {passage.text[:300]}", 1, not_in=passage.document, readable=True
        )
        return near[0] if near else None

    def rows(self) -> Iterator[dict[str, Any]]:
        """Every passage as a row of the corpus file."""
        passages = self._db.execute("SELECT id, text, document, start, end, page, title FROM passages ORDER BY n")
        for key, text, document, start, end, page, title in passages:
            yield {
                "id": key, "text": text, "document": document, "start": start, "end": end, "page": page,
                "title": title, "sha256": hashlib.sha256(text.encode()).hexdigest(),
            }  # fmt: skip

    def documents(self) -> Iterator[dict[str, Any]]:
        """Every document as a row of the documents file."""
        for row in self._db.execute("SELECT id, kind, encoding, sha256, text FROM documents ORDER BY id"):
            yield dict(zip(("id", "kind", "encoding", "sha256", "text"), row, strict=True))


CORPUS_COLUMNS = {
    "id": "string", "text": "string", "document": "string", "start": "int64", "end": "int64", "page": "int64",
    "title": "string", "sha256": "string",
}  # fmt: skip
DOCUMENT_COLUMNS = {"id": "string", "kind": "string", "encoding": "string", "sha256": "string", "text": "string"}
