"""Rows out of files: a reader for each format, picked by what stands at the path.

A reader yields a `Row` for what it could read and a `Problem` for a row that is broken in itself, and goes on.
"""

import difflib
import re
from collections.abc import Callable, Iterator
from pathlib import Path

from rag_eval.dataset.problems import Problem
from rag_eval.dataset.sources.row import Row
from rag_eval.errors import DataError

__all__ = ["HUB", "Row", "read", "suffixes"]

HUB = "hf://"
"""What the name of a dataset on the Hugging Face hub begins with."""


def suffixes() -> tuple[str, ...]:
    """File name endings that can be read."""
    return (".csv", ".tsv", ".jsonl", ".ndjson", ".json", ".parquet")


def read(path: str, split: str | None = None) -> Iterator[Row | Problem]:
    """The rows at a path: a file by its ending, a folder as a Hugging Face dataset, `hf://owner/name` from the hub.

    The hub has to be named as such: a path that was mistyped must not become a request to somebody else's server.
    Raises `DataError` if there is nothing there, or nothing that can be read.
    """
    where = Path(path)
    if where.is_file():
        return _rows(where, _file_reader(where))
    if where.is_dir() or path.startswith(HUB):
        from rag_eval.dataset.sources import huggingface

        name = path.removeprefix(HUB).removeprefix("datasets/") if path.startswith(HUB) else path
        return huggingface.read(name, split)
    hub = f" On the Hugging Face hub it would be {HUB}{path}." if re.fullmatch(r"[\w.-]+/[\w.-]+", path) else ""
    raise DataError(f"{path}: there is no such file or folder.{_near(where)}{hub}")


def _rows(path: Path, reader: Callable[[Path], Iterator[Row | Problem]]) -> Iterator[Row | Problem]:
    try:
        yield from reader(path)
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error}") from error


def _file_reader(path: Path) -> Callable[[Path], Iterator[Row | Problem]]:
    from rag_eval.dataset.sources import csv, jsonl, parquet

    match path.suffix.lower():
        case ".csv" | ".tsv":
            return csv.read
        case ".jsonl" | ".ndjson":
            return jsonl.read
        case ".json":
            return jsonl.read_array
        case ".parquet":
            return parquet.read
        case _:
            raise DataError(f"{path}: cannot tell what this is by its name; known are {', '.join(suffixes())}")


def _near(path: Path) -> str:
    if not path.parent.is_dir():
        return ""
    near = difflib.get_close_matches(path.name, [entry.name for entry in path.parent.iterdir()], n=1)
    return f" Did you mean {path.parent / near[0]}?" if near else ""
