"""What an experiment may say: one frozen model. `configfile` reads it from YAML.

`${NAME}` in a text stands for an environment variable. It is resolved where the text is used and never before, so
that what is copied into a run's folder or into MLflow holds the name and not the value.
"""

import difflib
import os
import re
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, JsonValue, field_validator, model_validator

from rag_eval import matrix
from rag_eval.errors import ConfigError
from rag_eval.records import Record

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}")

METRICS = (
    "correctness",
    "faithfulness",
    "faithfulness_min",
    "context_recall",
    "factual_correctness",
    "answer_correctness",
    "answer_relevancy",
    "context_precision",
    "semantic_similarity",
    "hit@k",
    "recall@k",
    "precision@k",
    "mrr",
    "ndcg@k",
    "abstention",
    "answered",
    "latency",
    "time_to_first_token",
    "overall",
)
"""The names a metric list may hold; `@k` takes a number, as in `hit@5`. `package.module:name` brings one's own."""

DEFAULT_METRICS = (
    "correctness",
    "faithfulness",
    "context_recall",
    "factual_correctness",
    "answer_correctness",
    "latency",
)


def expand(text: str, environ: Mapping[str, str] | None = None, *, where: str = "the experiment file") -> str:
    """Replace `${NAME}` by environment variables; raises `ConfigError` for an unset one.

    As in a shell, `${NAME:-default}` takes the default where the variable is unset or empty.
    """
    values = os.environ if environ is None else environ

    def value(match: re.Match[str]) -> str:
        name, default = match.groups()
        found = values.get(name)
        if default is not None:
            return found or str(default)
        if found is None:
            raise ConfigError(f"{where}: environment variable {name} is not set. Do: export {name}=…")
        return found

    return _VARIABLE.sub(value, text)


def each_variable(text: str, replace: Callable[[str], str]) -> str:
    """A text with each `${NAME}` in it, as it is written, replaced by what a function makes of it."""
    return _VARIABLE.sub(lambda match: replace(match[0]), text)


def secret(name: str, environ: Mapping[str, str] | None = None, *, where: str) -> str:
    """The value of an environment variable that holds a secret; raises `ConfigError` if there is none."""
    found = (os.environ if environ is None else environ).get(name)
    if not found:
        raise ConfigError(f"{where}: environment variable {name} is not set. Do: export {name}=…")
    return found


def _no_password(url: str) -> str:
    """Refuse a password written into a URL: it would be copied into run folders and into MLflow."""
    try:
        userinfo, at, _ = urlsplit(url).netloc.rpartition("@")
    except ValueError:
        return url  # no URL at all; whoever opens it will say so
    password = userinfo.partition(":")[2]
    if at and password and not _VARIABLE.fullmatch(password):
        raise ValueError("a password stands in the URL; put it into the environment and write ${NAME} in its place")
    return url


Url = Annotated[str, AfterValidator(_no_password)]
"""A URL whose password, if it has one, is the name of an environment variable."""

_SECRET_HEADERS = re.compile(r"authorization|cookie|token|secret|api-?key", re.IGNORECASE)


def is_secret(name: str) -> bool:
    """Whether a header or parameter of this name holds a secret."""
    return bool(_SECRET_HEADERS.search(name))


def _path_only(value: object) -> object:
    return {"path": value} if isinstance(value, str) else value


class Dataset(Record):
    """Where the questions come from; a bare string is its path."""

    path: str
    """A dataset folder, a CSV, JSONL or Parquet file, a Hugging Face dataset (a folder or `hf://owner/name`), or
    traces, the questions of which have no ground truth."""
    format: Literal["auto", "rows", "traces"] = "auto"
    """What stands at `path`; `auto` looks."""
    split: str | None = None
    """Split of a Hugging Face dataset; `test` if there is one, else the only one."""
    fields: dict[str, str] = Field(default_factory=dict)
    """RAGAs' name to a JMESPath into the row, for names that are not recognised by themselves."""
    corpus: str | None = None
    """Pages or a file of passages; fills `reference_contexts` from `reference_context_ids`."""
    keep_na: bool = False
    """Whether `None`, `NaN`, `N/A` and the like are texts, where they are taken as no data otherwise."""


def _default_body() -> JsonValue:
    return {"query": "{{ user_input }}"}


Thinking = Literal["keep", "drop"]
"""What is done with reasoning that stands in an answer; kept, it is counted and said."""


class Select(Record):
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


class NoAuth(Record):
    """The service asks for no credentials."""

    kind: Literal["none"] = "none"


class Bearer(Record):
    """A token from the environment in the `Authorization` header."""

    kind: Literal["bearer"]
    token_env: str
    """Name of the environment variable that holds it."""


