"""Writing a dataset folder: a card, Parquet files and a manifest, all of it or nothing."""

import json
import shutil
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rag_eval._version import __version__
from rag_eval.dataset import manifest
from rag_eval.dataset.account import Account
from rag_eval.dataset.card import CardFacts, card
from rag_eval.dataset.problems import RowProblem
from rag_eval.errors import DataError, UsageError
from rag_eval.records import Case

CORPUS = "corpus/corpus.parquet"
DOCUMENTS = "corpus/documents.parquet"
QUARANTINE = "quarantine.jsonl"
ExtraFile = Callable[[Path], None]
"""Writes one file of a dataset folder."""
OURS = (DOCUMENTS, CORPUS, QUARANTINE, manifest.DATA, "README.md", manifest.FILE)
"""Every file of a dataset folder, in the order in which they are put there."""
_CONFIGS = {"corpus": CORPUS, "documents": DOCUMENTS}
"""Configurations that the folder loads with, beside the rows."""
_BATCH = 1000


@dataclass(frozen=True)
class DatasetInfo:
    """What a manifest says beside what is counted while the rows are written."""

    name: str
    sources: tuple[manifest.Source, ...] = ()
    fields: Mapping[str, str] = field(default_factory=dict)
    corpus: manifest.Source | None = None
    lineage: tuple[manifest.Step, ...] = ()
    problems: Sequence[RowProblem] = ()
    """Rows or documents that were left out."""


@dataclass(frozen=True)
class WriteResult:
    """What came of writing."""

    folder: Path
    manifest: manifest.Manifest
    problems: tuple[RowProblem, ...]
    """Rows or documents that were left out."""
    tags: Counter[str]
    account: Account = field(default_factory=Account)
    """What became of the columns of rows."""


def write(
    folder: Path,
    cases: Iterable[Case],
    about: Callable[[int], DatasetInfo],
    extras: Mapping[str, ExtraFile] | None = None,
) -> WriteResult:
    """Write a dataset folder, replacing what stood there only when all of the new one is ready.

    `about` is asked when the rows have been written, with how many there are; an error it raises leaves everything as
    it was, and so does an error in `cases`. `extras` write further files, by their place in the folder. A file of the
    corpus that none of them writes does not stay. Raises `UsageError` if the folder cannot be written, or holds
    something that is no dataset.
    """
    demand_ours(folder)
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        try:
            written = _fill(draft, cases, about, extras or {})
            _publish(draft, folder)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    except OSError as error:
        raise UsageError(f"{folder}: cannot be written: {error}") from error
    return WriteResult(folder, written.manifest, written.problems, written.tags)


def demand_ours(folder: Path) -> None:
    """Raise `UsageError` for a folder that holds anything but a dataset: its files may be precious."""
    if not folder.exists():
        return
    if not folder.is_dir():
        raise UsageError(f"{folder}: cannot be written: it is a file; name a folder for the dataset")
    there = {entry.name for entry in folder.iterdir()}
    known = {name.partition("/")[0] for name in OURS} | {name for name in there if name.startswith("review.db")}
    # Where writing was killed there is no manifest, but nothing that is not ours either.
    half = (folder / manifest.DATA).is_file() and manifest.FILE not in there and there <= known
    if there and not half and not _is_dataset(folder):
        raise UsageError(f"{folder}: holds something else; name an empty folder, or a dataset that is to be replaced")


def _is_dataset(folder: Path) -> bool:
    try:
        manifest.load(folder)
    except DataError:
        return False
    return True


def _fill(
    draft: Path,
    cases: Iterable[Case],
    about: Callable[[int], DatasetInfo],
    extras: Mapping[str, ExtraFile],
) -> WriteResult:
    facts = CardFacts()
    (draft / "data").mkdir()
    fingerprint = manifest.fingerprint(_through_parquet(facts.counted(cases), draft / manifest.DATA))
    rows = _row_count(draft / manifest.DATA)
    info = about(rows)
    manifest_ = _manifest(info, rows, fingerprint)
    for name, extra in extras.items():
        (draft / name).parent.mkdir(parents=True, exist_ok=True)
        extra(draft / name)
    (draft / manifest.FILE).write_text(manifest.dump(manifest_), encoding="utf-8")
    _write_quarantine(info.problems, draft)
    files = {name: path for name, path in _CONFIGS.items() if (draft / path).is_file()}
    (draft / "README.md").write_text(card(manifest_, facts, files), encoding="utf-8")
    return WriteResult(draft, manifest_, tuple(info.problems), facts.tags)


