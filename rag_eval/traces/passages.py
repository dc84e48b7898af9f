"""Documents as retrievers and frameworks record them."""

import functools
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from rag_eval.traces import jsontext, messages, reprs, values
from rag_eval.traces.span import RetrievedDocument

_TEXTS = (
    "content", "page_content", "pageContent", "text", "passage", "snippet", "chunk", "body", "document.content",
)  # fmt: skip
_IDS = ("id", "doc_id", "document_id", "chunk_id", "id_", "node_id", "_id", "docId", "documentId", "document.id")
_SCORES = ("score", "relevance_score", "similarity", "relevance", "document.score")
_LISTS = (
    "documents", "contexts", "retrieved_contexts", "source_documents", "docs", "nodes", "results", "source_nodes",
    "passages", "chunks", "context", "sources", "matches", "output", "outputs", "result", "data", "return", "value",
)  # fmt: skip
_CARRIED = ("contexts", "retrieved_contexts", "source_documents", "source_nodes", "documents", "context", "passages")
_CARRIED_OBJECTS = ("docs", "sources", "nodes", "chunks", "results", "matches", "retrieved_documents", "retrieved_docs",
                    "search_results")  # fmt: skip
"""Names under which objects with a text are passages; texts alone may be names of files."""
_AROUND = ("outputs", "output", "result", "return", "data", "raw_output", "tool_output", "content", "text")
_MARKED = ("score", "relevance_score", "similarity", "distance", "page_content", "pageContent", "chunk_id", "doc_id",
           "document_id", "node", "lc")  # fmt: skip
_FENCE = re.compile(
    r"^[ \t]*(?:={3,}|-{3,})[ \t]*(?:document|passage|chunk|source|result)[ \t]*#?(\d{1,6})[ \t]*:?"
    r"[ \t]*(?:={3,}|-{3,})[ \t]*$",
    re.IGNORECASE | re.MULTILINE,
)
_WRAPPED = ("document", "node", "doc")


def documents(value: Any, depth: int = 0) -> tuple[RetrievedDocument, ...] | None:
    """What was retrieved, from the output of a retriever; None where no list of documents can be made out."""
    value = jsontext.within(value)
    if isinstance(value, list):
        read = [document(item) for item in value]
        return None if None in read else tuple(item for item in read if item)
    if not isinstance(value, dict) or depth > len(_WRAPPED):
        return None
    for name in _LISTS:
        if name in value and (as_columns := documents(value[name], depth + 1)) is not None:
            return as_columns
    return None


def carried_documents(value: Any, depth: int = 0) -> tuple[RetrievedDocument, ...] | None:
    """The contexts that a step which retrieves nothing by name gave back: beside its answer, or as all that it returns.

    None where there are none, or where it cannot be told from other lists, such as one of orders; () for an empty list.
    """
    value = jsontext.within(value)
    if isinstance(value, list):
        return documents(value) if all(map(_is_passage, value)) else None
    if not isinstance(value, dict) or depth > len(_WRAPPED):
        return None
    listed = _listed(value)
    if listed is not None:
        return documents(listed)
    inside = (carried_documents(part, depth + 1) for part in _parts(value))
    return next((documents_ for documents_ in inside if documents_ is not None), None)


def of_tool(value: Any) -> tuple[RetrievedDocument, ...] | None:
    """The passages that a tool gave back, also out of one text that numbers them; an answer may be such a text too."""
    value = jsontext.within(value)
    return _numbered(value) if isinstance(value, str) else carried_documents(value)


def _numbered(text: str) -> tuple[RetrievedDocument, ...] | None:
    """The passages of a text that has a line with a number between fences before each, as tools of agents write it."""
    if "===" not in text and "---" not in text:
        return None
    _, *parts = _FENCE.split(text)
    numbers, texts = [int(number) for number in parts[::2]], [each.strip() for each in parts[1::2]]
    if not numbers or numbers[0] > 1 or numbers != list(range(numbers[0], numbers[0] + len(numbers))):
        return None
    return tuple(RetrievedDocument(text=each) for each in texts) if all(texts) else None


