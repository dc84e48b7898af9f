"""Several datasets made one, with nothing twice and no conflict passed over."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from rag_eval._version import __version__
from rag_eval.dataset import folders, writing
from rag_eval.dataset.drafting import CORPUS_COLUMNS, DOCUMENT_COLUMNS
from rag_eval.dataset.folders import DatasetFolder
from rag_eval.dataset.manifest import Source, Step
from rag_eval.dataset.versions.diffing import content
from rag_eval.dataset.writing import DatasetInfo, ExtraFile, WriteResult
from rag_eval.errors import DataError
from rag_eval.records import Case

OnConflict = Literal["fail", "first", "last"]
_SHOWN = 10


@dataclass(frozen=True)
class MergeResult:
    """What came of merging."""

    written: WriteResult
    repeated: int
    """Cases that stood in more than one and are kept once."""
    conflicts: tuple[str, ...]
    """Ids that stood for different cases, settled as was asked."""


def merge(
    parts: Sequence[Path], output: Path, *, name: str | None = None, on_conflict: OnConflict = "fail"
) -> MergeResult:
    """Put datasets together, in order; equal cases count once, under the first id.

    Raises `DataError` for an id that stands for two different cases, unless told whose to take, and for a passage id
    that stands for two different texts, which nobody can settle by a rule.
    """
    datasets = [folders.load(part) for part in parts]
    cases, repeated, conflicts = _cases(datasets, on_conflict)
    lineage = tuple(dict.fromkeys(repr(step) for folder in datasets for step in folder.manifest.lineage))
    steps = {repr(step): step for folder in datasets for step in folder.manifest.lineage}
    step = Step(
        operation="merge",
        inputs={str(folder.path): folder.manifest.fingerprint for folder in datasets},
        details={"repeated": repeated, "conflicts": len(conflicts), "on_conflict": on_conflict},
        rag_eval=__version__,
    )
    about = DatasetInfo(
        name=name or output.resolve().name,
        sources=tuple(dict.fromkeys(source for folder in datasets for source in folder.manifest.sources)),
        corpus=_corpus_source(datasets),
        lineage=(*(steps[key] for key in lineage), step),
    )
    return MergeResult(writing.write(output, cases, lambda _: about, _corpora(datasets)), repeated, tuple(conflicts))


def _cases(datasets: Sequence[DatasetFolder], on_conflict: OnConflict) -> tuple[list[Case], int, list[str]]:
    settled: dict[str, Case] = {}
    repeated, conflicts = 0, dict[str, None]()
    for case in (case for folder in datasets for case in folder.cases):
        before = settled.setdefault(case.id, case)
        if content(before) != content(case):
            conflicts[case.id] = None
            if on_conflict == "last":
                settled[case.id] = case
        elif before is not case:
            repeated += 1
    once = {repr(content(case)): case for case in reversed(settled.values())}
    if conflicts and on_conflict == "fail":
        listed = ", ".join([*conflicts][:_SHOWN]) + (
            f" and {len(conflicts) - _SHOWN} more" if len(conflicts) > _SHOWN else ""
        )
        message = f"{len(conflicts)} ids stand for different cases: {listed}"
        raise DataError(f"{message}. Look at them with rag-eval dataset diff, or say --on-conflict first or last.")
    kept = [case for case in settled.values() if once[repr(content(case))] is case]
    return kept, repeated + len(settled) - len(kept), [*conflicts]


def _corpus_source(datasets: Sequence[DatasetFolder]) -> Source | None:
    sources = [folder.manifest.corpus for folder in datasets if folder.manifest.corpus]
    if not sources:
        return None
    paths = dict.fromkeys(source.path for source in sources)
    digests = dict.fromkeys(source.sha256 for source in sources)
    rows = sum(1 for _ in _once(datasets, writing.CORPUS))
    return Source(path=" + ".join(paths), sha256="+".join(digests), rows=rows)


def _corpora(datasets: Sequence[DatasetFolder]) -> dict[str, ExtraFile]:
    extras: dict[str, ExtraFile] = {}
    for place, columns in ((writing.CORPUS, CORPUS_COLUMNS), (writing.DOCUMENTS, DOCUMENT_COLUMNS)):
        if any((folder.path / place).is_file() for folder in datasets):
            extras[place] = writing.table(_once(datasets, place), columns)
    return extras


def _once(datasets: Sequence[DatasetFolder], place: str) -> Iterator[dict[str, Any]]:
    """The passages or documents of all, each once; raises `DataError` for an id with two texts."""
    seen: dict[str, tuple[int, Path]] = {}
    for folder in {folder.path.resolve(): folder for folder in datasets}.values():
        for row in folders.rows(folder.path / place):
            key, digest = str(row["id"]), hash(row["text"])
            before = seen.setdefault(key, (digest, folder.path))
            if before[0] != digest:
                message = f"the passage {key!r} has one text in {before[1]} and another in {folder.path}"
                raise DataError(f"{message}. Build one of them again from the same state of the documents.")
            if before[1] == folder.path:
                yield row
