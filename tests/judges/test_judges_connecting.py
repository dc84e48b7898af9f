"""The judge that an experiment names, put together: checked, kept, limited, and told by its origin."""

import asyncio
import json
from typing import Any

import pytest
from judges.embedded.ragas_prompts import statements_of, verdicts_on
from pydantic import BaseModel
from support.judge_server import Call, Fault, JudgeServer
from support.scripted import Memory, Scripted

from rag_eval import config, judges
from rag_eval.errors import ConfigError, JudgeError
from rag_eval.judges.embedded.embedder import HashingEmbedder
from rag_eval.judges.embedded.version import VERSION
from rag_eval.judges.kinds.custom import CustomJudgeConfig
from rag_eval.judges.kinds.embedded import EmbeddedJudgeConfig
from rag_eval.judges.openai.settings import OpenAIJudgeConfig
from rag_eval.records import Usage

STATEMENTS = ["A berth costs 45 euros.", "Dogs travel free of charge."]
ASKED = verdicts_on("A berth costs 45 euros.", STATEMENTS)
SHORT = json.dumps({"statements": [{"statement": STATEMENTS[0], "reason": "r", "verdict": 1}]})
MADE: dict[str, Any] = {}
"""What a custom judge was made with."""


def make_judge(**options: Any) -> Scripted:
    """Somebody else's judge."""
    MADE.update(options)
    return Scripted({"StatementGeneratorOutput": lambda given, _: {"statements": [given["answer"]]}}, seconds=0.02)


class WithVectors(Scripted):
    """Somebody else's judge that embeds as well."""

    def __init__(self) -> None:
        super().__init__({})

    async def embed(self, texts: list[str]) -> list[list[float]]:
        """The length of each text."""
        return [[float(len(text))] for text in texts]


def openai(server: JudgeServer, **said: Any) -> OpenAIJudgeConfig:
    """A judge's configuration."""
    return OpenAIJudgeConfig.model_validate(
        {"kind": "openai", "model": "m", "base_url": server.url, "retries": 0, "timeout": 120, **said}
    )


async def reply(said: config.JudgeConfig, ledger: judges.Ledger, *, round_: int = 0, times: int = 1) -> BaseModel:
    """What the connected judge says to one prompt, asked so many times at once."""
    async with judges.connect(said, ledger, seed=0, round_=round_) as connected:
        replies = await asyncio.gather(*(connected.reply(ASKED.prompt, ASKED.shape) for _ in range(times)))
    return replies[0]


def test_the_embedded_judge_is_checked_and_costs_nothing() -> None:
    """It is asked without a store, and its embedder comes with it."""
    ledger = Memory()

    async def scenario() -> None:
        async with judges.connect(EmbeddedJudgeConfig(), ledger, seed=0, round_=0) as connected:
            assert len((await connected.reply(ASKED.prompt, ASKED.shape)).model_dump()["statements"]) == 2
            assert await connected.embed(["a berth"]) == await HashingEmbedder().embed(["a berth"])
            assert connected.origin == {"kind": "embedded", "version": VERSION, "embeddings": f"embedded {VERSION}"}

    asyncio.run(scenario())
    assert (ledger.kept, ledger.spent) == ({}, [])


@pytest.mark.slow
def test_a_language_model_is_kept_and_paid_for_once() -> None:
    """Ten equal calls at once, and one in a later session, make one request."""
    ledger = Memory()
    with JudgeServer() as server:
        asyncio.run(reply(openai(server), ledger, times=10))
        asyncio.run(reply(openai(server), ledger))
        assert server.asked.total() == 1
    assert ledger.spent == [Usage(calls=1, prompt_tokens=100, completion_tokens=20)]


def test_two_runs_in_one_job_pay_once_for_what_both_ask() -> None:
    """At the same time and later; each keeps the reply for itself, and the limit of calls is on both together."""
    first, second = Memory(), Memory()
    with JudgeServer(seconds=0.02) as server:

        async def scenario() -> None:
            sharing = judges.JudgeSharing((first, second), asyncio.Semaphore(2))
            said = openai(server, concurrency=9, embedding_model="e")
            async with (
                judges.connect(said, first, seed=0, round_=0, sharing=sharing) as one,
                judges.connect(said, second, seed=0, round_=0, sharing=sharing) as other,
            ):
                prompts = [statements_of("Q?", f"Number {i} is master.") for i in range(5)]
                asked = [judge.reply(p.prompt, p.shape) for p in prompts for judge in (one, other)]
                await asyncio.gather(*asked)
                vectors = [await judge.embed(["a berth"]) for judge in (one, other)]
                assert vectors[0] == vectors[1]

        asyncio.run(scenario())
        assert (server.asked.total(), server.peak) == (5, 2)
    assert len(first.spent) + len(second.spent) == 6
    assert first.kept == second.kept
    assert len(first.kept) == 6


