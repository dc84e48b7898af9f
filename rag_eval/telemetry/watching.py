"""A run, its cases, their metrics and the judge's calls, each seen at once as a span, in metrics and in log lines.

Attributes are named as OpenInference (https://github.com/Arize-ai/openinference) and the OpenTelemetry conventions for
generative AI (https://github.com/open-telemetry/semantic-conventions-genai) name them.
"""

import os
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager

import structlog
from structlog.contextvars import bound_contextvars

from rag_eval.errors import ReasonedError
from rag_eval.identifiers import trace_id
from rag_eval.records import NOT_SENT, Answer, Case, Failure, NotApplicable, Outcome, Reason, Reply, Score, Usage
from rag_eval.telemetry import logs, metrics, spans
from rag_eval.telemetry.live import LIVE, is_watched
from rag_eval.telemetry.protocols import Attributes, OpenSpan, RunSpan, Value
from rag_eval.telemetry.spans import NOTHING

CONTENT = "OTEL_INSTRUMENTATION_GENAI_CAPTURE_MESSAGE_CONTENT"
"""The standard variable that asks for questions, answers and contexts in spans."""
_CONTENT = frozenset({"true", "1", "span_only", "span_and_event"})
_OTLP = "OTEL_EXPORTER_OTLP_"
_PIP = "pip install 'rag-eval[otel]'"

_log = structlog.get_logger()


class RunObserver:
    """A run that goes on."""

    def __init__(self, run_id: str = "", key: str = "", opened: OpenSpan = NOTHING) -> None:
        self.id, self.key, self.opened = run_id, key, opened

    @contextmanager
    def within(self) -> Iterator[None]:
        """Lines and spans in this block belong to the run."""
        with bound_contextvars(run=self.id), self.opened.within():
            yield

    def recalled(self) -> None:
        """A case has its answer and all its scores from an earlier session."""
        metrics.case("answered")
        metrics.case("scored")

    def case(self, case: Case) -> "CaseObserver":
        """A case, which begins now."""
        if LIVE.tracer is None:
            return CaseObserver(case, NOTHING)
        attributes = {"rag_eval.run.id": self.id, "session.id": self.id, "rag_eval.case.id": case.id}
        opened = spans.opened("case", attributes, trace_id=trace_id(self.key, case.id), beside=self.opened)
        opened.span.set_content({"input.value": case.user_input})
        return CaseObserver(case, opened)


@contextmanager
def running(run_id: str, key: str, *, name: str, cases: int, facts: Mapping[str, str]) -> Iterator[RunObserver]:
    """A run from its first question to its summary; spans are sent if an endpoint is configured."""
    metrics.planned(cases)
    metrics.about(run_id=run_id, name=name, **facts)
    with _traced(), bound_contextvars(run=run_id):
        opened = spans.opened("run", {"rag_eval.run.id": run_id, "rag_eval.experiment": name, "session.id": run_id})
        began = time.monotonic()
        logs.note("the run begins", cases=cases)
        try:
            yield RunObserver(run_id, key, opened)
        except BaseException as error:
            opened.span.failed(type(error).__name__)
            raise
        finally:
            logs.note("the run ends", seconds=round(time.monotonic() - began, 3))
            opened.end()


