"""Files that gzip or zip packed: unpacked beside the temporary files, and read as what they are inside."""

import gzip
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import IO

from rag_eval.dataset.problems import RowProblem
from rag_eval.dataset.sources import catalogue
from rag_eval.dataset.sources.row import DataRow, RowNote
from rag_eval.dataset.sources.row_format import RowFormat
from rag_eval.errors import DataError

_LARGEST = 4 << 30
"""Bytes that a file may have unpacked."""
_MUCH = 64 << 20
_DENSEST = 200
"""How many times its size a file of more than `_MUCH` bytes may have unpacked: texts have ten, walls a thousand."""
_PIECE = 1 << 20
_BROKEN = (OSError, EOFError, zlib.error, zipfile.BadZipFile, NotImplementedError, RuntimeError)
"""What gzip and zip raise for what they did not pack, for a method that is not known, and for a password."""


def read(path: Path) -> Iterator[DataRow | RowProblem | RowNote]:
    """Yield the rows of the one file inside; its name tells what it is, as that of any other file does.

    Raises `DataError` for an archive of several files of rows, one that is broken, and one that is too large unpacked.
    """
    with tempfile.TemporaryDirectory() as folder:
        inside, name = _unpacked(path, Path(folder))
        row_format = catalogue.of_file(inside)
        if row_format is None or row_format.readable is _never:
            known = ", ".join(suffix for suffix in catalogue.suffixes() if suffix not in FORMAT.suffixes)
            raise DataError(f"{path}: holds {name}, and cannot be told what that is by its name; known are {known}")
        try:
            for row in row_format.read(inside):
                yield replace(row, file=row.file.replace(str(inside), str(path)))
        except DataError as error:
            raise type(error)(str(error).replace(str(inside), str(path))) from error


def _unpacked(path: Path, folder: Path) -> tuple[Path, str]:
    """The file that was inside, and its name there."""
    try:
        if path.suffix.lower() == ".gz":
            inside = folder / path.stem
            with path.open("rb") as raw, gzip.GzipFile(fileobj=raw, mode="rb") as packed:
                _copy(path, packed, raw.tell, inside)
            return inside, path.stem
        with closing(zipfile.ZipFile(path)) as archive:
            member = _member(path, archive)
            inside = folder / Path(member).name
            size = archive.getinfo(member).compress_size
            with archive.open(member) as packed:
                _copy(path, packed, lambda: size, inside)
            return inside, member
    except _BROKEN as error:
        raise DataError(f"{path}: cannot be unpacked: {error}") from error


def _member(path: Path, archive: zipfile.ZipFile) -> str:
    """The one file of rows in an archive; what the Macintosh puts beside it does not count."""
    names = [
        name for name in archive.namelist() if not name.endswith("/") and not name.startswith(("__MACOSX/", "."))
    ]  # fmt: skip
    rows = [name for name in names if Path(name).suffix.lower() in catalogue.suffixes()]
    if len(rows) == 1:
        return rows[0]
    listed = ", ".join(sorted(rows or names)[:10]) or "nothing"
    raise DataError(
        f"{path}: expected one file of rows inside, found {listed}. Do: unpack it, and name one of them or the folder"
    )


def _copy(path: Path, packed: "IO[bytes] | gzip.GzipFile", taken: Callable[[], int], inside: Path) -> None:
    """Unpack into a file; `taken` is how many packed bytes that took so far."""
    with inside.open("wb") as file:
        while piece := packed.read(_PIECE):
            if file.tell() > _LARGEST:
                raise DataError(f"{path}: has more than {_LARGEST >> 30} GiB unpacked. Do: unpack it, and cut it up")
            if file.tell() > max(_MUCH, _DENSEST * taken()):
                raise DataError(f"{path}: has more than {_DENSEST} times its size unpacked, as no rows have")
            file.write(piece)


def _never(_: Path) -> bool:
    return False


FORMAT = RowFormat((".gz", ".zip"), read, readable=_never, packed=True)