def test_a_language_model_is_checked() -> None:
    """A reply with one verdict for two statements is never used, and a later round asks the model again."""
    ledger = Memory()
    with JudgeServer(lambda _: Fault(content=SHORT)) as server:
        for _ in range(2):
            with pytest.raises(JudgeError) as caught:
                asyncio.run(reply(openai(server), ledger))
            assert caught.value.reason == "incomplete_verdicts"
        assert server.asked.total() == 3
        server.behave = lambda _: None
        asyncio.run(reply(openai(server), ledger, round_=1))
        assert server.asked.total() == 4
    assert len(ledger.spent) == 4


def test_the_limit_is_on_calls_in_flight() -> None:
    """However many metrics ask at once, the server sees no more than `concurrency` at a time."""
    with JudgeServer(seconds=0.05) as server:

        async def scenario() -> None:
            async with judges.connect(openai(server, concurrency=3), Memory(), seed=0, round_=0) as connected:
                prompts = [statements_of("Q?", f"Number {i} is master.") for i in range(15)]
                await asyncio.gather(*(connected.reply(p.prompt, p.shape) for p in prompts))

        asyncio.run(scenario())
        assert server.peak == 3


def test_vectors_of_a_language_model_are_kept() -> None:
    """With an embedding model configured, its vectors are asked for once; without one, the judge inside embeds."""
    embeds = 0

    class Counting(JudgeServer):
        def embed(self, said: dict[str, Any]) -> Any:
            nonlocal embeds
            embeds += 1
            return super().embed(said)

    async def vectors(said: OpenAIJudgeConfig, ledger: Memory) -> list[list[float]]:
        async with judges.connect(said, ledger, seed=0, round_=0) as connected:
            await connected.embed(["a berth"])
            return await connected.embed(["a berth"])

    ledger = Memory()
    with Counting() as server:
        assert len(asyncio.run(vectors(openai(server, embedding_model="e"), ledger))) == 1
        assert embeds == 1
        asyncio.run(vectors(openai(server), Memory()))
        assert embeds == 1


def test_somebody_elses_judge() -> None:
    """It is made with its options, kept, and limited; its origin tells its options by a hash only."""
    said = CustomJudgeConfig(
        kind="custom", use=f"{__name__}:make_judge", options={"secret": "s3cret-option"}, concurrency=2
    )
    ledger = Memory()

    async def scenario() -> dict[str, Any]:
        async with judges.connect(said, ledger, seed=0, round_=0) as connected:
            prompts = [statements_of("Q?", f"Number {i}.") for i in range(6)]
            await asyncio.gather(*(connected.reply(p.prompt, p.shape) for p in prompts * 2))
            assert await connected.embed(["a berth"]) == await HashingEmbedder().embed(["a berth"])
            return connected.origin

    found = asyncio.run(scenario())
    assert MADE == {"secret": "s3cret-option"}
    assert len(ledger.kept) == 6
    assert "s3cret-option" not in json.dumps(found)
    assert found != judges.origin(said.model_copy(update={"options": {"secret": "other"}}), 0)


def test_somebody_elses_judge_that_embeds() -> None:
    """One that has `embed` is used for vectors too."""
    said = CustomJudgeConfig(kind="custom", use=f"{__name__}:WithVectors")

    async def scenario() -> list[list[float]]:
        async with judges.connect(said, Memory(), seed=0, round_=0) as connected:
            return await connected.embed(["abc"])

    assert asyncio.run(scenario()) == [[3.0]]


def test_mistakes_are_found_before_the_first_call() -> None:
    """A missing key is told by `check`; a judge that cannot be imported when it is connected."""
    judges.check(EmbeddedJudgeConfig())
    with pytest.raises(ConfigError, match="OPENAI_API_KEY"):
        judges.check(OpenAIJudgeConfig(kind="openai", model="m"))

    async def scenario() -> None:
        async with judges.connect(CustomJudgeConfig(kind="custom", use="no.such:thing"), Memory(), seed=0, round_=0):
            pass

    with pytest.raises(ConfigError, match="cannot be imported"):
        asyncio.run(scenario())


def test_a_second_draw_is_another_reply() -> None:
    """Samples of one prompt are asked each for itself, and the draw itself is not sent."""

    def behave(call: Call) -> Fault | None:
        assert "sample-1" not in call.prompt
        return None

    async def scenario(said: OpenAIJudgeConfig) -> None:
        async with judges.connect(said, Memory(), seed=0, round_=0) as connected:
            for draw in ("", "sample-1", "", "sample-1"):
                await connected.reply(ASKED.prompt, ASKED.shape, draw)

    with JudgeServer(behave) as server:
        asyncio.run(scenario(openai(server)))
        assert server.asked[ASKED.prompt] == 2
