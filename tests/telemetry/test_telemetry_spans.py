"""Spans of a run: their shape, their names, what they hold, and what happens when nobody takes them."""

import asyncio
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from structlog.testing import capture_logs
from support.collecting import Collector

from rag_eval import telemetry
from rag_eval.errors import TargetError
from rag_eval.identifiers import trace_id
from rag_eval.records import Answer, Case, Evidence, Failure, NotApplicable, Outcome, Reply, Score, Usage, Verdict
from rag_eval.telemetry.live import LIVE
from rag_eval.telemetry.watching import CONTENT

CANARY = "the-canary-sings"
ANSWER = Answer(
    response=f"answer {CANARY}", retrieved_contexts=(f"context {CANARY}", "x"), retrieved_context_ids=("a", "b")
)
SCORE = Score(value=0.5, evidence=Evidence(verdicts=(Verdict(part="r", statement=CANARY, verdict=1, reason="said"),)))


@contextmanager
def running(cases: int = 1) -> Iterator[telemetry.RunObserver]:
    """A run."""
    with telemetry.running("run-1", "key", name="mine", cases=cases, facts={"target": "http"}) as run:
        yield run


def case_of(number: int) -> Case:
    """A case whose question is nobody's business."""
    return Case(id=f"c{number}", user_input=f"question {number} {CANARY}")


async def one_case(run: telemetry.RunObserver, number: int = 0, reply: Reply = ANSWER, **outcomes: Outcome) -> None:
    """A case from its question to its scores, as the engine does it."""
    case = case_of(number)
    seen = run.case(case)
    with seen.asking() as told:
        with telemetry.span("target call", "CHAIN", {"http.request.method": "POST"}, outgoing=True):
            await asyncio.sleep(0)
        told(reply)
    seen.replied(reply)
    with seen.within():
        for name, outcome in outcomes.items():
            with telemetry.scoring(name) as said:
                with telemetry.judging("chat", "gpt-x", "Verdicts") as spend:
                    spend(Usage(calls=1, prompt_tokens=100, completion_tokens=20))
                said(outcome)
    seen.scored(outcomes, {name: outcomes[name] for name in outcomes if name == "overall"}, anew=True)


def play(cases: int = 1, reply: Reply = ANSWER, **outcomes: Outcome) -> None:
    """A whole run of some cases beside each other."""

    async def scenario(run: telemetry.RunObserver) -> None:
        with run.within():
            await asyncio.gather(*(one_case(run, number, reply, **outcomes) for number in range(cases)))

    with running(cases) as run:
        asyncio.run(scenario(run))


def test_each_case_is_a_trace_that_the_service_knows(collector: Collector) -> None:
    """The case's trace id is the one that is sent along; all about a case stands beneath it, and it names the run."""
    play(3, faithfulness=SCORE)
    [run] = collector.named("run")
    cases = {span.attributes["rag_eval.case.id"]: span for span in collector.named("case")}
    assert set(cases) == {"c0", "c1", "c2"}
    for case_id, case in cases.items():
        assert case.trace_id == trace_id("key", case_id)
        assert (case.parent_id, case.links) == ("", (run.trace_id,))
        mine = {span.name: span for span in collector.spans if span.trace_id == case.trace_id}
        assert set(mine) == {"case", "ask", "target call", "metric faithfulness", "chat gpt-x"}
        assert mine["ask"].parent_id == mine["metric faithfulness"].parent_id == case.span_id
        assert mine["target call"].parent_id == mine["ask"].span_id
        assert mine["chat gpt-x"].parent_id == mine["metric faithfulness"].span_id


def test_names_are_those_of_the_conventions(collector: Collector) -> None:
    """OpenInference's kinds; GenAI's evaluation events with a label that keeps failures apart from numbers."""
    absent, failed = NotApplicable(reason="no reference"), Failure(stage="judge", reason="timeout", message=CANARY)
    play(1, faithfulness=SCORE, recall=absent, correctness=failed, overall=Score(value=0.25))
    kinds = {span.name: span.attributes["openinference.span.kind"] for span in collector.spans}
    assert {kinds["run"], kinds["case"], kinds["ask"], kinds["target call"]} == {"CHAIN"}
    assert (kinds["metric faithfulness"], kinds["chat gpt-x"]) == ("EVALUATOR", "LLM")
    events = {span.name: span.events for span in collector.spans if span.name.startswith("metric")}
    name, prefix = "gen_ai.evaluation.result", "gen_ai.evaluation."
    assert events["metric faithfulness"] == (
        {"name": name, f"{prefix}name": "faithfulness", f"{prefix}score.value": 0.5, f"{prefix}score.label": "score"},
    )
    [of_absent] = events["metric recall"]
    assert of_absent[f"{prefix}score.label"] == "not_applicable"
    assert of_absent[f"{prefix}explanation"] == "no reference"
    [of_failed] = events["metric correctness"]
    assert (of_failed[f"{prefix}score.label"], of_failed["error.type"]) == ("failure", "timeout")
    assert f"{prefix}score.value" not in {**of_failed, **of_absent}
    [case] = collector.named("case")
    assert case.events[0][f"{prefix}score.value"] == 0.25
    assert case.failed
    assert case.attributes["error.type"] == "timeout"
    calls = collector.named("chat gpt-x")
    assert {(c.attributes["gen_ai.usage.input_tokens"], c.attributes["llm.token_count.completion"]) for c in calls} == {
        (100, 20)
    }