class ApiKey(Record):
    """A key from the environment in a header, or in the query of the URL."""

    kind: Literal["api_key"]
    key_env: str
    header: str = "X-API-Key"
    query: str | None = None
    """Name of a parameter of the URL, instead of the header."""


class Basic(Record):
    """User name and password in the `Authorization` header (RFC 7617)."""

    kind: Literal["basic"]
    username_env: str
    password_env: str


class Login(Record):
    """A form login that yields a bearer token; repeated before the token expires, and when the service answers 401."""

    kind: Literal["login"]
    url: Url
    username_env: str
    password_env: str
    token: str = "access_token"  # noqa: S105 - a JMESPath, not a token
    """JMESPath of the token in the login's answer."""
    expires_in: str = "expires_in"
    """JMESPath of the seconds it is good for; where there is nothing, it is used until it is refused."""
    refresh_url: Url | None = None
    """Where a new token is had for the refresh token, instead of another login."""
    refresh_token: str = "refresh_token"  # noqa: S105 - a JMESPath, not a token
    """JMESPath of the refresh token in the login's answer."""


class OAuth2(Record):
    """A token by client credentials (RFC 6749, section 4.4), renewed before it expires and on 401."""

    kind: Literal["oauth2"]
    token_url: Url
    client_id_env: str
    client_secret_env: str
    scope: str | None = None
    audience: str | None = None


class Tls(Record):
    """How the service is known, and how it knows us; certificates are checked unless that is switched off."""

    ca: str | None = None
    """A file with the certificates of one's own authority; those of the system, or `SSL_CERT_FILE`, if left out."""
    cert: str | None = None
    """Our certificate for mutual TLS, a PEM file; with `key` if the key stands in another."""
    key: str | None = None
    key_password_env: str | None = None
    verify: bool = True


class Stream(Record):
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


class Breaker(Record):
    """When a service counts as down: asking pauses then, and goes on when it is back."""

    failures: int = Field(default=5, ge=1)
    """Timeouts, broken connections and statuses from 500 on, in a row, after which asking pauses."""
    recovery: float = Field(default=30.0, gt=0)
    """Seconds until one question is sent to see whether it is back."""
    patience: float = Field(default=600.0, gt=0)
    """Seconds after which the run ends, with exit code 3, to be resumed."""


class Http(Record):
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
    select: Select = Select()
    stream: Stream | None = None
    """For a service that answers in pieces; `select` then looks into its last object that holds something."""
    conversation: str | None = None
    """JMESPath into the case of what its conversation is called; turns are asked in order and keep cookies, `session`
    and `history`."""
    repeats: int = Field(default=1, ge=1, le=100)
    """How often each question is asked, to measure what the service itself varies by."""
    auth: Annotated[NoAuth | Bearer | ApiKey | Basic | Login | OAuth2, Field(discriminator="kind")] = NoAuth()
    tls: Tls = Tls()
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
    breaker: Breaker | None = Breaker()
    max_response_bytes: int = Field(default=10_000_000, ge=1)
    """Larger answers are a failure."""
    redirects: int = Field(default=3, ge=0)
    """Redirects that are followed on the same host; those to another are a failure: credentials do not go there."""

    @field_validator("headers", "query")
    @classmethod
    def _secrets_by_name(cls, named: dict[str, str]) -> dict[str, str]:
        for name, value in named.items():
            if is_secret(name) and not _VARIABLE.search(value):
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


class Replay(Record):
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


class Custom(Record):
    """Somebody else's part: `use: package.module:name` is called with `options`."""

    kind: Literal["custom"]
    use: str
    options: dict[str, JsonValue] = Field(default_factory=dict)
    concurrency: int = Field(default=4, ge=1)


class Embedded(Record):
    """The judge inside: no key, no network, the same numbers every time. It reads words, not meaning."""

    kind: Literal["embedded"] = "embedded"
    concurrency: int = Field(default=2, ge=1)


class Prices(Record):
    """US dollars for a million tokens."""

    prompt: float = Field(ge=0)
    completion: float = Field(ge=0)


class OpenAI(Record):
    """A language model behind an OpenAI-compatible API."""

    kind: Literal["openai"]
    model: str
    base_url: Url | None = None
    """`OPENAI_BASE_URL`, else OpenAI's own, if left out."""
    api_key_env: str = "OPENAI_API_KEY"
    temperature: float | None = 0.0
    """None leaves it out, for models that refuse it."""
    max_tokens: int = Field(default=2048, ge=16)
    """Doubled, up to three times, when a reply is cut off."""
    embedding_model: str | None = None
    """None embeds with the judge inside, and says so."""
    timeout: float = Field(default=120.0, gt=0)
    """Seconds for one call."""
    retries: int = Field(default=4, ge=0)
    concurrency: int = Field(default=16, ge=1)
    """Calls in flight."""
    method: Literal["auto", "json_schema", "function_calling", "json_mode"] = "auto"
    """How the shape of a reply is asked for; `auto` takes the first that the endpoint knows."""
    prices: Prices | None = None


