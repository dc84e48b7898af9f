"""Questions that stand deep inside a JSON file, as rows."""

from collections.abc import Iterable, Iterator
from typing import Any


def rows(whole: Any) -> Iterable[Any] | None:
    """The rows of a parsed file: an array, SQuAD's articles, or the one list of objects of an object; else None."""
    if isinstance(whole, dict) and _is_table(whole):
        return [dict(zip(whole, cells, strict=True)) for cells in zip(*whole.values(), strict=True)]
    if isinstance(whole, dict):
        lists = [value for value in whole.values() if isinstance(value, list) and value and _are_objects(value)]
        if len(lists) != 1 or any(isinstance(value, list) and value not in lists for value in whole.values()):
            return None
        whole = lists[0]
    if not isinstance(whole, list):
        return None
    return _questions(whole) if whole and all(map(_is_article, whole)) else whole


def _is_table(whole: dict[str, Any]) -> bool:
    """Whether it is columns, each a list of as many values that are not the rows themselves."""
    lengths = {0 if not isinstance(value, list) or _are_objects(value) else len(value) for value in whole.values()}
    return len(whole) > 1 and len(lengths) == 1 and lengths != {0}


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
