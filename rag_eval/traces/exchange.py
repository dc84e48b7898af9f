"""What captured traces come to: an exchange with the system, or a reason why there is none."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from pydantic import JsonValue

Opinion = Literal["good", "bad"]


@dataclass(frozen=True)
class Exchange:
    """One question that production asked, with what the system retrieved and said."""

    file: str
    line: int
    """Line in a file of lines, else the number of the trace in its file, from 1."""
    dialect: str
    """`openinference`, `otel-genai`, `mlflow`, `langfuse`, `langsmith`, `opik`, `datadog`, `haystack`, `trulens`,
    `openllmetry`, `vercel`, `spring-ai`, `google-adk`, `otlp` or `jsonl`."""
    trace_id: str | None
    question: str
    response: str | None = None
    contexts: tuple[str, ...] | None = None
    """Texts the generator was given, best first; None where they are unknown, () where nothing was retrieved."""
    context_ids: tuple[str, ...] | None = None
    """One for each document, in the order of `contexts`; all of them also where some documents came without text."""
    context_scores: tuple[float, ...] | None = None
    latency_s: float | None = None
    """From the start to the end of the outermost span, in seconds."""
    asked_at: float | None = None
    """Seconds since 1970."""
    scores: Mapping[str, float] = field(default_factory=dict)
    """Evaluations and feedback by name, those that are numbers; the others stand in `metadata["labels"]`."""
    feedback: Opinion | None = None
    """What a person thought of it, where somebody said."""
    confidence: float | None = None
    """How sure the system said that it was."""
    conversation: str | None = None
    """Id of the session or thread."""
    turn: int | None = None
    """Number of the question in its conversation, from 1; None where no conversation is known."""
    input_tokens: float | None = None
    """Of all calls of models that the answer took; None where that was not recorded, and so with the next two."""
    output_tokens: float | None = None
    cost: float | None = None
    """In the currency in which it was recorded, which by convention is USD."""
    metadata: Mapping[str, JsonValue] = field(default_factory=dict)


@dataclass(frozen=True)
class SkippedTrace:
    """A trace or a line that holds no exchange. It is counted, and says why."""

    file: str
    line: int
    trace_id: str | None
    reason: str
    """A short code, such as `no_question`, `attributes_dropped` or `broken_json`."""
    message: str
    """One sentence for a person."""