class Mlflow(Record):
    """Where runs are kept for people to compare."""

    tracking_uri: Url | None = None
    """`MLFLOW_TRACKING_URI`, else `sqlite:///mlflow.db` here, if left out."""
    experiment: str | None = None
    """`MLFLOW_EXPERIMENT_NAME`, else `rag-eval`, if left out."""
    enabled: bool = True


class Refusals(Record):
    """What counts as a refusal beside what the judge calls one."""

    phrases: tuple[str, ...] = ()
    """Words that only a refusal of this service holds, such as `please contact support`; case does not matter."""
    use: str | None = None
    """`package.module:function` instead of the judge: called with an answer's text, true where it refuses."""


_DURATION = re.compile(r"(?:(\d+(?:\.\d+)?)h)?(?:(\d+(?:\.\d+)?)m)?(?:(\d+(?:\.\d+)?)s?)?")


def seconds(said: object) -> object:
    """`90`, `90s`, `2m`, `1h30m` in seconds; whatever else it is as it is, for pydantic to complain about."""
    if not isinstance(said, str) or not said.strip():
        return said
    match = _DURATION.fullmatch(said.strip())
    if match is None:
        raise ValueError(f"{said!r} is no time; it reads 90s, 2m or 1h30m")
    hours, minutes, rest = (float(part or 0) for part in match.groups())
    return hours * 3600 + minutes * 60 + rest


Duration = Annotated[float, BeforeValidator(seconds)]
"""Seconds, written as `90s`, `2m` or `1h30m`."""


class Endpoint(Record):
    """Another endpoint of the service that is loaded beside the target's own; what it does not say is the target's."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._/-]*$", max_length=60)
    url: Url
    weight: int = Field(default=1, ge=0)
    """Its parts of the requests; 0 for none."""
    method: Literal["GET", "POST", "PUT", "PATCH"] | None = None
    headers: dict[str, str] = Field(default_factory=dict)
    """Beside the target's, or in their place."""
    body: JsonValue | None = None
    send: Literal["json", "form", "multipart", "text"] | None = None
    files: dict[str, str] = Field(default_factory=dict)
    select: Select | None = None
    stream: Stream | Literal["none"] | None = None
    """`none` for an endpoint that answers at once although the target answers in pieces."""
    answers: bool = True
    """Whether an answer must stand where `target.select` says, or any status from 200 to 299 will do."""


class Slo(Record):
    """What a load test must keep, each endpoint for itself."""

    p95: float = Field(default=2.0, gt=0)
    """Seconds within which 95 of 100 requests must have been answered; a failed one counts as slower than any."""
    errors: float = Field(default=0.01, ge=0, le=1)
    """Share of requests that may fail."""


class Load(Record):
    """How `rag-eval load` loads the service."""

    users: int = Field(default=100, ge=1)
    duration: Duration = Field(default=120.0, gt=0)
    wait: tuple[float, float] = (1.0, 3.0)
    """Seconds that a user waits between an answer and the next question, from and to."""
    shape: Literal["steady", "ramp", "burst", "replay"] = "steady"
    """`steady`: all users at once; `ramp`: more and more until the end; `burst`: a fifth of them, and every half minute
    all for ten seconds; `replay`: questions when captured ones came, whatever the answers take."""
    ramp_up: Duration = Field(default=10.0, ge=0)
    """Seconds over which the users of `steady` come, and those of `replay` log in before the first question."""
    arrivals: str | None = None
    """Traces whose times `replay` takes."""
    speed: float = Field(default=1.0, gt=0)
    """How many times as fast they are replayed."""
    weight: int = Field(default=3, ge=0)
    """Parts of the requests that go to the target's own URL."""
    endpoints: tuple[Endpoint, ...] = ()
    hosts: tuple[str, ...] = ()
    """Hosts beyond this machine that may be loaded, by name."""
    slo: Slo = Slo()
    sample: int = Field(default=30, ge=0)
    """Questions whose answers under load are scored against those at rest; 0 for none."""

    @model_validator(mode="after")
    def _possible(self) -> Self:
        low, high = self.wait
        if not 0 <= low <= high:
            raise ValueError(f"wait: from {low:g} to {high:g} s is no range")
        names = ["query", "login", "all", *(endpoint.name for endpoint in self.endpoints)]
        if twice := [name for name, count in Counter(names).items() if count > 1]:
            raise ValueError(f"endpoints: {', '.join(twice)} stands twice; `query`, `login` and `all` are taken")
        if not self.weight and not any(endpoint.weight for endpoint in self.endpoints):
            raise ValueError("every weight is 0: nothing would be asked")
        if (self.shape == "replay") != (self.arrivals is not None):
            raise ValueError("`shape: replay` and `arrivals` belong together")
        return self


