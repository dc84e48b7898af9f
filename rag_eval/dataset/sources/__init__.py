"""Rows out of files: a reader for each format, picked by what stands at the path.

A reader yields a `Row` for what it could read and a `Problem` for a row that is broken in itself, and goes on.
"""

import difflib
from collections.abc import Callable, Iterator
from pathlib import Path

from rag_eval.dataset.problems import Problem
from rag_eval.dataset.sources.row import Row
from rag_eval.errors import DataError

__all__ = ["Row", "read", "suffixes"]


def suffixes() -> tuple[str, ...]:
    """File name endings that can be read."""
    return (".csv", ".tsv", ".jsonl", ".ndjson", ".json", ".parquet")


def read(path: str, split: str | None = None) -> Iterator[Row | Problem]:
    """The rows at a path: a file by its ending, otherwise a Hugging Face dataset, as a folder or by its hub name.

    Raises `DataError` if there is nothing there, or nothing that can be read.
    """
    where = Path(path)
    if where.is_file():
        return _rows(where, _file_reader(where))
    if where.is_dir() or _is_hub_name(path):
        from rag_eval.dataset.sources import huggingface

        return huggingface.read(path, split)
    raise DataError(f"{path}: there is no such file or folder.{_near(where)}")


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


def _is_hub_name(path: str) -> bool:
    """`owner/name` with neither an ending nor a folder of that owner here is taken for a name on the hub."""
    owner, _, name = path.partition("/")
    plain = bool(owner and name) and "/" not in name and not owner.startswith((".", "~"))
    return plain and not Path(name).suffix and not Path(owner).exists()


def _near(path: Path) -> str:
    if not path.parent.is_dir():
        return ""
    near = difflib.get_close_matches(path.name, [entry.name for entry in path.parent.iterdir()], n=1)
    return f" Did you mean {path.parent / near[0]}?" if near else ""
