"""From a question to an answer, with parts that are away: what stands in, and that it is said."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeVar

import pytest
from staging.serving import Configure

from rag_eval.staging import asking
from rag_eval.staging.asking import Outcome, PendingQuery, QueryService
from rag_eval.staging.circuits import Deadline
from rag_eval.staging.corpus import HandbookPassage
from rag_eval.staging.errors import PartError, PartRejection, Unreachable
from rag_eval.staging.parts import Parts, build
from rag_eval.staging.retrieval import RetrievedPassage
from rag_eval.staging.writer import TokenUsage, WrittenAnswer

T = TypeVar("T")
_BOAT, _EXTRACT = "When is the last boat?", "The last boat is at 19:30."
_AWAY = PartRejection("away")


@dataclass
class Writer:
    """Says, or raises, one after the other what it is told to; the last for ever."""

    says: list[Any]
    model: str = "played"
    asked: list[tuple[str, list[str]]] = field(default_factory=list)

    async def write(self, question: str, contexts: Sequence[str]) -> WrittenAnswer:
        """Say it whole."""
        pieces = [piece async for piece in self.stream(question, contexts)]
        return WrittenAnswer("".join(piece for piece in pieces if isinstance(piece, str)), TokenUsage(10, 5))

    async def stream(self, question: str, contexts: Sequence[str]) -> AsyncGenerator[str | TokenUsage]:
        """Say it in the pieces that it consists of."""
        self.asked.append((question, list(contexts)))
        says = self.says.pop(0) if len(self.says) > 1 else self.says[0]
        for piece in says if isinstance(says, list) else [says]:
            await asyncio.sleep(0)
            if isinstance(piece, Exception):
                raise piece
            yield piece

    async def aclose(self) -> None:
        """Nothing is open."""


class Vectors:
    """Finds one passage, or raises."""

    def __init__(self, error: PartError | None = None) -> None:
        self.error = error

    async def search(self, query: str, k: int, user: str | None) -> list[RetrievedPassage]:
        """Find it, whatever is asked for."""
        await asyncio.sleep(0)
        if self.error:
            raise self.error
        return [RetrievedPassage(HandbookPassage("v#1", "V", "V", f"{query} {k} {user}"), 1.0)]

    async def add(self, passages: Sequence[HandbookPassage]) -> None:
        """Take nothing in."""

    async def aclose(self) -> None:
        """Nothing is open."""


Service = Callable[..., tuple[QueryService, Parts]]


@pytest.fixture
def service(configure: Configure) -> Service:
    """A service with parts of one's own, at a time that can be set."""

    def made(writer: Any = None, vectors: Any = None, now: list[float] | None = None, **said: str) -> tuple[Any, Parts]:
        clock = lambda: (now or [0.0])[0]  # noqa: E731
        parts = build(configure(**said), clock=clock, writer=writer, vectors=vectors)
        return QueryService(parts, clock), parts

    return made


def query(text: str = _BOAT, *, fresh: bool = False, seconds: float = 30.0) -> PendingQuery:
    """A question of one user."""
    return PendingQuery(text, 3, "u1", Deadline(seconds), fresh=fresh)


def run(work: Coroutine[Any, Any, T]) -> T:
    """Its result."""
    return asyncio.run(work)


def streamed(service: QueryService, asked: PendingQuery) -> tuple[list[str], Outcome, PartError | None]:
    """The pieces of an answer, what came of it, and what it broke off with."""
    outcome, pieces = Outcome(), list[str]()

    async def read() -> PartError | None:
        try:
            async for piece in service.stream(asked, outcome):
                pieces.append(piece)
        except PartError as error:
            return error
        return None

    error = run(read())
    return pieces, outcome, error


def number(parts: Parts, name: str, **labels: str) -> float:
    """What a counter shows."""
    return parts.metrics.registry.get_sample_value(name, labels) or 0.0


def test_without_a_model_sentences_of_the_handbook_answer(service: Service) -> None:
    """Nothing stands in for anything then."""
    outcome = run(service()[0].ask(query()))
    assert outcome.answer == _EXTRACT
    assert outcome.hits[0].passage.id == "ferry#timetable"
    assert (outcome.degraded, outcome.cached) == (set(), False)


def test_a_model_answers_from_what_was_found(service: Service) -> None:
    """It is given the passages that come back with the answer, best first."""
    writer = Writer(["At half past seven."])
    outcome = run(service(writer)[0].ask(query()))
    assert (outcome.answer, outcome.degraded) == ("At half past seven.", set())
    assert writer.asked == [(_BOAT, [hit.passage.text for hit in outcome.hits])]


def test_where_nothing_was_found_no_model_is_asked(service: Service) -> None:
    """It could only make something up."""
    writer = Writer(["Something."])
    own = service(writer)[0]
    outcome = run(own.ask(query("zzzz qqqq")))
    assert (outcome.hits, outcome.degraded, writer.asked) == ([], set(), [])
    pieces, streamed_outcome, error = streamed(own, query("zzzz qqqq"))
    assert (pieces, error) == ([outcome.answer], None)
    assert streamed_outcome.answer == outcome.answer


