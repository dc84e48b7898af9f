"""Finding passages in Qdrant: BM25 as sparse vectors, dense vectors where an endpoint makes them, fused by rank.

A sparse vector holds, for each word of a passage, BM25's weight of how often it stands there; Qdrant multiplies by how
rare the word is (`Modifier.IDF`). With dense vectors too, both rankings are fused by reciprocal rank (Cormack, Clarke
and Büttcher, SIGIR 2009). The local mode is Qdrant's own, in pure Python: for trying out, not for load.
"""

import asyncio
import uuid
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from rag_eval.staging.corpus import HandbookPassage
from rag_eval.staging.errors import PartError, PartRejection, SettingsError, Unreachable
from rag_eval.staging.profiles import Profile
from rag_eval.staging.retrieval import RetrievedPassage
from rag_eval.staging.settings import Settings
from rag_eval.staging.tokenizer import words
from rag_eval.staging.writer import TextEmbedder

if TYPE_CHECKING:
    from qdrant_client import AsyncQdrantClient
    from qdrant_client import models as qdrant

_SPARSE, _DENSE = "words", "meaning"
_K1, _B = 1.5, 0.75
_BATCH = 64
_AHEAD = 4
"""How many times as many candidates as wanted each ranking gives to the fusion."""
_NAMES = uuid.UUID("5b1c6c1e-53d5-4b0e-9a63-6f2f4a4f7f7a")
"""Point ids are UUIDs; those of passages are made of their own ids in this namespace."""


class QdrantRetriever:
    """Passages in a collection, made and filled when it is first used."""

    def __init__(
        self, client: "AsyncQdrantClient", collection: str, corpus: Sequence[HandbookPassage], profile: Profile,
        embedder: TextEmbedder | None,
    ) -> None:  # fmt: skip
        self._client, self._collection, self._profile, self._embedder = client, collection, profile, embedder
        self._corpus = corpus
        lengths = [len(words(profile.indexed(passage))) for passage in corpus]
        self._average = sum(lengths) / max(1, len(lengths))
        self._filling: asyncio.Task[None] | None = None

    async def search(self, query: str, k: int, user: str | None) -> list[RetrievedPassage]:
        """Search; see `Retriever.search`."""
        from qdrant_client import models

        terms = list(dict.fromkeys(words(query)))
        if not terms:
            return []
        limit = min(k, self._profile.limit)
        sparse = models.SparseVector(indices=list(map(_number, terms)), values=[1.0] * len(terms))
        dense = (await self._embedder.embed([query]))[0] if self._embedder else None
        with _told():
            await self._prepare()
            points = await self._points(sparse, dense, limit, user)
        hits = [RetrievedPassage(_passage(point.payload), round(point.score, 4)) for point in points if point.score > 0]
        return sorted(hits, key=lambda hit: (-hit.score, hit.passage.id))

    async def add(self, passages: Sequence[HandbookPassage]) -> None:
        """Put passages into the collection; see `Retriever.add`."""
        with _told():
            await self._prepare()
            await self._upsert(passages)

    async def aclose(self) -> None:
        """Close the connection."""
        if self._filling is not None:
            self._filling.cancel()
            await asyncio.wait([self._filling])
        await self._client.close()

    async def _points(
        self, sparse: "qdrant.SparseVector", dense: list[float] | None, limit: int, user: str | None
    ) -> list[Any]:
        from qdrant_client import models

        mine = models.FieldCondition(key="owner", match=models.MatchValue(value=user)) if user else None
        allowed = models.Filter(should=[_of_all(), *([mine] if mine else [])])
        if dense is None:
            reply = await self._client.query_points(
                self._collection, query=sparse, using=_SPARSE, query_filter=allowed, limit=limit
            )
            return list(reply.points)
        ahead = limit * _AHEAD
        reply = await self._client.query_points(
            self._collection,
            prefetch=[
                models.Prefetch(query=sparse, using=_SPARSE, filter=allowed, limit=ahead),
                models.Prefetch(query=dense, using=_DENSE, filter=allowed, limit=ahead),
            ],
            query=models.FusionQuery(fusion=models.Fusion.RRF),
            limit=limit,
        )
        return list(reply.points)

    async def _prepare(self) -> None:
        """Wait until the collection is there and full.

        A task of its own fills it: with an embeddings endpoint that takes longer than whoever searches may wait. One
        that failed is begun again.
        """
        if self._filling is None or (self._filling.done() and not _went_well(self._filling)):
            self._filling = asyncio.create_task(self._fill())
        await asyncio.shield(self._filling)

    async def _fill(self) -> None:
        """Make the collection where it is not there, and put in what it lacks: as ids are the same each time, all."""
        from qdrant_client import models

        with _told():
            if not await self._client.collection_exists(self._collection):
                await self._create()
            of_all = models.Filter(must=[_of_all()])
            stored = await self._client.count(self._collection, count_filter=of_all)
            if stored.count < len(self._corpus):
                await self._upsert(self._corpus)

    async def _create(self) -> None:
        from qdrant_client import models

        dense = {}
        if self._embedder is not None:
            size = len((await self._embedder.embed(["size"]))[0])
            dense = {_DENSE: models.VectorParams(size=size, distance=models.Distance.COSINE)}
        await self._client.create_collection(
            self._collection,
            vectors_config=dense,
            sparse_vectors_config={_SPARSE: models.SparseVectorParams(modifier=models.Modifier.IDF)},
        )

    async def _upsert(self, passages: Sequence[HandbookPassage]) -> None:
        from qdrant_client import models

        for start in range(0, len(passages), _BATCH):
            batch = passages[start : start + _BATCH]
            texts = [self._profile.indexed(passage) for passage in batch]
            dense = await self._embedder.embed(texts) if self._embedder else [None] * len(batch)
            points = [
                models.PointStruct(
                    id=str(uuid.uuid5(_NAMES, passage.id)),
                    vector=self._vectors(text, vector),
                    payload={name: getattr(passage, name) for name in ("id", "title", "heading", "text", "owner")},
                )
                for passage, text, vector in zip(batch, texts, dense, strict=True)
            ]
            await self._client.upsert(self._collection, points)

    def _vectors(self, text: str, dense: list[float] | None) -> dict[str, Any]:
        return {_SPARSE: self._weights(text)} | ({_DENSE: dense} if dense is not None else {})

    def _weights(self, text: str) -> "qdrant.SparseVector":
        """BM25's weight of each word of a text, without its rarity."""
        from qdrant_client import models

        counted = Counter(map(_number, terms := words(text)))
        rest = _K1 * (1 - _B + _B * len(terms) / self._average)
        values = [count * (_K1 + 1) / (count + rest) for count in counted.values()]
        return models.SparseVector(indices=list(counted), values=values)


