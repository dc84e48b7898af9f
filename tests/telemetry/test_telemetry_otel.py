"""Spans by the SDK: how they stand to each other, what is kept of them, and what is said where they do not arrive."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from opentelemetry.sdk.trace import ReadableSpan
from opentelemetry.sdk.trace.export import SpanExporter, SpanExportResult
from structlog.testing import capture_logs

from rag_eval.errors import JudgeError
from rag_eval.records import Reason
from rag_eval.telemetry import otel
from rag_eval.telemetry.otel import Tracer

_ENVIRON = {"OTEL_EXPORTER_OTLP_ENDPOINT": "http://ada:secret@collector:4318/path"}


class Kept(SpanExporter):
    """Keeps what is sent, or refuses it."""

    spans: list[ReadableSpan]
    refuses = False
    timeout: float | None = None

    def __init__(self, timeout: float | None = None) -> None:
        type(self).timeout = timeout

    def export(self, spans: Sequence[ReadableSpan]) -> SpanExportResult:
        """Keep a batch."""
        if self.refuses:
            return SpanExportResult.FAILURE
        self.spans.extend(spans)
        return SpanExportResult.SUCCESS

    def shutdown(self) -> None:
        """Nothing is open."""


@pytest.fixture(name="sent")
def _sent(monkeypatch: pytest.MonkeyPatch) -> list[ReadableSpan]:
    """What arrives, instead of an endpoint."""
    Kept.spans, Kept.refuses, Kept.timeout = [], False, None
    monkeypatch.setattr(otel, "OTLPSpanExporter", Kept)
    return Kept.spans


def attributes(span: ReadableSpan) -> dict[str, Any]:
    """Of a span."""
    return dict(span.attributes or {})


def told(sent: list[ReadableSpan], work: Callable[[Tracer], None], *, content: bool = False) -> dict[str, ReadableSpan]:
    """What arrived of some work, by name."""
    tracer = Tracer(_ENVIRON, content=content)
    work(tracer)
    tracer.close()
    return {span.name: span for span in sent}


def test_a_trace_has_the_id_that_is_known_before(sent: list[ReadableSpan]) -> None:
    """So that the service that is asked stands in the same one; what begins inside is beneath it, the next is not."""

    def work(tracer: Tracer) -> None:
        opened = tracer.opened("case", {"n": 1}, trace_id="0af7651916cd43dd8448eb211c80319c", beside=None)
        with opened.within(), tracer.span("ask", "CHAIN", {}, outgoing=False):
            pass
        with tracer.span("elsewhere", "LLM", {}, outgoing=True):
            pass
        opened.end()

    spans = told(sent, work)
    case, ask, elsewhere = spans["case"], spans["ask"], spans["elsewhere"]
    assert case.context is not None
    assert ask.context is not None
    assert elsewhere.context is not None
    assert f"{case.context.trace_id:032x}" == f"{ask.context.trace_id:032x}" == "0af7651916cd43dd8448eb211c80319c"
    assert ask.parent is not None
    assert ask.parent.span_id == case.context.span_id
    assert (case.parent, elsewhere.parent) == (None, None)
    assert elsewhere.context.trace_id != case.context.trace_id
    assert (ask.kind.name, elsewhere.kind.name) == ("INTERNAL", "CLIENT")
    assert attributes(case) == {"openinference.span.kind": "CHAIN", "n": 1}
    assert attributes(elsewhere)["openinference.span.kind"] == "LLM"


def test_cases_stand_beside_their_run(sent: list[ReadableSpan]) -> None:
    """By a link, as each is a trace of its own."""

    def work(tracer: Tracer) -> None:
        run = tracer.opened("run", {}, trace_id=None, beside=None)
        tracer.opened("case", {}, trace_id=None, beside=run).end()
        run.end()

    spans = told(sent, work)
    [link] = spans["case"].links
    assert link.context == spans["run"].context
    assert spans["run"].links == ()


def test_what_is_dropped_is_not_sent_and_what_is_left_open_was_interrupted(sent: list[ReadableSpan]) -> None:
    """A run that is stopped says so of each case that it had begun."""

    def work(tracer: Tracer) -> None:
        tracer.opened("dropped", {}, trace_id=None, beside=None).drop()
        tracer.opened("open", {}, trace_id=None, beside=None)

    spans = told(sent, work)
    assert spans.keys() == {"open"}
    assert attributes(spans["open"])["error.type"] == Reason.INTERRUPTED


@pytest.mark.parametrize(
    ("error", "reason"),
    [(ValueError("secret"), "ValueError"), (KeyboardInterrupt(), "KeyboardInterrupt"),
     (JudgeError("secret", reason=Reason.TIMEOUT), "timeout")],
)  # fmt: skip
def test_what_goes_wrong_is_told_by_a_short_code(sent: list[ReadableSpan], error: BaseException, reason: str) -> None:
    """And not by its message, which may hold anything."""

    def work(tracer: Tracer) -> None:
        with pytest.raises(type(error)), tracer.span("ask", "CHAIN", {}, outgoing=False):
            raise error

    span = told(sent, work)["ask"]
    assert attributes(span)["error.type"] == reason
    assert (span.status.status_code.name, span.status.description) == ("ERROR", reason)
    assert not span.events


@pytest.mark.parametrize("content", [True, False])
def test_words_are_kept_only_where_they_are_wanted(sent: list[ReadableSpan], *, content: bool) -> None:
    """All else is kept in any case."""

    def work(tracer: Tracer) -> None:
        with tracer.span("ask", "CHAIN", {}, outgoing=False) as span:
            span.set_content({"input.value": "When?"})
            span.set({"n": 1})
            span.event("done", {"label": "é"})

    span = told(sent, work, content=content)["ask"]
    assert attributes(span).get("input.value") == ("When?" if content else None)
    assert attributes(span)["n"] == 1
    assert [(event.name, dict(event.attributes or {})) for event in span.events] == [("done", {"label": "é"})]


@pytest.mark.parametrize(
    ("value", "kept"),
    [
        ("a\ud83db", "a?b"),
        ("é 🦦", "é 🦦"),
        ("x" * 40_000, "x" * 32_768),
        (5, 5),
        (True, True),
        (["a"], ("a",)),
        ("", ""),
    ],
)
def test_a_text_is_one_that_can_be_sent(sent: list[ReadableSpan], value: Any, kept: Any) -> None:
    """Half of a character would lose the whole batch, and an endless text holds it up."""

    def work(tracer: Tracer) -> None:
        with tracer.span("ask", "CHAIN", {"value": value}, outgoing=False):
            pass

    assert attributes(told(sent, work)["ask"])["value"] == kept


def test_a_header_leads_to_the_span_that_is_current(sent: list[ReadableSpan]) -> None:
    """And there is none where none is."""
    headers: list[str | None] = []

    def work(tracer: Tracer) -> None:
        headers.append(tracer.traceparent())
        with tracer.span("ask", "CHAIN", {}, outgoing=True):
            headers.append(tracer.traceparent())
        headers.append(tracer.traceparent())

    context = told(sent, work)["ask"].context
    assert context is not None
    assert headers == [None, f"00-{context.trace_id:032x}-{context.span_id:016x}-01", None]


def test_spans_that_nobody_takes_are_told_of_once(sent: list[ReadableSpan]) -> None:
    """And counted at the end, with where they were to go; nothing secret of that is said."""
    Kept.refuses = True

    def work(tracer: Tracer) -> None:
        for _ in range(3):
            with tracer.span("ask", "CHAIN", {}, outgoing=False):
                pass

    with capture_logs() as logs:
        told(sent, work)
    assert [line["event"] for line in logs] == [
        "spans could not be sent; the run goes on", "some spans were not sent",
    ]  # fmt: skip
    assert (logs[1]["lost"], logs[1]["of"], logs[1]["where"]) == (3, 3, "collector:4318")
    assert "secret" not in str(logs)


def test_where_all_arrives_nothing_is_said(sent: list[ReadableSpan]) -> None:
    """Nor where there was nothing to send."""

    def work(tracer: Tracer) -> None:
        with tracer.span("ask", "CHAIN", {}, outgoing=False):
            pass

    with capture_logs() as logs:
        told(sent, work)
        told(sent, lambda _: None)
    assert logs == []


@pytest.mark.parametrize(
    ("environ", "where"),
    [
        ({"ENDPOINT": "http://collector:4318"}, "collector:4318"),
        ({"ENDPOINT": "https://ada:secret@collector:4318/v1?key=secret"}, "collector:4318"),
        ({"ENDPOINT": "https://collector?key=secret"}, "collector"),
        ({"ENDPOINT": "https://collector#secret"}, "collector"),
        ({"ENDPOINT": "collector:4318/secret"}, "collector:4318"),
        ({"ENDPOINT": "ada:secret@collector:4318"}, "collector:4318"),
        ({"ENDPOINT": "http://[::1]:4318/v1"}, "[::1]:4318"),
        ({"ENDPOINT": "http://one", "TRACES_ENDPOINT": "http://two/v1/traces"}, "two"),
        ({}, ""),
    ],
)
def test_an_endpoint_is_named_by_its_host(environ: dict[str, str], where: str) -> None:
    """A user, a path or a query may hold a secret."""
    assert otel._endpoint({f"OTEL_EXPORTER_OTLP_{name}": value for name, value in environ.items()}) == where


@pytest.mark.parametrize(
    ("environ", "named"),
    [
        ({}, True),
        ({"OTEL_SERVICE_NAME": "mine"}, False),
        ({"OTEL_RESOURCE_ATTRIBUTES": "service.name=mine"}, False),
        ({"OTEL_RESOURCE_ATTRIBUTES": "team=x"}, True),
    ],
)
def test_a_name_that_somebody_gave_stays(environ: dict[str, str], *, named: bool) -> None:
    """Ours is there where nobody did, and the version in any case."""
    resource = otel._resource(environ)
    assert (resource.get("service.name") == "rag-eval") is named
    assert resource["service.version"]


@pytest.mark.parametrize(
    ("environ", "timeout"),
    [({}, 3.0), ({"OTEL_EXPORTER_OTLP_TIMEOUT": "9"}, None), ({"OTEL_EXPORTER_OTLP_TRACES_TIMEOUT": "9"}, None)],
)
def test_patience_is_short_unless_somebody_said_otherwise(
    sent: list[ReadableSpan], environ: dict[str, str], timeout: float | None
) -> None:
    """Then the SDK's own reading of the setting holds."""
    Tracer({**_ENVIRON, **environ}, content=False).close()
    assert Kept.timeout == timeout
    assert sent == []


@pytest.mark.parametrize("error", [ValueError("x"), TypeError("x"), OSError("x")])
def test_settings_that_cannot_be_are_told_and_the_run_goes_on(
    error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without spans."""

    def refuse(**_: Any) -> None:
        raise error

    monkeypatch.setattr(otel, "OTLPSpanExporter", refuse)
    with capture_logs() as logs:
        assert otel.connect(_ENVIRON, content=False) is None
    assert [(line["event"], line["error"]) for line in logs] == [
        ("spans cannot be sent; the run goes on", type(error).__name__)
    ]
