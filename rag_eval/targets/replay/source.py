"""What stands where an experiment says that answers were captured: rows, traces, or a run of ours."""

import glob
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from rag_eval import runs, traces
from rag_eval.errors import DataError, MismatchError

Kind = Literal["rows", "traces", "run"]
_HUB = "hf://"
_MLFLOW = "mlflow:"
_PACKED = (".gz", ".zst", ".zstd")
_ROWS = (".csv", ".tsv", ".jsonl", ".ndjson", ".json", ".parquet")
_OURS = "manifest.yaml"


@dataclass(frozen=True)
class CaptureSource:
    """Where captured answers are, and what they are."""

    kind: Kind
    path: str


def locate(path: str, given: Literal["auto", "rows", "traces", "run"], root: Path) -> CaptureSource:
    """What a replay plays; the name of a run becomes its folder. Raises `UsageError` where there is nothing."""
    if given == "run":
        return CaptureSource("run", str(runs.find(path, root).path))
    if given != "auto":
        return CaptureSource(given, path)
    try:
        if (Path(path) / "journal.db").is_file():
            return CaptureSource("run", path)
        if not _there(path) and Path(path).suffix.lower() not in _ROWS:
            return _named(path, root)
    except OSError as error:
        raise DataError(f"{path}: cannot be read: {error}") from error
    return CaptureSource(kind(path), path)


def kind(path: str, given: Literal["auto", "rows", "traces"] = "auto") -> Literal["rows", "traces"]:
    """Whether rows or traces stand at a path, by what is inside unless it is said."""
    if given != "auto":
        return given
    try:
        ours = path.startswith(_HUB) or (Path(path) / _OURS).is_file()
        return "traces" if not ours and (_for_traces_only(path) or traces.sniff(path)) else "rows"
    except OSError:
        return "rows"  # whoever reads the rows says what is wrong with the path


def _for_traces_only(path: str) -> bool:
    """Whether it is packed, or a pattern: rows are neither."""
    return Path(path).suffix.lower() in _PACKED or (not Path(path).exists() and glob.has_magic(path))


def _there(path: str) -> bool:
    return path.startswith((_HUB, _MLFLOW)) or Path(path).exists() or glob.has_magic(path)


def _named(path: str, root: Path) -> CaptureSource:
    try:
        return CaptureSource("run", str(runs.find(path, root).path))
    except MismatchError as error:
        raise DataError(f"{path}: there is no such file or folder, and of runs: {error}") from error