TargetConfig = Annotated[Http | Replay | Custom, Field(discriminator="kind")]
JudgeConfig = Annotated[Embedded | OpenAI | Custom, Field(discriminator="kind")]


_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_LONGEST_NAME = 100


def checked_name(text: str) -> str:
    """A name for an experiment and for the folders of its runs; raises `ValueError` for what can be none."""
    if len(text) > _LONGEST_NAME or not _NAME.fullmatch(text):
        raise ValueError(
            f"{text!r} cannot name a folder of a run: it takes up to {_LONGEST_NAME} letters, digits, dots, dashes and "
            "underscores, a letter or digit first"
        )
    return text


def _resolved_name(text: str) -> str:
    """A name with its environment variables; the folder of a run shows it anyway."""
    try:
        return checked_name(expand(text, where=text))
    except ConfigError as error:
        raise ValueError(str(error)) from error


Matrix = Annotated[tuple[matrix.Variant, ...], BeforeValidator(matrix.variants)]
"""The variants of a sweep."""


class Experiment(Record):
    """One experiment: questions, a system, a judge, metrics."""

    name: Annotated[str, AfterValidator(_resolved_name)]
    """What its runs are called; `${NAME}` is resolved at once, as folders are named by it."""
    dataset: Annotated[Dataset, BeforeValidator(_path_only)]
    target: TargetConfig
    judge: JudgeConfig = Embedded()
    metrics: tuple[str, ...] = Field(default=DEFAULT_METRICS, min_length=1)
    min_coverage: float = Field(default=0.95, ge=0, le=1)
    """Least share of the cases a metric applies to that must have a value; below it the run ends with exit code 3."""
    refusals: Refusals = Refusals()
    smallest: dict[str, float] = Field(default_factory=dict)
    """Metric to the smallest difference of two means that matters, in the metric's unit; 0.01 for scores and the larger
    of 10 % and 50 ms for times if left out."""
    primary: str | None = None
    """The metric to read first; `correctness`, else `faithfulness`, else the first if left out."""
    gates: tuple[str, ...] = ()
    """What a run must keep, such as `correctness.mean >= 0.8`; docs/gates.md has them all."""
    guardrails: tuple[str, ...] = ()
    """Metrics that must not drop against the baseline `main` by more than `smallest`."""
    seed: int = 0
    """Of every random choice, such as resampling."""
    runs: str = "runs"
    """Folder of run folders."""
    baselines: str = "baselines"
    """Folder of baselines."""
    mlflow: Mlflow = Mlflow()
    load: Load = Load()
    matrix: Matrix | None = None
    """Settings of the target that `rag-eval sweep` varies, by dotted path: `target.body.top_k: [3, 5, 8]`, of several
    all combinations; or a list of variants, `[{name: small, target.body.top_k: 3}, …]`."""

    @field_validator("gates", mode="before")
    @classmethod
    def _quoted(cls, gates: Any) -> Any:
        """YAML reads `required: tag:safety` as a mapping."""
        parted = [gate for gate in gates if isinstance(gate, Mapping)] if isinstance(gates, list) else []
        texts = ['- "' + ", ".join(f"{key}: {value}" for key, value in gate.items()) + '"' for gate in parted]
        if texts:
            raise ValueError(f"a gate with a colon and a space needs quotes: {', '.join(texts)}")
        return gates

    @field_validator("smallest")
    @classmethod
    def _not_negative(cls, smallest: dict[str, float]) -> dict[str, float]:
        for name, value in smallest.items():
            if ":" not in name:
                _check_metric(name)
            if value < 0:
                raise ValueError(f"{name}: {value:g}: the smallest difference that matters is not negative")
        return smallest

    @field_validator("metrics")
    @classmethod
    def _known(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            _check_metric(name)
        twice = [name for name, count in Counter(names).items() if count > 1]
        if twice:
            raise ValueError(f"{', '.join(twice)} stands twice in the list")
        return names


def _check_metric(name: str) -> None:
    general = re.sub(r"@[1-9]\d*$", "@k", name)
    if ":" in name or (general in METRICS and not name.endswith("@k")):
        return
    near = difflib.get_close_matches(general, METRICS, n=1)
    hint = f" Did you mean {near[0]}?" if near else ""
    raise ValueError(f"no metric is called {name!r}.{hint} There are: {', '.join(METRICS)} (k is a number)")
