"""Finding passages in Qdrant, by its own local mode, and what happens where it is away."""

import asyncio
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from staging.serving import Configure, Start, client_of, log_in, running
from support.llm_server import Model

from rag_eval.staging import qdrant
from rag_eval.staging.api import create_app
from rag_eval.staging.corpus import HandbookPassage, read_passages
from rag_eval.staging.errors import Unreachable
from rag_eval.staging.profiles import profile_named
from rag_eval.staging.retrieval import Bm25Index, RetrievedPassage

# The local mode warns that it is one, and closes its file when it is collected.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning", "ignore::ResourceWarning")

_QUERIES = ["When is the last boat?", "Are barbecues forbidden?", "deposit for a pontoon", "diesel spill", "ferry"]


def search(configure: Configure, pages: Path, folder: Path, *queries: str) -> list[list[RetrievedPassage]]:
    """Search in a collection of a folder."""
    settings = configure(QDRANT_PATH=str(folder))

    async def main() -> list[list[RetrievedPassage]]:
        retriever = qdrant.connect(settings, read_passages(pages), profile_named("strong"), None)
        try:
            return [await retriever.search(query, 5, None) for query in queries]
        finally:
            await retriever.aclose()

    return asyncio.run(main())


@pytest.mark.slow
def test_finds_what_bm25_finds(configure: Configure, pages: Path, tmp_path: Path) -> None:
    """The same first passage for each query: it is the same formula, only that words are weighed at two places."""
    index = Bm25Index(read_passages(pages), profile_named("strong"))
    for query, hits in zip(_QUERIES, search(configure, pages, tmp_path, *_QUERIES), strict=True):
        expected = index.search(query, 5)
        assert hits[0].passage == expected[0].passage
        assert {hit.passage.id for hit in hits} == {hit.passage.id for hit in expected}
        assert all(hit.score > 0 for hit in hits)
    assert search(configure, pages, tmp_path, "zeppelin", "?!") == [[], []]


def test_a_user_s_passages_are_his(configure: Configure, pages: Path, tmp_path: Path) -> None:
    """Everybody finds the corpus, and nobody else's documents."""
    settings = configure(QDRANT_PATH=str(tmp_path))

    async def main() -> list[list[str]]:
        retriever = qdrant.connect(settings, read_passages(pages), profile_named("strong"), None)
        try:
            await retriever.add([HandbookPassage("d#1", "Air", "Air", "Air\nThe zeppelin lands at noon.", "u1")])
            found = [await retriever.search("zeppelin ferry", 20, user) for user in ("u1", "u2", None)]
            return [[hit.passage.id for hit in hits] for hits in found]
        finally:
            await retriever.aclose()

    mine, theirs, nobodys = asyncio.run(main())
    assert mine[0] == "d#1"
    assert set(mine[1:]) == set(theirs) == set(nobodys)


@pytest.fixture
def model() -> Model:
    """What the embeddings model does."""
    return Model()


@pytest.fixture
def embeddings(model: Model) -> Iterator[dict[str, str]]:
    """Settings that name it."""
    with running(model.app) as url:
        yield {"EMBEDDINGS_BASE_URL": f"{url}/v1", "EMBEDDINGS_MODEL": "near"}


def test_dense_vectors_are_fused_in(
    start: Start, configure: Configure, tmp_path: Path, model: Model, embeddings: dict[str, str]
) -> None:
    """A misspelt word that BM25 does not know is found by its vector; each passage is embedded once."""
    client = log_in(start(create_app(configure(QDRANT_PATH=str(tmp_path), **embeddings))))
    body = client.post("/api/v1/query/enhanced", json={"query": "barbecus forbiden pontons"}).json()
    assert (body["contexts"][0]["id"], body["degraded"]) == ("berths#rules-on-the-pontoons", False)
    assert len(body["contexts"]) == 5
    asked = len(model.embedded)
    client.post("/api/v1/query/", json={"query": "last boat"})
    assert len(model.embedded) == asked + 1
    assert 'rag_llm_tokens_total{direction="input",model="near",operation="embeddings"}' in client.get("/metrics").text


def test_without_the_embeddings_model_bm25_stands_in(
    start: Start, configure: Configure, tmp_path: Path, model: Model, embeddings: dict[str, str]
) -> None:
    """And the answer says so."""
    client = log_in(start(create_app(configure(QDRANT_PATH=str(tmp_path), **embeddings))))
    model.fault = "500"
    body = client.post("/api/v1/query/", json={"query": "When is the last boat?"}).json()
    assert (body["answer"], body["degraded_by"]) == ("The last boat is at 19:30.", ["retrieval"])


