"""A judge around a judge passes on what it does not change."""

import asyncio

from pydantic import BaseModel
from support.scripted import Scripted, Vectors, backend

from rag_eval.judges.backend import JudgeMiddleware, embedder_of
from rag_eval.judges.embedded.embedder import HashingEmbedder
from rag_eval.records import Usage


class Verdict(BaseModel):
    """A shape."""

    verdict: int


def test_a_middleware_is_the_judge_within() -> None:
    """Who it is, what it replies and what that cost, through several of them."""
    plain = backend(Scripted({"Verdict": {"verdict": 1}}), Vectors({"a": [0.5]}), {"model": "m"})
    outer = JudgeMiddleware(JudgeMiddleware(plain))
    assert (outer.origin, outer.model, outer.embedding_model) == ({"model": "m"}, "scripted", None)
    reply = asyncio.run(outer.reply("p", Verdict, "sample-1"))
    assert (reply.value, reply.usage) == (Verdict(verdict=1), Usage())
    assert asyncio.run(outer.embed(["a"])).value == [[0.5]]
    asyncio.run(outer.aclose())


def test_who_cannot_embed_is_helped() -> None:
    """By the embedder inside."""
    vectors = Vectors({})
    assert embedder_of(vectors) is vectors
    assert isinstance(embedder_of(Scripted({})), HashingEmbedder)
