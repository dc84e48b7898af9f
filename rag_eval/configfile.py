"""Experiments as YAML files: read with every mistake named by file, line and key, and written back."""

import difflib
from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, JsonValue, ValidationError

from rag_eval import config
from rag_eval.config import Experiment, matrix
from rag_eval.errors import ConfigError


class _Loader(yaml.SafeLoader):
    """YAML in which a key stands once."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002 - PyYAML's signature
        """A mapping; raises `ConstructorError` for a key that stands twice, of which PyYAML would take the last."""
        seen: set[str] = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.constructor.ConstructorError(None, None, f"{key.value!r} stands twice", key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


def load(path: Path, *, name: str | None = None) -> Experiment:
    """Read an experiment file; raises `ConfigError` naming file, line and key of each mistake.

    `name` stands for the name in the file, which is not looked at then.
    """
    return parse(_text(path), str(path), name=name)


def parse(text: str, where: str, *, name: str | None = None) -> Experiment:
    """The experiment that a YAML text says; `where` names the text in messages."""
    said = _mapping(text, where)
    if name is not None:
        said = {**said, "name": _checked(name)}
    try:
        return Experiment.model_validate(said)
    except ValidationError as error:
        raise ConfigError(_explain(error, where, text)) from error


def _checked(name: str) -> str:
    try:
        return config.checked_name(name)
    except ValueError as error:
        raise ConfigError(f"the name of the run: {error}") from error


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}. `rag-eval init` writes one to start from.") from error


def _mapping(text: str, where: str) -> dict[str, Any]:
    try:
        said = yaml.load(text, Loader=_Loader)  # noqa: S506 - a SafeLoader
    except (yaml.YAMLError, ValueError, RecursionError) as error:  # a date such as 2026-13-45 is a ValueError
        raise ConfigError(f"{where}: is not YAML: {error}") from error
    if not isinstance(said, dict):
        raise ConfigError(f"{where}: an experiment is a mapping of keys, found {type(said).__name__}")
    return said


def revised(experiment: Experiment, settings: Mapping[str, JsonValue], where: str) -> Experiment:
    """The experiment with some settings of its target replaced, each under its dotted path.

    Raises `ConfigError`, which `where` begins, for one that cannot be there.
    """
    kept = {"target", *experiment.model_fields_set}
    raw = {key: value for key, value in experiment.model_dump(mode="json").items() if key in kept}
    for key, value in settings.items():
        try:
            raw = matrix.placed(raw, matrix.path(key), value)
        except ValueError as error:
            raise ConfigError(f"{where}: {key}: {error}") from error
    try:
        return Experiment.model_validate(raw)
    except ValidationError as error:
        raise ConfigError(_explain(error, where, "")) from error


class _JudgeFile(BaseModel):
    """The part of an experiment file that says who judges; what else it says is somebody else's matter."""

    judge: config.JudgeConfig


def load_judge(path: Path) -> config.JudgeConfig:
    """Who judges, from an experiment file or one that holds nothing but `judge:`; raises `ConfigError`."""
    text = _text(path)
    said = _mapping(text, str(path))
    if "judge" not in said:
        raise ConfigError(f"{path}: judge: is missing; it reads judge: {{kind: openai, model: …}}")
    try:
        return _JudgeFile.model_validate({"judge": said["judge"]}).judge
    except ValidationError as error:
        raise ConfigError(_explain(error, str(path), text)) from error


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
    message = mistake["msg"].removeprefix("Value error, ")
    if mistake["type"] == "model_type":  # pydantic ends it with the name of the class
        message = message.removesuffix("Config")
    return f"{spot}: {key}: {message} (found {repr(mistake['input'])[:80]})"


def _place(loc: Sequence[str | int]) -> list[str]:
    """The keys of a path as they stand in the file, without the kinds and types that pydantic puts between them."""
    typed = min((loc.index(name) for name in ("body", "options") if name in loc), default=len(loc))
    return [
        str(part).removesuffix("Config") if part in _CLASSES else str(part)
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
    "http": config.HttpConfig,
    "replay": config.ReplayConfig,
    "custom": config.CustomConfig,
    "embedded": config.EmbeddedJudgeConfig,
    "openai": config.OpenAIJudgeConfig,
    "none": config.NoAuthConfig,
    "bearer": config.BearerConfig,
    "api_key": config.ApiKeyConfig,
    "basic": config.BasicConfig,
    "login": config.LoginConfig,
    "oauth2": config.OAuth2Config,
}
_SECTIONS: dict[str | int, type[BaseModel]] = {
    **_KINDS,
    "dataset": config.DatasetConfig,
    "select": config.SelectConfig,
    "stream": config.StreamConfig,
    "tls": config.TlsConfig,
    "breaker": config.BreakerConfig,
    "prices": config.PricesConfig,
    "refusals": config.RefusalsConfig,
    "mlflow": config.MlflowConfig,
    "load": config.LoadConfig,
    "slo": config.SloConfig,
    "endpoints": config.EndpointConfig,
}
_CLASSES = frozenset(model.__name__ for model in _SECTIONS.values())
"""Where a setting is one of several models, pydantic puts the name of the class into the path."""


def _suggest(loc: Sequence[str | int]) -> str:
    """A near key of the section that an unknown one stands in."""
    around = [part for part in loc[:-1] if isinstance(part, str)]  # an endpoint stands under its number
    section = _SECTIONS[around[-1]] if around else Experiment
    near = difflib.get_close_matches(str(loc[-1]), section.model_fields, n=1)
    return f" Did you mean {near[0]}?" if near else ""