def nobody_there() -> str:
    """A URL where nothing listens."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return f"http://127.0.0.1:{taken.getsockname()[1]}"


def test_without_the_server_bm25_stands_in(configure: Configure) -> None:
    """The service starts, answers, says so, and after five failures asks no more; uploads fail and are told to."""
    with running(create_app(configure(QDRANT_URL=nobody_there()))) as url, client_of(url) as client:
        log_in(client)
        bodies: list[dict[str, Any]] = [
            client.post("/api/v1/query/", json={"query": "When is the last boat?"}).json() for _ in range(3)
        ]
        assert {body["answer"] for body in bodies} == {"The last boat is at 19:30."}
        assert {tuple(body["degraded_by"]) for body in bodies} == {("retrieval",)}
        assert client.get("/ready").json()["parts"]["retrieval"] == "down"
        assert 'rag_breaker_state{part="retrieval"} 2.0' in client.get("/metrics").text
        sent = client.post("/api/v1/documents/upload", files={"file": ("a.txt", b"some text")})
        state = "queued"
        while state == "queued":
            state = client.get(sent.headers["Location"]).json()["state"]
        assert state == "failed"


def test_the_client_s_errors_are_ours(configure: Configure, pages: Path) -> None:
    """A connection that is refused is the kind of error that is tried again."""

    async def main() -> None:
        settings = configure(QDRANT_URL=nobody_there())
        retriever = qdrant.connect(settings, read_passages(pages), profile_named("strong"), None)
        try:
            await retriever.search("ferry", 5, None)
        finally:
            await retriever.aclose()

    with pytest.raises(Unreachable, match="qdrant"):
        asyncio.run(main())


def test_a_collection_of_somebody_else(configure: Configure, start: Start, tmp_path: Path) -> None:
    """Is told apart from ours: nothing of it is shown, BM25 stands in."""
    from qdrant_client import QdrantClient, models

    other = QdrantClient(path=str(tmp_path))
    other.create_collection("handbook", vectors_config={}, sparse_vectors_config={"words": models.SparseVectorParams()})
    vector = models.SparseVector(indices=[qdrant._number("ferry")], values=[1.0])
    other.upsert(
        "handbook", [models.PointStruct(id=1, vector={"words": vector}, payload={"what": "a secret", "owner": None})]
    )
    other.close()
    client: httpx2.Client = log_in(start(create_app(configure(QDRANT_PATH=str(tmp_path)))))
    body = client.post("/api/v1/query/", json={"query": "ferry"}).json()
    assert body["degraded_by"] == ["retrieval"]
    assert "secret" not in str(body)


def test_a_collection_that_is_not_full_is_filled(configure: Configure, pages: Path, tmp_path: Path) -> None:
    """As after a kill in the middle of filling it; and what is full is not embedded again."""
    settings, corpus = configure(QDRANT_PATH=str(tmp_path)), read_passages(pages)
    strong = profile_named("strong")

    async def found(passages: list[HandbookPassage], query: str) -> list[str]:
        retriever = qdrant.connect(settings, passages, strong, None)
        try:
            return [hit.passage.id for hit in await retriever.search(query, 5, None)]
        finally:
            await retriever.aclose()

    asyncio.run(found(corpus[:2], "ferry"))
    assert asyncio.run(found(corpus, "When is the last boat?"))[0] == "ferry#timetable"


@pytest.mark.slow
def test_filling_takes_longer_than_a_search_may(
    start: Start, configure: Configure, tmp_path: Path, model: Model, embeddings: dict[str, str]
) -> None:
    """The first searches are answered by BM25, and say so, until all of the corpus is there."""
    model.seconds = 0.4
    app = create_app(configure(QDRANT_PATH=str(tmp_path), DEADLINE_S="120", **embeddings))
    circuit = app.state.parts.circuits["retrieval"]
    circuit._timeout_s, circuit._tries = 0.1, 1
    client = log_in(start(app))
    bodies = [client.post("/api/v1/query/", json={"query": "When is the last boat?"}).json() for _ in range(2)]
    assert bodies[0]["degraded_by"] == ["retrieval"]
    model.seconds, circuit._timeout_s = 0.0, 60.0
    body = client.post("/api/v1/query/", json={"query": "When is the last boat?"}).json()
    assert (body["degraded"], body["contexts"][0]["id"]) == (False, "ferry#timetable")
    assert len(body["contexts"]) == 5
