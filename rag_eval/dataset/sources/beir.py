"""Folders in the form of the BEIR benchmark: queries, a corpus, and judgements of what is relevant to what."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from rag_eval.dataset.cells import plain
from rag_eval.dataset.problems import RowProblem, shown
from rag_eval.dataset.sources.row import DataRow, OnSplit, choose_split
from rag_eval.errors import DataError

ReadRows = Callable[[str], Iterator[DataRow | RowProblem]]
_ENDINGS = (".tsv", ".jsonl", ".csv", ".parquet")
_PACKED = (".jsonl.gz", ".tsv.gz", ".csv.gz")
_ID = ("_id", "id")
_QUERY = ("query-id", "query_id", "qid")
_PASSAGE = ("corpus-id", "corpus_id", "doc_id", "docid", "pid")
_TREC_COLUMNS = ("query-id", "round", "corpus-id", "score")
_TREC = len(_TREC_COLUMNS)
_SCORE = ("score", "relevance", "rel")


def is_beir_folder(folder: Path) -> bool:
    """Whether a folder has queries and judgements."""
    return _file(folder, "queries") is not None and bool(_judgements(folder))


def read(folder: Path, split: str | None, chosen: OnSplit, rows: ReadRows) -> Iterator[DataRow | RowProblem]:
    """Yield each query of a split with ids and texts of what is relevant to it, which is what is judged above 0.

    A query that another split judges belongs there; one that nobody judges has no ids. `line` is that of the query.
    Raises `DataError` for judgements without the columns that they need.
    """
    parts = _judgements(folder)
    taken = choose_split(str(folder), list(parts), split, chosen)
    relevant = _relevant(parts[taken], rows)
    elsewhere = {query for name, path in parts.items() if name != taken for query in _relevant(path, rows)}
    wanted = {key for ids in relevant.values() for key in ids}
    corpus = _file(folder, "corpus")
    texts = _texts(corpus, wanted, rows) if corpus else None
    queries = _file(folder, "queries")
    assert queries is not None
    for row in rows(str(queries)):
        query = None if isinstance(row, RowProblem) else _named(row.values, (*_ID, *_QUERY))
        if isinstance(row, RowProblem) or query is None:
            yield row
        elif query in relevant or query not in elsewhere:
            yield _joined(row, relevant.get(query, []), texts)


def _joined(row: DataRow, ids: list[str], texts: dict[str, str] | None) -> DataRow | RowProblem:
    values: dict[str, Any] = dict(row.values)
    if not any(name in values for name in ("user_input", "question", "query")):
        values["user_input"] = values.pop("text", None)
    if not ids:
        return DataRow(row.file, row.line, values)
    lost = [key for key in ids if texts is not None and key not in texts]
    if lost:
        expected = "ids of passages of the corpus"
        return RowProblem(row.file, row.line, "reference_context_ids", expected, shown(lost[0]))
    contexts = {} if texts is None else {"reference_contexts": [texts[key] for key in ids]}
    return DataRow(row.file, row.line, {**values, "reference_context_ids": ids, **contexts})


def _file(folder: Path, name: str) -> Path | None:
    return next((path for ending in (*_ENDINGS, *_PACKED) if (path := folder / f"{name}{ending}").is_file()), None)


def _judgements(folder: Path) -> dict[str, Path]:
    """Split to its judgements; a single file beside the queries is all of them."""
    inside = sorted(path for path in (folder / "qrels").glob("*") if path.name.endswith((*_ENDINGS, *_PACKED)))
    single = _file(folder, "qrels")
    return {path.name.partition(".")[0]: path for path in inside} or ({"test": single} if single else {})


def _relevant(path: Path, rows: ReadRows) -> dict[str, list[str]]:
    """Each query that is judged, with the ids of what is relevant to it."""
    relevant: dict[str, list[str]] = {}
    for row in _trec(path) or rows(str(path)):
        if isinstance(row, RowProblem):
            raise DataError(str(row))
        query, passage = _named(row.values, _QUERY), _named(row.values, _PASSAGE)
        try:
            score = float(_named(row.values, _SCORE) or 0)
        except ValueError:
            score = None
        if query is None or passage is None or score is None:
            columns = "columns query-id, corpus-id and a score that is a number"
            raise DataError(f"{row.file}:{row.line}: expected {columns}, found {shown(dict(row.values))}")
        ids = relevant.setdefault(query, [])
        if score > 0 and passage not in ids:
            ids.append(passage)
    return relevant


def _trec(path: Path) -> list[DataRow]:
    """Judgements as TREC has them, `query 0 passage score` without a header; none where a header names the columns."""
    try:
        lines = path.read_text(encoding="utf-8-sig").splitlines()
    except UnicodeDecodeError:  # Parquet, or packed
        return []
    cells = [(number, line.split()) for number, line in enumerate(lines, start=1) if line.strip()]
    if not cells or not all(len(each) == _TREC and each[-1].lstrip("-").isdecimal() for _, each in cells):
        return []
    return [DataRow(str(path), line, dict(zip(_TREC_COLUMNS, each, strict=True))) for line, each in cells]


def _texts(path: Path, wanted: set[str], rows: ReadRows) -> dict[str, str]:
    """Id to title and text of the passages that are wanted; the others are not held."""
    texts: dict[str, str] = {}
    for row in rows(str(path)):
        if isinstance(row, RowProblem):
            raise DataError(str(row))
        key = _named(row.values, _ID)
        if key in wanted:
            title, text = str(row.values.get("title") or ""), str(row.values.get("text") or "")
            texts[str(plain(key))] = text if text.startswith(title) else f"{title}\n{text}"
    return texts


def _named(values: Any, names: tuple[str, ...]) -> str | None:
    value = next((values[name] for name in names if values.get(name) not in (None, "")), None)
    return None if value is None else str(value)
