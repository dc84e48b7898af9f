"""Asking and scoring: in a stream, within bounds, and never lost."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from support.rag_server import RagServer, Response
from support.scripted import Scripted, asking, connected

from rag_eval import metrics
from rag_eval.errors import JudgeError, TargetError
from rag_eval.evaluation.engine import CaseEvent, Work, drive
from rag_eval.journal import Journal, JournalWriter
from rag_eval.metrics import MetricSpec
from rag_eval.records import Answer, Case, Failure, NotApplicable, Score
from rag_eval.targets.http.config import HttpConfig
from rag_eval.targets.http.target import HttpTarget


def cases(number: int) -> Iterator[Case]:
    """So many cases, one at a time."""
    return (Case(id=f"c{i}", user_input=f"Question {i}?", reference="r") for i in range(number))


@dataclass
class Asked:
    """A target that counts; `say` makes the answer or raises."""

    say: Callable[[Case], Any] = lambda case: Answer(response=case.user_input, latency_s=0.1)
    seconds: float = 0.0
    times: Counter[str] = field(default_factory=Counter)
    in_flight: int = 0
    peak: int = 0

    async def answer(self, case: Case) -> Answer:
        """Count and answer."""
        self.times[case.id] += 1
        self.in_flight += 1
        self.peak = max(self.peak, self.in_flight)
        try:
            await asyncio.sleep(self.seconds)
            said: Answer = self.say(case)
            return said
        finally:
            self.in_flight -= 1


@dataclass
class Counting:
    """A metric that counts; `come_to` makes the outcome or raises."""

    name: str = "length"
    come_to: Callable[[Case, Answer], Any] = lambda _, answer: Score(value=float(len(answer.response or "")))
    seconds: float = 0.0
    needs: tuple[str, ...] = ("response",)
    version: str = "1"
    higher_is_better: bool = True
    bounded: bool = False
    times: Counter[str] = field(default_factory=Counter)
    in_flight: int = 0
    peak: int = 0

    async def score(self, case: Case, answer: Answer) -> Score | NotApplicable:
        """Count and score."""
        self.times[case.id] += 1
        self.in_flight += 1
        self.peak = max(self.peak, self.in_flight)
        try:
            await asyncio.sleep(self.seconds)
            outcome: Score | NotApplicable = self.come_to(case, answer)
            return outcome
        finally:
            self.in_flight -= 1


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[JournalWriter]:
    """An empty journal."""
    with JournalWriter.create(tmp_path / "journal.sqlite") as opened:
        yield opened


def run(
    journal: JournalWriter,
    target: Any,
    *parts: Any,
    asked: Iterable[Case] = (),
    asking: int = 3,
    scoring: int = 2,
    retry_errors: bool = False,
    watch: Callable[[CaseEvent], None] = lambda _: None,
) -> None:
    """Drive all cases to their outcomes."""
    work = Work(
        target,
        [part if isinstance(part, metrics.ConnectedMetric) else connected(part) for part in parts],
        journal,
        asking,
        scoring,
        retry_errors,
        watch,
    )
    asyncio.run(drive(work, asked))


def raising(error: BaseException, case_id: str = "c1") -> Callable[..., Any]:
    """A part that raises for one case."""

    def made(case: Case, *_: Any) -> Any:
        if case.id == case_id:
            raise error
        return Score(value=1.0) if _ else Answer(response="fine")

    return made


def giving(thing: Any, case_id: str = "c1") -> Callable[..., Any]:
    """A part that makes something strange of one case."""

    def made(case: Case, *_: Any) -> Any:
        if case.id == case_id:
            return thing
        return Score(value=1.0) if _ else Answer(response="fine")

    return made


# The plain way


def test_every_case_comes_to_its_outcomes(journal: JournalWriter) -> None:
    """All cases are asked once and scored once by every metric, and stand in the order of the dataset."""
    target, metric = Asked(), Counting()
    ours = metrics.connect(metrics.select(["latency", "mrr"]), asking(Scripted({})))
    run(journal, target, metric, *ours, asked=cases(25))
    rows = list(journal.rows())
    assert [row.case.id for row in rows] == [f"c{i}" for i in range(25)]
    assert [row.position for row in rows] == list(range(25))
    assert {*target.times.values()} == {*metric.times.values()} == {1}
    assert all({*row.outcomes} == {"length", "latency", "mrr", "answered"} for row in rows)
    assert all(isinstance(row.outcomes["mrr"], NotApplicable) for row in rows)


@pytest.mark.parametrize("number", [0, 1, 2])
def test_few_cases_and_many_workers(number: int, journal: JournalWriter) -> None:
    """With fewer cases than workers, and with none, the run ends."""
    run(journal, Asked(), Counting(), asked=cases(number), asking=8, scoring=8)
    assert journal.count() == number


def test_overall_is_kept_with_its_parts(journal: JournalWriter) -> None:
    """Where faithfulness and context recall are measured, their mean is kept too."""
    halves = [
        Counting(name, lambda *_, v=value: Score(value=v))
        for name, value in (("faithfulness", 0.5), ("context_recall", 1.0))
    ]
    run(journal, Asked(), *halves, asked=cases(1))
    assert journal.outcomes("c0")["overall"] == Score(value=0.75)


def test_the_limits_are_kept(journal: JournalWriter) -> None:
    """No more questions than `asking` are in flight and no more cases than `scoring` are scored, but that many."""
    target, metric = Asked(seconds=0.01), Counting(seconds=0.01)
    run(journal, target, metric, asked=cases(40), asking=5, scoring=3)
    assert (target.peak, metric.peak) == (5, 3)


def test_the_metrics_of_a_case_are_scored_side_by_side(journal: JournalWriter) -> None:
    """Two metrics that wait for each other both come to their score."""
    meeting = [asyncio.Event(), asyncio.Event()]

    class Meeting(Counting):
        async def score(self, case: Case, answer: Answer) -> Score | NotApplicable:
            mine, other = meeting if self.name == "a" else meeting[::-1]
            mine.set()
            await asyncio.wait_for(other.wait(), 5)
            return Score(value=1.0)

    run(journal, Asked(), Meeting("a"), Meeting("b"), asked=cases(1), scoring=1)
    assert {o.kind for o in journal.outcomes("c0").values()} == {"score"}


# Streaming and memory


def test_a_case_is_scored_while_later_ones_are_asked(journal: JournalWriter) -> None:
    """The last question is answered only after the first case was scored, and still the run ends."""
    scored = asyncio.Event()

    class Waiting(Asked):
        async def answer(self, case: Case) -> Answer:
            if case.id == "c9":
                await asyncio.wait_for(scored.wait(), 5)
            return Answer(response="r")

    def watch(event: CaseEvent) -> None:
        if event.kind == "scored":
            scored.set()

    run(journal, Waiting(), Counting(), asked=cases(10), asking=1, watch=watch)
    assert journal.target_failures() == {}
    assert journal.count() == 10


@pytest.mark.slow
def test_no_more_cases_are_read_than_the_queues_hold(journal: JournalWriter) -> None:
    """However slow the scorers and however long the dataset, only a few cases are ahead of them."""
    read, scored, ahead = 0, 0, []

    def endless() -> Iterator[Case]:
        nonlocal read
        for case in cases(1000):
            read += 1
            yield case

    def watch(event: CaseEvent) -> None:
        nonlocal scored
        scored += event.kind == "scored"
        ahead.append(read - scored)

    asking, scoring = 3, 2
    run(journal, Asked(), Counting(seconds=0.0005), asked=endless(), asking=asking, scoring=scoring, watch=watch)
    assert scored == 1000
    # Waiting to be asked, in flight, waiting to be scored, being scored, and one in the reader's hand.
    assert max(ahead) <= 2 * asking + asking + 2 * scoring + scoring + 1


@pytest.mark.slow
def test_done_cases_are_let_go(journal: JournalWriter) -> None:
    """The engine holds no reference to a case once it is scored."""
    import gc
    import weakref

    alive: dict[int, int] = {}  # by the cases read so far; one collection each
    gc.freeze()  # which then need not walk what others left
    references: list[weakref.ref[Case]] = []

    def watched() -> Iterator[Case]:
        for case in cases(300):
            references.append(weakref.ref(case))
            yield case

    def watch(event: CaseEvent) -> None:
        read = len(references)
        if event.kind == "scored" and read % 50 == 0 and read not in alive:
            gc.collect()
            alive[read] = sum(reference() is not None for reference in references)

    run(journal, Asked(), Counting(), asked=watched(), watch=watch)
    assert alive
    assert max(alive.values()) <= 20


# What goes wrong


@pytest.mark.parametrize(
    ("error", "reason", "attempts"),
    [
        (TargetError("no", reason="http_status"), "http_status", 1),
        (KeyError("bug"), "unexpected", 1),
        (TimeoutError(), "unexpected", 1),
        (ExceptionGroup("several", [ValueError("a")]), "unexpected", 1),
        (RuntimeError("half a pair \ud800"), "unexpected", 1),
    ],
)
def test_what_a_target_raises_is_a_failure_of_that_case(
    error: Exception, reason: str, attempts: int, journal: JournalWriter
) -> None:
    """The others are answered; the failed one is no case of any metric's, and no number."""
    metric = Counting()
    run(journal, Asked(raising(error)), metric, asked=cases(5))
    failure = journal.reply("c1")
    assert isinstance(failure, Failure)
    assert (failure.stage, failure.reason, failure.attempts) == ("target", reason, attempts)
    assert journal.outcomes("c1") == {"length": failure, "answered": Score(value=0.0)}
    assert sorted(metric.times) == ["c0", "c2", "c3", "c4"]
    assert [journal.reply(f"c{i}") == Answer(response="fine") for i in (0, 2, 3, 4)] == [True] * 4


