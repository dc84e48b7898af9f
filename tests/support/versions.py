"""Datasets in several versions."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from rag_eval.dataset import writing
from rag_eval.dataset.drafting import CORPUS_COLUMNS, DOCUMENT_COLUMNS
from rag_eval.dataset.manifest import Source, Step
from rag_eval.dataset.writing import DatasetInfo
from rag_eval.records import Case

Write = Callable[..., Path]


def plain_case(key: str, question: str, **more: Any) -> Case:
    """A case that is only an id and a question, and what else is given."""
    return Case(id=key, user_input=question, **more)


def write_set(folder: Path, cases: Sequence[Case], passages: dict[str, str] | None = None) -> Path:
    """A dataset folder with cases and passages."""
    extras: dict[str, writing.ExtraFile] = {}
    if passages is not None:
        rows = [{"id": key, "text": text, "document": key.partition("#")[0]} for key, text in passages.items()]
        whole = [{"id": name, "kind": "text", "text": name} for name in dict.fromkeys(row["document"] for row in rows)]
        extras[writing.CORPUS] = writing.table(rows, CORPUS_COLUMNS)
        extras[writing.DOCUMENTS] = writing.table(whole, DOCUMENT_COLUMNS)
    source = Source(path=f"{folder.name}.csv", sha256=folder.name, rows=len(cases))
    about = DatasetInfo(
        folder.name,
        sources=(source,),
        corpus=None if passages is None else Source(path=f"{folder.name}-docs", sha256="0", rows=len(passages)),
        lineage=(Step(operation="build", inputs={}, details={"of": folder.name}, rag_eval="1"),),
    )
    writing.write(folder, cases, lambda _: about, extras)
    return folder
