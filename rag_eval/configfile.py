"""Experiments as YAML files: read with every mistake named by file, line and key, and written back."""

import difflib
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Any, get_args

import yaml
from pydantic import BaseModel, JsonValue, ValidationError
from pydantic.fields import FieldInfo

from rag_eval import config, yamltext
from rag_eval.config import Experiment, matrix
from rag_eval.errors import ConfigError
from rag_eval.plugins import JUDGES

_FEW_KEYS = 12
"""Keys of a section that are all named where none is near to an unknown one."""


def load(path: Path, *, name: str | None = None) -> Experiment:
    """Read an experiment file; raises `ConfigError` naming file, line and key of each mistake.

    `name` stands for the name in the file, which is not looked at then. Paths in it that lead somewhere beside it come
    out as they lead there from here.
    """
    return parse(_text(path), str(path), name=name, folder=path.parent)


def parse(text: str, where: str, *, name: str | None = None, folder: Path | None = None) -> Experiment:
    """The experiment that a YAML text says; `where` names the text in messages, `folder` is where its file is."""
    settings = _mapping(text, where)
    if name is not None:
        settings = {**settings, "name": _checked(name)}
    try:
        return Experiment.model_validate(settings, context={config.BESIDE: folder})
    except ValidationError as error:
        raise ConfigError(_explain(error, where, text, settings)) from error


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
        settings = yamltext.load(text)
    except ValueError as error:
        raise ConfigError(f"{where}: is not YAML: {error}") from error
    if not isinstance(settings, dict):
        raise ConfigError(f"{where}: an experiment is a mapping of keys, found {type(settings).__name__}")
    return settings


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
        raise ConfigError(_explain(error, where, "", raw)) from error


class _JudgeFile(BaseModel):
    """The part of an experiment file that says who judges; what else it says is somebody else's matter."""

    judge: Annotated[config.JudgeConfig, config.OfKind(JUDGES, config.JudgeConfig)]


def load_judge(path: Path) -> config.JudgeConfig:
    """Who judges, from an experiment file or one that holds nothing but `judge:`; raises `ConfigError`."""
    text = _text(path)
    settings = _mapping(text, str(path))
    if "judge" not in settings:
        raise ConfigError(f"{path}: judge: is missing; it reads judge: {{kind: openai, model: …}}")
    try:
        return _JudgeFile.model_validate({"judge": settings["judge"]}).judge
    except ValidationError as error:
        raise ConfigError(_explain(error, str(path), text, settings)) from error


def dump(experiment: Experiment) -> str:
    """The experiment as YAML that `parse` reads back to the same value."""
    settings = experiment.model_dump(mode="json")
    text: str = yaml.safe_dump(settings, sort_keys=False, allow_unicode=True)
    # PyYAML does not read back Unicode's own line breaks where it has written them unescaped.
    return yaml.safe_dump(settings, sort_keys=False) if set(text) & set("\x85\u2028\u2029") else text


def flatten(experiment: Experiment) -> dict[str, JsonValue]:
    """Dotted key to value, for trackers; lists are joined."""

    def walk(prefix: str, value: Any) -> dict[str, JsonValue]:
        if isinstance(value, dict) and value:
            return {k: v for key, inner in value.items() for k, v in walk(f"{prefix}.{key}", inner).items()}
        if isinstance(value, list):
            value = ", ".join(str(item) for item in value)
        return {prefix.lstrip("."): value}

    return walk("", experiment.model_dump(mode="json", exclude_none=True))


def _explain(error: ValidationError, where: str, text: str, settings: object) -> str:
    lines = [_explain_mistake(mistake, where, text, settings) for mistake in error.errors(include_url=False)]
    return "\n".join(lines)


