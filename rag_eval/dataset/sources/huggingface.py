"""Hugging Face datasets: a folder on disk, or a name on the hub. The one place that imports `datasets`."""

import json
import re
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from rag_eval import yamltext
from rag_eval.dataset.problems import RowProblem
from rag_eval.dataset.sources import arrow, catalogue
from rag_eval.dataset.sources.row import DataRow, OnSplit, choose_split
from rag_eval.errors import DataError, UnreachableError
from rag_eval.telemetry import silence

_BATCH = 1000
_TELL_NOTHING = frozenset({"name", "data_files", "data_dir", "version", "description"})
"""Settings of a builder that do not say how its files are read."""
_FRONT_MATTER = re.compile(r"\ufeff?---[^\S\n]*\n(.*?)^---[^\S\n]*$", re.DOTALL | re.MULTILINE)
_REFUSED = (
    ValueError, LookupError, TypeError, OSError, EOFError, RuntimeError, yaml.YAMLError, zipfile.BadZipFile, zlib.error,
)  # fmt: skip
"""What `datasets` raises for a folder that it cannot make sense of."""


def files(folder: Path, split: str | None, chosen: OnSplit) -> list[Path] | None:
    """The files of one split of a folder, None where only `datasets` can read them.

    `datasets` tells which files belong to which split. It guesses types (an id that looks like a date becomes one)
    and knows no lines, so what our own readers can read is left to them. Raises `DataError` as `read` does.
    """
    if _is_saved(folder):
        return None
    config = _load(str(folder), "load_dataset_builder").config
    plain = type(config)()
    settings = {name for name, value in vars(config).items() if value != getattr(plain, name, None)}
    if settings - _TELL_NOTHING or not config.data_files:
        return None
    named = {str(name): paths for name, paths in config.data_files.items()}
    paths_ = [Path(path) for path in named[choose_split(str(folder), list(named), split, chosen)]]
    inside = [folder / path.relative_to(folder.resolve()) for path in paths_ if path.is_relative_to(folder.resolve())]
    return inside if len(inside) == len(paths_) and all(map(_is_ours, inside)) else None


def _is_saved(folder: Path) -> bool:
    return (folder / "dataset_info.json").is_file() or (folder / "dataset_dict.json").is_file()


def _is_ours(file: Path) -> bool:
    row_format = catalogue.of_file(file)
    return row_format is not None and row_format.readable(file)


def read(path: str, split: str | None, chosen: OnSplit) -> Iterator[DataRow | RowProblem]:
    """Yield the rows of one split; raises `DataError` if the split has to be named and is not."""
    how = "load_from_disk" if _is_saved(Path(path)) else "load_dataset"
    loaded = _load(path, how)
    table = loaded if not hasattr(loaded, "keys") else loaded[choose_split(path, list(loaded.keys()), split, chosen)]
    try:
        yield from arrow.rows(path, table.with_format("arrow").iter(batch_size=_BATCH))
    except (ValueError, OSError) as error:
        raise DataError(f"{path}: cannot be read: {error}") from error


def _stays_inside(folder: Path) -> None:
    """Raise `DataError` where a folder names files outside itself: whoever wrote it must not choose what is read."""
    for place, named in _named(folder):
        if "://" in named or "::" in named or Path(named).is_absolute() or ".." in Path(named).parts:
            message = f"{place}: names {named!r}, which does not lie in the folder"
            raise DataError(f"{message}. Put the file there and name it by its place in it, such as data/test.csv.")


def _named(folder: Path) -> Iterator[tuple[Path, str]]:
    """Each file or folder that a folder of `datasets` names, and where."""
    card, settings = folder / "README.md", folder / ".huggingface.yaml"
    for path, text in ((card, _front_matter(card)), (settings, _text(settings))):
        try:
            says = yamltext.load(text)
        except ValueError as error:
            raise DataError(f"{path}: is not YAML: {error}") from error
        configs = says.get("configs") if isinstance(says, dict) else None
        for each in configs if isinstance(configs, list) else [configs]:
            if isinstance(each, dict):
                yield from ((path, named) for named in _texts([each.get("data_files"), each.get("data_dir")]))
    for state in folder.glob("**/state.json"):
        try:
            files_ = json.loads(_text(state))["_data_files"]
        except (ValueError, LookupError, TypeError, RecursionError):
            continue  # `datasets` says what is wrong
        yield from ((state, named) for named in _texts(files_))


def _front_matter(card: Path) -> str:
    match = _FRONT_MATTER.match(_text(card))
    return match[1] if match else ""


def _text(path: Path) -> str:
    """A file's text, empty where there is none."""
    try:
        return path.read_text(encoding="utf-8") if path.is_file() else ""
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(f"{path}: cannot be read: {error}") from error


def _texts(value: Any) -> Iterator[str]:
    """Every text in a value but what a split or a file's kind is called."""
    match value:
        case str():
            yield value
        case list():
            yield from (text for each in value for text in _texts(each))
        case dict():
            yield from (text for key, each in value.items() if key != "split" for text in _texts(each))


def _load(path: str, how: str) -> Any:
    if Path(path).is_dir():
        _stays_inside(Path(path))
    silence()
    import datasets

    try:
        return getattr(datasets, how)(path)
    except (*_REFUSED, datasets.exceptions.DatasetsError) as error:
        if Path(path).is_dir() or not isinstance(error, OSError) or isinstance(error, FileNotFoundError):
            message = f"{path}: is not a dataset that Hugging Face `datasets` can load: {error}"
            raise DataError(message) from error
        raise UnreachableError(f"{path}: the hub could not be reached: {error}") from error
