"""What an exchange retrieved, and which of it the model was given.

A reranker stands for the retrievals that it worked on. Where passages were sifted by something that is no reranker by
name, those that stand in the prompt of the answer are told from those that were only retrieved.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from rag_eval.traces import passages, wording
from rag_eval.traces.span import RetrievedDocument, TraceSpan
from rag_eval.traces.span_tree import SpanTree, by_start, or_first, or_last

Documents = tuple[RetrievedDocument, ...]
NAMES = re.compile(
    r"retriev|(vector|similarity|semantic|document|passage|knowledge)[ _-]?search|(?:^|[ _.])search", re.IGNORECASE
)
"""How spans are called that retrieve, where an empty list that they returned says that nothing was found."""


@dataclass(frozen=True)
class Retrieval:
    """The passages of an exchange; both None where they are not known."""

    given: Documents | None = None
    """What the model was given, as far as can be told."""
    everything: Documents | None = None
    """What was retrieved, of which a reranker's choice stands for what it chose from."""


def retrieval(spans: Sequence[TraceSpan], tree: SpanTree, asked: TraceSpan | None, prompt: str) -> Retrieval:
    """The passages in the spans of one exchange; `prompt` is what the model that answered was given."""
    everything = _retrieved(spans, tree, asked)
    if everything is None:
        return Retrieval()
    if any(each.id is None for each in everything):
        others = [
            each
            for span in spans
            for documents in (span.documents, span.carried, span.given)
            for each in documents or ()
        ]
        everything = passages.with_known_ids(everything, others)
    return sifted(Retrieval(everything, everything), prompt)


def joined(spans: Sequence[TraceSpan], prompt: str) -> str | None:
    """Name of the span that returned its passages as one text that stands in a prompt: nobody can tell them apart."""
    given = wording.letters(prompt) if prompt else ""
    for span in spans:
        text = wording.letters(span.answer) if span.answer and _searches(span) else ""
        if len(text) >= wording.PROBE and wording.stands(text, given):
            return span.name
    return None


def _searches(span: TraceSpan) -> bool:
    return span.kind == "TOOL" or (span.kind != "LLM" and NAMES.search(span.name) is not None)


def sifted(retrieval: Retrieval, prompt: str) -> Retrieval:
    """A retrieval of which the model was given what stands in a prompt; all of it where the prompt does not tell."""
    if retrieval.everything is None:
        return retrieval
    return Retrieval(_in_prompt(retrieval.everything, prompt), retrieval.everything)


def _retrieved(spans: Sequence[TraceSpan], tree: SpanTree, asked: TraceSpan | None) -> Documents | None:
    retrieved = [span for span in spans if span.documents is not None and span.kind != "EVALUATOR"]
    if retrieved:
        return _chosen(retrieved, tree)
    brought = [span for span in spans if span.carried and span is not asked and span.kind not in {"LLM", "EVALUATOR"}]
    if brought:  # where a span only hands on what one inside it brought, the inner one is meant
        return _union(by_start(_first_to_have(tree.innermost(brought))))
    if asked is not None and asked.carried:
        return asked.carried
    given = next((span.given for span in spans if span.given and span.kind != "LLM"), None)
    shown = [span.given for span in by_start(spans) if span.given and span.kind == "LLM"]
    given = given if given is not None or not shown else shown[-1]
    nothing = [span for span in spans if span.carried == () and (span is asked or NAMES.search(span.name))]
    return given if given is not None or not nothing else ()


def _first_to_have(spans: Sequence[TraceSpan]) -> list[TraceSpan]:
    """Without spans that began after others, and returned only what those had brought."""
    kept: list[TraceSpan] = []
    known: set[str | None] = set()
    for span in by_start(spans):
        texts = {each.text for each in span.carried or ()}
        if not texts <= known:
            kept.append(span)
            known |= texts
    return kept


def _chosen(retrieved: Sequence[TraceSpan], tree: SpanTree) -> Documents:
    """What the searches brought, in order, and in place of what a reranker worked on what it kept."""
    searches = tree.topmost([span for span in retrieved if span.kind != "RERANKER"])
    known = tuple(document for span in retrieved if span.kind != "RERANKER" for document in span.documents or ())
    live: list[TraceSpan] = by_start(searches)
    for ranker in by_end([span for span in retrieved if span.kind == "RERANKER"]):
        worked_on = _worked_on(ranker, live)
        place = min((live.index(span) for span in worked_on), default=len(live))
        live = [span for span in live if not any(span is each for each in worked_on)]
        live.insert(place, ranker)
    return passages.with_known_texts(_union(live), known)


def by_end(spans: Iterable[TraceSpan]) -> list[TraceSpan]:
    """Spans in the order in which they ended."""
    return sorted(spans, key=lambda span: or_last(span.end))


def _worked_on(ranker: TraceSpan, live: Sequence[TraceSpan]) -> list[TraceSpan]:
    """The spans whose passages a reranker was given, if it says so; else all before it."""
    begun = or_last(ranker.start)
    before = [span for span in live if or_first(span.start) <= begun]
    if ranker.given:
        return [span for span in before if not span.documents or _share(span.documents, ranker.given)]
    return before


def _share(some: Documents, others: Documents) -> bool:
    names = {each.id for each in others if each.id} | {each.text for each in others if each.text}
    return any(each.id in names or each.text in names for each in some)


def _union(spans: Iterable[TraceSpan]) -> Documents:
    """Several searches bring the same passage more than once."""
    kept: dict[tuple[str | None, str | None], RetrievedDocument] = {}
    for span in spans:
        for document in span.documents if span.documents is not None else span.carried or ():
            kept.setdefault((document.id, document.text), document)
    return tuple(kept.values())


def _in_prompt(everything: Documents, prompt: str) -> Documents:
    """The passages that stand in a prompt, as they come there; all of them where it does not tell."""
    if not prompt or any(each.text is None for each in everything):
        return everything
    standing = wording.standing([each.text or "" for each in everything], prompt)
    if not standing or len(standing) == len(everything):
        return everything
    given = wording.letters(prompt)
    texts = [wording.letters(each.text or "") for each in everything]
    places = {at: given.find(texts[at][: wording.PROBE]) for at in standing}
    return tuple(everything[at] for at in sorted(standing, key=lambda at: (places[at], at)))