@pytest.mark.parametrize(
    ("error", "stage", "reason"),
    [
        (JudgeError("no", reason="incomplete_verdicts"), "judge", "incomplete_verdicts"),
        (ZeroDivisionError("bug"), "metric", "unexpected"),
        (RuntimeError("half a pair \ud800"), "metric", "unexpected"),
    ],
)
def test_what_a_metric_raises_is_a_failure_of_that_score(
    error: Exception, stage: str, reason: str, journal: JournalWriter
) -> None:
    """Other metrics score the same case, and the metric scores other cases."""
    run(journal, Asked(), Counting("bad", raising(error)), Counting("good"), asked=cases(4))
    outcomes = journal.outcomes("c1")
    failure = outcomes["bad"]
    assert isinstance(failure, Failure)
    assert (failure.stage, failure.reason) == (stage, reason)
    assert isinstance(outcomes["good"], Score)
    assert journal.values("bad") == {"c0": 1.0, "c2": 1.0, "c3": 1.0}


@pytest.mark.parametrize("thing", [None, "text", {"response": "r"}, Score(value=1.0), Answer(response="\ud800")])
def test_what_is_no_answer_is_a_failure_of_that_case(thing: Any, journal: JournalWriter) -> None:
    """Somebody's target that returns something else, or what cannot be written down, does not end the run."""
    run(journal, Asked(giving(thing)), Counting(), asked=cases(3))
    assert journal.target_failures() == {"unexpected": 1}
    assert sorted(journal.values("length")) == ["c0", "c2"]


