"""Nothing is asked or paid for twice."""

import asyncio
import json
import struct
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel
from ragas.metrics.collections.faithfulness import util as faithfulness
from support.scripted import Memory, Scripted, Vectors, backend

from rag_eval.errors import JudgeError
from rag_eval.journal import JournalWriter
from rag_eval.judges.backend import JudgeReply
from rag_eval.judges.embedded.judge import EmbeddedJudge
from rag_eval.judges.middleware import CachedJudge, LimitedJudge, TracedJudge, _schema, cache_key
from rag_eval.language.prompts import MARKER
from rag_eval.metrics.correctness import CorrectnessOutput
from rag_eval.records import Usage

T = TypeVar("T", bound=BaseModel)

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
        kept = CachedJudge(backend(judge, origin=ORIGIN), store)
        return [(await kept.reply(prompt(), Verdict)).value.verdict for _ in range(3)]

    assert asyncio.run(scenario()) == [0, 0, 0]
    assert len(judge.asked) == 1


def test_a_kept_reply_has_the_support_that_the_first_one_had() -> None:
    """What the embedded judge says beyond the shape comes back from the store as well."""
    asked = f'{MARKER}{{"context": "Tea is hot.", "statements": ["Tea is hot."]}}'

    async def scenario() -> list[Any]:
        kept = CachedJudge(backend(EmbeddedJudge(), origin=ORIGIN), Memory())
        return [(await kept.reply(asked, NLIStatementOutput)).value.statements[0] for _ in range(2)]

    first, second = asyncio.run(scenario())
    assert first == second
    assert second.support > 0.8


def test_equal_questions_at_one_time_are_asked_once() -> None:
    """A hundred callers share one call, and different questions do not wait for each other."""
    judge = counting(seconds=0.1)

    async def scenario() -> None:
        kept = CachedJudge(backend(judge, origin=ORIGIN), Memory())
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
        await CachedJudge(backend(judge, origin=ORIGIN), store).reply(prompt(), Verdict)
        await CachedJudge(backend(judge, origin=origin), store).reply(text, shape, draw)

    asyncio.run(scenario())
    assert len(judge.asked) == 2


def test_the_order_of_the_origin_does_not_matter() -> None:
    """The same settings in another order are the same judge."""
    judge, store = counting(), Memory()

    async def scenario() -> None:
        await CachedJudge(backend(judge, origin=ORIGIN), store).reply(prompt(), Verdict)
        await CachedJudge(backend(judge, origin=dict(reversed(ORIGIN.items()))), store).reply(prompt(), Verdict)

    asyncio.run(scenario())
    assert len(judge.asked) == 1


def test_draws_are_independent_replies() -> None:
    """Samples of one prompt are asked each for itself and kept each for itself."""
    judge, store = counting(), Memory()

    async def scenario() -> list[int]:
        kept = CachedJudge(backend(judge, origin=ORIGIN), store)
        draws = ["", "sample-1", "sample-2"] * 2
        return [(await kept.reply(prompt(), Verdict, draw)).value.verdict for draw in draws]

    assert asyncio.run(scenario()) == [0, 1, 2, 0, 1, 2]


def test_a_cancelled_leader_does_not_lose_its_followers() -> None:
    """When the caller whose call is in flight goes away, one of those who wait asks instead."""
    judge = counting(seconds=0.1)

    async def scenario() -> list[int]:
        kept = CachedJudge(backend(judge, origin=ORIGIN), Memory())
        leader = asyncio.create_task(kept.reply(prompt(), Verdict))
        await asyncio.sleep(0.02)
        followers = [asyncio.create_task(kept.reply(prompt(), Verdict)) for _ in range(5)]
        await asyncio.sleep(0.02)
        leader.cancel()
        with pytest.raises(asyncio.CancelledError):
            await leader
        return [reply.value.verdict for reply in await asyncio.gather(*followers)]

    assert asyncio.run(scenario()) == [1] * 5
    assert len(judge.asked) == 2


def test_a_cancelled_follower_does_not_disturb_the_leader() -> None:
    """Someone who only waits may go away without a trace."""
    judge = counting(seconds=0.1)

    async def scenario() -> int:
        kept = CachedJudge(backend(judge, origin=ORIGIN), Memory())
        leader, follower = (asyncio.create_task(kept.reply(prompt(), Verdict)) for _ in range(2))
        await asyncio.sleep(0.02)
        follower.cancel()
        return (await leader).value.verdict

    assert asyncio.run(scenario()) == 0
    assert len(judge.asked) == 1


