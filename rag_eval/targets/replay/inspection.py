"""What is in captured traces and what is missing, with what to switch on where they come from."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from pydantic import Field

from rag_eval import traces
from rag_eval.language.sentences import shorten
from rag_eval.records import Record
from rag_eval.targets.replay.captures import place
from rag_eval.traces import Exchange, SkippedTrace
from rag_eval.traces.dialects import catalogue

EXAMPLES = 3
"""Exchanges and skipped traces that are shown unless all are wanted."""
_SHOWN = 160
_ASPECTS = (
    "response", "contexts", "context_ids", "context_scores", "latency_s", "asked_at", "feedback", "scores",
    "confidence", "conversation",
)  # fmt: skip
_WITHOUT_TEXT, _WITHOUT_IDS = "context_text_missing", "context_ids_missing"
_FAILED, _REFUSED, _SIFTED, _JOINED = "failed", "answer_refused", "only_retrieved", "contexts_in_one_text"
_SOURCES = {
    "prompt": "have their question out of a prompt: record it where the request begins, such as by "
    'span.set_attribute("input.value", question), or name its attribute: --span question=ATTRIBUTE',
    "query": "have what was searched for as their question, which a model may have rewritten: record the question "
    'where the request begins, such as by span.set_attribute("input.value", question), or --span question=ATTRIBUTE',
    "event": "have their question out of an event without its span: export the spans too",
}
"""Where a question was found that no outer span has, to what to do about it."""
_NOTED = {
    _REFUSED: "have what Python prints of an object, such as <generator object>, in place of an answer: record the "
    'text when it ends, such as by span.set_attribute("output.value", "".join(pieces)), or --span answer=NAME',
    _SIFTED: "retrieved more passages than stand in the prompt of the answer: contexts are those that stand there; "
    "`contexts: retrieved` (here: --span contexts=retrieved) counts all",
    _JOINED: "have no contexts, since what retrieves gave its passages back as one text (metadata.contexts_in_one_text "
    'names it): let it return a list, such as [{"id": …, "text": …}], and join the texts where the prompt is made',
}
_CONTEXTS_NOTED = frozenset({"documents_without_text", _JOINED})
_LOST = (
    "a span lost attributes to the limit of OpenTelemetry's SDK, which drops the oldest; set "
    "OTEL_SPAN_ATTRIBUTE_COUNT_LIMIT=4096 in the service and capture again"
)


class Example(Record):
    """An exchange as it is shown."""

    place: str
    dialect: str
    trace_id: str | None
    question: str
    response: str | None
    contexts: int | None
    """How many; None where they are unknown."""
    latency_s: float | None


class Skip(Record):
    """A trace that holds no exchange."""

    place: str
    reason: str
    message: str


class Inspection(Record):
    """What captured traces hold."""

    path: str
    exchanges: int
    dialects: dict[str, int]
    have: dict[str, int]
    """Aspect to the number of exchanges that have it."""
    context_text_missing: int
    """Exchanges of whose contexts some came without text."""
    failed: int
    """Exchanges whose request failed: they have no answer."""
    answer_refused: int
    """Exchanges of whose answer only what Python prints of an object was recorded."""
    only_retrieved: int
    """Exchanges that retrieved more passages than stand in the prompt of their answer."""
    contexts_in_one_text: int
    """Exchanges whose passages came as one text, in which nobody can tell where one ends."""
    question_from: dict[str, int]
    """Where questions were found that no outer span has (`prompt`, `query`, `event`) to how many."""
    skipped: dict[str, int]
    """Reason to number of traces that hold no exchange."""
    examples: tuple[Example, ...]
    skips: tuple[Skip, ...]
    advice: tuple[str, ...] = Field(default=())
    """What is missing, and what to do about it."""


def inspect(
    path: str,
    fields: Mapping[str, str],
    *,
    most: int | None = EXAMPLES,
    spans: traces.SpanSettings = traces.BY_RULES,
) -> Inspection:
    """Read traces and count; `most` exchanges and skipped traces are kept to be shown, all if None.

    Raises `DataError` where there are no traces.
    """
    have: Counter[str] = Counter()
    missing: Counter[tuple[str, str]] = Counter()
    dialects: Counter[str] = Counter()
    skipped: Counter[str] = Counter()
    examples: list[Example] = []
    skips: list[Skip] = []
    for trace in traces.read(path, fields=fields, spans=spans):
        if isinstance(trace, SkippedTrace):
            skipped[trace.reason] += 1
            if most is None or skipped[trace.reason] <= 1:
                skips.append(Skip(place=place(trace), reason=trace.reason, message=trace.message))
            continue
        dialects[trace.dialect] += 1
        have.update(_has(trace))
        missing.update((name, trace.dialect) for name in _lacks(trace))
        if most is None or len(examples) < most:
            examples.append(_example(trace))
    return Inspection(
        path=path,
        exchanges=dialects.total(),
        dialects=dict(dialects.most_common()),
        have={name: have[name] for name in _ASPECTS},
        context_text_missing=have[_WITHOUT_TEXT],
        failed=have[_FAILED],
        answer_refused=have[_REFUSED],
        only_retrieved=have[_SIFTED],
        contexts_in_one_text=have[_JOINED],
        question_from={source: have[source] for source in _SOURCES if have[source]},
        skipped=dict(skipped.most_common()),
        examples=tuple(examples),
        skips=tuple(skips),
        advice=tuple(_advice(missing, dialects, have)),
    )


def _has(exchange: Exchange) -> list[str]:
    aspects = [name for name in _ASPECTS if getattr(exchange, name) not in (None, {})]
    if exchange.metadata.get("documents_without_text"):
        aspects.append(_WITHOUT_TEXT)
    if exchange.contexts is not None and exchange.context_ids is None:
        aspects.append(_WITHOUT_IDS)
    noted = exchange.metadata
    aspects += [_FAILED] if exchange.response is None and noted.get("error") else []
    aspects += [
        name for name, key in ((_REFUSED, _REFUSED), (_SIFTED, "retrieved"), (_JOINED, _JOINED)) if noted.get(key)
    ]
    source = str(noted.get("question_from"))
    return [*aspects, source] if source in _SOURCES else aspects


def _lacks(exchange: Exchange) -> Iterator[str]:
    if exchange.response is None and not exchange.metadata.get("error") and not exchange.metadata.get("answer_refused"):
        yield "response"
    if exchange.metadata.get("contexts_lost"):
        yield "contexts_lost"
    elif exchange.contexts is None and not exchange.context_ids and not _CONTEXTS_NOTED.intersection(exchange.metadata):
        yield "contexts"


def _example(exchange: Exchange) -> Example:
    return Example(
        place=place(exchange),
        dialect=exchange.dialect,
        trace_id=exchange.trace_id,
        question=shorten(exchange.question, _SHOWN),
        response=None if exchange.response is None else shorten(exchange.response, _SHOWN),
        contexts=None if exchange.contexts is None else len(exchange.contexts),
        latency_s=exchange.latency_s,
    )


def _advice(missing: Counter[tuple[str, str]], dialects: Counter[str], have: Counter[str]) -> Iterable[str]:
    for (aspect, dialect), count in sorted(missing.items()):
        advice = catalogue.by_name(dialect).advice
        what, remedy = {
            "response": ("answer", advice.response),
            "contexts": ("contexts", advice.contexts),
            "contexts_lost": ("contexts", _LOST),
        }[aspect]
        yield f"{count} of {dialects[dialect]} {dialect} exchanges have no {what}: {remedy}"
    for name, what_to_do in (*_SOURCES.items(), *_NOTED.items()):
        if have[name]:
            yield f"{have[name]} of {dialects.total()} exchanges {what_to_do}"
    if have[_WITHOUT_TEXT]:
        what_to_do = "have contexts without text: replay joins it by id from `target.corpus`, or record the text too"
        yield f"{have[_WITHOUT_TEXT]} of {dialects.total()} exchanges {what_to_do}"
    if have[_WITHOUT_IDS]:
        what_to_do = "have contexts without ids: record an id of each document for hit@k, recall@k, mrr and ndcg@k"
        yield f"{have[_WITHOUT_IDS]} of {dialects.total()} exchanges {what_to_do}"
