"""The system under test: a live service over HTTP, or answers that were captured before."""

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, JsonValue, field_validator, model_validator

from rag_eval.config.auth import ApiKeyConfig, BasicConfig, BearerConfig, LoginConfig, NoAuthConfig, OAuth2Config
from rag_eval.config.env import Url, has_variable, is_secret
from rag_eval.records import Record


def _default_body() -> JsonValue:
    return {"query": "{{ user_input }}"}


Thinking = Literal["keep", "drop"]
"""What is done with reasoning that stands in an answer; kept, it is counted and said."""


class SelectConfig(Record):
    """Where a service's JSON holds what: JMESPath expressions on the whole response body."""

    response: str = "answer"
    retrieved_contexts: str | None = None
    """A list of texts."""
    retrieved_context_ids: str | None = None
    """A list of ids, in the order of the texts."""
    scores: str | None = None
    """A list of numbers, the retriever's, in the order of the texts; kept with the answer."""
    usage: str | None = None
    """An object of token counts; kept with the answer."""
    degraded: str | None = None
    """Whether something stood in for a part of the service that was away; such answers are counted and said."""
    session: str | None = None
    """What the next turn of a conversation must send back, as `{{ session }}`."""
    use: str | None = None
    """`package.module:function` instead: called with the body, it gives an object with the fields above."""
    thinking: Thinking = "keep"
    """Whether what a model thought before it answered, such as `<think>…</think>`, is left out of the answer."""


class TlsConfig(Record):
    """How the service is known, and how it knows us; certificates are checked unless that is switched off."""

    ca: str | None = None
    """A file with the certificates of one's own authority; those of the system, or `SSL_CERT_FILE`, if left out."""
    cert: str | None = None
    """Our certificate for mutual TLS, a PEM file; with `key` if the key stands in another."""
    key: str | None = None
    key_password_env: str | None = None
    verify: bool = True


class StreamConfig(Record):
    """An answer that comes in pieces; the time to its first one is kept."""

    kind: Literal["sse", "ndjson"]
    delta: str
    """JMESPath of the piece of text in an event's JSON, such as `choices[0].delta.content`."""
    done: str = "[DONE]"
    """Data of the event that ends a stream."""
    needs_done: bool | Literal["auto"] = "auto"
    """Whether a stream that ends without that event was cut off. `auto`: any sign of the end will do, such as a
    `finish_reason`, and one is demanded where the service's protocol has one or its other streams had one."""
    pieces: Literal["auto", "append", "replace"] = "auto"
    """Whether each piece goes on from the one before, or holds all of the text so far; `auto` looks."""


class BreakerConfig(Record):
    """When a service counts as down: asking pauses then, and goes on when it is back."""

    failures: int = Field(default=5, ge=1)
    """Timeouts, broken connections and statuses from 500 on, in a row, after which asking pauses."""
    recovery: float = Field(default=30.0, gt=0)
    """Seconds until one question is sent to see whether it is back."""
    patience: float = Field(default=600.0, gt=0)
    """Seconds after which the run ends, with exit code 3, to be resumed."""