def connect(
    settings: Settings, corpus: Sequence[HandbookPassage], profile: Profile, embedder: TextEmbedder | None
) -> QdrantRetriever:
    """A client by the settings; nothing is asked before the first search.

    Raises:
        SettingsError: the folder of the local mode cannot be used.
    """
    from qdrant_client import AsyncQdrantClient

    if settings.qdrant_path is not None:
        try:
            client = AsyncQdrantClient(path=str(settings.qdrant_path))
        except (OSError, RuntimeError, ValueError) as error:  # somebody else holds it, or it is no folder of Qdrant's
            reason = str(error).partition("\n")[0]
            raise SettingsError(f"RAG_STAGING_QDRANT_PATH: {settings.qdrant_path} cannot be used: {reason}") from error
    else:
        key = settings.qdrant_api_key.get_secret_value() if settings.qdrant_api_key else None
        url = str(settings.qdrant_url)
        # The check of versions would ask the server while the service starts, and warn where it is down.
        client = AsyncQdrantClient(url=url, api_key=key, check_compatibility=False)
    return QdrantRetriever(client, settings.qdrant_collection, corpus, profile, embedder)


def _of_all() -> "qdrant.IsNullCondition":
    """What belongs to nobody: the corpus."""
    from qdrant_client import models

    return models.IsNullCondition(is_null=models.PayloadField(key="owner"))


def _went_well(task: "asyncio.Task[None]") -> bool:
    return not task.cancelled() and task.exception() is None


def _number(word: str) -> int:
    """The place of a word in a sparse vector; two words share one in 4 billion."""
    return zlib.crc32(word.encode("utf-8", "surrogatepass"))


def _passage(payload: dict[str, Any] | None) -> HandbookPassage:
    try:
        return HandbookPassage(**(payload or {}))
    except TypeError as error:
        raise PartRejection("qdrant: the collection holds something else than passages of this service") from error


@contextmanager
def _told() -> Iterator[None]:
    """Turn what the client raises into errors of a part."""
    from qdrant_client.http.exceptions import ApiException, ResponseHandlingException, UnexpectedResponse

    try:
        yield
    except PartError:
        raise
    except UnexpectedResponse as error:
        raise PartRejection(f"qdrant: status {error.status_code}") from error
    except (ResponseHandlingException, ConnectionError, TimeoutError) as error:
        raise Unreachable(f"qdrant: {type(error).__name__}") from error
    except (ApiException, ValueError, RuntimeError) as error:
        raise PartRejection(f"qdrant: {type(error).__name__}") from error
