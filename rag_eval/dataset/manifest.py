"""What a dataset folder says of itself: where it came from, and a fingerprint of what it holds."""

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path
from typing import Literal

import yaml
from pydantic import Field, ValidationError

from rag_eval.errors import DataError
from rag_eval.records import Case, Record

FILE = "manifest.yaml"
DATA = "data/test.parquet"
_MODULUS = 1 << 256


class Source(Record):
    """A file that a dataset was built from."""

    path: str
    sha256: str
    rows: int


class Manifest(Record):
    """The manifest of a dataset folder."""

    format: Literal[1] = 1
    name: str
    rows: int
    quarantined: int = 0
    """Rows that could not be used and stand in `quarantine.jsonl`."""
    fingerprint: str
    """Of the content, whatever the order of the rows and the format of the file; see `fingerprint`."""
    sources: tuple[Source, ...]
    fields: dict[str, str] = Field(default_factory=dict)
    corpus: Source | None = None
    rag_eval: str
    """Version that built it."""


def fingerprint(cases: Iterable[Case]) -> str:
    """A digest of what a set asks and expects: equal for equal content in any order, from any format.

    The sum, modulo 2^256, of the SHA-256 of each case as canonical JSON (Bellare & Micciancio, "A new paradigm for
    collision-free hashing", 1997), so that nothing has to be sorted or held. Empty and absent fields are one;
    metadata does not count.
    """
    total, rows = 0, 0
    for case in cases:
        said = {
            key: value for key, value in case.model_dump(exclude={"metadata"}).items() if value not in (None, (), "")
        }
        said["tags"] = sorted(case.tags)
        text = json.dumps(said, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
        total = (total + int.from_bytes(hashlib.sha256(text.encode()).digest(), "big")) % _MODULUS
        rows += 1
    return hashlib.sha256(f"{rows}:{total:064x}".encode()).hexdigest()[:32]


def load(folder: Path) -> Manifest:
    """The manifest of a dataset folder; raises `DataError` if it is not one."""
    path = folder / FILE
    try:
        return Manifest.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError, ValidationError) as error:
        raise DataError(f"{path}: cannot be read: {error}") from error


def data_file(folder: Path) -> Path | None:
    """The rows of a dataset folder that we built, or None where there is no such folder."""
    return folder / DATA if (folder / FILE).is_file() else None


def digest(path: Path) -> str:
    """sha256 of a file, or of the names and contents of a folder's files."""
    whole = hashlib.sha256()
    for file in [path] if path.is_file() else sorted(one for one in path.rglob("*") if one.is_file()):
        whole.update(f"{file.relative_to(path)}\0".encode())
        with file.open("rb") as stream:
            whole.update(hashlib.file_digest(stream, "sha256").digest())
    return whole.hexdigest()
