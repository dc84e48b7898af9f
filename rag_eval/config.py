"""What an experiment file may say: one frozen model, read from YAML, with every mistake named by its place.

`${NAME}` in a text stands for an environment variable. It is resolved where the text is used and never before, so
that what is copied into a run's folder or into MLflow holds the name and not the value.
"""

import difflib
import importlib
import inspect
import os
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import (
    BaseModel,
    BeforeValidator,
    Field,
    JsonValue,
    ValidationError,
    field_validator,
)

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
    url: str
    username_env: str
    password_env: str
    token: str = "access_token"  # noqa: S105 - a JMESPath, not a token
    """JMESPath of the token in the login's answer."""


class Http(Record):
    """A live service that is asked over HTTP."""

    kind: Literal["http"]
    url: str
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
    base_url: str | None = None
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

    tracking_uri: str | None = None
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


def load(path: Path) -> Experiment:
    """Read an experiment file; raises `ConfigError` naming file, line and key of each mistake."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}. `rag-eval init` writes one to start from.") from error
    return parse(text, str(path))


def parse(text: str, where: str) -> Experiment:
    """The experiment that a YAML text says; `where` names the text in messages."""
    try:
        said = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # a date such as 2026-13-45 is a ValueError
        raise ConfigError(f"{where}: is not YAML: {error}") from error
    if not isinstance(said, dict):
        raise ConfigError(f"{where}: an experiment is a mapping of keys, found {type(said).__name__}")
    try:
        return Experiment.model_validate(said)
    except ValidationError as error:
        raise ConfigError(_explain(error, where, text)) from error


def dump(experiment: Experiment) -> str:
    """The experiment as YAML that `parse` reads back to the same value."""
    said = experiment.model_dump(mode="json")
    text: str = yaml.safe_dump(said, sort_keys=False, allow_unicode=True)
    # PyYAML does not read back Unicode's own line breaks where it has written them unescaped.
    return yaml.safe_dump(said, sort_keys=False) if set(text) & set("\x85\u2028\u2029") else text


def flatten(experiment: Experiment) -> dict[str, JsonValue]:
    """Dotted key to value, for trackers; lists are joined."""

    def walk(prefix: str, value: Any) -> dict[str, JsonValue]:
        if isinstance(value, dict) and value:
            return {k: v for key, inner in value.items() for k, v in walk(f"{prefix}.{key}", inner).items()}
        if isinstance(value, list):
            value = ", ".join(str(item) for item in value)
        return {prefix.lstrip("."): value}

    return walk("", experiment.model_dump(mode="json", exclude_none=True))


def _explain(error: ValidationError, where: str, text: str) -> str:
    lines = [_one_mistake(mistake, where, text) for mistake in error.errors(include_url=False)]
    return "\n".join(lines)


def _one_mistake(mistake: Mapping[str, Any], where: str, text: str) -> str:
    place = _place(mistake["loc"])
    key = ".".join(place) or "the file"
    line = _line_of(place, text)
    spot = f"{where}:{line}" if line else where
    if mistake["type"] == "extra_forbidden":
        return f"{spot}: {key}: no such key.{_suggest(mistake['loc'])}"
    if mistake["type"] == "missing":
        return f"{spot}: {key}: is missing"
    if mistake["type"] == "union_tag_not_found":
        return f"{spot}: {key}.kind: is missing"
    found = repr(mistake["input"])
    return f"{spot}: {key}: {mistake['msg'].removeprefix('Value error, ')} (found {found[:80]})"


def _place(loc: Sequence[str | int]) -> list[str]:
    """The keys of a path as they stand in the file, without the kinds and types that pydantic puts between them."""
    typed = min((loc.index(name) for name in ("body", "options") if name in loc), default=len(loc))
    return [
        str(part)
        for i, part in enumerate(loc)
        if not (i and loc[i - 1] in {"target", "judge", "auth"} and part in _KINDS)
        and not (i > typed and part in {"dict", "list", "float", "[key]"})
    ]


def _line_of(place: list[str], text: str) -> int | None:
    """Line of the deepest key of a path that stands in the text; from YAML's own marks."""
    node, line = yaml.compose(text, Loader=yaml.SafeLoader), None
    for part in place:
        if isinstance(node, yaml.SequenceNode) and part.isdecimal() and int(part) < len(node.value):
            node = node.value[int(part)]
            line = node.start_mark.line + 1
        elif isinstance(node, yaml.MappingNode):
            pair = next(((key, value) for key, value in node.value if key.value == part), None)
            if pair is None:
                break
            line, node = pair[0].start_mark.line + 1, pair[1]
    return line


_KINDS: dict[str | int, type[BaseModel]] = {
    "http": Http,
    "replay": Replay,
    "custom": Custom,
    "embedded": Embedded,
    "openai": OpenAI,
    "none": NoAuth,
    "bearer": Bearer,
    "login": Login,
}
_SECTIONS: dict[str | int, type[BaseModel]] = {
    **_KINDS,
    "dataset": Dataset,
    "select": Select,
    "prices": Prices,
    "mlflow": Mlflow,
}


def _suggest(loc: Sequence[str | int]) -> str:
    """A near key of the section that an unknown one stands in."""
    section = _SECTIONS[loc[-2]] if len(loc) > 1 else Experiment
    near = difflib.get_close_matches(str(loc[-1]), section.model_fields, n=1)
    return f" Did you mean {near[0]}?" if near else ""


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
