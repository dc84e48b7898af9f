"""The spans of one trace, outermost first, and which stands inside which."""

import math
from collections.abc import Iterable, Sequence

from rag_eval.traces.span import OUTERMOST, TraceSpan

_DEEPEST = 10_000


class SpanTree:
    """Spans by depth, then by time, then as they were written."""

    def __init__(self, spans: Sequence[TraceSpan]) -> None:
        self._parents = {span.id: span.parent for span in spans if span.id}
        depths = [self.depth(span) for span in spans]
        order = sorted(range(len(spans)), key=lambda at: (depths[at], or_last(spans[at].start), at))
        self.spans = [spans[at] for at in order]
        self._whole = [span for span in self.spans if span.kind == OUTERMOST]
        self._places = {id(span): place for place, span in enumerate(self.spans)}
        self._children: dict[str, list[int]] = {}
        self._by_id: dict[str, TraceSpan] = {}
        for place, span in enumerate(self.spans):
            if span.parent and span.parent != span.id:
                self._children.setdefault(span.parent, []).append(place)
            if span.id:
                self._by_id.setdefault(span.id, span)

    def depth(self, span: TraceSpan) -> int:
        """How many spans stand around a span; −1 for what is said of the trace as a whole."""
        if span.kind == OUTERMOST:
            return -1
        above, depth = span.parent, 0
        while above in self._parents and depth < min(len(self._parents), _DEEPEST):
            above, depth = self._parents[above], depth + 1
        return depth

    def above(self, span: TraceSpan) -> set[str]:
        """Ids of the spans around a span."""
        seen: set[str] = set()
        above = span.parent
        while above is not None and above not in seen and above != span.id:
            seen.add(above)
            above = self._parents.get(above)
        return seen

    def topmost(self, spans: Sequence[TraceSpan]) -> list[TraceSpan]:
        """Those of the spans that stand inside none of the others."""
        ids = {span.id for span in spans if span.id}
        return [span for span in spans if not ids.intersection(self.above(span))]

    def innermost(self, spans: Sequence[TraceSpan]) -> list[TraceSpan]:
        """Those of the spans inside which none of the others stands."""
        around: set[str] = set().union(*map(self.above, spans)) if spans else set()
        return [span for span in spans if span.id not in around]

    def inside(self, span: TraceSpan) -> list[TraceSpan]:
        """A span and those inside it, outermost first."""
        places, waiting = {self._places[id(span)]}, [span.id]
        while waiting:
            for place in self._children.get(waiting.pop() or "", ()):
                if place not in places:
                    places.add(place)
                    waiting.append(self.spans[place].id)
        return self.ordered(places)

    def ordered(self, places: Iterable[int]) -> list[TraceSpan]:
        """Spans by their numbers in `spans`, outermost first."""
        return [self.spans[place] for place in sorted(places)]

    def place(self, span: TraceSpan) -> int:
        """Number of a span in `spans`."""
        return self._places[id(span)]

    def around(self, span: TraceSpan) -> list[TraceSpan]:
        """The spans around a span, outermost first, and what is said of the trace as a whole."""
        above = (self._by_id[key] for key in self.above(span) if key in self._by_id)
        places = {self.place(each) for each in (*self._whole, *above) if each is not span}
        return self.ordered(places)


def or_last(moment: float | None) -> float:
    """A moment, or one after all others where it is not known."""
    return math.inf if moment is None else moment


def or_first(moment: float | None) -> float:
    """A moment, or one before all others where it is not known."""
    return -math.inf if moment is None else moment


def by_start(spans: Iterable[TraceSpan]) -> list[TraceSpan]:
    """Spans in the order in which they began, or ended where only that is known."""
    return sorted(spans, key=lambda span: or_last(span.end if span.start is None else span.start))
