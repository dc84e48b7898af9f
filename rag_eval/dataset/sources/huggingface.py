"""Hugging Face datasets: a folder on disk, or a name on the hub. The one place that imports `datasets`."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rag_eval.dataset.problems import Problem
from rag_eval.dataset.sources.row import Row
from rag_eval.errors import DataError, UnreachableError
from rag_eval.telemetry import silence


def read(path: str, split: str | None) -> Iterator[Row | Problem]:
    """Yield the rows of one split; raises `DataError` if the split has to be named and is not."""
    found = _load(path)
    table = found if not hasattr(found, "keys") else found[_choose(path, list(found.keys()), split)]
    for number, values in enumerate(table, start=1):
        yield Row(path, number, values)


def _load(path: str) -> Any:
    silence()
    import datasets

    folder = Path(path)
    try:
        if (folder / "dataset_info.json").is_file() or (folder / "dataset_dict.json").is_file():
            return datasets.load_from_disk(path)
        return datasets.load_dataset(path)
    except (ValueError, LookupError, TypeError, OSError, datasets.exceptions.DatasetsError) as error:
        if folder.is_dir() or not isinstance(error, OSError) or isinstance(error, FileNotFoundError):
            message = f"{path}: is not a dataset that Hugging Face `datasets` can load: {error}"
            raise DataError(message) from error
        raise UnreachableError(f"{path}: the hub could not be reached: {error}") from error


def _choose(path: str, splits: list[str], asked: str | None) -> str:
    if asked is None and len(splits) == 1:
        return splits[0]
    wanted = asked or "test"
    if wanted in splits:
        return wanted
    raise DataError(f"{path}: has no split {wanted!r}; name one of: {', '.join(splits)}")
