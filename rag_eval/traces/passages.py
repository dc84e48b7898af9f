"""Documents as retrievers and frameworks record them."""

from collections.abc import Mapping
from typing import Any

from rag_eval.traces import jsontext, values
from rag_eval.traces.span import RetrievedDocument

_TEXTS = (
    "content", "page_content", "pageContent", "text", "passage", "snippet", "chunk", "body", "document.content",
)  # fmt: skip
_IDS = ("id", "doc_id", "document_id", "chunk_id", "id_", "node_id", "_id", "docId", "documentId", "document.id")
_SCORES = ("score", "relevance_score", "similarity", "relevance", "document.score")
_LISTS = (
    "documents", "contexts", "retrieved_contexts", "source_documents", "docs", "nodes", "results", "source_nodes",
    "passages", "chunks", "context", "sources", "matches", "output", "result", "data", "return", "value",
)  # fmt: skip
_CARRIED = ("contexts", "retrieved_contexts", "source_documents", "source_nodes", "documents", "context", "passages")
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


def carried_documents(value: Any) -> tuple[RetrievedDocument, ...] | None:
    """The contexts that an answer brought along, for services that return both."""
    value = jsontext.within(value)
    if not isinstance(value, dict):
        return None
    for name in _CARRIED:
        if isinstance(value.get(name), list):
            return documents(value[name])
    return None


def document(value: Any) -> RetrievedDocument | None:
    """One document: a text, an object of any framework, or a pair of document and score."""
    match value:
        case str():
            inner = jsontext.within(value)
            return document(inner) if isinstance(inner, dict) else RetrievedDocument(text=value)
        case [inner, int() | float() as score]:
            scored = document(inner)
            return scored and RetrievedDocument(scored.text, scored.id, float(score))
        case dict():
            return _from_object(value)
        case _:
            return None


def _from_object(value: Mapping[str, Any]) -> RetrievedDocument | None:
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
    metadata = jsontext.within(value.get("metadata"))
    return metadata if isinstance(metadata, dict) else {}


def with_known_texts(
    kept: tuple[RetrievedDocument, ...], known: tuple[RetrievedDocument, ...]
) -> tuple[RetrievedDocument, ...]:
    """A reranker's documents with the texts that only the retriever recorded."""
    texts = {each.id: each.text for each in known if each.id is not None and each.text is not None}
    return tuple(
        each if each.text is not None else RetrievedDocument(texts.get(each.id or ""), each.id, each.score)
        for each in kept
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