def _manifest(about: DatasetInfo, rows: int, fingerprint: str) -> manifest.Manifest:
    return manifest.Manifest(
        name=about.name,
        rows=rows,
        quarantined=len(about.problems),
        fingerprint=fingerprint,
        sources=about.sources,
        fields=dict(about.fields),
        corpus=about.corpus,
        lineage=about.lineage,
        rag_eval=__version__,
    )


def copied(source: Path) -> dict[str, ExtraFile]:
    """The corpus of another dataset folder, as extras of a new one."""
    present = [name for name in (CORPUS, DOCUMENTS) if (source / name).is_file()]
    return {name: _copier(source / name) for name in present}


def _copier(old: Path) -> ExtraFile:
    def copy(new: Path) -> None:
        shutil.copyfile(old, new)

    return copy


def table(rows: Iterable[Mapping[str, Any]], columns: Mapping[str, str]) -> ExtraFile:
    """Something that writes rows as Parquet, a batch at a time; `columns` is name to `string` or `int64`."""

    def write_table(path: Path) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        schema = pa.schema([(name, pa.type_for_alias(kind)) for name, kind in columns.items()])
        with pq.ParquetWriter(path, schema) as writer:
            for batch in batched(rows, _BATCH):
                writer.write_table(pa.Table.from_pylist(batch, schema=schema))

    return write_table


def batched(rows: Iterable[Any], size: int) -> Iterator[list[Any]]:
    """Lists of at most so many, in order."""
    batch: list[Any] = []
    for row in rows:
        batch.append(row)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def _schema() -> Any:
    import pyarrow as pa

    texts = pa.list_(pa.string())
    return pa.schema({
        "id": pa.string(), "user_input": pa.string(), "reference": pa.string(), "reference_contexts": texts,
        "reference_context_ids": texts, "answerable": pa.bool_(), "tags": texts, "metadata": pa.string(),
    })  # fmt: skip


def _through_parquet(cases: Iterator[Case], path: Path) -> Iterator[Case]:
    """Write cases on their way through; `metadata` is one column of JSON, since every row may have other keys."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    with pq.ParquetWriter(path, _schema()) as writer:
        for batch in batched(cases, _BATCH):
            writer.write_table(pa.Table.from_pylist([_row(case) for case in batch], schema=_schema()))
            yield from batch


def _row(case: Case) -> dict[str, Any]:
    row = case.model_dump(mode="json")
    row["metadata"] = json.dumps(row["metadata"], ensure_ascii=False) if row["metadata"] else None
    return row


def _row_count(path: Path) -> int:
    import pyarrow.parquet as pq

    return int(pq.read_metadata(path).num_rows)


def _write_quarantine(problems: Sequence[RowProblem], draft: Path) -> None:
    if problems:
        lines = [json.dumps(_told(problem), ensure_ascii=False) for problem in problems]
        (draft / QUARANTINE).write_text("\n".join(lines) + "\n", encoding="utf-8")


def _told(problem: RowProblem) -> dict[str, Any]:
    return {name: value for name, value in vars(problem).items() if name != "guess"}


def _publish(draft: Path, folder: Path) -> None:
    """Move the files of a finished draft into place.

    The manifest goes first and comes last: a kill in between leaves no manifest beside data that it does not describe.
    """
    (folder / manifest.FILE).unlink(missing_ok=True)
    for name in OURS:
        new, old = draft / name, folder / name
        if new.exists():
            old.parent.mkdir(parents=True, exist_ok=True)
            new.replace(old)
        else:
            old.unlink(missing_ok=True)
    with suppress(OSError):  # of a corpus that this dataset no longer has
        (folder / "corpus").rmdir()