def _listed(value: Mapping[str, Any]) -> list[Any] | None:
    """The list of passages in an object, by its name; texts alone count under names that mean nothing else."""
    for name in _CARRIED:
        if isinstance(listed := jsontext.within(value.get(name)), list):
            return listed
    for name in _CARRIED_OBJECTS:
        listed = jsontext.within(value.get(name))
        if isinstance(listed, list) and listed and all(map(_is_passage, listed)):
            return listed
    return None


def _parts(value: Mapping[str, Any]) -> Iterator[Any]:
    """What may hold passages in an object: what is around them, and what a tool returned as a message."""
    if messages.role(value) is not None:
        if messages.kind_of(value) == "tool":
            yield messages.content(value)
        return
    blocks = value.get("blocks")
    if isinstance(blocks, list) and len(blocks) == 1:  # what LlamaIndex' tools return
        yield blocks[0]
    yield from (value[name] for name in _AROUND if isinstance(value.get(name), dict | str))
    if isinstance(value.get("result"), list):  # what a tool returned that may return only objects
        yield value["result"]


def given_documents(value: Any) -> tuple[RetrievedDocument, ...] | None:
    """The passages that a step was given beside its question, as DSPy's predictors are."""
    value = jsontext.within(value)
    if isinstance(value, dict) and isinstance(value.get("kwargs"), dict) and "lc" not in value:
        value = value["kwargs"]
    if not isinstance(value, dict):
        return None
    listed = next((inner for name in _CARRIED if isinstance(inner := jsontext.within(value.get(name)), list)), None)
    return documents(listed) if listed else None


def observed(asked: Any) -> tuple[RetrievedDocument, ...] | None:
    """The passages that tools brought since the user last spoke, out of what a model was given; None where none did."""
    brought: list[RetrievedDocument] = []
    for message in messages.listed(asked):
        kind = messages.kind_of(message)
        if kind == "user":
            brought = []
        elif kind == "tool":
            for result in messages.results(message):
                brought += of_tool(result) or ()
    return tuple(brought) or None


def _is_passage(value: Any) -> bool:
    """Whether an object is a passage by itself: a text, and what only passages have beside it."""
    if not isinstance(value, dict):
        return False
    if isinstance(kwargs := value.get("kwargs"), dict) and "lc" in value:
        return "page_content" in kwargs
    if "role" in value:
        return False
    has_text = any(isinstance(value.get(name), str) for name in _TEXTS)
    if has_text and any(name in value for name in _MARKED):
        return True
    if has_text and any(name in value for name in ("metadata", "meta", *_IDS)):
        return any(isinstance(value.get(name), str) for name in ("content", "page_content", "text", "passage", "chunk"))
    return isinstance(value.get("node"), dict) or isinstance(value.get("document"), dict)


def document(value: Any) -> RetrievedDocument | None:
    """One document: a text, an object of any framework, or a pair of document and score."""
    if type(value) is dict:
        return _from_object(value)
    match value:
        case str():
            inner = jsontext.within(value)
            if isinstance(inner, dict):
                return document(inner)
            return None if reprs.is_object(value) else RetrievedDocument(text=value)
        case [inner, int() | float() as score]:
            scored = document(inner)
            return scored and RetrievedDocument(scored.text, scored.id, float(score))
        case _:
            return None


def _from_object(value: Mapping[str, Any]) -> RetrievedDocument | None:
    inner = value["document"] if len(value) == 1 and "document" in value else None
    names = _names(tuple(value if type(inner) is not dict else inner))
    if names.nested:
        return _from_nested(value)
    if type(inner) is dict:
        value = inner
    text, key = values.text(values.first(value, *names.text)), values.first(value, *names.id)
    score = values.number(values.first(value, *names.score)) if names.score else None
    return None if text is None and key is None and score is None else RetrievedDocument(text, values.text(key), score)


class _Names(NamedTuple):
    """What an object that may be a passage has of the names that are looked for, in the order in which they count."""

    text: tuple[str, ...]
    id: tuple[str, ...]
    score: tuple[str, ...]
    nested: bool
    """Whether something may stand in another object inside it."""


