"""A run seen as spans, as numbers and as lines at once: each thing told once, and no failure as a number."""

import logging
from collections.abc import Iterator
from typing import Any

import pytest
from structlog.testing import capture_logs
from support.watched import KeptCounts, KeptSpans

from rag_eval.errors import JudgeError
from rag_eval.identifiers import trace_id
from rag_eval.records import (
    NOT_SENT,
    Answer,
    Case,
    Evidence,
    Failure,
    NotApplicable,
    Outcome,
    Reason,
    Reply,
    Score,
    Usage,
    Verdict,
)
from rag_eval.telemetry import metrics, watching
from rag_eval.telemetry.live import LIVE
from rag_eval.telemetry.watching import RunObserver, judging, running, scoring

_CASE = Case(id="c1", user_input="When?")
_FAILED = Failure(stage="judge", reason="timeout", message="slow", attempts=3)


@pytest.fixture(name="counts")
def _counts() -> Iterator[KeptCounts]:
    """What is counted."""
    LIVE.instruments = counts = KeptCounts()
    yield counts
    LIVE.instruments = None


@pytest.fixture(name="spans")
def _spans() -> Iterator[KeptSpans]:
    """What is told as spans, with words."""
    LIVE.tracer = spans = KeptSpans(content=True)
    yield spans
    LIVE.tracer = None


def asked(reply: Reply, run: RunObserver | None = None) -> None:
    """A question with its reply."""
    with (run or RunObserver("r1", "key")).case(_CASE).asking() as told:
        told(reply)


def test_a_run_is_told_from_its_beginning_to_its_end(counts: KeptCounts, spans: KeptSpans) -> None:
    """How many cases, which run, and two lines; its span is ended, and its failure has a name."""
    LIVE.level = logging.INFO
    with capture_logs() as lines, running("r1", "key", name="strong", cases=7, facts={"judge": "embedded"}):
        pass
    assert counts.of("plan") == [[7]]
    assert counts.of("about") == [[{"run_id": "r1", "name": "strong", "judge": "embedded"}]]
    assert [line["event"] for line in lines] == ["the run begins", "the run ends"]
    run = spans.named("run")
    assert (run.ended, run.failure) == (True, None)
    assert run.attributes == {"rag_eval.run.id": "r1", "rag_eval.experiment": "strong", "session.id": "r1"}
    assert not spans.closed, "whoever made the tracer closes it"


@pytest.mark.parametrize("error", [KeyboardInterrupt(), ValueError("x")])
def test_a_run_that_breaks_says_by_what(spans: KeptSpans, error: BaseException) -> None:
    """And ends all the same."""
    with pytest.raises(type(error)), running("r1", "key", name="strong", cases=1, facts={}):
        raise error
    assert (spans.named("run").failure, spans.named("run").ended) == (type(error).__name__, True)


def test_a_case_is_the_trace_that_the_service_knows(spans: KeptSpans) -> None:
    """By an id that both can work out; what is done for it stands beneath it."""
    asked(Answer(response="At noon."))
    case, ask = spans.named("case"), spans.named("ask")
    assert case.trace_id == trace_id("key", "c1")
    assert case.attributes == {"rag_eval.run.id": "r1", "session.id": "r1", "rag_eval.case.id": "c1"}
    assert case.words == {"input.value": "When?", "output.value": "At noon."}
    assert ask.above == "case"


def test_an_answer_is_told_with_what_it_rests_on(spans: KeptSpans) -> None:
    """In order, and as many contexts as there are."""
    asked(Answer(response="x", retrieved_contexts=("a", "b"), retrieved_context_ids=("1",), attempts=2))
    ask = spans.named("ask")
    assert ask.attributes == {"kind": "CHAIN", "rag_eval.attempts": 2, "rag_eval.contexts": 2}
    assert ask.words == {
        "input.value": "When?", "output.value": "x", "retrieval.documents.0.document.content": "a",
        "retrieval.documents.1.document.content": "b", "retrieval.documents.0.document.id": "1",
    }  # fmt: skip


def test_an_answer_without_text_has_none(spans: KeptSpans) -> None:
    """And no contexts where they are unknown."""
    asked(Answer())
    assert spans.named("ask").attributes["rag_eval.contexts"] == 0
    assert spans.named("ask").words == spans.named("case").words == {"input.value": "When?"}


