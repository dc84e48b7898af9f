"""What goes over the wire, in and out: frozen records, unknown keys refused."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Query(_Record):
    """A question to the handbook."""

    query: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
    """The question; blank space around it does not count."""
    max_results: int = Field(default=5, ge=1, le=20, strict=True)
    """Contexts wanted at most; the profile may bring fewer."""


class Context(_Record):
    """A passage that the answer may rest on."""

    id: str
    text: str
    score: float
    """BM25, above 0; comparable inside one answer only."""


class Reply(_Record):
    """An answer with what it rests on, best context first."""

    answer: str
    contexts: list[Context]
    profile: str
    degraded: bool
    """True where the language model failed and sentences of the handbook stand in for its answer."""


class EnhancedReply(Reply):
    """An answer that says how well the handbook covers the question."""

    confidence: float = Field(ge=0, le=1)
    """Share of the question's words, each weighted by its rarity in the handbook (IDF), that the best
    matching sentences and their headings hold; 0 where none matches well enough. It does not depend on who
    words the answer."""


class Token(_Record):
    """What a login brings, as RFC 6749 names it."""

    access_token: str
    token_type: Literal["bearer"] = "bearer"  # noqa: S105  a kind of token, not one
    expires_in: int
    """Seconds."""


class Health(_Record):
    """That the service is up, and with what."""

    status: Literal["ok"] = "ok"
    profile: str
    passages: int


class Problem(_Record):
    """What went wrong, for a program and for a person."""

    code: str
    message: str


class ProblemReply(_Record):
    """The body of every answer with a status of 400 or more."""

    error: Problem
