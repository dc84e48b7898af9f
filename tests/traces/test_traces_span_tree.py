"""Which span stands inside which."""

from rag_eval.traces.span import OUTERMOST, TraceSpan
from rag_eval.traces.span_tree import SpanTree, by_start, or_first, or_last

ROOT, CHAIN, MODEL = TraceSpan(id="a"), TraceSpan(id="b", parent="a", start=2.0), TraceSpan(id="c", parent="b")
LATER = TraceSpan(id="d", parent="a", start=3.0)
WHOLE = TraceSpan(kind=OUTERMOST)
TREE = SpanTree([LATER, MODEL, CHAIN, ROOT, WHOLE])


def test_spans_stand_outermost_first() -> None:
    """Then by time."""
    assert TREE.spans == [WHOLE, ROOT, CHAIN, LATER, MODEL]
    assert [TREE.depth(span) for span in TREE.spans] == [-1, 0, 1, 1, 2]


def test_inside_and_around() -> None:
    """A span is inside itself, and what is said of the trace as a whole is around everything."""
    assert TREE.inside(CHAIN) == [CHAIN, MODEL]
    assert TREE.around(MODEL) == [WHOLE, ROOT, CHAIN]
    assert TREE.topmost([CHAIN, MODEL, LATER]) == [CHAIN, LATER]
    assert TREE.innermost([CHAIN, MODEL, LATER]) == [MODEL, LATER]
    assert TREE.inside(WHOLE) == [WHOLE]
    assert TREE.ordered({TREE.place(LATER), TREE.place(ROOT)}) == [ROOT, LATER]


def test_what_has_no_time_comes_last() -> None:
    """A span of which only the end is known stands by that."""
    ended = TraceSpan(id="e", end=2.5)
    assert by_start([TraceSpan(), LATER, ended, CHAIN]) == [CHAIN, ended, LATER, TraceSpan()]
    assert or_first(None) < 0.0 < or_last(None)


def test_a_circle_of_parents_ends() -> None:
    """It is somebody's bug, and not a hang."""
    circle = [TraceSpan(id="x", parent="y"), TraceSpan(id="y", parent="x")]
    tree = SpanTree(circle)
    assert len(tree.spans) == len(tree.inside(circle[0])) == len(circle)
    assert tree.around(circle[0]) == [circle[1]]