def test_a_question_without_an_answer_is_told_by_its_reason(spans: KeptSpans) -> None:
    """With how often it was tried."""
    LIVE.level = logging.INFO
    with capture_logs() as lines:
        asked(_FAILED)
    assert spans.named("ask").failure == "timeout"
    assert spans.named("ask").attributes["rag_eval.attempts"] == 3
    assert [(line["event"], line["reason"], line["attempts"]) for line in lines] == [("no answer", "timeout", 3)]
    assert "output.value" not in spans.named("case").words


def test_a_target_that_does_not_count_its_calls_is_counted_once(counts: KeptCounts) -> None:
    """With the time that it says itself, if it says one; one that counts is not counted again."""
    asked(Answer(response="x", latency_s=1.25))
    asked(_FAILED)
    calls = counts.of("target_call")
    assert calls[0] == ["answered", 1.25, ""]
    assert (calls[1][0], calls[1][2]) == ("failed", "timeout")
    with RunObserver().case(_CASE).asking() as told:
        metrics.target_call("failed", 0.5, "connection")
        metrics.target_call("answered", 0.5)
        told(Answer(response="x"))
    assert len(counts.of("target_call")) == 4


@pytest.mark.parametrize("reason", sorted(NOT_SENT))
def test_what_was_not_sent_is_no_failed_call(counts: KeptCounts, reason: Reason) -> None:
    """The service had nothing to do with it."""
    asked(Failure(stage="target", reason=reason, message="x"))
    assert counts.of("target_call") == []


def test_what_is_under_way_is_counted_up_and_down(counts: KeptCounts) -> None:
    """Also where it breaks."""
    asked(Answer())
    with pytest.raises(ValueError, match="x"), scoring("m"):
        raise ValueError("x")
    with pytest.raises(ValueError, match="x"), judging("chat", "tiny", "Verdicts"):
        raise ValueError("x")
    assert counts.of("move") == [
        [what, by] for what in ("questions", "scoring", "judge_calls") for by in (1, -1)
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("outcomes", "done", "failure", "state"),
    [
        ({"m": Score(value=1.0)}, "measured", None, "scored"),
        ({"m": Score(value=1.0)}, "asked", None, "scored"),
        ({"m": Score(value=1.0)}, "nothing", None, "scored"),
        ({"m": _FAILED, "n": Score(value=1.0)}, "measured", "timeout", "part_failed"),
        ({"m": NotApplicable(reason="so")}, "measured", None, "scored"),
        ({}, "asked", None, "scored"),
    ],
)
def test_a_case_that_was_told_of_before_is_not_told_again(
    spans: KeptSpans, outcomes: dict[str, Outcome], done: str, failure: str | None, state: str
) -> None:
    """What a resumed run only reads makes no span, and is counted all the same; a part that failed is told."""
    LIVE.instruments = counts = KeptCounts()
    case = RunObserver("r1", "key").case(_CASE)
    if done == "asked":
        with case.asking() as told:
            told(Answer())
    case.scored(outcomes, {}, anew=done == "measured")
    span = spans.named("case")
    assert (span.dropped, span.ended, span.failure) == (done == "nothing", done != "nothing", failure)
    assert counts.of("case") == [[state]]


def test_a_reply_is_counted_as_what_it_is(counts: KeptCounts) -> None:
    """An empty answer is one."""
    case = RunObserver().case(_CASE)
    for reply in (Answer(response=""), _FAILED):
        case.replied(reply)
    assert counts.of("case") == [["answered"], ["unanswered"]]


_WHY = Evidence(verdicts=(Verdict(part="response", statement="It lands.", verdict=1, reason="so"),))


@pytest.mark.parametrize(
    ("outcome", "event", "counted"),
    [
        (Score(value=0.0), {"score.label": "score", "score.value": 0.0}, ["score", ""]),
        (
            Score(value=0.5, evidence=_WHY),
            {"score.label": "score", "score.value": 0.5, "explanation": "1: It lands.: so"},
            ["score", ""],
        ),
        (NotApplicable(reason="no reference"), {"score.label": "not_applicable", "explanation": "no reference"},
         ["not_applicable", ""]),
        (_FAILED, {"score.label": "failure", "error.type": "timeout"}, ["failure", "timeout"]),
    ],
)  # fmt: skip
def test_an_outcome_is_an_event_that_says_of_which_kind_it_is(
    counts: KeptCounts, spans: KeptSpans, outcome: Outcome, event: dict[str, Any], counted: list[str]
) -> None:
    """A failure has no value, not even nought."""
    with scoring("m") as told:
        told(outcome)
    [(name, given)] = spans.named("metric m").events
    assert name == "gen_ai.evaluation.result"
    assert {
        key.removeprefix("gen_ai.evaluation."): value for key, value in given.items() if key != "gen_ai.evaluation.name"
    } == event
    assert given["gen_ai.evaluation.name"] == "m"
    assert counts.of("score") == [["m", *counted]]
    assert spans.named("metric m").failure == (counted[1] or None)


