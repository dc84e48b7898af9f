"""Questions that stand inside a JSON or YAML file, as rows: lists, columns, pandas' ways, SQuAD's articles."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice
from typing import Any

from rag_eval.dataset import names
from rag_eval.dataset.problems import shown

_DEEPEST = 3
"""Objects inside each other in which a list of rows is looked for."""
_RELEVANT = {"queries", "corpus", "relevant_docs"}
"""Keys of what LlamaIndex writes to tune embeddings by."""
_KEYS = 8
"""Keys of an object that a message lists."""
_SPLIT = {"columns", "data"}
"""Keys of what pandas writes with `orient='split'`."""


def rows(whole: Any) -> Iterable[Any] | None:
    """The rows of a parsed file, None where it cannot be told which they are.

    They are the entries of a list, of the one list of objects inside an object (or of the one of several in which
    questions stand), the cells of an object of columns, the values of an object of objects by their ids, an object
    that has a question itself, or the questions of SQuAD's articles.
    """
    if isinstance(whole, dict):
        whole = _of_object(whole)
    if not isinstance(whole, list):
        return None
    return _questions(whole) if whole and all(map(_is_article, whole)) else whole


def _of_object(whole: dict[str, Any]) -> list[Any] | None:
    if whole.keys() >= _RELEVANT and all(isinstance(whole[name], dict) for name in _RELEVANT):
        return [*_relevant(whole["queries"], whole["corpus"], whole["relevant_docs"])]
    if whole.keys() >= _SPLIT and _is_split(whole["columns"], whole["data"]):
        return [dict(zip(whole["columns"], cells, strict=True)) for cells in whole["data"]]
    if _is_table(whole):
        return [dict(zip(whole, cells, strict=True)) for cells in zip(*whole.values(), strict=True)]
    if whole and all(isinstance(value, dict) and value for value in whole.values()):
        rows = _of_objects(whole)
        if rows is not None:
            return rows
    if asks(whole):
        return [whole]
    lists = [*_lists(whole, _DEEPEST)]
    asking = (
        lists if len(lists) == 1 else [each for each in lists if all(map(asks, each)) or all(map(_is_article, each))]
    )
    return asking[0] if len(asking) == 1 else None


def _relevant(queries: dict[str, Any], corpus: dict[str, Any], relevant: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for key, question in queries.items():
        ids = relevant.get(key)
        ids = ids if isinstance(ids, list) else []
        texts = [corpus[each] for each in ids if each in corpus]
        contexts = {"reference_contexts": texts} if len(texts) == len(ids) else {}
        yield {"id": key, "question": question, "reference_context_ids": ids, **contexts}


def _is_split(columns: Any, data: Any) -> bool:
    return (
        isinstance(columns, list)
        and isinstance(data, list)
        and all(isinstance(name, str) for name in columns)
        and all(isinstance(cells, list) and len(cells) == len(columns) for cells in data)
    )


def _is_table(whole: Mapping[str, Any]) -> bool:
    """Whether it is columns, each a list of as many values that are not the rows themselves."""
    lengths = {0 if not isinstance(value, list) or _are_objects(value) else len(value) for value in whole.values()}
    return len(lengths) == 1 and lengths != {0} and (len(whole) > 1 or asks(whole, whatever=True))


def _of_objects(whole: Mapping[str, Mapping[str, Any]]) -> list[Any] | None:
    """Objects by column and then by row, or by row and then by column."""
    keys = [*next(iter(whole.values()))]
    if asks(whole, whatever=True) and all([*cells] == keys for cells in whole.values()):
        return [{name: cells[key] for name, cells in whole.items()} for key in keys]
    if not all(map(asks, whole.values())):
        return None
    counted = [*whole] == [str(number) for number in range(len(whole))]
    return [{**({} if counted else {"id": key}), **row} for key, row in whole.items()]


def no_rows(whole: Any) -> str:
    """What is said of a parsed file in which no rows can be found."""
    kind = type(whole).__name__
    if isinstance(whole, dict) and whole:
        keys = ", ".join(map(shown, islice(whole, _KEYS)))
        kind = f"an object of {keys}{' …' if len(whole) > _KEYS else ''}, where no one list of questions can be told"
    return f"expected an array of objects, found {kind}"


def asks(row: Any, *, whatever: bool = False) -> bool:
    """Whether an object has a question, a text or a place inside an object; `whatever` where anything may stand."""
    if not isinstance(row, dict):
        return False
    asking = (value for name, value in row.items() if "user_input" in names.fields_of(str(name)))
    return any(whatever or isinstance(value, str | dict) for value in asking)


def _lists(whole: Mapping[str, Any], deep: int) -> Iterator[list[Any]]:
    for value in whole.values():
        if isinstance(value, list) and value and _are_objects(value):
            yield value
        elif isinstance(value, dict) and deep > 1:
            yield from _lists(value, deep - 1)


def _are_objects(values: list[Any]) -> bool:
    return all(isinstance(value, dict) for value in values)


def _is_article(value: Any) -> bool:
    """Whether it is an article of SQuAD: paragraphs, each a context with questions."""
    paragraphs = value.get("paragraphs") if isinstance(value, dict) else None
    return isinstance(paragraphs, list) and all(isinstance(each, dict) and "qas" in each for each in paragraphs)


def _questions(articles: list[Any]) -> Iterator[Any]:
    for article in articles:
        for paragraph in article["paragraphs"]:
            about = {"title": article.get("title"), "context": paragraph.get("context")}
            for question in paragraph["qas"]:
                yield {**about, **question} if isinstance(question, dict) else question