def test_failures_are_not_kept() -> None:
    """A call that failed is asked again by the next one who wants it."""
    judge, store = Scripted({}), Memory()

    async def scenario() -> int:
        kept = CachedJudge(backend(judge, origin=ORIGIN), store)
        with pytest.raises(JudgeError):
            await kept.reply(prompt(), Verdict)
        judge.says = {"Verdict": {"verdict": 1}}
        return (await kept.reply(prompt(), Verdict)).value.verdict

    assert asyncio.run(scenario()) == 1
    assert len(store.kept) == 1


def test_no_lock_outlives_its_question() -> None:
    """Memory does not grow with the number of questions."""

    async def scenario() -> int:
        kept = CachedJudge(backend(counting(), origin=ORIGIN), Memory())
        for i in range(200):
            await kept.reply(prompt(str(i)), Verdict)
        return len(kept._pending)

    assert asyncio.run(scenario()) <= 1


def test_a_run_goes_on_from_its_journal(tmp_path: Path) -> None:
    """A reply that was kept before the process ended is not asked for after it."""
    path, judge = tmp_path / "journal.sqlite", counting()
    with JournalWriter.create(path) as journal:
        asyncio.run(CachedJudge(backend(judge, origin=ORIGIN), journal).reply(prompt(), Verdict))
    with JournalWriter.open_(path) as journal:
        again = asyncio.run(CachedJudge(backend(judge, origin=ORIGIN), journal).reply(prompt(), Verdict))
    assert (again.value.verdict, len(judge.asked)) == (0, 1)


def test_no_more_calls_are_in_flight_than_allowed() -> None:
    """Judge and embedder share one gate."""
    judge, vectors = counting(seconds=0.05), Vectors({"a": [1.0]}, seconds=0.05)

    async def scenario() -> float:
        gate = asyncio.Semaphore(3)
        limited = LimitedJudge(backend(judge, vectors), gate)
        calls = [limited.reply(prompt(str(i)), Verdict) for i in range(9)]
        embeds = [limited.embed(["a"]) for _ in range(6)]
        started = asyncio.get_running_loop().time()
        await asyncio.gather(*calls, *embeds)
        return asyncio.get_running_loop().time() - started

    assert asyncio.run(scenario()) >= 0.24  # 15 calls of 50 ms, three at a time
    assert judge.peak == 3


def test_only_missing_texts_are_embedded() -> None:
    """Each text is embedded once, also one that comes twice in a call; the order is that of the call."""
    vectors, store = Vectors({"a": [1.0, 0.0], "b": [0.0, 1.0]}), Memory()

    async def scenario() -> list[list[float]]:
        kept = CachedJudge(backend(Scripted({}), vectors, ORIGIN), store)
        await kept.embed(["a"])
        return (await kept.embed(["b", "a", "b"])).value

    assert asyncio.run(scenario()) == [[0.0, 1.0], [1.0, 0.0], [0.0, 1.0]]
    assert vectors.asked == [["a"], ["b"]]


def test_equal_texts_at_one_time_are_embedded_once() -> None:
    """Metrics that run side by side share the vectors of a case, whatever the order they ask in."""
    vectors = Vectors({"a": [1.0], "b": [2.0], "c": [3.0]}, seconds=0.02)

    async def scenario() -> None:
        kept = CachedJudge(backend(Scripted({}), vectors, ORIGIN), Memory())
        await asyncio.gather(kept.embed(["a", "b"]), kept.embed(["b", "a"]), kept.embed(["b", "c"]), kept.embed(["c"]))

    asyncio.run(scenario())
    assert sorted(text for texts in vectors.asked for text in texts) == ["a", "b", "c"]


def test_another_origin_is_embedded_anew() -> None:
    """Vectors of one model are not used for another."""
    vectors, store = Vectors({"a": [1.0]}), Memory()
    asyncio.run(CachedJudge(backend(Scripted({}), vectors, ORIGIN), store).embed(["a"]))
    asyncio.run(CachedJudge(backend(Scripted({}), vectors, {"embeddings": "other"}), store).embed(["a"]))
    assert len(vectors.asked) == 2


