"""The files of a path, opened whatever they are packed in."""

import contextlib
import glob
import gzip
import io
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, cast

from rag_eval.errors import DataError
from rag_eval.traces.reading import capture_folder

ZSTD = b"\x28\xb5\x2f\xfd"
_GZIP = b"\x1f\x8b"
HEAD_BYTES = 1 << 16
PACKED_SUFFIXES = (".gz", ".zst", ".zstd")
MAX_RECORD_BYTES = 1 << 28


class CorruptFileError(Exception):
    """A packed file is damaged or breaks off."""


def trace_files(path: str) -> list[Path]:
    """The files that a file's name, a folder or a pattern stands for, by name; raises `DataError` where there is none.

    The names of rotated files of the Collector sort by time. A folder that `rag-eval capture` writes to stands for
    the files in it.
    """
    root = Path(path)
    if root.is_file():
        return [root]
    paths = list(root.rglob("*")) if root.is_dir() else [Path(each) for each in glob.glob(path, recursive=True)]  # noqa: PTH207 - the pattern may be absolute
    captures = {each for each in (root, *paths) if capture_folder.is_capture_folder(each)} if root.is_dir() else set()
    kept = [each for each in paths if each.is_file() and not _hidden(each, root)]
    kept = [each for each in kept if each.parent not in captures or not capture_folder.is_capture_file(each)] + [
        *captures
    ]
    if not kept:
        what = "holds no file" if root.is_dir() else "does not exist, and no file matches it"
        raise DataError(f"{path}: {what}. Give a file, a folder or a pattern with the captured traces.")
    return sorted(kept)


_LAYERS = 3
"""How often a file may be packed."""


def _hidden(path: Path, root: Path) -> bool:
    inside = path.relative_to(root).parts if root.is_dir() else (path.name,)
    return any(part.startswith(".") for part in inside)


@contextlib.contextmanager
def opened(path: Path) -> Iterator[io.BufferedReader]:
    """The file unpacked; raises `CorruptFileError` inside where it is damaged."""
    with path.open("rb", buffering=HEAD_BYTES) as raw, _packing_errors(), contextlib.closing(_unpacked(raw)) as stream:
        yield stream


@contextlib.contextmanager
def _packing_errors() -> Iterator[None]:
    try:
        yield
    except _damage() as error:
        raise CorruptFileError(str(error) or "it breaks off") from error


def _damage() -> tuple[type[Exception], ...]:
    """What the libraries raise; zstandard need not be there."""
    known: tuple[type[Exception], ...] = (EOFError, zlib.error, gzip.BadGzipFile)
    library = sys.modules.get("zstandard")
    return (*known, library.ZstdError) if library else known


def _unpacked(stream: Any, layer: int = 0) -> io.BufferedReader:
    """What is packed, also where that is packed again; a file may unpack to itself for ever."""
    head = stream.peek(4)[:4]
    if not head.startswith((_GZIP, ZSTD)):
        return cast("io.BufferedReader", stream)
    if layer == _LAYERS:
        raise CorruptFileError(f"it is packed more than {_LAYERS} times over")
    # The mode is said, as what was unpacked before has another idea of what a mode is.
    inner = gzip.GzipFile(fileobj=stream, mode="rb") if head.startswith(_GZIP) else _zstd(stream)
    return _unpacked(io.BufferedReader(cast("io.RawIOBase", inner), HEAD_BYTES), layer + 1)


def _zstd(stream: BinaryIO) -> BinaryIO:
    try:
        import zstandard
    except ImportError as error:
        raise DataError(
            "reading zstd needs the package zstandard: pip install zstandard, or unpack it first"
        ) from error
    return cast("BinaryIO", zstandard.ZstdDecompressor().stream_reader(stream, read_across_frames=True))


def unpack_record(record: bytes) -> bytes:
    """One record of the Collector, which may be packed by itself; raises `CorruptFileError`."""
    if not record.startswith(ZSTD):
        return record
    with _packing_errors():
        return _zstd(io.BytesIO(record)).read(MAX_RECORD_BYTES)


def frames(stream: BinaryIO) -> Iterator[bytes]:
    """Records that have their length in four bytes before them; raises EOFError where the last breaks off."""
    while head := stream.read(4):
        size = int.from_bytes(head, "big")
        record = stream.read(size) if len(head) == 4 and 0 < size <= MAX_RECORD_BYTES else b""  # noqa: PLR2004 - bytes of the length
        if len(record) != size or not record:
            raise EOFError
        yield record