@pytest.mark.parametrize("asked", ["", "false", "true", "SPAN_AND_EVENT"])
def test_words_go_along_only_if_asked_for(asked: str, collector: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    """Question, answer, contexts and the judge's reasons are in no span unless the standard variable says so."""
    monkeypatch.setenv(CONTENT, asked)
    play(1, faithfulness=SCORE)
    wanted = asked in {"true", "SPAN_AND_EVENT"}
    assert any(CANARY.encode() in body for body in collector.bodies) is wanted
    if wanted:
        [case], [ask], [metric] = (collector.named(name) for name in ("case", "ask", "metric faithfulness"))
        assert case.attributes["input.value"] == f"question 0 {CANARY}"
        assert case.attributes["output.value"] == ask.attributes["output.value"] == f"answer {CANARY}"
        assert ask.attributes["retrieval.documents.0.document.content"] == f"context {CANARY}"
        assert ask.attributes["retrieval.documents.1.document.id"] == "b"
        assert metric.events[0]["gen_ai.evaluation.explanation"] == f"1: {CANARY}: said"


def test_forty_contexts_and_odd_letters_arrive(collector: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither the SDK's limit of attributes nor half a surrogate pair loses anything of a span."""
    monkeypatch.setenv(CONTENT, "true")
    many = tuple(f"context {number} \ud800" for number in range(200))
    play(1, Answer(response="r", retrieved_contexts=many, retrieved_context_ids=many))
    [ask] = collector.named("ask")
    assert ask.attributes["openinference.span.kind"] == "CHAIN"
    assert ask.attributes["retrieval.documents.199.document.content"] == "context 199 ?"


def test_a_failed_question_is_named_by_its_reason(collector: Collector) -> None:
    """What is raised, and what is told, is told by its code and never by its message."""

    async def scenario(run: telemetry.RunObserver) -> None:
        seen = run.case(case_of(0))
        with pytest.raises(TargetError), seen.asking(), telemetry.span("target call"):
            raise TargetError(CANARY, reason="not_json")
        failure = Failure(stage="target", reason="http_status", message=CANARY, attempts=4)
        await one_case(run, 1, failure)

    with running() as run:
        asyncio.run(scenario(run))
    [first, _] = collector.named("target call")
    assert (first.failed, first.attributes["error.type"]) == (True, "not_json")
    told = {ask.attributes["error.type"] for ask in collector.named("ask")}
    assert told == {"not_json", "http_status"}
    assert not any(CANARY.encode() in body for body in collector.bodies)


def test_what_was_kept_makes_no_span(collector: Collector) -> None:
    """A resumed run sends nothing of the cases that were done before; one that was stopped sends what was begun."""
    with running() as run:
        kept = run.case(case_of(0))
        kept.replied(ANSWER)
        kept.scored({"faithfulness": SCORE}, {}, anew=False)
        run.case(case_of(1))
    assert [(span.attributes["rag_eval.case.id"], span.failed) for span in collector.named("case")] == [("c1", True)]


def test_a_service_is_put_beneath_the_call(collector: Collector) -> None:
    """Inside a call the header names the span of the call; without spans there is none to name."""
    assert telemetry.traceparent() is None
    with running() as run:
        seen = run.case(case_of(0))
        with seen.asking(), telemetry.span("target call"):
            header = telemetry.traceparent()
    [call] = collector.named("target call")
    assert header == f"00-{call.trace_id}-{call.span_id}-01"


def test_the_standard_settings_hold(collector: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    """Service name, resource attributes, headers and the endpoint of traces are taken from the environment."""
    play()
    assert {span.resource["service.name"] for span in collector.spans} == {"rag-eval"}
    monkeypatch.setenv("OTEL_SERVICE_NAME", "nightly")
    monkeypatch.setenv("OTEL_RESOURCE_ATTRIBUTES", "team=search")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_HEADERS", "authorization=Bearer%20t")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT", f"{collector.url}/mine")
    collector.spans.clear()
    play()
    assert {(s.resource["service.name"], s.resource["team"]) for s in collector.spans} == {("nightly", "search")}
    assert collector.headers[-1]["authorization"] == "Bearer t"


@pytest.mark.parametrize(
    ("name", "value"),
    [("OTEL_SDK_DISABLED", "true"), ("OTEL_TRACES_EXPORTER", "none"), ("OTEL_TRACES_SAMPLER", "always_off")],
)
def test_what_is_switched_off_is_off(
    name: str, value: str, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No span is sent, and none is missed."""
    monkeypatch.setenv(name, value)
    with capture_logs() as told:
        play(faithfulness=SCORE)
    assert (collector.spans, told) == ([], [])


def test_a_share_of_the_traces_is_sampled(collector: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    """A case is sent whole or not at all."""
    monkeypatch.setenv("OTEL_TRACES_SAMPLER", "traceidratio")
    monkeypatch.setenv("OTEL_TRACES_SAMPLER_ARG", "0.5")
    with capture_logs() as told:
        play(60, faithfulness=SCORE)
    whole = {span.trace_id for span in collector.named("case")}
    assert 10 < len(whole) < 50
    assert {span.trace_id for span in collector.spans if span.name != "run"} == whole
    assert len(collector.named("ask")) == len(whole)
    assert told == []


def test_nothing_configured_costs_nothing() -> None:
    """Without an endpoint no tracer is made, and a block is entered without anything being kept."""
    with running() as run:
        assert LIVE.tracer is None
        assert telemetry.span("a") is telemetry.span("b", "LLM", {"x": 1})
        with telemetry.span("a") as span:
            span.set({"x": 1})
            span.set_content({"x": "y"})
            span.event("e", {})
            span.failed("r")
        asyncio.run(one_case(run, 0, faithfulness=SCORE))


def test_a_missing_library_is_told_and_the_run_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """The warning says what to install."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
    monkeypatch.delitem(sys.modules, "rag_eval.telemetry.otel", raising=False)
    monkeypatch.delattr(telemetry, "otel", raising=False)
    monkeypatch.setitem(sys.modules, "opentelemetry.exporter.otlp.proto.http.trace_exporter", None)
    with capture_logs() as told:
        play()
    [line] = told
    assert line["do"] == "pip install 'rag-eval[otel]'"
    assert line["log_level"] == "warning"


@pytest.mark.parametrize(
    ("name", "value"), [("OTEL_BSP_MAX_EXPORT_BATCH_SIZE", "-1"), ("OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT", "-1")]
)
def test_a_setting_that_cannot_be_is_told_and_the_run_goes_on(
    name: str, value: str, collector: Collector, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run is done without spans."""
    monkeypatch.setenv(name, value)
    with capture_logs() as told:
        play()
    assert [line["event"] for line in told] == ["spans cannot be sent; the run goes on"]
    assert collector.spans == []


def test_grpc_is_not_spoken(collector: Collector, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who asks for it is told, and gets HTTP."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_PROTOCOL", "grpc")
    with capture_logs() as told:
        play()
    assert ["gRPC" in line["event"] for line in told] == [True]
    assert collector.named("run")


def _unsent(told: list[Any]) -> int:
    [lost] = [line for line in told if line["event"] == "some spans were not sent"]
    return int(lost["lost"])


@pytest.mark.slow
def test_an_endpoint_that_is_not_there_neither_fails_nor_holds_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A refused connection is told once, what was not sent is counted, and the end does not wait for it."""
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://user:pass-word@127.0.0.1:9/secret-path")
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "3600")  # whoever waited for it would wait for an hour
    with capture_logs() as told:
        play(200, faithfulness=SCORE)
    assert _unsent(told) == 200 * 5 + 1
    assert len(told) <= 2
    assert "pass-word" not in str(told)
    assert "secret-path" not in str(told)


@pytest.mark.parametrize("status", [400, 503])
def test_an_endpoint_that_refuses_is_told_of(status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """So is one that answers with an error."""
    with Collector(status=status) as refusing:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", refusing.url)
        with capture_logs() as told:
            play(2)
    assert _unsent(told) == 7


@pytest.mark.slow
def test_an_endpoint_that_hangs_is_left_after_two_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    """The work itself goes on meanwhile, however many spans it makes."""
    with Collector(hangs=True) as hanging:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", hanging.url)
        monkeypatch.setenv("OTEL_BSP_MAX_QUEUE_SIZE", "1000")
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_TIMEOUT", "3600")  # whoever waited for it would wait for an hour
        with capture_logs() as told, running() as run:
            asyncio.run(one_case(run, 0, faithfulness=SCORE))
            for _ in range(1000):
                with telemetry.span("a"), telemetry.span("b"):
                    pass
    assert _unsent(told) == 2000 + 6
