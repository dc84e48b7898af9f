"""Plain rows that log a question with its answer: known names, or a JMESPath for each field."""

import difflib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from rag_eval.errors import ConfigError
from rag_eval.traces import assessments, message_text, passages, span_reader, values
from rag_eval.traces.dialect import CaptureAdvice, Dialect
from rag_eval.traces.exchange import Exchange
from rag_eval.traces.span import UNTOLD

NAME = "jsonl"
ALIASES: Mapping[str, tuple[str, ...]] = {
    "question": ("question", "user_input", "query", "user_query", "input", "prompt", "messages"),
    "response": ("response", "answer", "output", "actual_output", "completion", "result", "messages"),
    "contexts": ("contexts", "retrieved_contexts", "retrieval_context", "documents", "source_documents", "context"),
    "context_ids": ("context_ids", "retrieved_context_ids", "doc_ids", "document_ids"),
    "context_scores": ("context_scores", "scores_of_contexts"),
    "trace_id": ("trace_id", "traceId", "request_id", "id"),
    "latency_s": ("latency_s", "latency", "duration_s"),
    "asked_at": ("asked_at", "timestamp", "created_at", "time"),
    "feedback": ("feedback", "user_feedback", "rating", "thumbs", "label"),
    "confidence": ("confidence", "confidence_score"),
    "conversation": ("conversation", "conversation_id", "session_id", "thread_id", "session"),
    "scores": ("scores", "evaluations"),
}
_OTHER_NAMES = {"user_input": "question", "retrieved_contexts": "contexts", "retrieved_context_ids": "context_ids",
                "id": "trace_id"}  # fmt: skip
_ERRORS = ("error", "exception", "error_message", "error_info")
_NO_ERROR = frozenset({"none", "null", "nan", "false", "0", "no", "ok", "success", "-", "[]", "{}"})
_FAILED = frozenset({"error", "failed", "failure"})
Finder = Callable[[Mapping[str, Any]], Any]


@dataclass(frozen=True)
class RowFields:
    """Where each field stands in a row, for those that somebody named."""

    finders: Mapping[str, Finder]
    columns: frozenset[str]


def compile_fields(fields: Mapping[str, str]) -> RowFields:
    """Make finders of expressions; an empty one says that there is no such field. Raises `ConfigError`."""
    finders = {}
    for name, expression in fields.items():
        known = _OTHER_NAMES.get(name, name)
        if known not in ALIASES:
            near = difflib.get_close_matches(name, [*ALIASES, *_OTHER_NAMES], n=1)
            hint = f" Did you mean {near[0]}?" if near else ""
            raise ConfigError(f"fields.{name}: no such field of a trace.{hint} There are: {', '.join(ALIASES)}")
        finders[known] = _finder(name, expression)
    return RowFields(finders, frozenset(fields.values()))


def _finder(name: str, expression: str) -> Finder:
    import jmespath

    if not expression:
        return lambda _: None
    try:
        search = jmespath.compile(expression).search
    except (jmespath.exceptions.JMESPathError, RecursionError) as error:
        why = "it is nested too deep" if isinstance(error, RecursionError) else error
        raise ConfigError(f"fields.{name}: {expression[:200]!r} is not a JMESPath: {why}") from error

    def find(row: Mapping[str, Any]) -> Any:
        try:
            return row[expression] if expression in row else search(row)
        except (ValueError, RecursionError):  # a function of the expression met a value that it cannot take
            return None

    return find


def recognised(value: Mapping[str, Any]) -> bool:
    """Whether an object has a column that is called like a question."""
    return any(value.get(name) is not None for name in ALIASES["question"])


def answered(value: Mapping[str, Any]) -> bool:
    """Whether an object has a column that is called like a question, and one that is called like an answer."""
    return recognised(value) and any(value.get(name) is not None for name in ALIASES["response"])


def read(value: Mapping[str, Any], fields: RowFields, file: str, line: int) -> Iterator[Exchange]:
    """The exchange of a row; none where it has no question."""
    raw, used = _raw(value, fields)
    question = message_text.question(raw["question"])
    if question is None:
        return
    documents = passages.documents(raw["contexts"]) if raw["contexts"] is not None else None
    contexts, ids, scores = passages.as_columns(documents)
    own, error = values.text(raw["trace_id"]), _error(value)
    evaluated = assessments.span_fields(_verdicts(raw))
    yield Exchange(
        file=file,
        line=line,
        dialect=NAME,
        trace_id=own,
        question=question,
        response=None if error else message_text.answer(raw["response"]),
        contexts=contexts,
        context_ids=_ids(raw["context_ids"]) or ids,
        context_scores=_numbers(raw["context_scores"]) or scores,
        latency_s=values.number(raw["latency_s"]),
        asked_at=values.seconds(raw["asked_at"]),
        scores=evaluated.get("scores", {}),
        feedback=evaluated.get("feedback"),
        confidence=values.number(raw["confidence"]),
        conversation=values.text(raw["conversation"]),
        metadata={key: cell for key, cell in value.items() if key not in used and cell is not None}
        | ({"error": error} if error else {}),
    )


def _error(value: Mapping[str, Any]) -> str | None:
    """Why the service failed, where a row says that it did: then what stands as the answer is none."""
    recorded = next((value[name] for name in _ERRORS if value.get(name)), None)
    if isinstance(recorded, dict):
        return span_reader.error_text(values.text(recorded.get("type")), values.text(recorded.get("message")))
    text = values.text(recorded)
    if recorded is True or (text and text.strip().lower() not in _NO_ERROR):
        return text or UNTOLD
    status = str(value.get("status") or "").strip().lower()
    return f"status {status}" if status in _FAILED else None


def _raw(value: Mapping[str, Any], fields: RowFields) -> tuple[dict[str, Any], set[str]]:
    raw: dict[str, Any] = {name: find(value) for name, find in fields.finders.items()}
    used = set(fields.columns)
    for name, aliases in ALIASES.items():
        if name in raw:
            continue
        alias = next((each for each in aliases if value.get(each) is not None), None)
        raw[name] = value[alias] if alias else None
        used |= {alias} if alias else set()
    return raw, used


def _verdicts(raw: Mapping[str, Any]) -> Iterator[assessments.Assessment]:
    scores = raw["scores"]
    for name, score in scores.items() if isinstance(scores, dict) else ():
        yield assessments.Assessment(str(name), score)
    if isinstance(raw["feedback"], str | int | float):
        yield assessments.Assessment("feedback", raw["feedback"], by_person=True)


def _ids(value: Any) -> tuple[str, ...] | None:
    if not isinstance(value, list):
        return None
    ids = [values.text(key) for key in value]
    return None if None in ids else tuple(str(key) for key in ids)


def _numbers(value: Any) -> tuple[float, ...] | None:
    if not isinstance(value, list):
        return None
    numbers = [number for cell in value if (number := values.number(cell)) is not None]
    return tuple(numbers) if len(numbers) == len(value) else None


DIALECT = Dialect(
    name=NAME,
    advice=CaptureAdvice(
        response="write a column `answer`, or name it: --field response=PATH",
        contexts=("write a column `contexts` (texts, or objects with text and id), or name it: --field contexts=PATH"),
    ),
)
"""Declared without `read`: a row is an exchange of its own, and is tried after all dialects that have spans."""
