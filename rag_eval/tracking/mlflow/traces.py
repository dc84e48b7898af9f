"""A case of a run as MLflow's trace: question, answer, contexts, and its scores as assessments.

Every id is made from the run's key and the case's id, so that the same case is always the same trace.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from rag_eval.journal import Row
from rag_eval.records import Answer, Case, Failure, Outcome, Reply, Score, Summary
from rag_eval.telemetry import silence

silence()  # MLflow reads its switch when it is imported

from mlflow.entities import (  # noqa: E402
    AssessmentError,
    AssessmentSource,
    Expectation,
    Feedback,
    Span,
    TraceInfo,
    TraceLocation,
    TraceState,
)

_LONGEST_RATIONALE = 4000


def plain(name: str) -> str:
    """A name that MLflow takes: it knows no `@`."""
    return name.replace("@", "_at_").replace(":", ".")


class Previews:
    """MLflow pairs the rows of two runs by the text of the question, so each needs a text of its own."""

    def __init__(self) -> None:
        self._seen: set[str] = set()

    def of(self, case: Case) -> str:
        """The text of a case's question, with its id where the same question stood before."""
        text = case.user_input if case.user_input not in self._seen else f"{case.user_input} [{case.id}]"
        self._seen.add(text)
        return text


def trace(experiment_id: str, run_id: str, summary: Summary, row: Row, preview: str) -> tuple[TraceInfo, list[Span]]:
    """The trace of a case with its spans; `preview` is the text that pairs it with the same case of another run."""
    case, reply = row.case, row.reply
    seed = f"{summary.key}|{case.id}"
    at = _asked_at(reply, summary)
    took = reply.latency_s if isinstance(reply, Answer) and reply.latency_s else 0.0
    info = TraceInfo(
        trace_id=f"tr-{_hex(seed, 32)}",
        trace_location=TraceLocation.from_experiment_id(experiment_id),
        request_time=milliseconds(at),
        execution_duration=milliseconds(took),
        state=TraceState.OK if isinstance(reply, Answer) else TraceState.ERROR,
        request_preview=preview,
        response_preview=_response(reply),
        client_request_id=case.id,
        trace_metadata={"mlflow.sourceRun": run_id, "mlflow.trace_schema.version": "3"},
        tags={"mlflow.traceName": summary.name, **{f"tag.{tag}": "yes" for tag in case.tags}},
        assessments=_assessments(run_id, summary, row, seed),
    )
    return info, _spans(info.trace_id, seed, case, reply, (at, took))


def _asked_at(reply: Reply, summary: Summary) -> float:
    asked = reply.asked_at if isinstance(reply, Answer) else None
    return summary.started if asked is None else asked


def _response(reply: Reply) -> str:
    if isinstance(reply, Failure):
        return f"No answer: {reply.reason}: {reply.message}"
    return reply.response or ""


def _assessments(run_id: str, summary: Summary, row: Row, seed: str) -> list[Any]:
    found: list[Any] = []
    for name, outcome in row.outcomes.items():
        feedback = _feedback(name, outcome, summary)
        if feedback is not None:
            feedback.metadata = {**(feedback.metadata or {}), "mlflow.assessment.sourceRunId": run_id}
            feedback.assessment_id = f"a-{_hex(f'{seed}|{name}', 32)}"
            found.append(feedback)
    if row.case.reference:
        source = AssessmentSource("HUMAN", "reference")
        reference = Expectation(name="reference", value=row.case.reference, source=source)
        reference.metadata = {"mlflow.assessment.sourceRunId": run_id}
        reference.assessment_id = f"a-{_hex(f'{seed}|reference', 32)}"
        found.append(reference)
    for one in found:
        one.create_time_ms = one.last_update_time_ms = milliseconds(summary.ended)
    return found


