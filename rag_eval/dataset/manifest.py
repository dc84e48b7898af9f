"""What a dataset folder says of itself: where it came from, what was done to it, and a fingerprint of what it holds."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import Field, JsonValue, ValidationError

from rag_eval import yamltext
from rag_eval.errors import DataError
from rag_eval.records import Case, Record

FILE = "manifest.yaml"
DATA = "data/test.parquet"
FORMAT = 2
_MODULUS = 1 << 256
_LONGEST = 20_000_000
"""Characters of a manifest, which names each document that a dataset was drafted from."""


class Source(Record):
    """A file that a dataset was built from."""

    path: str
    sha256: str
    rows: int
    split: str | None = None
    """The split that was taken, where there were several."""


class Step(Record):
    """One thing that was done, and to what: together they are a dataset's lineage, the first step first."""

    operation: Literal["build", "draft", "sample", "review", "merge", "split", "fix", "migrate"]
    inputs: dict[str, str] = Field(default_factory=dict)
    """Name of a dataset that went in to its fingerprint then."""
    details: dict[str, JsonValue] = Field(default_factory=dict)
    """Settings and counts, such as the seed of a split or how many questions were asked for and why fewer came."""
    rag_eval: str
    """Version that did it."""


class Manifest(Record):
    """The manifest of a dataset folder."""

    format: Literal[2] = 2
    name: str
    rows: int
    quarantined: int = 0
    """Rows or documents that could not be used and stand in `quarantine.jsonl`."""
    fingerprint: str
    """Of the content, whatever the order of the rows and the format of the file; see `fingerprint`."""
    sources: tuple[Source, ...]
    fields: dict[str, str] = Field(default_factory=dict)
    corpus: Source | None = None
    lineage: tuple[Step, ...] = ()
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
        total = (total + int.from_bytes(_hash(case), "big")) % _MODULUS
        rows += 1
    return hashlib.sha256(f"{rows}:{total:064x}".encode()).hexdigest()[:32]


def case_digest(case: Case) -> str:
    """A digest of what one case asks and expects, by which a decision or a sheet's row is known to be of that case."""
    return _hash(case).hex()[:16]


def _hash(case: Case) -> bytes:
    content = {key: value for key, value in case.model_dump(exclude={"metadata"}).items() if not _is_nothing(value)}
    content["tags"] = sorted({tag.strip() for tag in case.tags} - {""})
    text = json.dumps(content, sort_keys=True, ensure_ascii=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).digest()


def _is_nothing(value: object) -> bool:
    """What no format tells from an absent value."""
    return value is None or value == () or (isinstance(value, str) and not value.strip())


def load(folder: Path) -> Manifest:
    """The manifest of a dataset folder, of this format or an older one; raises `DataError` if it is none."""
    path = folder / FILE
    try:
        content = yamltext.load(path.read_text(encoding="utf-8"), _LONGEST)
    except (FileNotFoundError, NotADirectoryError) as error:
        hint = "rag-eval build-dataset makes a dataset folder."
        raise DataError(f"{folder}: is no dataset folder: it has no {FILE}. {hint}") from error
    except (OSError, ValueError) as error:
        raise DataError(f"{path}: cannot be read: {error}") from error
    if not isinstance(content, dict):
        raise DataError(f"{path}: expected a manifest, found {type(content).__name__}")
    try:
        return Manifest.model_validate(_upgraded(content, path))
    except ValidationError as error:
        raise DataError(f"{path}: cannot be read: {error}") from error


def dump(manifest: Manifest) -> str:
    """A manifest as YAML that `load` reads back."""
    return yaml.safe_dump(manifest.model_dump(mode="json", exclude_none=True), sort_keys=False, allow_unicode=True)


def stored_format(folder: Path) -> int:
    """The format in which a folder's manifest is written; raises `DataError` if there is none."""
    load(folder)
    return int(yamltext.load((folder / FILE).read_text(encoding="utf-8"), _LONGEST).get("format", FORMAT))


def _upgraded(content: Mapping[str, Any], path: Path) -> dict[str, Any]:
    """A manifest of an older format as one of this format."""
    match content.get("format"):
        case 1:  # knew no lineage
            return {**content, "format": FORMAT, "lineage": []}
        case int(newer) if newer > FORMAT:
            raise DataError(f"{path}: has format {newer}, this rag-eval reads up to {FORMAT}. Update rag-eval.")
        case _:
            return dict(content)


def data_file(folder: Path) -> Path | None:
    """The rows of a dataset folder that we built, or None where there is no such folder."""
    return folder / DATA if (folder / FILE).is_file() else None


def digest(path: Path) -> str:
    """sha256 of a file, or of the names and contents of a folder's files."""
    whole = hashlib.sha256()
    for file in [path] if path.is_file() else sorted(each for each in path.rglob("*") if each.is_file()):
        whole.update(f"{file.relative_to(path)}\0".encode())
        with file.open("rb") as stream:
            whole.update(hashlib.file_digest(stream, "sha256").digest())
    return whole.hexdigest()
