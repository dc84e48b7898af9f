"""Uploaded documents on their way into the index: what is taken, what is refused, and what a kill leaves."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from rag_eval.staging import indexing as module
from rag_eval.staging.circuits import Circuit
from rag_eval.staging.corpus import HandbookPassage
from rag_eval.staging.errors import PartRejection, ServiceRefusal
from rag_eval.staging.indexing import Indexing
from rag_eval.staging.metrics import Metrics
from rag_eval.staging.profiles import profile_named
from rag_eval.staging.retrieval import Bm25, RetrievedPassage
from rag_eval.staging.store import ServiceStore, StoredDocument
from rag_eval.staging.tracing import Tracing

_TEXT = b"# Zeppelin\n\nThe zeppelin lands at noon.\n"


class Vectors:
    """Keeps passages, or does not."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error, self.passages = error, list[HandbookPassage]()

    async def search(self, query: str, k: int, user: str | None) -> list[RetrievedPassage]:
        """Find nothing."""
        return []

    async def add(self, passages: Sequence[HandbookPassage]) -> None:
        """Take passages in."""
        if self.error:
            raise self.error
        self.passages += passages

    async def aclose(self) -> None:
        """Nothing is open."""


def indexing(store: ServiceStore, vectors: Vectors | None = None, most: int = 9) -> Indexing:
    """Over a store, with a vector store where there is one."""
    circuit = Circuit("retrieval", failures=5, recovery_s=30, timeout_s=5, tries=1) if vectors else None
    bm25 = Bm25(
        [HandbookPassage("ferry#a", "Ferry", "Ferry", "The ferry crosses the sound.")], store, profile_named("strong")
    )
    return Indexing(store, bm25, vectors, circuit, most=most, tracing=Tracing(None, content=False), metrics=Metrics())


def taken(
    name: str | None, content: bytes, *, store: ServiceStore | None = None, vectors: Vectors | None = None
) -> tuple[StoredDocument, StoredDocument | None]:
    """A document as it was taken in, and as it stands when it was worked on."""
    kept = store or ServiceStore(None)

    async def work() -> tuple[StoredDocument, StoredDocument | None]:
        index = indexing(kept, vectors)
        document = await index.take_in(name, content, "u1")
        await index.aclose()
        return document, kept.document(document.id, "u1")

    return asyncio.run(work())


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("air.md", "air.md"),
        ("AIR.MD", "AIR.MD"),
        ("notes.markdown", "notes.markdown"),
        ("notes.txt", "notes.txt"),
        ("../../etc/air.md", "air.md"),
        ("C:\\docs\\air.md", "air.md"),
        ("  lüft 🦦.md ", "lüft 🦦.md"),
    ],
)
def test_a_document_is_called_by_the_end_of_its_path(name: str, kept: str) -> None:
    """Whatever machine it comes from; it is queued, and a moment later it is indexed."""
    document, indexed = taken(name, _TEXT)
    assert (document.name, document.state, document.owner) == (kept, "queued", "u1")
    assert indexed is not None
    assert (indexed.state, indexed.passages) == ("indexed", 1)


@pytest.mark.parametrize(
    ("name", "content", "status", "says"),
    [
        (None, _TEXT, 415, "the name of the file must end with one of .md, .markdown, .txt"),
        ("", _TEXT, 415, "must end with"),
        ("air.pdf", _TEXT, 415, "must end with"),
        ("md", _TEXT, 415, "must end with"),
        ("air.md/", _TEXT, 415, "must end with"),
        ("x" * 198 + ".md", _TEXT, 422, "up to 200 characters that can be printed"),
        ("a\x00b.md", _TEXT, 422, "that can be printed"),
        ("a\u202eb.md", _TEXT, 422, "that can be printed"),
        ("air.md", b"ab\xff", 422, "file: air.md is no text in UTF-8 (byte 2)"),
        ("air.md", b"", 422, "file: there is no text in air.md"),
        ("air.md", b" \n\t", 422, "there is no text"),
        ("air.md", b"\xef\xbb\xbf", 422, "there is no text"),
        ("air.md", b"a\x00b", 422, "there is no text"),
    ],
)
def test_what_cannot_be_read_is_refused(name: str | None, content: bytes, status: int, says: str) -> None:
    """With what is wrong, and nothing is kept of it."""
    store = ServiceStore(None)
    with pytest.raises(ServiceRefusal) as refusal:
        taken(name, content, store=store)
    assert refusal.value.status == status
    assert says in refusal.value.message
    assert store.queued() == []


