"""Making a dataset folder: a card, a Parquet file and a manifest, all of it or nothing."""

import json
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml

from rag_eval import __version__, config
from rag_eval.dataset import manifest
from rag_eval.dataset.problems import BadRows, Problem
from rag_eval.dataset.reading import items
from rag_eval.dataset.sources.documents import passages
from rag_eval.errors import DataError, UsageError
from rag_eval.records import Case

_BATCH = 1000


@dataclass(frozen=True)
class Built:
    """What came of building."""

    folder: Path
    manifest: manifest.Manifest
    problems: tuple[Problem, ...]
    """Rows that were left out."""
    tags: Counter[str]


def build(
    source: config.Dataset,
    folder: Path,
    *,
    name: str | None = None,
    on_error: Literal["fail", "quarantine"] = "fail",
) -> Built:
    """Write a dataset folder from a source.

    Raises `BadRows`, with nothing written, if a row cannot be used and `on_error` is `fail`; `DataError` if no row
    can; `UsageError` if the folder cannot be written. With `quarantine`, what is wrong stands in `quarantine.jsonl`
    beside the data.
    """
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        draft = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        try:
            built = _write(source, draft, name or folder.resolve().name, on_error)
            _publish(draft, folder)
        finally:
            shutil.rmtree(draft, ignore_errors=True)
    except OSError as error:
        raise UsageError(f"{folder}: cannot be written: {error}") from error
    return Built(folder, built.manifest, built.problems, built.tags)


def _write(source: config.Dataset, draft: Path, name: str, on_error: str) -> Built:
    problems: list[Problem] = []
    tags: Counter[str] = Counter()
    (draft / "data").mkdir()

    def good() -> Iterator[Case]:
        for item in items(source):
            if isinstance(item, Problem):
                problems.append(item)
            else:
                tags.update(item.case.tags)
                yield item.case

    fingerprint = manifest.fingerprint(_through_parquet(good(), draft / manifest.DATA))
    rows = _row_count(draft / manifest.DATA)
    _judge_problems(problems, rows, source, on_error)
    found = _manifest(source, name, rows, len(problems), fingerprint)
    (draft / manifest.FILE).write_text(_yaml(found.model_dump(mode="json", exclude_none=True)), encoding="utf-8")
    _write_corpus(source, draft)
    _write_quarantine(problems, draft)
    (draft / "README.md").write_text(_card(found, tags, corpus=bool(source.corpus)), encoding="utf-8")
    return Built(draft, found, tuple(problems), tags)


def _judge_problems(problems: Sequence[Problem], rows: int, source: config.Dataset, on_error: str) -> None:
    if problems and on_error == "fail":
        raise BadRows(problems, "Nothing was written. Mend them, or leave them out with --on-error quarantine.")
    if not rows:
        if problems:
            raise BadRows(problems, "No row could be used, so nothing was written.")
        raise DataError(f"{source.path}: holds no rows, so nothing was written")


def _schema() -> Any:
    import pyarrow as pa

    texts = pa.list_(pa.string())
    return pa.schema({
        "id": pa.string(), "user_input": pa.string(), "reference": pa.string(), "reference_contexts": texts,
        "reference_context_ids": texts, "answerable": pa.bool_(), "tags": texts, "metadata": pa.string(),
    })  # fmt: skip


def _through_parquet(cases: Iterator[Case], path: Path) -> Iterator[Case]:
    """Write cases on their way through; `metadata` is one column of JSON, since every row may have other keys."""
    import pyarrow.parquet as pq

    with pq.ParquetWriter(path, _schema()) as writer:
        batch: list[dict[str, Any]] = []
        for case in cases:
            row = case.model_dump(mode="json")
            row["metadata"] = json.dumps(row["metadata"], ensure_ascii=False) if row["metadata"] else None
            batch.append(row)
            if len(batch) == _BATCH:
                _write_batch(writer, batch)
            yield case
        _write_batch(writer, batch)


def _write_batch(writer: Any, batch: list[dict[str, Any]]) -> None:
    import pyarrow as pa

    writer.write_table(pa.Table.from_pylist(batch, schema=_schema()))
    batch.clear()


def _row_count(path: Path) -> int:
    import pyarrow.parquet as pq

    return int(pq.read_metadata(path).num_rows)


def _manifest(source: config.Dataset, name: str, rows: int, bad: int, fingerprint: str) -> manifest.Manifest:
    held = _passages(source)
    return manifest.Manifest(
        name=name,
        rows=rows,
        quarantined=bad,
        fingerprint=fingerprint,
        sources=(_source(source.path, rows + bad),),
        fields=source.fields,
        corpus=_source(source.corpus, len(held)) if source.corpus else None,
        rag_eval=__version__,
    )


def _source(said: str, rows: int) -> manifest.Source:
    path = Path(config.expand(said))
    return manifest.Source(path=said, sha256=manifest.digest(path) if path.exists() else "", rows=rows)


def _passages(source: config.Dataset) -> dict[str, str]:
    return passages(config.expand(source.corpus)) if source.corpus else {}


def _write_corpus(source: config.Dataset, draft: Path) -> None:
    held = _passages(source)
    if not held:
        return
    import pyarrow as pa
    import pyarrow.parquet as pq

    (draft / "corpus").mkdir()
    pq.write_table(pa.table({"id": list(held), "text": list(held.values())}), draft / "corpus/corpus.parquet")


def _write_quarantine(problems: Sequence[Problem], draft: Path) -> None:
    if problems:
        lines = [json.dumps(vars(problem), ensure_ascii=False) for problem in problems]
        (draft / "quarantine.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _card(found: manifest.Manifest, tags: Counter[str], *, corpus: bool) -> str:
    configs = [{"config_name": "default", "data_files": [{"split": "test", "path": manifest.DATA}], "default": True}]
    if corpus:
        configs.append({"config_name": "corpus", "data_files": [{"split": "test", "path": "corpus/corpus.parquet"}]})
    rows = "\n".join(f"| {tag} | {count} |" for tag, count in sorted(tags.items()))
    by_tag = f"\n| tag | cases |\n| --- | --- |\n{rows}\n" if tags else ""
    return (
        f"---\n{_yaml({'configs': configs, 'tags': ['rag', 'evaluation']})}---\n\n# {found.name}\n\n"
        f"{found.rows} questions with what is known to be right about them, for evaluating a RAG system.\n"
        f"Built by rag-eval {found.rag_eval}; content fingerprint `{found.fingerprint}`.\n\n"
        "```python\nfrom datasets import load_dataset\n\n"
        f'cases = load_dataset("path/to/{found.name}", split="test")\n```\n'
        f"{by_tag}\nFields carry RAGAs' names: `user_input`, `reference`, `reference_contexts`, "
        "`reference_context_ids`;\n`metadata` is JSON.\n"
    )


def _yaml(value: Any) -> str:
    return yaml.safe_dump(value, sort_keys=False, allow_unicode=True)


def _publish(draft: Path, folder: Path) -> None:
    """Move the files of a finished draft into place.

    The manifest goes first and comes last: a kill in between leaves no manifest beside data that it does not describe.
    """
    (folder / manifest.FILE).unlink(missing_ok=True)
    ours = ("corpus/corpus.parquet", "quarantine.jsonl", manifest.DATA, "README.md", manifest.FILE)
    for name in ours:
        new, old = draft / name, folder / name
        if new.exists():
            old.parent.mkdir(parents=True, exist_ok=True)
            new.replace(old)
        else:
            old.unlink(missing_ok=True)
