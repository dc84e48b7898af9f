"""A case of a run as MLflow's trace: question, answer, contexts, and its scores as assessments.

Every id is made from the run's key and the case's id, so that the same case is always the same trace. Nothing here
imports MLflow: `sending` and `database` write what is made here, each in its own words.
"""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rag_eval import identifiers
from rag_eval.journal import Row, StoredRow
from rag_eval.records import Answer, Case, Failure, Outcome, Reply, Score, Summary
from rag_eval.traces.dialects.mlflow import PRIMARY_MARK, REFERENCE_KEY

_LONGEST_RATIONALE, _LONGEST_PREVIEW, _LONGEST_REFERENCE = 4000, 1000, 8000
"""Characters; MLflow's tables hold no longer previews and metadata."""
SOURCE_RUN = "mlflow.assessment.sourceRunId"
"""Metadata of a score that says which MLflow run it is of."""
_JUDGES = frozenset({
    "overall_assessment", "correctness", "groundedness", "retrieval_groundedness", "context_sufficiency",
    "retrieval_sufficiency", "relevance_to_query", "safety", "chunk_relevance", "retrieval_relevance",
    "guideline_adherence", "guidelines", "global_guideline_adherence", "conversational_guidelines",
})  # fmt: skip
"""MLflow's own judges say pass or fail: under one of these names its pages show numbers as texts, and no average."""

encoded = json.JSONEncoder(ensure_ascii=False).encode
"""JSON with every script readable; made once, as there are many thousands to encode."""


@dataclass(frozen=True)
class ScoreSource:
    """Who gave a score."""

    kind: str
    """`CODE` or `LLM_JUDGE`."""
    name: str


@dataclass(frozen=True)
class MlflowAssessment:
    """A score, or the failure that stands in its place."""

    id: str
    name: str
    source: ScoreSource
    metadata: Mapping[str, str]
    value: float | None = None
    error: tuple[str, str] | None = None
    """Code and message; None where there is a value."""
    rationale: str | None = None


@dataclass(frozen=True)
class MlflowSpan:
    """A step of a trace; times in nanoseconds since 1970."""

    id: str
    parent: str | None
    name: str
    kind: str
    begins: int
    ends: int
    failed: bool
    attributes: Mapping[str, Any]

    @property
    def encoded(self) -> dict[str, str]:
        """The attributes as MLflow keeps them, each a JSON text."""
        return {key: encoded(value) for key, value in self.attributes.items()}


@dataclass(frozen=True)
class Trace:
    """A case as MLflow shows it; times in milliseconds since 1970."""

    id: str
    case_id: str
    name: str
    question: str
    answer: str
    asked: int
    took: int
    scored: int
    """When it was answered, since that is known while the run goes on, and stays."""
    failed: bool
    metadata: Mapping[str, str]
    tags: Mapping[str, str]
    assessments: tuple[MlflowAssessment, ...]
    spans: tuple[MlflowSpan, ...]


def plain(name: str) -> str:
    """A name that MLflow takes: it knows no `@`."""
    return name.replace("@", "_at_").replace(":", ".")


def assessment_name(metric: str, primary: str) -> str:
    """What a metric's scores are called: columns go by the alphabet, and the mark puts the primary one first."""
    if metric == primary:
        return PRIMARY_MARK + plain(metric)
    return f"{metric}_score" if metric in _JUDGES else plain(metric)


class Previews:
    """MLflow pairs the rows of two runs by the text of the question, so each needs a text of its own."""

    def __init__(self) -> None:
        self._seen: set[str] = set()

    def of(self, case_id: str, question: str) -> str:
        """The text of a case's question, with its id where the same question stood before."""
        text = question[:_LONGEST_PREVIEW]
        if text in self._seen:
            own = f" [{case_id}]"[-_LONGEST_PREVIEW:]
            text = text[: _LONGEST_PREVIEW - len(own)] + own
        self._seen.add(text)
        return text


@dataclass(frozen=True)
class TraceDraft:
    """A case whose trace can be made, and what changes with anything in that."""

    id: str
    stored: StoredRow
    question: str
    preview: str
    digest: str


