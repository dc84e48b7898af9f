"""What an experiment may say: one frozen model. `configfile` reads it from YAML.

`${NAME}` in a text stands for an environment variable. It is resolved where the text is used and never before, so
that what is copied into a run's folder or into MLflow holds the name and not the value.
"""

import difflib
import importlib
import inspect
import os
import re
from collections import Counter
from collections.abc import Mapping
from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field, JsonValue, field_validator

from rag_eval.errors import ConfigError
from rag_eval.records import Record

_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)(?::-([^}]*))?\}")

METRICS = (
    "faithfulness",
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
    "latency",
)
"""The names a metric list may hold; `@k` takes a number, as in `hit@5`. `package.module:name` brings one's own."""

DEFAULT_METRICS = ("faithfulness", "context_recall", "factual_correctness", "answer_correctness", "latency")


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


def _path_only(value: object) -> object:
    return {"path": value} if isinstance(value, str) else value


class Dataset(Record):
    """Where the questions come from; a bare string is its path."""

    path: str
    """A dataset folder, a CSV, JSONL or Parquet file, or a Hugging Face dataset: a folder or `hf://owner/name`."""
    split: str | None = None
    """Split of a Hugging Face dataset; `test` if there is one, else the only one."""
    fields: dict[str, str] = Field(default_factory=dict)
    """RAGAs' name to a JMESPath into the row, for names that are not recognised by themselves."""
    corpus: str | None = None
    """Pages or a file of passages; fills `reference_contexts` from `reference_context_ids`."""


def _default_body() -> JsonValue:
    return {"query": "{{ user_input }}"}


class Select(Record):
    """Where a service's JSON holds what: JMESPath expressions on the whole response body."""

    response: str = "answer"
    retrieved_contexts: str | None = None
    """A list of texts."""
    retrieved_context_ids: str | None = None
    """A list of ids, in the order of the texts."""


class NoAuth(Record):
    """The service asks for no credentials."""

    kind: Literal["none"] = "none"


class Bearer(Record):
    """A token from the environment in the `Authorization` header."""

    kind: Literal["bearer"]
    token_env: str
    """Name of the environment variable that holds it."""


class Login(Record):
    """A form login that yields a bearer token; repeated once when the service answers 401."""

    kind: Literal["login"]
    url: Url
    username_env: str
    password_env: str
    token: str = "access_token"  # noqa: S105 - a JMESPath, not a token
    """JMESPath of the token in the login's answer."""


class Http(Record):
    """A live service that is asked over HTTP."""

    kind: Literal["http"]
    url: Url
    method: Literal["GET", "POST", "PUT"] = "POST"
    headers: dict[str, str] = Field(default_factory=dict)
    body: JsonValue = Field(default_factory=_default_body)
    """Sent as JSON; every text in it is a Jinja template over the case's fields."""
    select: Select = Select()
    auth: Annotated[NoAuth | Bearer | Login, Field(discriminator="kind")] = NoAuth()
    timeout: float = Field(default=30.0, gt=0)
    """Seconds for one request."""
    retries: int = Field(default=3, ge=0)
    """Further tries after a timeout, a broken connection, 429, 502, 503 or 504."""
    concurrency: int = Field(default=4, ge=1)
    """Questions in flight."""

    @field_validator("headers")
    @classmethod
    def _secrets_by_name(cls, headers: dict[str, str]) -> dict[str, str]:
        for name, value in headers.items():
            if _SECRET_HEADERS.search(name) and not _VARIABLE.search(value):
                raise ValueError(f"{name} holds a secret: put it into the environment and write ${{NAME}} in its place")
        return headers


class Replay(Record):
    """Answers that were captured before."""

    kind: Literal["replay"]
    path: str | None = None
    """JSONL, CSV or Parquet of answers; the dataset's own file if it is left out."""
    fields: dict[str, str] = Field(default_factory=dict)
    """RAGAs' name to a JMESPath into the row."""
    match: Literal["auto", "id", "question"] = "auto"
    """How a captured answer finds its case; `auto` tries its id, then its question."""
    concurrency: int = Field(default=8, ge=1)


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


TargetConfig = Annotated[Http | Replay | Custom, Field(discriminator="kind")]
JudgeConfig = Annotated[Embedded | OpenAI | Custom, Field(discriminator="kind")]


class Experiment(Record):
    """One experiment: questions, a system, a judge, metrics."""

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$", max_length=100)
    dataset: Annotated[Dataset, BeforeValidator(_path_only)]
    target: TargetConfig
    judge: JudgeConfig = Embedded()
    metrics: tuple[str, ...] = Field(default=DEFAULT_METRICS, min_length=1)
    min_coverage: float = Field(default=0.95, ge=0, le=1)
    """Least share of the cases a metric applies to that must have a value; below it the run ends with exit code 3."""
    seed: int = 0
    """Of every random choice, such as resampling."""
    runs: str = "runs"
    """Folder of run folders."""
    mlflow: Mlflow = Mlflow()

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
    if name == "overall":
        raise ValueError("`overall` is computed by itself when faithfulness and context_recall are both there")
    near = difflib.get_close_matches(general, METRICS, n=1, cutoff=0.5)
    hint = f" Did you mean {near[0]}?" if near else ""
    raise ValueError(f"no metric is called {name!r}.{hint} There are: {', '.join(METRICS)} (k is a number)")


def custom(use: str, options: Mapping[str, Any]) -> Any:
    """Build somebody else's part from `package.module:name`; raises `ConfigError` if that cannot be done."""
    module, _, name = use.partition(":")
    try:
        made = getattr(importlib.import_module(module), name)
    except (ImportError, AttributeError, TypeError, ValueError) as error:
        raise ConfigError(f"use: {use}: cannot be imported: {error}. It reads package.module:name") from error
    try:
        inspect.signature(made).bind(**options)
    except TypeError as error:
        raise ConfigError(
            f"use: {use}: cannot be called with options {', '.join(options) or 'none'}: {error}"
        ) from error
    except ValueError:
        pass  # some builtins do not tell what they take
    return made(**options)
