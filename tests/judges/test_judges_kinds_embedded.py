"""The judge inside is a kind like the others."""

import asyncio

from judges.embedded.ragas_prompts import verdicts_on

from rag_eval.judges.embedded.embedder import vector
from rag_eval.judges.embedded.version import EMBEDDINGS, VERSION
from rag_eval.judges.kinds.embedded import EmbeddedJudgeConfig, check, open_backend, origin
from rag_eval.records import Usage


def test_it_needs_nothing_and_is_known_by_its_version() -> None:
    """No key, no seed; how many calls it takes at a time does not make another one of it."""
    settings = EmbeddedJudgeConfig()
    check(settings)
    assert settings.variables == ()
    assert origin(settings, 0) == {"kind": "embedded", "version": VERSION, "embeddings": EMBEDDINGS}
    assert origin(settings, 0) == origin(settings.model_copy(update={"concurrency": 9}), 1)


def test_it_replies_and_embeds_for_nothing() -> None:
    """And its vectors are those of the embedder inside."""
    backend = open_backend(EmbeddedJudgeConfig(), 0)
    asked = verdicts_on("A berth costs 45 euros.", ["A berth costs 45 euros."])
    reply = asyncio.run(backend.reply(asked.prompt, asked.shape))
    assert [item["verdict"] for item in reply.value.model_dump()["statements"]] == [1]
    assert reply.usage == Usage()
    assert asyncio.run(backend.embed(["a berth"])).value == [vector("a berth")]
