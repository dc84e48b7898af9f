"""Making a dataset folder out of rows that somebody has already: every row checked, all of it or nothing."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Literal

from pydantic import JsonValue

from rag_eval import config
from rag_eval._version import __version__
from rag_eval.dataset import manifest, writing
from rag_eval.dataset.account import Tally
from rag_eval.dataset.problems import BadRowsError, RowProblem
from rag_eval.dataset.reading import corpus_of, items
from rag_eval.dataset.writing import DatasetInfo, WriteResult
from rag_eval.errors import DataError
from rag_eval.records import Case


def build(
    source: config.DatasetConfig,
    folder: Path,
    *,
    name: str | None = None,
    on_error: Literal["fail", "quarantine"] = "fail",
    license_: str | None = None,
) -> WriteResult:
    """Write a dataset folder from a source.

    Raises `BadRowsError`, with nothing written, if a row cannot be used and `on_error` is `fail`; `DataError` if no row
    can; `UsageError` if the folder cannot be written. With `quarantine`, what is wrong stands in `quarantine.jsonl`
    beside the data.
    """
    problems: list[RowProblem] = []
    tally = Tally()

    def good() -> Iterator[Case]:
        for item in items(source, tally):
            if isinstance(item, RowProblem):
                problems.append(item)
            else:
                yield item.case

    def about(rows: int) -> DatasetInfo:
        _judge_problems(problems, rows, source, on_error)
        return _about(source, name or folder.resolve().name, rows, problems, tally, license_)

    written = writing.write(folder, good(), about, _corpus(source))
    return replace(written, account=tally.account(source.fields))


def _judge_problems(problems: Sequence[RowProblem], rows: int, source: config.DatasetConfig, on_error: str) -> None:
    if problems and on_error == "fail":
        raise BadRowsError(problems, "Nothing was written. Mend them, or leave them out with --on-error quarantine.")
    if not rows:
        if problems:
            raise BadRowsError(problems, "No row could be used, so nothing was written.")
        raise DataError(f"{source.path}: holds no rows, so nothing was written")


def _about(
    source: config.DatasetConfig,
    name: str,
    rows: int,
    problems: Sequence[RowProblem],
    tally: Tally,
    license_: str | None,
) -> DatasetInfo:
    passages_ = corpus_of(source)
    known: dict[str, JsonValue] = {
        "keep_na": source.keep_na,
        "license": license_,
        "remarks": [*tally.account(source.fields).remarks("options")],
    }
    details: dict[str, JsonValue] = {name: value for name, value in known.items() if value}
    step = manifest.Step(operation="build", inputs=_inputs(source), details=details, rag_eval=__version__)
    split = tally.splits.taken if tally.splits else None
    return DatasetInfo(
        name=name,
        sources=(described(source.path, rows + len(problems), split),),
        fields=source.fields,
        corpus=described(source.corpus, len(passages_)) if source.corpus else None,
        lineage=(*_earlier(source), step),
        problems=problems,
    )


def _earlier(source: config.DatasetConfig) -> tuple[manifest.Step, ...]:
    """What was done before to a dataset folder of ours that is built anew."""
    path = Path(config.expand(source.path))
    return manifest.load(path).lineage if manifest.data_file(path) else ()


def _inputs(source: config.DatasetConfig) -> dict[str, str]:
    path = Path(config.expand(source.path))
    return {source.path: manifest.load(path).fingerprint} if manifest.data_file(path) else {}


def described(name: str, rows: int, split: str | None = None) -> manifest.Source:
    """A file or folder with its digest, as a manifest names it; `said` is kept as it was written."""
    path = Path(config.expand(name))
    return manifest.Source(path=name, sha256=manifest.digest(path) if path.exists() else "", rows=rows, split=split)


def _corpus(source: config.DatasetConfig) -> dict[str, writing.ExtraFile]:
    if not source.corpus:
        return {}
    texts = corpus_of(source)
    rows = ({"id": key, "text": text} for key, text in texts.items())
    return {writing.CORPUS: writing.table(rows, {"id": "string", "text": "string"})}
