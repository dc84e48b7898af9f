"""What an experiment says of a service that is asked over HTTP."""

from collections.abc import Mapping
from typing import Annotated, ClassVar, Literal, Self

from pydantic import Field, JsonValue, field_validator, model_validator

from rag_eval.config.env import demand_http
from rag_eval.config.kinds import AuthConfig, OfKind, TargetConfig
from rag_eval.config.paths import FilePath
from rag_eval.config.sensitive import Url, demand_named, texts
from rag_eval.config.target import BreakerConfig, SelectConfig, StreamConfig, TlsConfig
from rag_eval.plugins import AUTHS
from rag_eval.records import Record
from rag_eval.targets.http.auth.none import NoAuthConfig


def _default_body() -> JsonValue:
    return {"query": "{{ user_input }}"}


class PollConfig(Record):
    """A service that only starts on a question when it is asked, and has the answer elsewhere when it is done."""

    url: str | None = None
    """Where it is looked at: a template over the case's fields and `started`, the first answer, such as
    `/jobs/{{ started.job_id }}`, seen from `target.url`. Without one the place that the first answer names: the header
    `Location`, or `status_url` and its like in the body."""
    done: str | None = None
    """JMESPath that holds in an answer that is whole, such as `job.state == 'ready'`. Without one it is whole where its
    status is not 202 and no `status` or `state` in it says that it is still worked on."""
    result: str | None = None
    """Where the answer is when it is done, if it is not in the same place: a template that also knows `status`, what
    the last look has shown."""
    every: float = Field(default=1.0, gt=0)
    """Seconds between two looks; longer where the service says so by `Retry-After`."""
    within: float = Field(default=300.0, gt=0)
    """Seconds after which a question that is not done is a failure."""


class HttpConfig(TargetConfig):
    """A live service that is asked over HTTP."""

    manner: ClassVar[frozenset[str]] = frozenset({
        "auth", "tls", "timeout", "deadline", "retries", "idempotent", "concurrency", "rate", "rate_storage", "breaker",
        "max_response_bytes", "redirects", "poll",
    })  # fmt: skip

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
    files: dict[str, FilePath] = Field(default_factory=dict)
    """Field of a multipart body to the path of a file, a template too."""
    receive: Literal["json", "text"] = "json"
    """What answers are; of one that is `text` all is the response, and `select` has nothing to look into."""
    select: SelectConfig = SelectConfig()
    stream: StreamConfig | None = None
    """For a service that answers in pieces; `select` then looks into its last object that holds something."""
    poll: PollConfig | None = None
    """For a service that answers later: what it is asked with starts the work, and the answer is looked for until it is
    there. With `stream` the place where it is looked for streams it, as Gradio's does."""
    conversation: str | None = None
    """JMESPath into the case of what its conversation is called; turns are asked in order and keep cookies, `session`
    and `history`."""
    repeats: int = Field(default=1, ge=1, le=100)
    """How often each question is asked, to measure what the service itself varies by."""
    auth: Annotated[AuthConfig, OfKind(AUTHS, AuthConfig)] = Field(default_factory=NoAuthConfig)
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
            demand_named(name, value)
        return named

    @field_validator("body")
    @classmethod
    def _secrets_in_a_body(cls, body: JsonValue) -> JsonValue:
        for name, value in texts(body):
            demand_named(name, value, inside=True)
        return body

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if self.conversation is not None and self.repeats > 1:
            raise ValueError("a conversation cannot be repeated turn by turn: leave `repeats` or `conversation` out")
        if self.receive == "text" and self.stream is not None:
            raise ValueError("text that comes in pieces is `stream: {kind: text}`: leave `receive` out")
        return self

    @property
    def addresses(self) -> Mapping[str, str]:
        """The service itself; where credentials are fetched is a matter of `auth`."""
        return {"url": self.url}

    @property
    def lacks(self) -> frozenset[str]:
        """The lists of contexts that no path looks for."""
        select = self.select
        lists = {"retrieved_contexts": select.retrieved_contexts, "retrieved_context_ids": select.retrieved_context_ids}
        return frozenset() if select.use else frozenset(name for name, path in lists.items() if path is None)

    def demand_http(self) -> None:
        """Raise `ConfigError` for an address, of the service or of where credentials are fetched, that is no HTTP."""
        demand_http(self.url, "target.url")
        for setting, url in self.auth.addresses.items():
            demand_http(url, f"target.auth.{setting}")

    @property
    def repetitions(self) -> int:
        """How often each question is asked."""
        return self.repeats

    @property
    def is_conversational(self) -> bool:
        """Whether questions may be turns of a conversation."""
        return self.conversation is not None