@settings(deadline=None)
@given(st.lists(st.floats(-1e30, 1e30), min_size=1, max_size=8))
def test_vectors_are_kept_in_single_precision(vector: list[float]) -> None:
    """The first time and every later time give the same numbers, rounded to 32 bits."""
    store = Memory()
    kept = CachedJudge(backend(Scripted({}), Vectors({"a": vector}), ORIGIN), store)
    first, again = (asyncio.run(kept.embed(["a"])).value for _ in range(2))
    assert first == again == [[struct.unpack("f", struct.pack("f", number))[0] for number in vector]]


def test_no_text_asks_nobody() -> None:
    """An empty list is answered without a call."""
    vectors = Vectors({})
    assert asyncio.run(CachedJudge(backend(Scripted({}), vectors, ORIGIN), Memory()).embed([])).value == []
    assert vectors.asked == []


def test_a_journal_of_before_holds_the_reply() -> None:
    """The key under which a reply is kept is what it always was, or a run that goes on would pay for all again."""
    openai = json.dumps({"kind": "openai", "model": "m", "seed": 0}, sort_keys=True)
    correctness = "27faca7748848df400c1b098c4dae9576349dcc4b3f87e2cc43b41df415a5a1f"
    assert cache_key("reply", openai, _schema(CorrectnessOutput), "prompt é", "sample-1") == correctness
    nli = "81b5e43d5f6e78b5fd69cdf3d0926b982d9f70ae8da231486e2b785bc18af772"
    assert cache_key("reply", openai, _schema(faithfulness.NLIStatementOutput), "prompt é", "sample-1") == nli
    assert cache_key("embed", openai, "text") == "18b070c2888c4f350b8d88bbe6da76914f08fd5ae2c71262417593d50229e059"


def test_a_judge_is_asked_for_what_no_journal_holds() -> None:
    """The parts of the key come from the judge within, the model and the sample."""
    store, judge = Memory(), counting()
    key = cache_key("reply", json.dumps(ORIGIN, sort_keys=True), _schema(Verdict), prompt(), "sample-2")
    store.kept[key] = '{"verdict": 7}'
    cached = CachedJudge(backend(judge, origin=ORIGIN), store)
    assert asyncio.run(cached.reply(prompt(), Verdict, "sample-2")).value.verdict == 7
    assert asyncio.run(cached.reply(prompt(), Verdict, "sample-3")).value.verdict == 0


class Costly:
    """A judge that counts its tokens, and may fail after it has spent some."""

    origin: Mapping[str, Any] = ORIGIN
    model, embedding_model = "m", "e"

    def __init__(self, error: JudgeError | None = None) -> None:
        self.error = error

    async def reply(self, _: str, response_model: type[T], __: str = "") -> JudgeReply[T]:
        """A reply of 100 tokens and 20, or the error with as many."""
        usage = Usage(calls=2, prompt_tokens=100, completion_tokens=20)
        if self.error is not None:
            self.error.usage = usage
            raise self.error
        return JudgeReply(response_model.model_validate({"verdict": 1}), usage)

    async def embed(self, texts: Sequence[str]) -> JudgeReply[list[list[float]]]:
        """A vector each, for one call."""
        return JudgeReply([[1.0] for _ in texts], Usage(calls=1))

    async def aclose(self) -> None:
        """Nothing is open."""


def test_what_a_call_cost_comes_with_its_reply_and_is_counted_once() -> None:
    """A reply that was kept costs nothing; what a call that fails has spent is counted as well."""
    ledger = Memory()
    cached = CachedJudge(TracedJudge(Costly(), ledger), ledger)
    first, again = (asyncio.run(cached.reply(prompt(), Verdict)) for _ in range(2))
    assert (first.usage.calls, again.usage) == (2, Usage())
    failing = TracedJudge(Costly(JudgeError("no", reason="timeout")), ledger)
    with pytest.raises(JudgeError):
        asyncio.run(failing.reply(prompt(), Verdict))
    assert asyncio.run(cached.embed(["a", "b"])).usage.calls == 1
    assert [(usage.calls, usage.prompt_tokens) for usage in ledger.spent] == [(2, 100), (2, 100), (1, 0)]
