"""The cases of a page: the index, the texts that stand in many of them, and what an opened one shows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rag_eval.journal import Row
from rag_eval.records import Answer, Case
from rag_eval.reports.pages.index import PAIR_BUCKETS, RUN_BUCKETS, PageSide, QuestionIndex
from rag_eval.reports.pages.packing import PackedArray, TextPool, packed
from rag_eval.reports.pages.replies import packed_reply

MOST_BYTES = 9_000_000
"""Size from which on passages are cut, so that a page of 5,000 pairs stays under 10 MB."""
_SHORTEST = 150
"""Letters of a passage that are kept at least."""
_ROOM = 0.8
"""Share of the room that is filled on purpose: a sentence that is cut off a passage stands elsewhere in full."""


@dataclass(frozen=True)
class Cases:
    """What a page holds of its cases, ready to stand in it."""

    index: str
    texts: str
    bodies: str
    metrics: tuple[str, ...]
    tags: tuple[str, ...]
    buckets: tuple[tuple[str, str], ...]
    """Key and label of each way to list them."""
    counts: Mapping[str, int]
    """Cases of each, on the metric that is read first."""
    pair: bool
    """Whether there are two runs."""
    shortened: int | None
    """Letters after which passages are cut; None where they are whole."""
    command: str
    """What shows them whole."""


def pack(index: QuestionIndex, command: str, most_bytes: int | None = MOST_BYTES) -> Cases:
    """Read the cases and pack them; passages are cut, ever shorter, until all takes no more than `most_bytes`."""
    longest: int | None = None
    pool, texts, bodies = _packed(index, longest)
    while most_bytes is not None and len(texts) + len(bodies) > most_bytes and longest != _SHORTEST:
        share = _ROOM * max(0, most_bytes - len(bodies)) / len(texts)
        longest = max(_SHORTEST, pool.longest_for(share))
        del pool, texts, bodies  # all of a large run twice is too much
        pool, texts, bodies = _packed(index, longest)
    buckets = PAIR_BUCKETS if len(index.sides) > 1 else RUN_BUCKETS
    return Cases(
        index=packed(index.as_json()), texts=texts, bodies=bodies, metrics=tuple(m.name for m in index.metrics),
        tags=index.all_tags, buckets=tuple((key, label) for key, (label, _) in buckets.items()), counts=index.counts(),
        pair=len(index.sides) > 1, shortened=longest, command=command,
    )  # fmt: skip


def _packed(index: QuestionIndex, longest: int | None) -> tuple[TextPool, str, str]:
    """Texts, packed too, and bodies; fills in which answers are the same."""
    pool, bodies, names = TextPool(longest), PackedArray(), [metric.name for metric in index.metrics]
    index.same.clear()
    for place in range(len(index.ids)):
        rows = [_rows(side, columns.cases[place]) for side, columns in zip(index.sides, index.columns, strict=True)]
        case = next((row.case for side in rows for row in side or ()), None)
        replies = [None if side is None else [packed_reply(row, names, pool) for row in side] for side in rows]
        bodies.append([*_reference(case), [side or None for side in replies]])
        index.same.append(len({_answers(side) for side in rows}) == 1)
    return pool, pool.packed(), bodies.packed()


def _rows(side: PageSide, cases: Sequence[str]) -> list[Row] | None:
    """What a run has of a question: a row for each time it was asked; None of a baseline."""
    return None if side.rows is None else [side.rows.row(case) for case in cases]


def _reference(case: Case | None) -> list[Any]:
    return [None, None] if case is None else [case.reference, case.reference_context_ids]


def _answers(rows: Sequence[Row] | None) -> tuple[str | None, ...] | None:
    if rows is None:
        return None
    return tuple(row.reply.response if isinstance(row.reply, Answer) else None for row in rows)
