"""Spans of the service: who found what and said what, and words only where they are wanted."""

import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan, TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

from rag_eval.staging import tracing
from rag_eval.staging.corpus import HandbookPassage
from rag_eval.staging.retrieval import RetrievedPassage
from rag_eval.staging.tracing import Tracing
from rag_eval.staging.writer import TokenUsage

_HITS = [
    RetrievedPassage(HandbookPassage("ferry#times", "Ferry", "Times", "Boats leave \ud83d on the hour."), 2.5),
    RetrievedPassage(HandbookPassage("fuel#a", "Fuel", "A", "Diesel é."), 1.0),
]
_SECRET = ("When?", "Boats leave", "On the hour", "Diesel")
Told = Callable[[], dict[str, ReadableSpan]]


@pytest.fixture(params=[True, False], ids=["with words", "without words"])
def telling(request: pytest.FixtureRequest) -> Iterator[tuple[Tracing, Told, bool]]:
    """Spans in memory, by name, with and without what was asked and said."""
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    own = Tracing(provider, content=request.param)
    yield own, lambda: {span.name: span for span in exporter.get_finished_spans()}, request.param
    own.close()


def attributes(span: ReadableSpan) -> dict[str, Any]:
    """Of a span."""
    return dict(span.attributes or {})


def test_a_retrieval_says_what_it_found(telling: tuple[Tracing, Told, bool]) -> None:
    """In order, with ids and scores by the names of both conventions; texts only where they are wanted."""
    own, told, words = telling
    with own.retrieval("When?", 5) as span:
        span.hits(_HITS)
    found = attributes(told()["retrieve"])
    assert (found["openinference.span.kind"], found["gen_ai.retrieval.top_k"]) == ("RETRIEVER", 5)
    assert json.loads(found["gen_ai.retrieval.documents"]) == [
        {"id": "ferry#times", "score": 2.5}, {"id": "fuel#a", "score": 1.0},
    ]  # fmt: skip
    assert [found[f"retrieval.documents.{n}.document.id"] for n in range(2)] == ["ferry#times", "fuel#a"]
    assert found.get("retrieval.documents.0.document.content") == ("Boats leave ? on the hour." if words else None)
    assert found.get("input.value") == found.get("gen_ai.retrieval.query.text") == ("When?" if words else None)


def test_an_answer_says_what_it_cost(telling: tuple[Tracing, Told, bool]) -> None:
    """By the names of both conventions, with the model that wrote it."""
    own, told, words = telling
    with own.generation("tiny", "When?") as span:
        span.usage(TokenUsage(10, 5))
        span.answer("On the hour \ud83d é.")
    wrote = attributes(told()["chat tiny"])
    assert wrote["llm.model_name"] == wrote["gen_ai.request.model"] == "tiny"
    assert wrote["gen_ai.usage.input_tokens"] == wrote["llm.token_count.prompt"] == 10
    assert wrote["gen_ai.usage.output_tokens"] == wrote["llm.token_count.completion"] == 5
    assert wrote.get("output.value") == ("On the hour ? é." if words else None)


def test_a_failure_is_told_by_a_short_word(telling: tuple[Tracing, Told, bool]) -> None:
    """And by its state; no message, which may hold anything."""
    own, told, _ = telling

    def fail() -> None:
        with own.generation("tiny", "When?") as span:
            span.failed("Unreachable")
            raise ValueError("secret")

    with pytest.raises(ValueError, match="secret"):
        fail()
    wrote = told()["chat tiny"]
    assert attributes(wrote)["error.type"] == "Unreachable"
    assert wrote.status.status_code.name == "ERROR"
    assert "secret" not in " ".join(map(str, attributes(wrote).values()))
    assert not wrote.events


@pytest.mark.parametrize(("parts", "expected"), [((), None), (("llm", "redis"), ("llm", "redis"))])
def test_parts_that_were_away_are_named(
    telling: tuple[Tracing, Told, bool], parts: tuple[str, ...], expected: tuple[str, ...] | None
) -> None:
    """And nothing is said where all were there."""
    own, told, _ = telling
    with own.answering("When?") as span:
        span.degraded(parts)
    assert attributes(told()["answer"]).get("rag.degraded_by") == expected


def test_finding_and_writing_stand_inside_the_answer(telling: tuple[Tracing, Told, bool]) -> None:
    """As one trace."""
    own, told, _ = telling
    with own.answering("When?"), own.retrieval("When?", 1):
        pass
    answer, retrieval = told()["answer"], told()["retrieve"]
    assert retrieval.parent is not None
    assert answer.context is not None
    assert retrieval.parent.span_id == answer.context.span_id
    assert attributes(answer)["openinference.span.kind"] == "CHAIN"


def test_without_being_asked_for_no_word_is_told(telling: tuple[Tracing, Told, bool]) -> None:
    """Of question, passage or answer, in any span."""
    own, told, words = telling
    with (
        own.answering("When?") as answer,
        own.retrieval("When?", 1) as span,
        own.generation("tiny", "When?") as writing,
    ):
        span.hits(_HITS)
        writing.answer("On the hour.")
        answer.answer("On the hour.")
    with own.indexing("d1"):
        pass
    text = " ".join(str(attributes(span)) for span in told().values())
    assert all((word in text) is words for word in _SECRET)
    assert attributes(told()["index document"])["rag.document.id"] == "d1"


def test_without_a_provider_nothing_is_told_and_nothing_breaks() -> None:
    """Every call is there."""
    own = Tracing(None, content=True)
    with (
        own.answering("Q") as answer,
        own.retrieval("Q", 1) as span,
        own.generation("m", "Q") as writing,
        own.indexing("d"),
    ):
        span.hits(_HITS)
        for each in (answer, writing):
            each.answer("A")
            each.usage(TokenUsage(1, 1))
            each.failed("x")
            each.degraded(["llm"])
    own.close()


@pytest.mark.parametrize(
    ("environ", "tells"),
    [
        ({}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9"}, True),
        ({"OTEL_EXPORTER_OTLP_TRACES_ENDPOINT": "http://127.0.0.1:9"}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": ""}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", "OTEL_SDK_DISABLED": "TRUE"}, False),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", "OTEL_SDK_DISABLED": "false"}, True),
        ({"OTEL_EXPORTER_OTLP_ENDPOINT": "http://127.0.0.1:9", "OTEL_TRACES_EXPORTER": "none"}, False),
    ],
)
def test_spans_go_where_the_environment_says(
    environ: dict[str, str], *, tells: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And nowhere without an address, or where they were switched off."""
    provider = TracerProvider()
    monkeypatch.setattr(tracing, "_provider", lambda _: provider)
    assert (tracing.connect(environ, content=False)._provider is provider) is tells


@pytest.mark.parametrize(
    ("text", "expected"), [("", ""), ("plain", "plain"), ("é 🦦", "é 🦦"), ("a\ud83db", "a?b"), ("\udc80", "?")]
)
def test_half_a_character_does_not_lose_a_batch(text: str, expected: str) -> None:
    """Protobuf takes none."""
    assert tracing._sayable(text) == expected
