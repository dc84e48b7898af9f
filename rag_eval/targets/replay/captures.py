"""Answers that were captured before, each with what may tell which case it belongs to: out of traces, runs and rows."""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Self

from pydantic import JsonValue

from rag_eval import runs, traces
from rag_eval.identifiers import case_id, trace_id
from rag_eval.records import Answer, Case, Failure, Reason, Reply
from rag_eval.scratch import open_scratch

_WITHOUT_TEXT = "documents_without_text"
_HEXADECIMAL = frozenset("0123456789abcdef")
_OF_A_TRACE = 32
_LONGEST = 300
_NAMED = 3


@dataclass(frozen=True)
class Capture:
    """What a system once said, or why it said nothing."""

    question: str
    reply: Reply
    ids: tuple[str, ...] = ()
    """By which the harness, or whoever wrote it down, may know the case."""
    trace: str | None = None
    place: str = ""
    """Where it stands, for messages."""


@dataclass
class CaptureTally:
    """What was met while captures were read; nothing that is left out goes uncounted."""

    captured: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    """Reason to number of traces that hold no exchange."""
    first: dict[str, str] = field(default_factory=dict)
    """Reason to the first such trace, in words."""
    joined: int = 0
    """Answers whose contexts came from the corpus."""
    without_text: int = 0
    """Answers of whose contexts some came without text, and no corpus has it."""
    unresolved: int = 0
    """Answers with ids of contexts that the corpus does not know."""
    unknown_ids: Counter[str] = field(default_factory=Counter)

    def skip(self, trace: traces.SkippedTrace) -> None:
        """Count a trace that holds no exchange."""
        self.skipped[trace.reason] += 1
        self.first.setdefault(trace.reason, f"{place(trace)}: {trace.message}")


Corpus = Callable[[], Mapping[str, str]]
"""Brings id to text of passages; called when the first text is missing."""


def of_rows(rows: Iterable[tuple[Case, Answer, str]], tally: CaptureTally) -> Iterator[Capture]:
    """Captures out of rows of a table: a case, the answer beside it, and its place."""
    for case, answer, where in rows:
        tally.captured += 1
        recorded = case.metadata.get("trace_id")
        yield Capture(
            case.user_input, answer, (case.id,), same_form(recorded) if isinstance(recorded, str) else None, where
        )


def of_run(folder: runs.RunFolder, tally: CaptureTally) -> Iterator[Capture]:
    """What a run of ours was answered; what failed there is a failure again."""
    with folder.open_() as journal:
        key = journal.meta.key
        for row in journal.rows():
            tally.captured += 1
            case = row.case
            yield Capture(case.user_input, row.reply, (case.id,), trace_id(key, case.id), f"{folder.id}: {case.id}")


def of_traces(
    path: str,
    fields: Mapping[str, str],
    corpus: Corpus,
    tally: CaptureTally,
    spans: traces.SpanSettings = traces.BY_RULES,
) -> Iterator[Capture]:
    """The exchanges of captured traces, with the text of contexts of which only the ids were recorded."""
    for made, exchange in _exchanges(path, fields, tally, spans):
        tally.captured += 1
        ids = (made, exchange.trace_id, *(exchange.metadata.get(name) for name in traces.CASE_NAMES))
        named = tuple(dict.fromkeys(str(each) for each in ids if isinstance(each, str | int) and str(each)))
        trace = None if exchange.trace_id is None else same_form(exchange.trace_id)
        yield Capture(exchange.question, _reply(exchange, corpus, tally), named, trace, place(exchange))


def cases(
    path: str, fields: Mapping[str, str], tally: CaptureTally, spans: traces.SpanSettings = traces.BY_RULES
) -> Iterator[Case]:
    """The questions of captured traces as cases without ground truth; their ids are those of `of_traces`."""
    for made, exchange in _exchanges(path, fields, tally, spans):
        tally.captured += 1
        metadata: dict[str, JsonValue] = {"trace_id": exchange.trace_id, "conversation": exchange.conversation}
        yield Case(id=made, user_input=exchange.question, metadata={**exchange.metadata, **_filled(metadata)})


def place(trace: traces.Exchange | traces.SkippedTrace) -> str:
    """Where a trace stands; without a number where it is the whole file."""
    return f"{trace.file}:{trace.line}" if trace.line else trace.file


def same_form(trace: str) -> str:
    """A trace id as every dialect would write it: hexadecimal, small, without MLflow's prefix and a UUID's dashes."""
    plain = trace.strip().lower().removeprefix("tr-").replace("-", "")
    if plain.isdecimal() and len(plain) > _OF_A_TRACE:  # TruLens writes the number
        return f"{int(plain):032x}"
    return plain if len(plain) == _OF_A_TRACE and _HEXADECIMAL.issuperset(plain) else trace.strip()


