"""Nothing is asked or paid for twice."""

import asyncio
import struct
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel
from support.scripted import Memory, Scripted, Vectors

from rag_eval.errors import JudgeError
from rag_eval.journal import Journal
from rag_eval.judges.embedded import EmbeddedJudge
from rag_eval.judges.kept import Kept, KeptEmbedder, Limited, LimitedEmbedder
from rag_eval.language.prompts import MARKER

ORIGIN: dict[str, Any] = {"model": "m", "temperature": 0.0}


class Verdict(BaseModel):
    """A shape."""

    verdict: int


class Rating(BaseModel):
    """Another shape."""

    verdict: int


class Judged(BaseModel):
    """A statement as RAGAs has it judged."""

    statement: str
    reason: str
    verdict: int


class NLIStatementOutput(BaseModel):
    """The shape RAGAs asks verdicts in."""

    statements: list[Judged]


def prompt(text: str = "x") -> str:
    """A prompt with an input."""
    return f'{MARKER}{{"text": "{text}"}}'


def counting(*, seconds: float = 0.0) -> Scripted:
    """A judge that answers with how often it was asked before."""
    shapes = {name: lambda _, before: {"verdict": before} for name in ("Verdict", "Rating")}
    return Scripted(shapes, seconds=seconds)


def test_the_same_question_is_asked_once() -> None:
    """The second time the kept reply comes back."""
    judge, store = counting(), Memory()

    async def scenario() -> list[int]:
        kept = Kept(judge, store, ORIGIN)
        return [(await kept.reply(prompt(), Verdict)).verdict for _ in range(3)]

    assert asyncio.run(scenario()) == [0, 0, 0]
    assert len(judge.asked) == 1


def test_a_kept_reply_has_the_support_that_the_first_one_had() -> None:
    """What the embedded judge says beyond the shape comes back from the store as well."""
    asked = f'{MARKER}{{"context": "Tea is hot.", "statements": ["Tea is hot."]}}'

    async def scenario() -> list[Any]:
        kept = Kept(EmbeddedJudge(), Memory(), ORIGIN)
        return [(await kept.reply(asked, NLIStatementOutput)).statements[0] for _ in range(2)]

    first, second = asyncio.run(scenario())
    assert first == second
    assert second.support > 0.8


def test_equal_questions_at_one_time_are_asked_once() -> None:
    """A hundred callers share one call, and different questions do not wait for each other."""
    judge = counting(seconds=0.1)

    async def scenario() -> None:
        kept = Kept(judge, Memory(), ORIGIN)
        await asyncio.gather(*(kept.reply(prompt(str(i % 4)), Verdict) for i in range(100)))

    asyncio.run(scenario())
    assert len(judge.asked) == 4
    assert judge.peak == 4


@pytest.mark.parametrize(
    "other",
    [
        (prompt("y"), Verdict, "", ORIGIN),
        (prompt(), Rating, "", ORIGIN),
        (prompt(), Verdict, "sample-1", ORIGIN),
        (prompt(), Verdict, "", {**ORIGIN, "model": "n"}),
        (prompt(), Verdict, "", {**ORIGIN, "temperature": 1.0}),
    ],
)
def test_everything_that_may_change_a_reply_is_in_its_key(
    other: tuple[str, type[BaseModel], str, dict[str, Any]],
) -> None:
    """Another prompt, shape, draw, model or temperature is another question."""
    judge, store = counting(), Memory()
    text, shape, draw, origin = other

    async def scenario() -> None:
        await Kept(judge, store, ORIGIN).reply(prompt(), Verdict)
        await Kept(judge, store, origin).reply(text, shape, draw)

    asyncio.run(scenario())
    assert len(judge.asked) == 2


def test_the_order_of_the_origin_does_not_matter() -> None:
    """The same settings in another order are the same judge."""
    judge, store = counting(), Memory()

    async def scenario() -> None:
        await Kept(judge, store, ORIGIN).reply(prompt(), Verdict)
        await Kept(judge, store, dict(reversed(ORIGIN.items()))).reply(prompt(), Verdict)

    asyncio.run(scenario())
    assert len(judge.asked) == 1


def test_draws_are_independent_replies() -> None:
    """Samples of one prompt are asked each for itself and kept each for itself."""
    judge, store = counting(), Memory()

    async def scenario() -> list[int]:
        kept = Kept(judge, store, ORIGIN)
        draws = ["", "sample-1", "sample-2"] * 2
        return [(await kept.reply(prompt(), Verdict, draw)).verdict for draw in draws]

    assert asyncio.run(scenario()) == [0, 1, 2, 0, 1, 2]


def test_a_cancelled_leader_does_not_lose_its_followers() -> None:
    """When the caller whose call is in flight goes away, one of those who wait asks instead."""
    judge = counting(seconds=0.1)

    async def scenario() -> list[int]:
        kept = Kept(judge, Memory(), ORIGIN)
        leader = asyncio.create_task(kept.reply(prompt(), Verdict))
        await asyncio.sleep(0.02)
        followers = [asyncio.create_task(kept.reply(prompt(), Verdict)) for _ in range(5)]
        await asyncio.sleep(0.02)
        leader.cancel()
        with pytest.raises(asyncio.CancelledError):
            await leader
        return [reply.verdict for reply in await asyncio.gather(*followers)]

    assert asyncio.run(scenario()) == [1] * 5
    assert len(judge.asked) == 2