@pytest.mark.parametrize("thing", [None, 0.5, "text", Answer(response="r"), NotApplicable(reason="\ud800")])
def test_what_is_no_score_is_a_failure_of_that_case(thing: Any, journal: JournalWriter) -> None:
    """Somebody's metric that returns a bare number does not end the run."""
    run(journal, Asked(), Counting("bad", giving(thing)), asked=cases(3))
    assert [*journal.reasons("bad", "failure").values()] == ["unexpected"]
    assert sorted(journal.values("bad")) == ["c0", "c2"]


def test_what_a_derived_metric_raises_is_a_failure_of_that_metric(journal: JournalWriter) -> None:
    """One that stumbles over an input without a value, or gives a bare number, does not end the run."""
    absent = NotApplicable(reason="no number")
    length = connected(Counting(come_to=lambda case, _: absent if case.id == "c1" else Score(value=3.0)))
    twice = MetricSpec("twice", "1", inputs=("length",), compute=lambda o, *_: Score(value=2 * o["length"].value))
    bare = MetricSpec("bare", "1", inputs=("length",), compute=lambda *_: 3.0)  # type: ignore[arg-type]
    asyncio.run(drive(Work(Asked(), [length], journal, 3, 2, derived=[twice, bare]), cases(2)))
    outcomes = [journal.outcomes(f"c{number}") for number in range(2)]
    assert outcomes[0]["twice"] == Score(value=6.0)
    failures = [outcomes[1]["twice"], outcomes[0]["bare"], outcomes[1]["bare"]]
    assert [(f.stage, f.reason) for f in failures if isinstance(f, Failure)] == [("metric", "unexpected")] * 3


