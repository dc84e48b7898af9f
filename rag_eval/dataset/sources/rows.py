"""Rows of whatever stands at a path: a file, a folder, or a name on the Hugging Face hub.

A reader yields a `DataRow` for what it could read and a `RowProblem` for a row that is broken in itself, and goes on.
"""

import difflib
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from rag_eval.dataset.problems import RowProblem
from rag_eval.dataset.sources import catalogue
from rag_eval.dataset.sources.catalogue import suffixes
from rag_eval.dataset.sources.row import DataRow, OnNote, OnSplit, RowNote
from rag_eval.dataset.sources.row_format import RowFormat
from rag_eval.errors import DataError

HUB = "hf://"
"""What the name of a dataset on the Hugging Face hub begins with."""
_AUTORAG = "qa.parquet"
"""Questions in a folder of AutoRAG, beside whose corpus they stand."""
_PACKED = {
    b"\x1f\x8b": "what gzip packed. Call it .gz, or do: gunzip",
    b"PK\x03\x04": "a zip archive or a workbook. Call it .zip or .xlsx, or save the sheet as CSV in UTF-8",
}
"""How packed files begin, and what to do with them."""


def _ignore_split(_: str, __: Sequence[str]) -> None:
    """Do nothing with which split was taken."""


def _ignore_note(_: RowNote) -> None:
    """Do nothing with what is said of how a file was read."""


def read(
    path: str, split: str | None = None, chosen: OnSplit = _ignore_split, noted: OnNote = _ignore_note
) -> Iterator[DataRow | RowProblem]:
    """The rows at a path: a file by its ending, a folder as a Hugging Face dataset, `hf://owner/name` from the hub.

    A folder of BEIR is read as its queries with what is relevant to them. `chosen` is told which split was taken of
    which, `noted` what a reader passed over or guessed. The hub has to be named as such: a path that was mistyped must
    not become a request to another's server.

    Raises `DataError` if there is nothing there, nothing that can be read, or a split is asked of a single file.
    """
    where = Path(path)
    try:
        is_file, is_folder = where.is_file(), where.is_dir()
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error}") from error
    if is_file and split is not None:
        raise DataError(f"dataset.split: {path} is a single file and has no split {split!r}. Leave `split` out.")
    if is_file:
        return _rows(where, _format(where), noted)
    if is_folder:
        return _folder(where, split, chosen, noted)
    if path.startswith(HUB):
        from rag_eval.dataset.sources import huggingface

        return huggingface.read(path.removeprefix(HUB).removeprefix("datasets/"), split, chosen)
    hub = f" On the Hugging Face hub it would be {HUB}{path}." if re.fullmatch(r"[\w.-]+/[\w.-]+", path) else ""
    raise DataError(f"{path}: there is no such file or folder.{_near(where)}{hub}")


def _folder(path: Path, split: str | None, chosen: OnSplit, noted: OnNote) -> Iterator[DataRow | RowProblem]:
    from rag_eval.dataset.sources import beir, huggingface

    if beir.is_beir_folder(path):
        yield from beir.read(path, split, chosen, read)
        return
    if (path / _AUTORAG).is_file():
        fills = f"; --corpus {path / 'corpus.parquet'} fills the contexts by their ids"
        noted(RowNote(str(path), f"of AutoRAG's files {_AUTORAG} was read{fills}"))
        yield from _rows(path / _AUTORAG, _format(path / _AUTORAG), noted)
        return
    files = huggingface.files(path, split, chosen)
    if files is None:
        yield from huggingface.read(str(path), split, chosen)
    for file in files or ():
        yield from _rows(file, _format(file), noted)


def _rows(path: Path, row_format: RowFormat, noted: OnNote) -> Iterator[DataRow | RowProblem]:
    try:
        if not row_format.packed:
            _demand_unpacked(path)
        for row in row_format.read(path):
            if isinstance(row, RowNote):
                noted(row)
            else:
                yield row
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error}") from error


def _demand_unpacked(path: Path) -> None:
    with path.open("rb") as file:
        start = file.read(4)
    packed = next((advice for sign, advice in _PACKED.items() if start.startswith(sign)), None)
    if packed:
        raise DataError(f"{path}: expected {path.suffix.lower()}, found {packed}.")


def _format(path: Path) -> RowFormat:
    row_format = catalogue.of_file(path)
    if row_format is None:
        raise DataError(f"{path}: cannot tell what this is by its name; known are {', '.join(suffixes())}")
    return row_format


def _near(path: Path) -> str:
    try:
        names = [entry.name for entry in path.parent.iterdir()]
    except OSError:
        return ""
    near = difflib.get_close_matches(path.name, names, n=1)
    return f" Did you mean {path.parent / near[0]}?" if near else ""
