"""Rows out of files that were packed."""

import gzip
import io
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from rag_eval.dataset.sources import DataRow, packed, read
from rag_eval.errors import DataError

Save = Callable[[str, str | bytes], Path]


def _zip(**members: bytes) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        for name, content in members.items():
            # A name alone is given the time of now, and each worker of the tests another one.
            archive.writestr(zipfile.ZipInfo(name.replace("__dot__", ".").replace("__slash__", "/")), content)
    return held.getvalue()


_JSONL, _CSV = b'{"question": "a"}\n', b"question\na\n"


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.jsonl.gz", gzip.compress(_JSONL, mtime=0)),
        ("a.csv.GZ", gzip.compress(_CSV, mtime=0)),
        ("a.zip", _zip(set__slash__a__dot__csv=_CSV)),
        ("a.zip", _zip(a__dot__csv=_CSV, __MACOSX__slash__a__dot__csv=b"\0", README__dot__md=b"#")),
    ],
)
def test_the_rows_inside(save: Save, name: str, content: bytes) -> None:
    """With the place of the packed file, by the name that what is inside has."""
    path = save(name, content)
    (row,) = read(str(path))
    assert isinstance(row, DataRow)
    assert (row.file, row.values) == (str(path), {"question": "a"})


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        (
            "a.zip",
            _zip(a__dot__csv=_CSV, b__dot__csv=_CSV),
            r"a\.zip: expected one file of rows inside, found a.csv, b.csv",
        ),
        ("a.zip", _zip(), r"a\.zip: expected one file of rows inside, found nothing"),
        ("a.zip", _zip(a__dot__zip=_zip(b__dot__csv=_CSV)), r"a\.zip: holds a.zip, and cannot be told"),
        (
            "a.gz",
            gzip.compress(_CSV, mtime=0),
            r"a\.gz: holds a, and cannot be told what that is by its name; known are \.csv",
        ),
        ("a.csv.gz", _CSV, r"a\.csv\.gz: cannot be unpacked: Not a gzipped file"),
        ("a.csv.gz", gzip.compress(_CSV, mtime=0)[:-9], r"a\.csv\.gz: cannot be unpacked"),
        ("a.csv.gz", gzip.compress(b'question\n"a\n', mtime=0), r"a\.csv\.gz:2: is not CSV"),
        ("a.zip", b"PK\3\4", r"a\.zip: cannot be unpacked"),
    ],
)
def test_what_cannot_be_read(save: Save, name: str, content: bytes, says: str) -> None:
    """One error that names the packed file."""
    with pytest.raises(DataError, match=says):
        list(read(str(save(name, content))))


def test_what_is_too_large_is_not_unpacked(save: Save, monkeypatch: pytest.MonkeyPatch) -> None:
    """A small file may hold more than a disk does."""
    monkeypatch.setattr(packed, "_LARGEST", 1 << 20)
    with pytest.raises(DataError, match="unpack it, and cut it up"):
        list(read(str(save("a.csv.gz", gzip.compress(b"a" * (3 << 20))))))


@pytest.mark.parametrize("ending", [".gz", ".zip"])
def test_a_wall_is_not_unpacked(save: Save, monkeypatch: pytest.MonkeyPatch, ending: str) -> None:
    """What takes hundreds of times its room is no text; told long before the disk is full."""
    monkeypatch.setattr(packed, "_MUCH", 1 << 20)
    wall = b"[" * (8 << 20)
    if ending == ".gz":
        content = gzip.compress(wall, mtime=0)
    else:
        made = io.BytesIO()
        with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("a.jsonl", wall)
        content = made.getvalue()
    with pytest.raises(DataError, match="times its size unpacked"):
        list(packed.read(save(f"a.jsonl{ending}", content)))