def test_a_metric_that_needs_what_nobody_knows(journal: JournalWriter) -> None:
    """A field that does not exist is a failure of that metric, not the end of the run."""
    run(journal, Asked(), Counting("odd", needs=("colour",)), Counting(), asked=cases(2))
    assert [*journal.reasons("odd", "failure").values()] == ["unexpected"] * 2
    assert len(journal.values("length")) == 2


def test_a_number_that_is_none_is_a_failure(journal: JournalWriter) -> None:
    """NaN never becomes a score."""
    run(journal, Asked(), Counting("bad", lambda *_: Score(value=float("nan"))), asked=cases(2))
    assert [*journal.reasons("bad", "failure").values()] == ["unexpected"] * 2
    assert journal.values("bad") == {}


def test_the_attempts_of_a_target_are_kept(journal: JournalWriter) -> None:
    """A failure of a live service says how many requests were made."""
    with RagServer(lambda _: Response(503, headers={"retry-after": "0"})) as server:
        said = HttpConfig(kind="http", url=server.url, retries=2)

        async def scenario() -> None:
            async with HttpTarget(said) as target:
                target._rng.uniform = lambda *_: 0.0  # type: ignore[method-assign]
                await drive(Work(target, [connected(Counting())], journal, 1, 1), cases(1))

        asyncio.run(scenario())
    failure = journal.reply("c0")
    assert isinstance(failure, Failure)
    assert (failure.reason, failure.attempts) == ("http_status", 3)


class Bug(Exception):
    """Something that no case is to blame for."""


