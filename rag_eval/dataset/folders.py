"""A dataset folder as it stands: its manifest, its cases, and the corpus beside them."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rag_eval import config
from rag_eval.dataset import manifest, reading, sources, writing
from rag_eval.dataset.problems import RowProblem
from rag_eval.errors import DataError
from rag_eval.records import Case


@dataclass(frozen=True)
class DatasetFolder:
    """A dataset folder that was read."""

    path: Path
    manifest: manifest.Manifest
    cases: tuple[Case, ...]

    @property
    def corpus(self) -> Path | None:
        """The passages beside the cases, if there are any."""
        path = self.path / writing.CORPUS
        return path if path.is_file() else None


def load(path: Path, *, edited: bool = False) -> DatasetFolder:
    """Read a dataset folder; raises `DataError` if it is none, or if a row of it cannot be used.

    One whose rows are not those of its manifest is an error too, unless it may be `edited`; then its manifest is told
    with the fingerprint that it has.
    """
    stored = manifest.load(path)
    cases = tuple(item.case for item in reading.cases(config.DatasetConfig(path=str(path))))
    fingerprint = manifest.fingerprint(cases)
    if fingerprint != stored.fingerprint and not edited:
        message = f"{path}: {manifest.DATA} holds other cases than {manifest.FILE} says: it was changed by other means"
        raise DataError(
            f"{message}. Do: rag-eval build-dataset {path} -o NEW, which gives them a fingerprint of their own"
        )
    current = stored.model_copy(update={"fingerprint": fingerprint, "rows": len(cases)})
    return DatasetFolder(path, current, cases)


def passages(folder: Path) -> dict[str, str]:
    """Id to text of every passage of the corpus beside the cases; empty where there is none."""
    return {str(row["id"]): str(row["text"]) for row in rows(folder / writing.CORPUS)}


def rows(path: Path) -> Iterator[dict[str, Any]]:
    """The rows of a Parquet file of the corpus, none where there is no such file; raises `DataError`."""
    if not path.is_file():
        return
    for row in sources.read(str(path)):
        if isinstance(row, RowProblem):
            raise DataError(str(row))
        yield dict(row.values)
