"""Cases and answers: what is asked, and what came back."""

from typing import Literal

from pydantic import Field

from rag_eval.records.base import Details, Record


class Case(Record):
    """One question of a dataset with what is known to be right about it."""

    id: str = Field(min_length=1)
    """Unique inside its dataset."""
    user_input: str = Field(min_length=1)
    """The question."""
    reference: str | None = None
    """The right answer, written by a person."""
    reference_contexts: tuple[str, ...] | None = None
    """Texts that a perfect retriever would bring."""
    reference_context_ids: tuple[str, ...] | None = None
    """The ids of those texts in the corpus."""
    answerable: bool = True
    """False where the corpus holds no answer and the system should say so."""
    tags: tuple[str, ...] = ()
    metadata: Details = Field(default_factory=dict)
    """What else the row held; carried along, never scored."""


class Answer(Record):
    """What a system said to one case, live or captured."""

    kind: Literal["answer"] = "answer"
    response: str | None = None
    """The answer's text; None where a capture has none."""
    retrieved_contexts: tuple[str, ...] | None = None
    """Texts the retriever brought, best first; None where they are unknown, () where it brought nothing."""
    retrieved_context_ids: tuple[str, ...] | None = None
    latency_s: float | None = None
    """Wall time from sending the question to having the whole answer, in seconds, without retries and waits."""
    first_token_s: float | None = None
    """Seconds until the first piece of an answer that came in pieces."""
    attempts: int = 1
    """Requests it took."""
    asked_at: float | None = None
    """When the question was sent, in seconds since 1970."""
    metadata: Details = Field(default_factory=dict)


DEGRADED = "degraded"
"""Key of an answer's metadata that says that the service had to make do without one of its parts."""


THINKING = "holds_thinking"
"""Key of an answer's metadata: true where the text holds what a model thought first, false where that was left out."""


NO_END = "no_end_of_stream"
"""Key of an answer's metadata that says that it came as a stream without any sign that it was whole."""


UNKNOWN = "unknown_fields"
"""Key of an answer's metadata: field to why what came of it could not be used."""