def _explain_mistake(mistake: Mapping[str, Any], where: str, text: str, settings: object) -> str:
    place = _place(mistake["loc"])
    key = ".".join(place) or "the file"
    is_kind = mistake["type"] == "union_tag_invalid"
    line = _line_of([*place, "kind"] if is_kind else place, text)
    spot = f"{where}:{line}" if line else where
    if mistake["type"] == "extra_forbidden":
        return f"{spot}: {key}: no such key.{_suggest(mistake['loc'], settings)}"
    if mistake["type"] == "missing":
        return f"{spot}: {key}: is missing"
    if mistake["type"] == "union_tag_not_found":
        return f"{spot}: {key}.kind: is missing"
    message = mistake["msg"].removeprefix("Value error, ")
    if mistake["type"] == "model_type":  # pydantic ends it with the name of the class
        message = message.removesuffix("Config")
    if is_kind:
        return f"{spot}: {key}.kind: {_no_kind(mistake['ctx'])}"
    return f"{spot}: {key}: {message} (found {repr(mistake['input'])[:80]})"


def _no_kind(context: Mapping[str, str]) -> str:
    """That a kind is none, what may have been meant, and which there are."""
    kinds = [kind.strip("'") for kind in context["expected_tags"].split(", ")]
    near = difflib.get_close_matches(context["tag"], kinds, n=1)
    hint = f" Did you mean {near[0]}?" if near else ""
    return f"there is no kind {context['tag']!r}.{hint} There are: {', '.join(kinds)}"


def _place(loc: Sequence[str | int]) -> list[str]:
    """The keys of a path as they stand in the file, without the types that pydantic puts between them."""
    typed = min((loc.index(name) for name in ("body", "options") if name in loc), default=len(loc))
    return [
        str(part).removesuffix("Config") if part in _CLASSES else str(part)
        for i, part in enumerate(loc)
        if not (i > typed and part in {"dict", "list", "float", "[key]"})
    ]


def _line_of(place: list[str], text: str) -> int | None:
    """Line of the deepest key of a path that stands in the text; from YAML's own marks."""
    node, line = _nodes(text), None
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


@lru_cache(1)
def _nodes(text: str) -> yaml.Node | None:
    """A text as nodes, made once for all the mistakes in it."""
    return yaml.compose(text, Loader=yaml.SafeLoader)


def _types(annotation: object) -> Iterator[type]:
    """The classes in an annotation, such as `tuple[EndpointConfig, ...] | None`."""
    if isinstance(annotation, type) and not get_args(annotation):
        yield annotation
    for inner in get_args(annotation):
        yield from _types(inner)


def _models(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """A model and those that its settings are made of."""
    yield model
    for field in model.model_fields.values():
        for inner in _types(field.annotation):
            if issubclass(inner, BaseModel):
                yield from _models(inner)


_CLASSES = frozenset(model.__name__ for model in _models(Experiment))
"""Where a setting is one of several models, pydantic puts the name of the class into the path."""


def _section(loc: Sequence[str | int], settings: object) -> type[BaseModel]:
    """The model of the section that a path leads into, for a kind that of the kind that the settings name."""
    model: type[BaseModel] = Experiment
    for part in loc:
        settings = settings[part] if part not in _CLASSES else settings  # type: ignore[index]  # pydantic was there
        field = model.model_fields.get(str(part))
        if field is not None:
            model = _model_of(field, settings) or model
    return model


def _model_of(field: FieldInfo, settings: Any) -> type[BaseModel] | None:
    for mark in field.metadata:
        if isinstance(mark, config.OfKind):
            return mark.config(settings["kind"])
    return next((inner for inner in _types(field.annotation) if issubclass(inner, BaseModel)), None)


def _suggest(loc: Sequence[str | int], settings: object) -> str:
    """A near key of the section that an unknown one stands in, else the keys that it has if they are few."""
    keys = [*_section(loc[:-1], settings).model_fields]
    near = difflib.get_close_matches(str(loc[-1]), keys, n=1)
    if near:
        return f" Did you mean {near[0]}?"
    return f" There are: {', '.join(keys)}" if len(keys) <= _FEW_KEYS else ""
