"""What goes over the wire, in and out: frozen records, unknown keys refused."""

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

Part = Literal["llm", "retrieval", "redis"]
PartState = Literal["ok", "probing", "down", "off"]


class _Record(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def _whole(value: object) -> object:
    """JSON has one kind of number, and JSON Schema calls 5.0 an integer."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


class Query(_Record):
    """A question to the handbook."""

    query: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
    """The question; blank space around it does not count."""
    max_results: Annotated[int, BeforeValidator(_whole)] = Field(default=5, ge=1, le=20, strict=True)
    """Contexts wanted at most; the profile may bring fewer."""


class ReplyContext(_Record):
    """A passage that the answer may rest on."""

    id: str
    text: str
    score: float
    """The retriever's, above 0; comparable inside one answer only."""


class Reply(_Record):
    """An answer with what it rests on, best context first."""

    answer: str
    contexts: list[ReplyContext]
    profile: str
    degraded: bool
    """True where a part of the service was away, and something else stood in for it."""
    degraded_by: list[Part] = []
    """`llm`: sentences of the handbook, or an earlier answer, stand in for the model's. `retrieval`: BM25 stands in
    for the vector store. `redis`: limits and answers are kept by each worker for itself."""
    cached: bool = False
    """True where the answer was written for an earlier, equal question."""


class ScoredContext(ReplyContext):
    """A passage, and how well it covers the question."""

    coverage: float = Field(ge=0, le=1)
    """Share of the question's words, each weighted by its rarity in the handbook (IDF), that it holds."""


class EnhancedReply(Reply):
    """An answer that says how well the handbook covers the question."""

    contexts: list[ScoredContext]  # type: ignore[assignment]  # narrower, and nobody writes to it
    confidence: float = Field(ge=0, le=1)
    """Share of the question's words, each weighted by its rarity in the handbook (IDF), that the best
    matching sentences and their headings hold; 0 where none matches well enough. It does not depend on who
    words the answer."""


class Delta(_Record):
    """A piece of an answer, in a stream."""

    delta: str


class Registration(_Record):
    """Who wants an account."""

    username: Annotated[str, StringConstraints(min_length=3, max_length=64, pattern=r"^[A-Za-z0-9][A-Za-z0-9._@-]*$")]
    password: str = Field(min_length=8, max_length=256)


class RegisteredAccount(_Record):
    """An account that was made."""

    id: str
    username: str


class Refresh(_Record):
    """A refresh token, to be changed for new ones; it is good for one time."""

    grant_type: Literal["refresh_token"] = "refresh_token"
    refresh_token: str = Field(min_length=1, max_length=4096)


class Token(_Record):
    """What a login brings, as RFC 6749 names it."""

    access_token: str
    refresh_token: str
    token_type: Literal["bearer"] = "bearer"  # noqa: S105  a kind of token, not one
    expires_in: int
    """Seconds that the access token is good for."""


class DocumentReply(_Record):
    """An uploaded document."""

    id: str
    name: str
    state: Literal["queued", "indexed", "failed"]
    passages: int
    """0 until it is indexed."""


class Health(_Record):
    """That the service is up, and with what."""

    status: Literal["ok"] = "ok"
    profile: str
    passages: int


class Readiness(_Record):
    """Whether the service can answer, and which of its parts are there."""

    status: Literal["ready", "degraded"]
    parts: dict[Part, PartState]
    """`off`: not configured. `down`: it failed too often just now, or does not answer. `probing`: one request is sent
    to see whether it is back."""


class ProblemDetail(_Record):
    """What went wrong, for a program and for a person."""

    code: str
    message: str


class ProblemReply(_Record):
    """The body of every answer with a status of 400 or more."""

    error: ProblemDetail
