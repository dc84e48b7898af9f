"""How many exchanges a trace holds: as many as questions were asked in it, each with the spans that are its own."""

import bisect
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from rag_eval.traces import message_text, model_calls, wording
from rag_eval.traces.span import INNER, NOTE, OUTERMOST, TraceSpan
from rag_eval.traces.span_tree import SpanTree, by_start, or_first, or_last

_NEAR = 8
"""Spans before one out of whose answers its question may have come."""
_SHALLOW = 4
"""Levels below the outermost spans at which turns are looked for."""
_WORKS = frozenset({"LLM", "RETRIEVER"})


@dataclass(frozen=True)
class Turn:
    """The spans of one exchange."""

    spans: tuple[TraceSpan, ...]
    """Outermost first."""
    asked: TraceSpan | None
    """The span that has the question; None where no outer one has."""
    around: tuple[TraceSpan, ...] = ()
    """Spans that hold several turns, outermost first."""
    number: int | None = None
    """Of the turn in its trace, from 1; None where the trace is one exchange."""


def turns(tree: SpanTree) -> list[Turn]:
    """The exchanges of a trace; a trace of no question is one as well."""
    outer = [span for span in tree.spans if span.question and (span.chosen or span.kind not in INNER)]
    outer = [span for span in outer if span.chosen] or outer
    askers = _askers(tree, outer)
    if len(askers) > 1:
        return _split(tree, askers)
    models = [] if outer else model_calls.calls(tree.spans, tree)
    if len(groups := _groups(tree, models)) > 1:
        return _split(tree, groups, asked=False)
    if len(ended := model_calls.turns(models)) > 1:
        return _split_by_time(tree, ended)
    return [Turn(tuple(tree.spans), outer[0] if outer else None)]


def _askers(tree: SpanTree, outer: Sequence[TraceSpan]) -> list[TraceSpan]:
    """Spans that were each asked something, one after the other; none where they are steps of one answer."""
    whole = next((span for span in outer if span.kind == OUTERMOST), None)
    tops = by_start(tree.topmost([span for span in outer if span.kind != OUTERMOST]))
    first: list[TraceSpan] = []
    for span in tops:
        if not first or not wording.same(first[-1].question or "", span.question or ""):
            first.append(span)
    if len(first) < 2 or (whole and not any(wording.same(whole.question or "", span.question or "") for span in first)):  # noqa: PLR2004 - one is no conversation
        return []
    if any(_overlap(earlier, later) for earlier, later in pairwise(first)):
        return []
    return first if _are_turns(tree, first) else []


def _overlap(earlier: TraceSpan, later: TraceSpan) -> bool:
    """Whether two spans are known to have run at the same time."""
    return earlier.end is not None and later.start is not None and earlier.end > later.start


def _groups(tree: SpanTree, models: Sequence[TraceSpan]) -> list[TraceSpan]:
    """Spans of one name, one after the other, in each of which a model was asked something else; where no span was."""
    around = {span.id: span for call in models for span in tree.around(call) if span.kind not in INNER}
    for depth in range(_SHALLOW):
        level = by_start([span for span in around.values() if tree.depth(span) == depth])
        alike = len(level) > 1 and len({span.name for span in level}) == 1
        if alike and not any(_overlap(earlier, later) for earlier, later in pairwise(level)):
            asked = [_last_question(tree, span) for span in level]
            return level if len({wording.letters(text) for text in asked}) == len(level) else []
    return []


def _last_question(tree: SpanTree, span: TraceSpan) -> str:
    """What the last call of a model inside a span was asked, without the passages around it."""
    calls = [each for each in by_start(tree.inside(span)) if each.kind == "LLM" and each.question]
    marked = [question for call in calls if (question := message_text.marked_question(call.question or ""))]
    return marked[-1] if marked else (calls[-1].question or "") if calls else ""


def _are_turns(tree: SpanTree, askers: Sequence[TraceSpan]) -> bool:
    if any(not _complete(tree, span) for span in askers):
        return False
    for at, span in enumerate(askers):
        if any(_derived(span, earlier) for earlier in askers[max(0, at - _NEAR) : at]):
            return False
    if len({span.name for span in askers}) == 1:
        return True
    inside = {id(each) for span in askers for each in tree.inside(span)}
    loose = any(span.kind in _WORKS and id(span) not in inside for span in tree.spans)
    return not loose and all(_WORKS & {each.kind for each in tree.inside(span)} for span in askers)


def _complete(tree: SpanTree, span: TraceSpan) -> bool:
    """Whether a span gave an answer of its own, or failed to."""
    if span.answer or span.error:
        return True
    return any(each.kind == "LLM" and each.answer for each in tree.inside(span))


def _derived(span: TraceSpan, earlier: TraceSpan) -> bool:
    """Whether what was asked comes out of what an earlier span answered, as the steps of a plan do."""
    question, answer = span.question or "", earlier.answer or ""
    return bool(answer) and (
        wording.same(question, answer) or wording.holds(question, answer) or wording.holds(answer, question)
    )


def _split(tree: SpanTree, askers: Sequence[TraceSpan], *, asked: bool = True) -> list[Turn]:
    """A turn for each span, with what is inside it, and what stands loose between it and the next."""
    own = [{tree.place(span) for span in tree.inside(asker)} for asker in askers]
    shared = {tree.place(span) for asker in askers for span in tree.around(asker)}
    taken = shared.union(*own)
    begins = [or_first(asker.start) for asker in askers]
    for place, span in enumerate(tree.spans):
        if place not in taken and span.kind != NOTE:
            own[max(0, bisect.bisect_right(begins, or_first(span.start)) - 1)].add(place)
    return [
        Turn(tuple(tree.ordered(places)), asker if asked else None, tuple(tree.around(asker)), number)
        for number, (asker, places) in enumerate(zip(askers, own, strict=True), start=1)
    ]


def _split_by_time(tree: SpanTree, ended: Sequence[TraceSpan]) -> list[Turn]:
    """Turns that nothing but the calls of the model tells apart: each ends where its answer does."""
    shared = {tree.place(span) for call in ended for span in tree.around(call)}
    ends = [or_last(call.end) for call in ended[:-1]]
    own: list[list[TraceSpan]] = [[] for _ in ended]
    for place, span in enumerate(tree.spans):
        if place not in shared:
            own[bisect.bisect_right(ends, or_first(span.start))].append(span)
    around = tuple(tree.ordered(shared))
    return [Turn(tuple(spans), None, around, number) for number, spans in enumerate(own, start=1)]