@pytest.mark.parametrize("method", ["record_reply", "record_outcomes", "reply", "outcomes"])
def test_a_bug_in_the_journal_ends_the_run_with_itself(
    method: str, journal: JournalWriter, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What cannot be kept must not go on; the error is not wrapped in groups."""

    def broken(*_: Any) -> None:
        raise Bug(method)

    monkeypatch.setattr(journal, method, broken)
    with pytest.raises(Bug, match=method):
        run(journal, Asked(), Counting(), asked=cases(20))


def test_a_bug_in_a_watcher_or_a_reader_ends_the_run_with_itself(journal: JournalWriter) -> None:
    """So does an error of the display, or of the dataset while it is read."""

    def watch(_: CaseEvent) -> None:
        raise Bug

    def reading() -> Iterator[Case]:
        yield from cases(3)
        raise Bug

    with pytest.raises(Bug):
        run(journal, Asked(), Counting(), asked=cases(20), watch=watch)
    with pytest.raises(Bug):
        run(journal, Asked(), Counting(), asked=reading())


# Kept before told, stopped, gone on with


def test_the_journal_has_everything_before_anybody_is_told(journal: JournalWriter) -> None:
    """When a case is said to be answered or scored, another reader of the journal finds it so."""
    seen: list[tuple[str, str, bool]] = []

    def watch(event: CaseEvent) -> None:
        with Journal.open_(journal.path) as reader:
            row = reader.row(event.case.id)
        if event.kind == "answered":
            assert event.failed == isinstance(row.reply, Failure)
        else:
            assert {*row.outcomes} == {"bad", "length", "answered"}
            assert event.failed == any(isinstance(o, Failure) for o in row.outcomes.values())
        seen.append((event.kind, event.case.id, event.failed))

    target = Asked(raising(TargetError("no", reason="timeout"), "c2"))
    metric = Counting("bad", raising(JudgeError("no", reason="timeout"), "c3"))
    run(journal, target, metric, Counting(), asked=cases(5), watch=watch)
    assert sorted(seen) == sorted(
        [("answered", f"c{i}", i == 2) for i in range(5)] + [("scored", f"c{i}", i in (2, 3)) for i in range(5)]
    )


def test_stopping_leaves_what_is_done(journal: JournalWriter) -> None:
    """A cancelled run ends at once, with all that was told of in the journal; the next one goes on from there."""
    target, metric = Asked(seconds=0.005), Counting(seconds=0.005)
    answered: list[str] = []

    async def scenario() -> None:
        me = asyncio.current_task()
        assert me is not None

        def watch(event: CaseEvent) -> None:
            if event.kind == "answered":
                answered.append(event.case.id)
                if len(answered) == 12:
                    me.cancel()

        await drive(Work(target, [connected(metric)], journal, 3, 2, watch=watch), cases(40))

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(scenario())
    assert target.in_flight == metric.in_flight == 0
    assert journal.ids() == {*answered}
    scored = [*journal.values("length")]

    again, remeasured = Asked(), Counting()
    run(journal, again, remeasured, asked=cases(40))
    assert journal.count() == len(journal.values("length")) == 40
    assert not again.times.keys() & {*answered}
    assert not remeasured.times.keys() & {*scored}


def test_nothing_is_asked_twice(journal: JournalWriter) -> None:
    """A second drive over a finished journal asks and scores nobody, and tells of every case all the same."""
    target, metric = Asked(raising(TargetError("no", reason="timeout"))), Counting()
    run(journal, target, metric, asked=cases(10))
    before = list(journal.rows())
    told: Counter[str] = Counter()

    def watch(event: CaseEvent) -> None:
        told[event.kind] += 1

    run(journal, target, metric, asked=cases(10), watch=watch)
    assert [*journal.rows()] == before
    assert {*target.times.values()} == {*metric.times.values()} == {1}
    assert told == {"answered": 10, "scored": 10}


def test_a_new_metric_scores_the_answers_that_are_there(journal: JournalWriter) -> None:
    """Only what is missing is done."""
    target, first, second = Asked(), Counting("a"), Counting("b")
    run(journal, target, first, asked=cases(4))
    run(journal, target, first, second, asked=cases(4))
    assert {*target.times.values()} == {*first.times.values()} == {*second.times.values()} == {1}


def test_trying_errors_again_asks_only_failures(journal: JournalWriter) -> None:
    """A case without an answer is asked and scored anew, a failed score is made anew, and nothing else."""
    target = Asked(raising(TargetError("no", reason="timeout"), "c1"))
    bad, good = Counting("bad", raising(JudgeError("no", reason="timeout"), "c3")), Counting("good")
    run(journal, target, bad, good, asked=cases(5))

    better, fine, same = Asked(), Counting("bad"), Counting("good")
    run(journal, better, fine, same, asked=cases(5), retry_errors=True)
    assert dict(better.times) == {"c1": 1}
    assert dict(fine.times) == {"c1": 1, "c3": 1}
    assert dict(same.times) == {"c1": 1}
    assert journal.target_failures() == {}
    assert {len(journal.values(name)) for name in ("bad", "good")} == {5}


def test_a_failure_that_fails_again_stays_one(journal: JournalWriter) -> None:
    """Its new reason replaces the old one."""
    run(journal, Asked(raising(TargetError("no", reason="timeout"))), Counting(), asked=cases(3))
    run(
        journal,
        Asked(raising(TargetError("no", reason="http_status"))),
        Counting(),
        asked=cases(3),
        retry_errors=True,
    )
    assert journal.target_failures() == {"http_status": 1}
    assert [*journal.reasons("length", "failure").values()] == ["http_status"]


def test_an_overall_that_failed_is_made_anew(journal: JournalWriter) -> None:
    """When its part comes to a score in the end, so does the mean."""
    recall = Counting("context_recall", lambda *_: Score(value=1.0))
    failing = Counting("faithfulness", raising(JudgeError("no", reason="timeout"), "c0"))
    run(journal, Asked(), failing, recall, asked=cases(1))
    assert isinstance(journal.outcomes("c0")["overall"], Failure)
    run(journal, Asked(), Counting("faithfulness", giving(None, "?")), recall, asked=cases(1), retry_errors=True)
    assert journal.outcomes("c0")["overall"] == Score(value=1.0)
