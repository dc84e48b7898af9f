"""Uploaded documents: taken in at once, indexed in the background, in the trace of the request that brought them."""

import asyncio
import sqlite3
import uuid
from contextlib import suppress

from rag_eval.staging.circuits import Circuit, Deadline
from rag_eval.staging.corpus import HandbookPassage, passages_of
from rag_eval.staging.errors import CorpusError, PartError, ServiceRefusal
from rag_eval.staging.logs import get_logger
from rag_eval.staging.metrics import Metrics
from rag_eval.staging.retrieval import Bm25, Retriever
from rag_eval.staging.store import ServiceStore, StoredDocument
from rag_eval.staging.tracing import Tracing

TYPES = (".md", ".markdown", ".txt")
"""Endings of the names of documents that can be read."""

_WAITING = 100
"""Documents that may wait to be indexed."""
_TIME_S = 60.0
"""How long the vector store may take for one document."""
_CLOSING_S = 5.0
_LONGEST_NAME = 200
_PASSAGES = 10_000
"""Passages of one user: all of them stand in the memory of each worker."""

_log = get_logger(__name__)


class Indexing:
    """Takes documents in and indexes them, one after the other."""

    def __init__(
        self, store: ServiceStore, bm25: Bm25, vectors: Retriever | None, circuit: Circuit | None, *,
        most: int, tracing: Tracing, metrics: Metrics,
    ) -> None:  # fmt: skip
        """`circuit` guards the vector store; `most` documents of one user are taken."""
        self._store, self._bm25, self._vectors, self._circuit = store, bm25, vectors, circuit
        self._most, self._tracing, self._metrics = most, tracing, metrics
        self._turn = asyncio.Lock()
        self._going_on: set[asyncio.Task[None]] = set()

    def resume(self) -> None:
        """Go on with what was taken in and not indexed when the service ended."""
        for document in self._store.queued():
            self._begin(document)

    async def take_in(self, name: str | None, content: bytes, owner: str) -> StoredDocument:
        """Keep a document and begin to index it.

        Raises:
            ServiceRefusal: it cannot be read, there are too many of this user, or too many are waiting.
        """
        text = _text(_name(name), content)
        if len(self._going_on) >= _WAITING:
            raise ServiceRefusal(
                503, "unavailable", "too many documents are waiting to be indexed", {"Retry-After": "5"}
            )
        document = StoredDocument(str(uuid.uuid4()), owner, _name(name), "queued", text, 0)
        # In one piece: a request that is given up in between must not leave a document that nobody indexes.
        if not await asyncio.shield(asyncio.create_task(self._keep(document))):
            raise ServiceRefusal(409, "too_many_documents", f"a user may have {self._most} documents here")
        return document

    async def _keep(self, document: StoredDocument) -> bool:
        is_kept = await asyncio.to_thread(self._store.add_document, document, self._most)
        if is_kept:
            self._begin(document)
        return is_kept

    def _begin(self, document: StoredDocument) -> None:
        # A task takes the context of whoever starts it along: trace, request id, everything.
        task = asyncio.create_task(self._index(document))
        self._going_on.add(task)
        task.add_done_callback(self._going_on.discard)

    async def aclose(self) -> None:
        """Wait a little for what is being indexed; what is left is gone on with at the next start."""
        if self._going_on:
            await asyncio.wait(self._going_on, timeout=_CLOSING_S)
        left = tuple(self._going_on)
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)

    async def _index(self, document: StoredDocument) -> None:
        async with self._turn:
            with self._tracing.indexing(document.id):
                try:
                    passages = await asyncio.to_thread(
                        passages_of, document.id, document.name, document.text, document.owner
                    )
                    await self._put(document, passages)
                except (CorpusError, PartError, sqlite3.Error) as error:
                    with suppress(sqlite3.Error):  # then it is queued still, and gone on with at the next start
                        await asyncio.to_thread(self._store.set_state, document, "failed")
                    self._metrics.indexed("failed")
                    _log.warning("document not indexed", document=document.id, error=type(error).__name__)
                else:
                    self._metrics.indexed("indexed")
                    _log.info("document indexed", document=document.id, passages=len(passages))

    async def _put(self, document: StoredDocument, passages: list[HandbookPassage]) -> None:
        """Make passages findable; only then is the document told to be indexed."""
        await asyncio.to_thread(self._store.put_passages, document, passages, _PASSAGES)
        await self._bm25.add(passages)
        vectors = self._vectors
        if vectors is not None and self._circuit is not None:
            deadline = Deadline(_TIME_S)
            await self._circuit.call(lambda: vectors.add(passages), deadline, timeout_s=_TIME_S)
        await asyncio.to_thread(self._store.set_state, document, "indexed")


def _name(path: str | None) -> str:
    name = (path or "").replace("\\", "/").rpartition("/")[2].strip()
    if not name.lower().endswith(TYPES):
        raise ServiceRefusal(415, "unsupported_type", f"the name of the file must end with one of {', '.join(TYPES)}")
    if len(name) > _LONGEST_NAME or not name.isprintable():
        raise ServiceRefusal(
            422, "invalid_request", f"file: a name has up to {_LONGEST_NAME} characters that can be printed"
        )
    return name


def _text(name: str, content: bytes) -> str:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ServiceRefusal(
            422, "invalid_request", f"file: {name} is no text in UTF-8 (byte {error.start})"
        ) from error
    if "\0" in text or not text.strip():
        raise ServiceRefusal(422, "invalid_request", f"file: there is no text in {name}")
    return text