def test_a_judge_s_words_stay_where_words_are_not_wanted(spans: KeptSpans) -> None:
    """It speaks in those of the answer."""
    spans.content = False
    with scoring("m") as told:
        told(Score(value=0.5, evidence=_WHY))
    [(_, given)] = spans.named("metric m").events
    assert "gen_ai.evaluation.explanation" not in given


def test_a_judge_s_call_is_told_with_what_it_cost(counts: KeptCounts, spans: KeptSpans) -> None:
    """All of its tries together, by the names of both conventions."""
    with judging("chat", "tiny", "Verdicts") as spend:
        spend(Usage(calls=1, prompt_tokens=100, completion_tokens=20))
        spend(Usage(calls=1, prompt_tokens=10, completion_tokens=2))
    span = spans.named("chat tiny")
    assert span.outgoing
    assert span.attributes == {
        "kind": "LLM", "gen_ai.operation.name": "chat", "gen_ai.request.model": "tiny", "llm.model_name": "tiny",
        "rag_eval.judge.call": "Verdicts", "gen_ai.usage.input_tokens": 110, "gen_ai.usage.output_tokens": 22,
        "llm.token_count.prompt": 110, "llm.token_count.completion": 22,
    }  # fmt: skip
    assert counts.of("judge_call") == [["answered", "", (110, 22)]]


def test_a_call_that_cost_nothing_has_no_usage(spans: KeptSpans) -> None:
    """Nought tokens would be a free model."""
    with judging("embeddings", "tiny", "texts"):
        pass
    assert not any("usage" in name or "token" in name for name in spans.named("embeddings tiny").attributes)


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (JudgeError("x", reason=Reason.QUOTA), "quota"),
        (ValueError("x"), "unexpected"),
        (KeyboardInterrupt(), "cancelled"),
        (GeneratorExit(), "cancelled"),
    ],
)
def test_a_judge_s_call_that_fails_is_counted_with_what_it_cost(
    counts: KeptCounts, error: BaseException, reason: str
) -> None:
    """Under its reason, and goes on its way."""
    LIVE.level = logging.INFO

    def call() -> None:
        with judging("chat", "tiny", "Verdicts") as spend:
            spend(Usage(calls=1, prompt_tokens=100))
            raise error

    with capture_logs() as lines, pytest.raises(type(error)):
        call()
    assert counts.of("judge_call") == [["failed", reason, (100, 0)]]
    assert [(line["event"], line["reason"]) for line in lines] == [("a judge call failed", reason)]


@pytest.mark.parametrize(
    ("environ", "wanted"),
    [
        ({}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://x"}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": ""}, False),
        ({"OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": "http://x"}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x", "OTEL_SDK_DISABLED": " True "}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x", "OTEL_SDK_DISABLED": "1"}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x", "OTEL_TRACES_EXPORTER": "NONE"}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://x", "OTEL_TRACES_EXPORTER": "otlp"}, True),
    ],
)
def test_spans_are_sent_where_the_environment_wants_them(environ: dict[str, str], *, wanted: bool) -> None:
    """By OpenTelemetry's own variables, in its own spelling."""
    assert watching._wanted(environ) is wanted


def test_a_tracer_of_an_outer_run_is_used_and_left_open(spans: KeptSpans) -> None:
    """As in a sweep, whose variants are runs inside of it."""
    with watching._traced({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"}):
        assert LIVE.tracer is spans
    assert LIVE.tracer is spans
    assert not spans.closed


def test_where_nobody_listens_nothing_breaks() -> None:
    """Every step of a run may be told."""
    with running("r1", "key", name="strong", cases=1, facts={}) as run, run.within():
        case = run.case(_CASE)
        with case.asking() as told:
            told(Answer(response="x"))
        case.replied(Answer(response="x"))
        with scoring("m") as score, judging("chat", "tiny", "Verdicts") as spend:
            spend(Usage(calls=1))
            score(Score(value=1.0))
        case.scored({"m": Score(value=1.0)}, {"m": Score(value=1.0)}, anew=True)
