"""One reply and its evidence as the page's script reads them: short keys, and texts that stand elsewhere by place.

    r  the answer's text                      x  [reason, message] of a failure to answer
    c  [[id, place of the text], ...]         l  latency in seconds
    u  tokens    a  attempts, if several      d  1 if degraded
    n  metric to why it has no value          w  metric to what explains its value
    e  metric to [[part, statement, verdict, support, reason, evidence], ...]

A statement or an evidence sentence that stands in the answer, the reference, the question or a passage is
`[where, start, length]`: where is -1, -2, -3 or the place of the passage.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from rag_eval.journal import Row
from rag_eval.records import DEGRADED, SUSPICIOUS, Answer, Failure, NotApplicable, Outcome, Score, Verdict
from rag_eval.records.spending import spending
from rag_eval.reports.pages.packing import TextPool

_ANSWER, _REFERENCE, _QUESTION = -1, -2, -3
_WORTH = 24
"""Letters from which on saying where a text stands is shorter than the text."""
_LAST_OF_PLANE = "\uffff"
EVIDENCE_MARK = "\x01"
"""Stands in a reason for the evidence sentence."""


def packed_reply(row: Row, metrics: Sequence[str], pool: TextPool) -> dict[str, Any]:
    """What the page knows of one reply; metrics are told by their place in `metrics`."""
    reply, packed = row.reply, dict[str, Any]()
    if isinstance(reply, Failure):
        packed["x"] = [reply.reason, reply.message]
    else:
        packed |= _answer(reply, pool)
    sources = _sources(row, packed.get("c") or [], pool)
    for place, name in enumerate(metrics):
        outcome = row.outcomes.get(name)
        if outcome is not None:
            _add_outcome(packed, str(place), outcome, sources)
    return packed


def _answer(answer: Answer, pool: TextPool) -> dict[str, Any]:
    packed: dict[str, Any] = {"r": answer.response}
    if (contexts := _contexts(answer, pool)) is not None:
        packed["c"] = contexts
    if answer.latency_s is not None:
        packed["l"] = round(answer.latency_s, 4)
    if answer.attempts > 1:
        packed["a"] = answer.attempts
    if answer.metadata.get(DEGRADED):
        packed["d"] = 1
    tokens, _ = spending(answer.metadata.get("usage"))
    if tokens is not None:
        packed["u"] = int(tokens) if tokens.is_integer() else tokens
    return packed


def _contexts(answer: Answer, pool: TextPool) -> list[list[Any]] | None:
    """Id and place of the text of each passage, best first; None where they are unknown."""
    texts, ids = answer.retrieved_contexts, answer.retrieved_context_ids
    if texts is None and ids is None:
        return None
    length = max(len(texts or ()), len(ids or ()))
    return [
        [
            ids[rank] if ids is not None and rank < len(ids) else None,
            pool.place(texts[rank]) if texts is not None and rank < len(texts) else None,
        ]
        for rank in range(length)
    ]


_Sources = list[tuple[int, str]]


def _sources(row: Row, contexts: Sequence[Sequence[Any]], pool: TextPool) -> _Sources:
    """Texts in which statements and evidence mostly stand, as the page has them."""
    reply = row.reply
    texts: list[tuple[int, str | None]] = [
        (_ANSWER, reply.response if isinstance(reply, Answer) else None),
        (_REFERENCE, row.case.reference),
        (_QUESTION, row.case.user_input),
    ]
    if isinstance(reply, Answer) and reply.retrieved_contexts:
        texts += [
            (context[1], pool.cut(text)) for context, text in zip(contexts, reply.retrieved_contexts, strict=False)
        ]
    # The script counts letters outside the basic plane as two: texts that hold some are not pointed into.
    return [(place, text) for place, text in texts if text and (text.isascii() or max(text) <= _LAST_OF_PLANE)]


def _pointed(text: str, sources: _Sources) -> str | list[int]:
    """Where a text stands, or the text itself."""
    if len(text) >= _WORTH:
        for place, source in sources:
            if (start := source.find(text)) >= 0:
                return [place, start, len(text)]
    return text


def _add_outcome(packed: dict[str, Any], key: str, outcome: Outcome, sources: _Sources) -> None:
    match outcome:
        case Failure(reason=reason, message=message):
            packed.setdefault("n", {})[key] = [reason, message]
            return
        case NotApplicable(reason=reason):
            packed.setdefault("n", {})[key] = reason
        case Score():
            if why := "; ".join(_explained(outcome)):
                packed.setdefault("w", {})[key] = why
    if outcome.evidence.verdicts:
        packed.setdefault("e", {})[key] = [_verdict(verdict, sources) for verdict in outcome.evidence.verdicts]


def _explained(outcome: Score) -> Iterator[str]:
    """What is said beside a value: why it is what it is, and which of its texts speaks to the judge."""
    details = outcome.evidence.details
    if why := details.get("why"):
        yield str(why)
    if suspicion := details.get(SUSPICIOUS):
        yield f"speaks to the judge: {suspicion}"


def _verdict(verdict: Verdict, sources: _Sources) -> list[Any]:
    evidence, reason = verdict.evidence, verdict.reason
    if not evidence:  # older judges name the sentence in the reason alone
        _, mark, after = reason.partition("Said in: ")
        evidence = after if mark else ""
    if evidence:
        reason = reason.replace(evidence, EVIDENCE_MARK, 1)
    support = None if verdict.support is None else round(verdict.support, 4)
    statement = _pointed(verdict.statement, sources)
    return [verdict.part, statement, verdict.verdict, support, reason, _pointed(evidence, sources)]
