"""Cases and captured answers out of rows: typed, checked, each problem with its place."""

import hashlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rag_eval import config
from rag_eval.dataset import manifest, sources
from rag_eval.dataset.mapping import BadValue, Mapping_, apply, mapping
from rag_eval.dataset.problems import BadRows, Problem
from rag_eval.dataset.sources.documents import passages
from rag_eval.records import Answer, Case

_OF_CASE = (
    "id",
    "user_input",
    "reference",
    "reference_contexts",
    "reference_context_ids",
    "answerable",
    "tags",
)
_OF_ANSWER = ("response", "retrieved_contexts", "retrieved_context_ids", "latency_s")


@dataclass(frozen=True)
class Item:
    """A row that could be used, and where it stood."""

    file: str
    line: int
    case: Case
    answer: Answer


def items(dataset: config.Dataset) -> Iterator[Item | Problem]:
    """Every row as a case with whatever answer it held, or as what is wrong with it, in the order of the file.

    Ids are made from question and reference where a row has none. An id that stands twice is a problem.
    """
    corpus = passages(config.expand(dataset.corpus, where="dataset.corpus")) if dataset.corpus else {}
    compiled = mapping(dataset.fields)
    seen: dict[bytes, int] = {}
    for row in _rows(dataset):
        item = row if isinstance(row, Problem) else _item(row, compiled, corpus)
        yield item if isinstance(item, Problem) else _once(item, seen)


def cases(dataset: config.Dataset) -> Iterator[Item]:
    """Every row as a case; raises `BadRows` with all that is wrong if anything is."""
    problems: list[Problem] = []
    for item in items(dataset):
        if isinstance(item, Problem):
            problems.append(item)
        elif not problems:
            yield item
    if problems:
        advice = "Mend them, or leave them out with: rag-eval build-dataset … --on-error quarantine"
        raise BadRows(problems, advice)


def _rows(dataset: config.Dataset) -> Iterator[sources.Row | Problem]:
    path = config.expand(dataset.path, where="dataset.path")
    ours = manifest.data_file(Path(path))
    return sources.read(str(ours) if ours else path, dataset.split)


def _item(row: sources.Row, compiled: Mapping_, corpus: dict[str, str]) -> Item | Problem:
    try:
        found = apply(compiled, row.values)
        _fill(found, corpus)
        _demand_question(found, row)
    except BadValue as error:
        return Problem(row.file, row.line, error.field, error.expected, error.found)
    if not found.get("id"):
        found["id"] = _made_id(found)
    extra = found["metadata"] if isinstance(found["metadata"], dict) else {}
    case = Case(**{name: found[name] for name in _OF_CASE if found.get(name) is not None}, metadata=extra)
    answer = Answer(**{name: found[name] for name in _OF_ANSWER if found.get(name) is not None})
    return Item(row.file, row.line, case, answer)


def _demand_question(found: dict[str, Any], row: sources.Row) -> None:
    if not found.get("user_input"):
        raise BadValue("user_input", "a question", row.values.get("user_input", f"columns {list(row.values)}"))


def _fill(found: dict[str, Any], corpus: dict[str, str]) -> None:
    ids: Iterable[str] | None = found.get("reference_context_ids")
    if not corpus or ids is None or found.get("reference_contexts"):
        return
    lost = [key for key in ids if key not in corpus]
    if lost:
        raise BadValue("reference_context_ids", "ids of passages of the corpus", lost[0])
    found["reference_contexts"] = tuple(corpus[key] for key in ids)


def _made_id(found: dict[str, Any]) -> str:
    told = f"{found['user_input']}\0{found.get('reference') or ''}"
    return "q-" + hashlib.sha256(told.encode("utf-8", "surrogatepass")).hexdigest()[:12]


def _once(item: Item, seen: dict[bytes, int]) -> Item | Problem:
    key = hashlib.blake2b(item.case.id.encode("utf-8", "surrogatepass"), digest_size=12).digest()
    first = seen.setdefault(key, item.line)
    if first == item.line:
        return item
    return Problem(item.file, item.line, "id", "an id of its own", f"{item.case.id!r} as in line {first}")
