"""Hugging Face datasets: a folder on disk, or a name on the hub. The one place that imports `datasets`."""

import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from rag_eval.dataset.problems import RowProblem
from rag_eval.dataset.sources import arrow, catalogue
from rag_eval.dataset.sources.row import DataRow, OnSplit, choose_split
from rag_eval.errors import DataError, UnreachableError
from rag_eval.telemetry import silence

_BATCH = 1000
_TELL_NOTHING = frozenset({"name", "data_files", "data_dir", "version", "description"})
"""Settings of a builder that do not say how its files are read."""
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


def _load(path: str, how: str) -> Any:
    silence()
    import datasets

    try:
        return getattr(datasets, how)(path)
    except (*_REFUSED, datasets.exceptions.DatasetsError) as error:
        if Path(path).is_dir() or not isinstance(error, OSError) or isinstance(error, FileNotFoundError):
            message = f"{path}: is not a dataset that Hugging Face `datasets` can load: {error}"
            raise DataError(message) from error
        raise UnreachableError(f"{path}: the hub could not be reached: {error}") from error
