"""Paths of files in settings: beside the experiment file first, then from where one stands.

A setting that is a path has the type `FilePath`, or `FileName` where it may be a name of something else too. Whoever
reads an experiment file says in the context of the validation where that file is, and paths come out as they can be
opened from here. What stands in neither place stays as it was written, so that a command can still put another in its
place; `demand_files` complains of it before anything is asked.
"""

import glob
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, get_args

from pydantic import AfterValidator, BaseModel, ValidationInfo

from rag_eval.config.env import expand
from rag_eval.errors import ConfigError

BESIDE = "beside"
"""Key of the validation's context: the folder of the experiment file."""
_ELSEWHERE = ("hf://", "mlflow:", "http://", "https://")
_TEMPLATE = "{{"


@dataclass(frozen=True)
class _Path:
    """Marks a setting that is a path."""

    demanded: bool
    """Whether there must be a file or a folder."""


def _found(text: str, info: ValidationInfo) -> str:
    """The path from here: beside the experiment file if it is there, else as it is written."""
    folder = (info.context or {}).get(BESIDE)
    path = _resolved(text)
    if folder is None or path is None or path.is_absolute():
        return text
    return str(Path(folder) / text) if _is_there(str(Path(folder) / path)) else text


def _resolved(text: str) -> Path | None:
    """A path with its variables; None for what is none, such as a dataset of a hub."""
    if not text or text.startswith(_ELSEWHERE):
        return None
    try:
        return Path(expand(text))
    except ConfigError:  # told of where the variable is needed
        return None


def _is_there(path: str) -> bool:
    """Whether something is at a path or a pattern; of a template, in the folder before it."""
    before, template, _ = path.partition(_TEMPLATE)
    if template:
        folder = before.rpartition("/")[0]
        return not folder or Path(folder).is_dir()
    try:
        return Path(path).exists() or (glob.has_magic(path) and bool(glob.glob(path, recursive=True)))  # noqa: PTH207 - whole paths
    except (OSError, ValueError):
        return False


FilePath = Annotated[str, AfterValidator(_found), _Path(demanded=True)]
"""A file or a folder, which must be there."""
FileName = Annotated[str, AfterValidator(_found), _Path(demanded=False)]
"""The same, where it may also be the name of something else; whoever opens it says what is wrong with it."""


def demand_files(settings: BaseModel, *parts: str) -> None:
    """Raise `ConfigError` for a path in some parts of settings that leads to no file, with where it was looked for."""
    for key, text in (pair for part in parts for pair in _paths(getattr(settings, part), f"{part}.")):
        path = _resolved(text)
        if path is not None and not _is_there(str(path)):
            where = (
                "is not there" if path.is_absolute() else f"stands neither beside the experiment file nor in {_here()}"
            )
            raise ConfigError(f"{key}: {text} {where}")


def _here() -> str:
    return str(Path.cwd())


def _paths(settings: BaseModel, before: str) -> Iterator[tuple[str, str]]:
    """Each setting that is a path to what must be there, with its key."""
    for name, field in type(settings).model_fields.items():
        value, key = getattr(settings, name), f"{before}{name}"
        marks = [*field.metadata, *_marks(field.annotation)]
        if any(isinstance(mark, _Path) and mark.demanded for mark in marks):
            yield from _texts(value, key)
        elif isinstance(value, BaseModel):
            yield from _paths(value, f"{key}.")
        elif isinstance(value, tuple):
            yield from (pair for each in value if isinstance(each, BaseModel) for pair in _paths(each, f"{key}."))


def _texts(value: Any, key: str) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        yield key, value
    elif isinstance(value, Mapping):
        yield from ((f"{key}.{name}", text) for name, text in value.items())


def _marks(annotation: Any) -> Iterator[Any]:
    """What stands beside the types in an annotation, such as `dict[str, FilePath] | None`."""
    yield from getattr(annotation, "__metadata__", ())
    for inner in get_args(annotation):
        yield from _marks(inner)