def _exchanges(
    path: str, fields: Mapping[str, str], tally: CaptureTally, spans: traces.SpanSettings
) -> Iterator[tuple[str, traces.Exchange]]:
    """Each exchange with an id of its own: its trace's, else one made of what was said."""
    with _Names() as names:
        for exchange in traces.read(path, fields=fields, spans=spans):
            if isinstance(exchange, traces.SkippedTrace):
                tally.skip(exchange)
            else:
                yield names.own(exchange.trace_id or case_id(exchange.question, exchange.response)), exchange


class _Names:
    """Ids that were given, in a nameless file that goes with the process: memory does not grow with the traces."""

    def __init__(self) -> None:
        self._db = open_scratch("CREATE TABLE given (id TEXT PRIMARY KEY, times INTEGER) WITHOUT ROWID")
        self._db.execute("BEGIN")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._db.close()

    def own(self, wanted: str) -> str:
        """The id, or the id with a number where it was given before; the same in each reading of the same files."""
        while (times := self._count(wanted)) > 1:
            numbered = f"{wanted}~{times}"
            if self._count(numbered) == 1:
                return numbered
        return wanted

    def _count(self, name: str) -> int:
        statement = "INSERT INTO given VALUES (?, 1) ON CONFLICT DO UPDATE SET times = times + 1 RETURNING times"
        return int(self._db.execute(statement, (name,)).fetchone()[0])


def _reply(exchange: traces.Exchange, corpus: Corpus, tally: CaptureTally) -> Reply:
    error = exchange.metadata.get("error")
    if exchange.response is None and error:
        message = f"the service failed when this was captured ({place(exchange)}): {error}"
        return Failure(stage="target", reason=Reason.CAPTURED_ERROR, message=message[:_LONGEST])
    contexts, note = _contexts(exchange, corpus, tally)
    metadata: dict[str, JsonValue] = {
        "trace_id": exchange.trace_id,
        "dialect": exchange.dialect,
        "captured_in": place(exchange),
        "conversation": exchange.conversation,
        "turn": exchange.turn,
        "usage": _usage(exchange),
        "feedback": exchange.feedback,
        "confidence": exchange.confidence,
        "scores": {**exchange.scores},
        "retrieved_context_scores": [*(exchange.context_scores or ())],
        "contexts_note": note,
    }
    return Answer(
        response=exchange.response,
        retrieved_contexts=contexts,
        retrieved_context_ids=exchange.context_ids,
        latency_s=exchange.latency_s,
        asked_at=exchange.asked_at,
        metadata={**exchange.metadata, **_filled(metadata)},
    )


def _usage(exchange: traces.Exchange) -> dict[str, JsonValue]:
    """What the answer took, as far as it was recorded."""
    counts = {"input_tokens": exchange.input_tokens, "output_tokens": exchange.output_tokens, "cost": exchange.cost}
    return {name: count for name, count in counts.items() if count is not None}


def _filled(metadata: Mapping[str, JsonValue]) -> dict[str, JsonValue]:
    return {name: value for name, value in metadata.items() if value not in (None, {}, [])}


def _contexts(
    exchange: traces.Exchange, corpus: Corpus, tally: CaptureTally
) -> tuple[tuple[str, ...] | None, str | None]:
    """The texts that were retrieved, all of them or None, and why there are none; never some of them."""
    ids, silent = exchange.context_ids or (), exchange.metadata.get(_WITHOUT_TEXT)
    if not silent and (exchange.contexts is not None or not ids):
        return exchange.contexts, None
    passages = corpus() if ids else {}
    if not passages:
        tally.without_text += 1
        return None, f"{silent or len(ids)} contexts were captured without their text"
    unknown = [each for each in ids if each not in passages]
    if unknown:
        tally.unresolved += 1
        tally.unknown_ids.update(unknown)
        named = ", ".join(unknown[:_NAMED])
        return None, f"{len(unknown)} of {len(ids)} context ids are in no passage of the corpus, such as {named}"
    tally.joined += 1
    return tuple(passages[each] for each in ids), None


def joined(captures: Iterable[Capture], corpus: Corpus, tally: CaptureTally) -> Iterator[Capture]:
    """The captures of rows or of a run, with the text of contexts of which only the ids are known."""
    for capture in captures:
        reply = capture.reply
        if isinstance(reply, Failure) or reply.retrieved_contexts is not None or not reply.retrieved_context_ids:
            yield capture
            continue
        as_exchange = traces.Exchange("", 0, "jsonl", None, capture.question, context_ids=reply.retrieved_context_ids)
        contexts, note = _contexts(as_exchange, corpus, tally)
        update = {"retrieved_contexts": contexts, "metadata": {**reply.metadata, **_filled({"contexts_note": note})}}
        yield Capture(capture.question, reply.model_copy(update=update), capture.ids, capture.trace, capture.place)