class RunTraces:
    """The traces of an MLflow run: what each will be is known before it is made, which takes fifty times as long."""

    def __init__(self, run_id: str, summary: Summary) -> None:
        self.summary = summary
        self._run_id = run_id
        self._previews = Previews()
        measured = (summary.primary, summary.embedded_judge, summary.origin.judge, summary.origin.metrics)
        self._about = repr((run_id, summary.key, summary.name, summary.started, *measured))

    def draft(self, stored: StoredRow) -> TraceDraft:
        """What is known of a case's trace; each case once, in the order of the dataset."""
        question = str(json.loads(stored.body)["user_input"])
        preview = self._previews.of(stored.case_id, question)
        texts = [self._about, preview, stored.body, stored.reply]
        texts += [text for outcome in stored.outcomes for text in (outcome.metric, outcome.body)]
        digest = hashlib.blake2b("\0".join(texts).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()
        return TraceDraft(_trace_id(self.summary.key, stored.case_id), stored, question, preview, digest)

    def made(self, draft: TraceDraft) -> Trace:
        """The trace."""
        return trace(self._run_id, self.summary, draft.stored.read(), draft.preview)


def _trace_id(key: str, case_id: str) -> str:
    return f"tr-{identifiers.trace_id(key, case_id)}"


def trace(run_id: str, summary: Summary, row: Row, preview: str) -> Trace:
    """The trace of a case of an MLflow run; `preview` is the text that pairs it with the same case of another run."""
    case, reply = row.case, row.reply
    at = _asked_at(reply, summary)
    took = reply.latency_s if isinstance(reply, Answer) and reply.latency_s else 0.0
    trace_id = _trace_id(summary.key, case.id)
    metadata = {"mlflow.sourceRun": run_id, "mlflow.trace_schema.version": "3"}
    if case.reference and len(case.reference) <= _LONGEST_REFERENCE:
        # No `Expectation`: that is a wide column before the scores, which then are not on the first screen.
        metadata[REFERENCE_KEY] = case.reference
    return Trace(
        id=trace_id,
        case_id=case.id,
        name=summary.name,
        question=preview,
        answer=_response(reply)[:_LONGEST_PREVIEW],
        asked=milliseconds(at),
        took=milliseconds(took),
        scored=milliseconds(at) + milliseconds(took),
        failed=not isinstance(reply, Answer),
        metadata=metadata,
        tags={f"tag.{tag}": "yes" for tag in case.tags},
        assessments=tuple(_assessments(run_id, summary, row)),
        spans=tuple(_spans(trace_id, summary.key, case, reply, (at, took))),
    )


def _asked_at(reply: Reply, summary: Summary) -> float:
    asked = reply.asked_at if isinstance(reply, Answer) else None
    return summary.started if asked is None else asked


def _response(reply: Reply) -> str:
    if isinstance(reply, Failure):
        return f"No answer: {reply.reason}: {reply.message}"
    return reply.response or ""


def _assessments(run_id: str, summary: Summary, row: Row) -> Iterator[MlflowAssessment]:
    """One for each score and each failure. What does not apply is left out: it is neither."""
    belongs = {SOURCE_RUN: run_id}
    for metric, outcome in row.outcomes.items():
        if not isinstance(outcome, Score | Failure):
            continue
        yield MlflowAssessment(
            id=f"a-{identifiers.assessment_id(summary.key, row.case.id, metric)}",
            name=assessment_name(metric, summary.primary),
            source=_source(metric, summary),
            **_judged(outcome, belongs),
        )


def _judged(outcome: Outcome, belongs: Mapping[str, str]) -> dict[str, Any]:
    if isinstance(outcome, Failure):
        return {"error": (outcome.reason, outcome.message), "metadata": belongs}
    assert isinstance(outcome, Score)
    # Two decimals: with more, the averages in the header of MLflow's comparison are wrong.
    value, exact = round(outcome.value, 2), {"value": repr(outcome.value)}
    return {"value": value, "rationale": _rationale(outcome) or None, "metadata": {**exact, **belongs}}


def _source(metric: str, summary: Summary) -> ScoreSource:
    """Who says so: a language model, or code, which the embedded judge is too."""
    who = summary.origin.judge
    if not summary.origin.metrics.get(metric, "").startswith(("ragas", "judge")):
        return ScoreSource("CODE", "rag-eval")
    if summary.embedded_judge:
        return ScoreSource("CODE", f"embedded judge {who.get('version')}")
    called = who.get("model") or who.get("use")
    return ScoreSource("LLM_JUDGE", f"{who['kind']} {called}" if called else str(who["kind"]))


def _rationale(score: Score) -> str:
    """The verdicts beneath a score, a line each."""
    lines = [f"{'✓' if v.verdict else '✗'} {v.statement} ({v.part}: {v.reason})" for v in score.evidence.verdicts]
    lines += [f"{key}: {value}" for key, value in score.evidence.details.items()]
    return "\n".join(lines)[:_LONGEST_RATIONALE]


def _spans(trace_id: str, key: str, case: Case, reply: Reply, times: tuple[float, float]) -> Iterator[MlflowSpan]:
    # From whole milliseconds: a float of seconds since 1970 is some hundred nanoseconds off, and so would be lengths.
    begins = milliseconds(times[0]) * 1_000_000
    asked = {"mlflow.traceRequestId": trace_id, "mlflow.spanInputs": {"user_input": case.user_input}}
    root = MlflowSpan(
        id=identifiers.span_id(key, case.id, "root"),
        parent=None,
        name="question",
        kind="CHAIN",
        begins=begins,
        ends=begins + round(times[1] * 1e9),
        failed=isinstance(reply, Failure),
        attributes={
            **asked,
            "mlflow.spanType": "CHAIN",
            "mlflow.spanOutputs": _response(reply),
            **({REFERENCE_KEY: case.reference} if case.reference else {}),
        },
    )
    yield root
    if isinstance(reply, Answer) and reply.retrieved_contexts:
        retrieved = {**asked, "mlflow.spanType": "RETRIEVER", "mlflow.spanOutputs": _documents(reply)}
        # The service does not say when it retrieved: the span has a place and no length.
        retrieval = identifiers.span_id(key, case.id, "retrieve")
        yield MlflowSpan(
            retrieval, root.id, "retrieve", "RETRIEVER", begins, begins, failed=False, attributes=retrieved
        )


def _documents(answer: Answer) -> list[dict[str, Any]]:
    ids = answer.retrieved_context_ids or ()
    return [
        {"page_content": text, "metadata": {"doc_uri": ids[i] if i < len(ids) else str(i)}, "id": str(i)}
        for i, text in enumerate(answer.retrieved_contexts or ())
    ]


def milliseconds(seconds: float) -> int:
    """Seconds as MLflow counts time."""
    return round(seconds * 1000)