class CaseObserver:
    """One case, from its question to its last score."""

    def __init__(self, case: Case, opened: OpenSpan) -> None:
        self._case, self._opened = case, opened
        self._asked = False

    @contextmanager
    def within(self) -> Iterator[None]:
        """Lines and spans in this block belong to the case."""
        with bound_contextvars(case=self._case.id), self._opened.within():
            yield

    @contextmanager
    def asking(self) -> Iterator[Callable[[Reply], None]]:
        """The question, from its first try to its reply, which is to be told."""
        self._asked = True
        with ExitStack() as stack:
            stack.enter_context(self.within())
            stack.enter_context(metrics.under_way("questions"))
            counted = stack.enter_context(metrics.question())
            asked = stack.enter_context(spans.span("ask", "CHAIN"))
            began = time.monotonic()

            def told(reply: Reply) -> None:
                seconds = time.monotonic() - began
                _tell_reply(self._case, reply, asked, seconds)
                if isinstance(reply, Answer) and reply.response is not None:
                    self._opened.span.set_content({"output.value": reply.response})
                if not counted:  # a target that does not count its calls itself
                    _count_reply(reply, seconds)

            yield told

    def replied(self, reply: Reply) -> None:
        """The case has its reply, now or from before."""
        metrics.case("unanswered" if isinstance(reply, Failure) else "answered")

    def scored(self, outcomes: Mapping[str, Outcome], events: Mapping[str, Outcome], *, anew: bool) -> None:
        """The case has all its outcomes; `anew` if any was measured just now. Scores among `events` are told of."""
        reasons = [outcome.reason for outcome in outcomes.values() if isinstance(outcome, Failure)]
        metrics.case("part_failed" if reasons else "scored")
        if not (anew or self._asked):  # the session that found them has told of them
            self._opened.drop()
            return
        for name, outcome in events.items():
            if isinstance(outcome, Score):
                self._opened.span.event("gen_ai.evaluation.result", _evaluation(name, outcome))
        if reasons:
            self._opened.span.failed(reasons[0])
        self._opened.end()


def _tell_reply(case: Case, reply: Reply, asked: RunSpan, seconds: float) -> None:
    if isinstance(reply, Failure):
        asked.set({"rag_eval.attempts": reply.attempts})
        asked.failed(reply.reason)
        logs.note(
            "no answer", reason=reply.reason, attempts=reply.attempts, seconds=round(seconds, 3), message=reply.message
        )
        return
    logs.detail("answered", attempts=reply.attempts, seconds=round(seconds, 3))
    if LIVE.tracer is not None:
        asked.set({"rag_eval.attempts": reply.attempts, "rag_eval.contexts": len(reply.retrieved_contexts or ())})
        asked.set_content({"input.value": case.user_input, **_words(reply)})


def _words(answer: Answer) -> dict[str, Value]:
    """What an answer holds, as OpenInference names it."""
    attributes: dict[str, Value] = {"output.value": answer.response} if answer.response is not None else {}
    for number, text in enumerate(answer.retrieved_contexts or ()):
        attributes[f"retrieval.documents.{number}.document.content"] = text
    for number, key in enumerate(answer.retrieved_context_ids or ()):
        attributes[f"retrieval.documents.{number}.document.id"] = key
    return attributes


def _count_reply(reply: Reply, seconds: float) -> None:
    if isinstance(reply, Failure):
        if reply.reason not in NOT_SENT:
            metrics.target_call("failed", seconds, reply.reason)
    else:
        metrics.target_call("answered", seconds if reply.latency_s is None else reply.latency_s)


@contextmanager
def scoring(metric: str) -> Iterator[Callable[[Outcome], None]]:
    """One metric on one answer; its outcome is to be told."""
    if not is_watched():
        with bound_contextvars(metric=metric):
            yield lambda _: None
        return
    with (
        bound_contextvars(metric=metric),
        metrics.under_way("scoring"),
        spans.span(f"metric {metric}", "EVALUATOR", {"rag_eval.metric": metric}) as seen,
    ):

        def told(outcome: Outcome) -> None:
            reason = outcome.reason if isinstance(outcome, Failure) else ""
            metrics.score(metric, outcome.kind, reason)
            seen.event("gen_ai.evaluation.result", _evaluation(metric, outcome))
            if isinstance(outcome, Failure):
                seen.failed(reason)
                logs.note("no score", reason=reason, message=outcome.message)
            else:
                logs.detail("measured", outcome=outcome.kind)

        yield told


def _evaluation(metric: str, outcome: Outcome) -> dict[str, Value]:
    """An outcome as an evaluation event; its label says what kind it is, so that a failure is never a number."""
    attributes: dict[str, Value] = {"gen_ai.evaluation.name": metric, "gen_ai.evaluation.score.label": outcome.kind}
    match outcome:
        case Score():
            attributes["gen_ai.evaluation.score.value"] = outcome.value
            if LIVE.tracer is not None and LIVE.tracer.content and (why := _explanation(outcome)):
                attributes["gen_ai.evaluation.explanation"] = why
        case NotApplicable():
            attributes["gen_ai.evaluation.explanation"] = outcome.reason
        case Failure():
            attributes["error.type"] = outcome.reason
    return attributes