def _feedback(name: str, outcome: Outcome, summary: Summary) -> Any | None:
    """A score, or the error that stands in its place. What does not apply is left out: it is neither."""
    source = _source(name, summary)
    if isinstance(outcome, Score):
        # Two decimals: with more, the averages in the header of MLflow's comparison are wrong.
        value = round(outcome.value, 2)
        return Feedback(
            name=plain(name),
            value=value,
            source=source,
            rationale=_rationale(outcome),
            metadata={"value": repr(outcome.value)},
        )
    if isinstance(outcome, Failure):
        error = AssessmentError(error_code=outcome.reason, error_message=outcome.message)
        return Feedback(name=plain(name), error=error, source=source)
    return None


def _source(name: str, summary: Summary) -> AssessmentSource:
    """Who says so: a language model, or code, which the embedded judge is too."""
    who = summary.origin.judge
    if not summary.origin.metrics.get(name, "").startswith(("ragas", "judge")):
        return AssessmentSource("CODE", "rag-eval")
    if summary.embedded_judge:
        return AssessmentSource("CODE", f"embedded judge {who.get('version')}")
    return AssessmentSource("LLM_JUDGE", f"{who['kind']} {who.get('model') or who.get('use')}")


def _rationale(score: Score) -> str:
    """The verdicts beneath a score, a line each."""
    lines = [f"{'✓' if v.verdict else '✗'} {v.statement} ({v.part}: {v.reason})" for v in score.evidence.verdicts]
    lines += [f"{key}: {value}" for key, value in score.evidence.details.items()]
    return "\n".join(lines)[:_LONGEST_RATIONALE]


def _spans(trace_id: str, seed: str, case: Case, reply: Reply, times: tuple[float, float]) -> list[Span]:
    at, _ = times
    root = {
        "mlflow.spanType": "CHAIN",
        "mlflow.spanInputs": {"user_input": case.user_input},
        "mlflow.spanOutputs": _response(reply),
    }
    spans = [
        _span(
            trace_id,
            "question",
            _hex(f"{seed}|root", 16),
            None,
            root,
            times,
            failed=isinstance(reply, Failure),
        )
    ]
    if isinstance(reply, Answer) and reply.retrieved_contexts:
        ids = reply.retrieved_context_ids or ()
        documents = [
            {"page_content": text, "metadata": {"doc_uri": ids[i] if i < len(ids) else str(i)}, "id": str(i)}
            for i, text in enumerate(reply.retrieved_contexts)
        ]
        # The service does not say when it retrieved: the span has a place and no length.
        retrieved = {
            "mlflow.spanType": "RETRIEVER",
            "mlflow.spanInputs": {"user_input": case.user_input},
            "mlflow.spanOutputs": documents,
        }
        parent = _hex(f"{seed}|root", 16)
        spans.append(_span(trace_id, "retrieve", _hex(f"{seed}|retrieve", 16), parent, retrieved, (at, 0.0)))
    return spans


def _span(
    trace_id: str,
    name: str,
    span_id: str,
    parent: str | None,
    attributes: Mapping[str, Any],
    times: tuple[float, float],
    *,
    failed: bool = False,
) -> Span:
    said = {"mlflow.traceRequestId": trace_id, **attributes}
    # From whole milliseconds: a float of seconds since 1970 is some hundred nanoseconds off, and so would be lengths.
    begins = milliseconds(times[0]) * 1_000_000
    return Span.from_dict(
        {
            "trace_id": trace_id,
            "span_id": span_id,
            "parent_span_id": parent,
            "name": name,
            "start_time_unix_nano": begins,
            "end_time_unix_nano": begins + round(times[1] * 1e9),
            "status": {"code": "STATUS_CODE_ERROR" if failed else "STATUS_CODE_OK", "message": ""},
            "attributes": {key: json.dumps(value, ensure_ascii=False) for key, value in said.items()},
            "events": [],
        }
    )


def _hex(text: str, length: int) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:length]


def milliseconds(seconds: float) -> int:
    """Seconds as MLflow counts time."""
    return round(seconds * 1000)
