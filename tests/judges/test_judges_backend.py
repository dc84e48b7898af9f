"""A judge around a judge passes on what it does not change."""

import asyncio

from pydantic import BaseModel
from support.scripted import Scripted, Vectors, backend

from rag_eval.judges.backend import DeferredBackend, JudgeMiddleware, embedder_of
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


def test_a_judge_that_is_made_when_it_is_asked() -> None:
    """Once, and not for being closed."""

    class Closing(JudgeMiddleware):
        closed = 0

        async def aclose(self) -> None:
            self.closed += 1

    made: list[Closing] = []

    def make() -> Closing:
        made.append(Closing(backend(Scripted({"Verdict": {"verdict": 1}}), Vectors({"a": [0.5]}))))
        return made[-1]

    unasked, asked = (DeferredBackend({"model": "m"}, "m", None, make) for _ in range(2))
    asyncio.run(unasked.aclose())
    assert not made
    assert asyncio.run(asked.reply("p", Verdict)).value == Verdict(verdict=1)
    assert asyncio.run(asked.embed(["a"])).value == [[0.5]]
    asyncio.run(asked.aclose())
    assert [one.closed for one in made] == [1]


def test_who_cannot_embed_is_helped() -> None:
    """By the embedder inside."""
    vectors = Vectors({})
    assert embedder_of(vectors) is vectors
    assert isinstance(embedder_of(Scripted({})), HashingEmbedder)