def test_a_mark_at_the_beginning_of_a_text_is_no_letter() -> None:
    """Windows writes one."""
    document, _ = taken("air.md", b"\xef\xbb\xbf" + _TEXT)
    assert document.text == _TEXT.decode()


def test_a_user_has_so_many_documents() -> None:
    """The next one is refused, and not kept."""
    store = ServiceStore(None)

    async def work() -> None:
        index = indexing(store, most=1)
        await index.take_in("a.md", _TEXT, "u1")
        await index.take_in("a.md", _TEXT, "u2")
        with pytest.raises(ServiceRefusal, match="a user may have 1 documents here") as refusal:
            await index.take_in("b.md", _TEXT, "u1")
        assert (refusal.value.status, refusal.value.code) == (409, "too_many_documents")
        await index.aclose()

    asyncio.run(work())


def test_not_everything_may_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who comes when too many do is told when to come again."""
    monkeypatch.setattr(module, "_WAITING", 0)
    with pytest.raises(ServiceRefusal) as refusal:
        taken("a.md", _TEXT)
    assert (refusal.value.status, refusal.value.headers) == (503, {"Retry-After": "5"})


def test_a_document_that_cannot_be_indexed_has_failed() -> None:
    """It says so, and is counted; the next one is indexed all the same."""
    vectors = Vectors(PartRejection("no room"))
    _, failed = taken("air.md", _TEXT, vectors=vectors)
    assert failed is not None
    assert failed.state == "failed"
    vectors.error = None
    _, indexed = taken("air.md", _TEXT, vectors=vectors)
    assert indexed is not None
    assert (indexed.state, len(vectors.passages)) == ("indexed", 1)


def test_too_many_passages_are_a_failure(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of the document that would bring them."""
    monkeypatch.setattr(module, "_PASSAGES", 0)
    _, failed = taken("air.md", _TEXT)
    assert failed is not None
    assert (failed.state, failed.passages) == ("failed", 0)


def test_what_a_kill_left_is_gone_on_with(tmp_path: Path) -> None:
    """At the next start, and found then by its owner alone."""
    store = ServiceStore(tmp_path)
    assert store.add_document(StoredDocument("d1", "u1", "air.md", "queued", _TEXT.decode(), 0), 9)

    async def work() -> list[list[str]]:
        index = indexing(store)
        index.resume()
        await index.aclose()
        return [
            [hit.passage.title for hit in await index._bm25.search("zeppelin noon", 3, user)] for user in ("u1", "u2")
        ]

    assert asyncio.run(work()) == [["Zeppelin"], []]
    assert store.queued() == []
    store.close()


def test_a_document_of_a_request_that_is_given_up_is_indexed(monkeypatch: pytest.MonkeyPatch) -> None:
    """It was kept, and somebody must see to it."""
    store = ServiceStore(None)

    async def work() -> None:
        index = indexing(store)
        began, go, kept = asyncio.Event(), asyncio.Event(), asyncio.Event()
        keep = index._keep

        async def slowly(document: StoredDocument) -> bool:
            began.set()
            await go.wait()
            is_kept = await keep(document)
            kept.set()
            return is_kept

        monkeypatch.setattr(index, "_keep", slowly)
        request = asyncio.create_task(index.take_in("air.md", _TEXT, "u1"))
        await began.wait()
        request.cancel()
        go.set()
        with pytest.raises(asyncio.CancelledError):
            await request
        await kept.wait()
        await index.aclose()

    asyncio.run(work())
    assert [passage.title for passage in store.passages()] == ["Zeppelin"]