def _explanation(score: Score) -> str:
    """What the judge said of each statement, in a line of its own; it speaks in the answer's words."""
    return "\n".join(f"{verdict.verdict}: {verdict.statement}: {verdict.reason}" for verdict in score.evidence.verdicts)


@contextmanager
def judging(operation: str, model: str, what: str) -> Iterator[Callable[[Usage], None]]:
    """One call of a judge or an embedder: `chat` or `embeddings`, by whom, for a reply of which shape.

    What it yields is to be given what the call cost.
    """
    usage, began = Usage(), time.monotonic()
    outcome, reason = "answered", ""

    def record(spent: Usage) -> None:
        nonlocal usage
        usage += spent

    try:
        with (
            bound_contextvars(call=what),
            metrics.under_way("judge_calls"),
            spans.span(f"{operation} {model}", "LLM", _request(operation, model, what), outgoing=True) as seen,
        ):
            try:
                yield record
            except BaseException as error:
                outcome, reason = "failed", _reason(error)
                logs.note("a judge call failed", reason=reason, message=str(error))
                raise
            finally:
                seen.set(_usage(usage))
            tokens = usage.prompt_tokens + usage.completion_tokens
            logs.detail("the judge replied", seconds=round(time.monotonic() - began, 3), tokens=tokens)
    finally:
        seconds = time.monotonic() - began
        metrics.judge_call(outcome, seconds, reason, (usage.prompt_tokens, usage.completion_tokens))


def _reason(error: BaseException) -> str:
    if isinstance(error, ReasonedError):
        return error.reason
    return Reason.UNEXPECTED if isinstance(error, Exception) else Reason.CANCELLED


def _request(operation: str, model: str, what: str) -> Attributes:
    return {
        "gen_ai.operation.name": operation,
        "gen_ai.request.model": model,
        "llm.model_name": model,
        "rag_eval.judge.call": what,
    }


def _usage(usage: Usage) -> Attributes:
    if not (usage.prompt_tokens or usage.completion_tokens):
        return {}
    return {
        "gen_ai.usage.input_tokens": usage.prompt_tokens,
        "gen_ai.usage.output_tokens": usage.completion_tokens,
        "llm.token_count.prompt": usage.prompt_tokens,
        "llm.token_count.completion": usage.completion_tokens,
    }


@contextmanager
def _traced(environ: Mapping[str, str] | None = None) -> Iterator[None]:
    """Spans are kept and sent in this block if an endpoint is configured."""
    values = os.environ if environ is None else environ
    if LIVE.tracer is not None or not _wanted(values):
        yield
        return
    try:
        from rag_eval.telemetry import otel
    except ImportError as error:
        missing = error.name or "a library"
        _log.warning("spans cannot be sent; the run goes on", why=f"{missing} is not installed", do=_PIP)
        yield
        return
    if values.get(f"{_OTLP}TRACES_PROTOCOL", values.get(f"{_OTLP}PROTOCOL", "http")).startswith("grpc"):
        _log.warning("spans go by OTLP over HTTP, not gRPC", do="name the endpoint's HTTP port, often 4318")
    LIVE.tracer = otel.connect(values, content=values.get(CONTENT, "").strip().lower() in _CONTENT)
    try:
        yield
    finally:
        tracer, LIVE.tracer = LIVE.tracer, None
        if tracer is not None:
            tracer.close()


def _wanted(environ: Mapping[str, str]) -> bool:
    if environ.get("OTEL_SDK_DISABLED", "").strip().lower() == "true":
        return False
    if environ.get("OTEL_TRACES_EXPORTER", "otlp").strip().lower() == "none":
        return False
    return bool(environ.get(f"{_OTLP}TRACES_ENDPOINT") or environ.get(f"{_OTLP}ENDPOINT"))