class HttpConfig(Record):
    """A live service that is asked over HTTP."""

    kind: Literal["http"]
    url: Url
    """A Jinja template over the case's fields too."""
    method: Literal["GET", "POST", "PUT", "PATCH"] = "POST"
    headers: dict[str, str] = Field(default_factory=dict)
    """Values are Jinja templates over the case's fields."""
    query: dict[str, str] = Field(default_factory=dict)
    """Parameters of the URL, templates too."""
    body: JsonValue = Field(default_factory=_default_body)
    """Every text in it is a Jinja template over the case's fields."""
    send: Literal["json", "form", "multipart", "text"] = "json"
    """How the body is sent; `text` sends a body that is one text."""
    files: dict[str, str] = Field(default_factory=dict)
    """Field of a multipart body to the path of a file, a template too."""
    select: SelectConfig = SelectConfig()
    stream: StreamConfig | None = None
    """For a service that answers in pieces; `select` then looks into its last object that holds something."""
    conversation: str | None = None
    """JMESPath into the case of what its conversation is called; turns are asked in order and keep cookies, `session`
    and `history`."""
    repeats: int = Field(default=1, ge=1, le=100)
    """How often each question is asked, to measure what the service itself varies by."""
    auth: Annotated[
        NoAuthConfig | BearerConfig | ApiKeyConfig | BasicConfig | LoginConfig | OAuth2Config,
        Field(discriminator="kind"),
    ] = NoAuthConfig()
    tls: TlsConfig = TlsConfig()
    timeout: float = Field(default=30.0, gt=0)
    """Seconds for one request, from sending it to its last byte."""
    deadline: float | None = Field(default=None, gt=0)
    """Seconds for one case with all its tries, without pauses of the breaker and waits for the rate."""
    retries: int = Field(default=3, ge=0)
    """Further tries after a timeout, a broken connection, 429, 502, 503 or 504."""
    idempotent: bool = True
    """False for a service that must not be asked twice: then only what surely was not taken on is tried again."""
    concurrency: int = Field(default=4, ge=1)
    """Questions in flight at most; fewer while the service says that it is too much."""
    rate: str | None = None
    """`10/minute`, `5/second;200/hour`; without one a service on this machine is not limited, another is at 10/minute.
    `unlimited` lifts that."""
    rate_storage: Url = "memory://"
    """`redis://host:6379/0` for several machines that share the limit; `${NAME}` where it holds a password."""
    breaker: BreakerConfig | None = BreakerConfig()
    max_response_bytes: int = Field(default=10_000_000, ge=1)
    """Larger answers are a failure."""
    redirects: int = Field(default=3, ge=0)
    """Redirects that are followed on the same host; those to another are a failure: credentials do not go there."""

    @field_validator("headers", "query")
    @classmethod
    def _secrets_by_name(cls, named: dict[str, str]) -> dict[str, str]:
        for name, value in named.items():
            if is_secret(name) and not has_variable(value):
                raise ValueError(f"{name} holds a secret: put it into the environment and write ${{NAME}} in its place")
        return named

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.conversation is not None and self.repeats > 1:
            raise ValueError("a conversation cannot be repeated turn by turn: leave `repeats` or `conversation` out")
        return self


Way = Literal["trace", "id", "question", "fuzzy"]
"""What a captured answer has in common with its case."""

_AUTO: tuple[Way, ...] = ("trace", "id", "question")


def _list_of_one(value: object) -> object:
    return [value] if isinstance(value, str) else value


class ReplayConfig(Record):
    """Answers that were captured before."""

    kind: Literal["replay"]
    path: str | None = None
    """Traces (a file, a folder or a pattern), a run of ours, or rows of answers as JSONL, CSV or Parquet; the dataset's
    own file if it is left out."""
    format: Literal["auto", "rows", "traces", "run"] = "auto"
    """What stands at `path`; `auto` looks."""
    fields: dict[str, str] = Field(default_factory=dict)
    """RAGAs' name to a JMESPath into the row."""
    match: Annotated[tuple[Literal["auto", "trace", "id", "question", "fuzzy"], ...], BeforeValidator(_list_of_one)] = (
        "auto",
    )
    """How a captured answer finds its case, one way or several in order; `auto` is its trace, id and question."""
    pick: Literal["fail", "latest", "first"] = "fail"
    """Which answer counts where several belong to one case; `fail` none, and says which there are."""
    run: str | None = None
    """The live run that the traces came from, where several could be meant."""
    corpus: str | None = None
    """Passages for contexts of which only the ids were captured; the dataset's own if it is left out."""
    thinking: Thinking = "keep"
    """Whether what a model thought before it answered is left out of the answers."""
    concurrency: int = Field(default=8, ge=1)

    @field_validator("match")
    @classmethod
    def _some_way(cls, match: tuple[str, ...]) -> tuple[str, ...]:
        if not match:
            raise ValueError("the list is empty; leave it out for `auto`")
        return match

    @property
    def ways(self) -> tuple[Way, ...]:
        """The ways to match, in order and each once."""
        ways: dict[Way, None] = {}
        for one in self.match:
            ways |= dict.fromkeys(_AUTO if one == "auto" else (one,))
        return tuple(ways)