def test_a_cancelled_follower_does_not_disturb_the_leader() -> None:
    """Someone who only waits may go away without a trace."""
    judge = counting(seconds=0.1)

    async def scenario() -> int:
        kept = Kept(judge, Memory(), ORIGIN)
        leader, follower = (asyncio.create_task(kept.reply(prompt(), Verdict)) for _ in range(2))
        await asyncio.sleep(0.02)
        follower.cancel()
        return (await leader).verdict

    assert asyncio.run(scenario()) == 0
    assert len(judge.asked) == 1


def test_failures_are_not_kept() -> None:
    """A call that failed is asked again by the next one who wants it."""
    judge, store = Scripted({}), Memory()

    async def scenario() -> int:
        kept = Kept(judge, store, ORIGIN)
        with pytest.raises(JudgeError):
            await kept.reply(prompt(), Verdict)
        judge.says = {"Verdict": {"verdict": 1}}
        return (await kept.reply(prompt(), Verdict)).verdict

    assert asyncio.run(scenario()) == 1
    assert len(store.kept) == 1


def test_no_lock_outlives_its_question() -> None:
    """Memory does not grow with the number of questions."""

    async def scenario() -> int:
        kept = Kept(counting(), Memory(), ORIGIN)
        for i in range(200):
            await kept.reply(prompt(str(i)), Verdict)
        return len(kept._asking)

    assert asyncio.run(scenario()) <= 1


def test_a_run_goes_on_from_its_journal(tmp_path: Path) -> None:
    """A reply that was kept before the process ended is not asked for after it."""
    path, judge = tmp_path / "journal.sqlite", counting()
    with Journal.create(path) as journal:
        asyncio.run(Kept(judge, journal, ORIGIN).reply(prompt(), Verdict))
    with Journal.open_(path, writable=True) as journal:
        again = asyncio.run(Kept(judge, journal, ORIGIN).reply(prompt(), Verdict))
    assert (again.verdict, len(judge.asked)) == (0, 1)


def test_no_more_calls_are_in_flight_than_allowed() -> None:
    """Judge and embedder share one gate."""
    judge, vectors = counting(seconds=0.05), Vectors({"a": [1.0]}, seconds=0.05)

    async def scenario() -> float:
        gate = asyncio.Semaphore(3)
        limited, embedder = Limited(judge, gate), LimitedEmbedder(vectors, gate)
        calls = [limited.reply(prompt(str(i)), Verdict) for i in range(9)]
        embeds = [embedder.embed(["a"]) for _ in range(6)]
        started = asyncio.get_running_loop().time()
        await asyncio.gather(*calls, *embeds)
        return asyncio.get_running_loop().time() - started

    assert asyncio.run(scenario()) >= 0.24  # 15 calls of 50 ms, three at a time
    assert judge.peak == 3


def test_only_missing_texts_are_embedded() -> None:
    """Each text is embedded once, also one that comes twice in a call; the order is that of the call."""
    vectors, store = Vectors({"a": [1.0, 0.0], "b": [0.0, 1.0]}), Memory()

    async def scenario() -> list[list[float]]:
        kept = KeptEmbedder(vectors, store, ORIGIN)
        await kept.embed(["a"])
        return await kept.embed(["b", "a", "b"])

    assert asyncio.run(scenario()) == [[0.0, 1.0], [1.0, 0.0], [0.0, 1.0]]
    assert vectors.asked == [["a"], ["b"]]


def test_equal_texts_at_one_time_are_embedded_once() -> None:
    """Metrics that run side by side share the vectors of a case, whatever the order they ask in."""
    vectors = Vectors({"a": [1.0], "b": [2.0], "c": [3.0]}, seconds=0.02)

    async def scenario() -> None:
        kept = KeptEmbedder(vectors, Memory(), ORIGIN)
        await asyncio.gather(kept.embed(["a", "b"]), kept.embed(["b", "a"]), kept.embed(["b", "c"]), kept.embed(["c"]))

    asyncio.run(scenario())
    assert sorted(text for texts in vectors.asked for text in texts) == ["a", "b", "c"]


def test_another_origin_is_embedded_anew() -> None:
    """Vectors of one model are not used for another."""
    vectors, store = Vectors({"a": [1.0]}), Memory()
    asyncio.run(KeptEmbedder(vectors, store, ORIGIN).embed(["a"]))
    asyncio.run(KeptEmbedder(vectors, store, {"embeddings": "other"}).embed(["a"]))
    assert len(vectors.asked) == 2


@settings(deadline=None)
@given(st.lists(st.floats(-1e30, 1e30), min_size=1, max_size=8))
def test_vectors_are_kept_in_single_precision(vector: list[float]) -> None:
    """The first time and every later time give the same numbers, rounded to 32 bits."""
    store = Memory()
    kept = KeptEmbedder(Vectors({"a": vector}), store, ORIGIN)
    first, again = (asyncio.run(kept.embed(["a"])) for _ in range(2))
    assert first == again == [[struct.unpack("f", struct.pack("f", number))[0] for number in vector]]


def test_no_text_asks_nobody() -> None:
    """An empty list is answered without a call."""
    vectors = Vectors({})
    assert asyncio.run(KeptEmbedder(vectors, Memory(), ORIGIN).embed([])) == []
    assert vectors.asked == []
