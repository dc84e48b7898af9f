"""Where a body of unknown shape holds an answer and contexts, by the names that are usual and by what stands there."""

import re
from collections.abc import Iterator
from statistics import fmean
from typing import Any

_ANSWERS = (
    "answer", "response", "reply", "completion", "generated_text", "output_text", "output", "result", "message", "text",
    "content",
)  # fmt: skip
_CONTEXTS = frozenset({
    "contexts", "context", "retrieved_contexts", "sources", "source_documents", "source_nodes", "documents", "docs",
    "passages", "chunks", "evidence", "citations", "references", "retrieved", "hits", "results", "matches", "nodes",
})  # fmt: skip
_TEXTS = ("text", "content", "page_content", "pageContent", "passage", "chunk", "snippet", "body", "excerpt")
_IDS = ("id", "doc_id", "document_id", "docId", "documentId", "chunk_id", "node_id", "id_", "_id", "key", "uri", "url",
        "source", "filepath", "path", "metadata.id", "metadata.doc_id", "metadata.source")  # fmt: skip
_PLAIN = re.compile(r"[A-Za-z_]\w*")
_DEEPEST = 4


def select_of(body: Any, question: str) -> dict[str, str]:
    """Where a body holds an answer and contexts, as far as that can be made out."""
    if isinstance(body, str):
        return {"response": "@"}
    lists = [*_lists(body)]
    best = max(lists, key=lambda each: each[0], default=None)
    select: dict[str, str] = {}
    inside = ""
    if best is not None:
        _, inside, items = best
        select = _of_contexts(inside, items)
    texts = [
        (path, key, text)
        for path, key, text in texts_in(body)
        if text.strip() != question.strip() and not (inside and path.startswith(inside))
    ]
    if texts:
        path, _, _ = min(texts, key=lambda each: (rank(each[1], _ANSWERS), -len(each[2])))
        select = {"response": path, **select}
    return select


def _of_contexts(path: str, items: list[Any]) -> dict[str, str]:
    if isinstance(items[0], str):  # words are texts, names of files are ids
        return {"retrieved_contexts" if any(" " in item for item in items) else "retrieved_context_ids": path}
    select = {"retrieved_contexts": f"{path}[].{_text_of(items)}"}
    for place in _IDS:
        name, _, inner = place.partition(".")
        values = [part.get(inner) if isinstance(part := item.get(name), dict) else part for item in items]
        if all(isinstance(value, str | int) for value in values) and place != _text_of(items):
            select["retrieved_context_ids"] = f"{path}[].{place}"
            break
    return select


def _text_of(items: list[Any]) -> str:
    """The path of the text in the objects of a list; empty where none of them has one."""
    paths = [path for path, _, _ in texts_in(items[0]) if path]
    lengths = {path: fmean(len(text) for item in items for p, _, text in texts_in(item) if p == path) for path in paths}
    ranked = sorted(lengths, key=lambda path: (rank(path.rpartition(".")[2], _TEXTS), -lengths[path]))
    return ranked[0] if ranked else ""


def _lists(
    value: Any, path: str = "", key: str = "", deep: int = _DEEPEST
) -> Iterator[tuple[tuple[Any, ...], str, Any]]:
    """The lists that may be contexts, each with how likely it is, and its path."""
    if isinstance(value, dict) and deep:
        for name, inner in value.items():
            yield from _lists(inner, _join(path, name), name, deep - 1)
    elif isinstance(value, list) and value and key:
        known = key.lower() in _CONTEXTS
        if known and all(isinstance(each, str) for each in value):
            yield (True, fmean(map(len, value))), path, value
        elif all(isinstance(each, dict) for each in value) and (text := _text_of(value)):
            is_message = any("role" in each for each in value)
            if known or (text in _TEXTS and not is_message):
                yield (known, float(len(value))), path, value
        elif isinstance(value[0], dict):
            yield from _lists(value[0], f"{path}[0]", key, deep - 1)


def texts_in(value: Any, path: str = "", key: str = "", deep: int = _DEEPEST + 2) -> Iterator[tuple[str, str, str]]:
    """Path, key and text of each text in a body, of lists those in the first element."""
    if isinstance(value, str):
        if value.strip():
            yield path, key, value
    elif isinstance(value, dict) and deep:
        for name, inner in value.items():
            yield from texts_in(inner, _join(path, name), name, deep - 1)
    elif isinstance(value, list) and value and deep:
        yield from texts_in(value[0], f"{path}[0]", key, deep - 1)


def rank(key: str, names: tuple[str, ...]) -> int:
    """The place of a key among names, the likeliest first; behind all of them where it is none."""
    plain = key.strip('"').lower()
    return next((place for place, name in enumerate(names) if name.lower() == plain), len(names))


def _join(path: str, name: str) -> str:
    return f"{path}.{_step(name)}" if path else _step(name)


def _step(name: str) -> str:
    """A key as JMESPath writes it."""
    return name if _PLAIN.fullmatch(name) else '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