@functools.lru_cache(maxsize=256)
def _names(names: tuple[str, ...]) -> _Names:
    text, key, score = (
        tuple(name for name in wanted if name in names) for wanted in ((*_TEXTS, "document"), _IDS, _SCORES)
    )
    return _Names(text, key, score, not _NESTING.isdisjoint(names))


_NESTING = frozenset({"kwargs", "metadata", "meta", *_WRAPPED})


def _from_nested(value: Mapping[str, Any]) -> RetrievedDocument | None:
    if isinstance(kwargs := value.get("kwargs"), dict) and "lc" in value:
        value = kwargs  # what LangChain writes about its objects
    inner = _inner(value)
    merged = (
        {**inner, **{key: field for key, field in value.items() if not isinstance(field, dict)}} if inner else value
    )
    metadata = _metadata(value) or _metadata(inner)
    text = values.text(values.first(merged, *_TEXTS, "document"))
    key = values.first(merged, *_IDS)
    if key is None:
        key = values.first(metadata, *_IDS[:4], "doc_uri")
    score = values.number(values.first(merged, *_SCORES))
    if score is None:
        score = values.number(values.first(metadata, *_SCORES))
    return None if text is None and key is None and score is None else RetrievedDocument(text, values.text(key), score)


def _inner(value: Mapping[str, Any]) -> Mapping[str, Any]:
    """The document inside an object that adds a score to it."""
    wrapped = (value[name] for name in _WRAPPED if isinstance(value.get(name), dict))
    inner: Mapping[str, Any] = next(wrapped, {})
    return _from_node(inner) if "node" in value else inner


def _from_node(node: Mapping[str, Any]) -> Mapping[str, Any]:
    """LlamaIndex keeps a node's text one level further down."""
    data = node.get("__data__", node)
    data = data if isinstance(data, dict) else node
    resource = data.get("text_resource")
    return {**data, **resource} if isinstance(resource, dict) else data


def _metadata(value: Mapping[str, Any]) -> Mapping[str, Any]:
    metadata = jsontext.within(values.first(value, "metadata", "meta"))
    return metadata if isinstance(metadata, dict) else {}


def with_known_texts(
    kept: tuple[RetrievedDocument, ...], known: tuple[RetrievedDocument, ...]
) -> tuple[RetrievedDocument, ...]:
    """A reranker's documents with the texts that only the retriever recorded."""
    if all(each.text is not None for each in kept):
        return kept
    texts = {each.id: each.text for each in known if each.id is not None and each.text is not None}
    return tuple(
        each if each.text is not None else RetrievedDocument(texts.get(each.id or ""), each.id, each.score)
        for each in kept
    )


def with_known_ids(
    documents: tuple[RetrievedDocument, ...], known: Iterable[RetrievedDocument]
) -> tuple[RetrievedDocument, ...]:
    """Documents with the ids, or scores, that another span recorded of the same text."""
    others: dict[str, RetrievedDocument] = {}
    for each in known:
        if each.text is not None and (each.id is not None or each.score is not None):
            holding = others.get(each.text)
            others[each.text] = each if holding is None or holding.id is None else holding
    return tuple(
        RetrievedDocument(each.text, other.id, other.score if each.score is None else each.score)
        if each.id is None and each.text is not None and (other := others.get(each.text))
        else each
        for each in documents
    )


def as_columns(
    documents: tuple[RetrievedDocument, ...] | None,
) -> tuple[tuple[str, ...] | None, tuple[str, ...] | None, tuple[float, ...] | None]:
    """Texts, ids and scores of documents; ids and scores only where every document has one."""
    if documents is None:
        return None, None, None
    texts = tuple(each.text for each in documents if each.text is not None)
    ids = tuple(each.id for each in documents if each.id is not None)
    scores = tuple(each.score for each in documents if each.score is not None)
    whole = len(documents)
    return (
        texts if texts or not whole else None,
        ids if len(ids) == whole else None,
        scores if len(scores) == whole else None,
    )