@pytest.mark.parametrize("error", [_AWAY, PartRejection("no", counts=False)])
def test_a_model_that_is_away_is_stood_in_for(service: Service, error: PartError) -> None:
    """By sentences, which is said, at once and in pieces; and it is counted."""
    own, parts = service(Writer([error]))
    outcome = run(own.ask(query()))
    assert (outcome.answer, outcome.degraded, outcome.cached) == (_EXTRACT, {"llm"}, False)
    pieces, in_pieces, broken = streamed(own, query())
    assert (pieces, in_pieces.degraded, broken) == ([_EXTRACT], {"llm"}, None)
    assert number(parts, "rag_fallbacks_total", part="llm") == 2


def test_a_vector_store_that_is_away_is_stood_in_for(service: Service) -> None:
    """By BM25, and the answer is still one; while it is there it is what is searched."""
    whole = run(service(vectors=Vectors())[0].ask(query()))
    assert [hit.passage.text for hit in whole.hits] == [f"{_BOAT} 3 u1"]
    own, parts = service(vectors=Vectors(_AWAY))
    outcome = run(own.ask(query()))
    assert (outcome.answer, outcome.degraded) == (_EXTRACT, {"retrieval"})
    assert number(parts, "rag_retrieval_seconds_count", retriever="bm25") == 1


def test_several_parts_may_be_away(service: Service) -> None:
    """Each is named."""
    outcome = run(service(Writer([_AWAY]), Vectors(_AWAY))[0].ask(query()))
    assert (outcome.answer, outcome.degraded) == (_EXTRACT, {"llm", "retrieval"})


def test_an_answer_is_given_again_while_it_is_young(service: Service) -> None:
    """To the same question over the same passages; it is said, and after its time it is written anew."""
    now, writer = [1000.0], Writer(["first", "second", "third"])
    own, parts = service(writer, now=now, CACHE_TTL_S="60")
    answers = []
    for at in (1000.0, 1059.0, 1060.0):
        now[0] = at
        outcome = run(own.ask(query()))
        answers.append((outcome.answer, outcome.cached))
    assert answers == [("first", False), ("first", True), ("second", False)]
    assert [number(parts, "rag_cache_requests_total", result=name) for name in ("miss", "hit", "stale", "bypass")] == [
        1,
        1,
        1,
        0,
    ]


def test_who_wants_a_fresh_answer_has_one(service: Service) -> None:
    """And whoever asks next has it too."""
    own, parts = service(Writer(["first", "second"]))
    answers = [run(own.ask(query(fresh=fresh))).answer for fresh in (False, True, False)]
    assert answers == ["first", "second", "second"]
    assert number(parts, "rag_cache_requests_total", result="bypass") == 1


def test_an_old_answer_is_better_than_none(service: Service) -> None:
    """Where the model is away, also for who wanted a fresh one; both things are said of it."""
    now = [1000.0]
    own, _ = service(Writer(["first", _AWAY]), now=now, CACHE_TTL_S="60")
    run(own.ask(query()))
    for at, fresh in ((5000.0, False), (1010.0, True)):
        now[0] = at
        outcome = run(own.ask(query(fresh=fresh)))
        assert (outcome.answer, outcome.cached, outcome.degraded) == ("first", True, {"llm"})
    pieces, outcome, _ = streamed(own, query(fresh=True))
    assert (pieces, outcome.cached, outcome.degraded) == (["first"], True, {"llm"})


def test_without_a_time_to_keep_them_no_answer_is_kept(service: Service) -> None:
    """Nor looked for."""
    own, parts = service(Writer(["first", "second"]), CACHE_TTL_S="0")
    assert [run(own.ask(query())).answer for _ in range(2)] == ["first", "second"]
    assert number(parts, "rag_cache_requests_total", result="miss") == 0


def test_an_answer_in_pieces_is_the_same_answer(service: Service) -> None:
    """Whole at the end, its tokens counted, and given again in one piece."""
    own, parts = service(Writer([["At ", "half past ", "seven.", TokenUsage(10, 5)]]))
    pieces, outcome, error = streamed(own, query())
    assert (pieces, outcome.answer, error) == (["At ", "half past ", "seven."], "At half past seven.", None)
    assert number(parts, "rag_llm_tokens_total", model="played", operation="chat", direction="input") == 10
    again, outcome, _ = streamed(own, query())
    assert (again, outcome.cached) == (["At half past seven."], True)


def test_what_breaks_off_in_the_middle_is_an_error(service: Service) -> None:
    """Nothing can stand in for what was begun; half of an answer is never given again."""
    own, _ = service(Writer([["At ", Unreachable("gone")], ["Whole."]]))
    pieces, _, error = streamed(own, query())
    assert pieces == ["At "]
    assert isinstance(error, Unreachable)
    pieces, outcome, error = streamed(own, query())
    assert (pieces, outcome.cached, error) == (["Whole."], False, None)


@pytest.mark.parametrize("says", [[], [TokenUsage(1, 0)]])
def test_a_model_that_writes_nothing_is_stood_in_for(service: Service, says: list[Any]) -> None:
    """An empty answer is none."""
    pieces, outcome, error = streamed(service(Writer([says]))[0], query())
    assert (pieces, outcome.degraded, error) == ([_EXTRACT], {"llm"}, None)


def test_some_time_is_left_for_what_stands_in() -> None:
    """A quarter of a second, and a tenth of a deadline that is short."""
    now = [0.0]
    for seconds, left in ((30.0, 29.75), (1.0, 0.9)):
        assert asking._reserving(Deadline(seconds, lambda: now[0])).left() == pytest.approx(left)
