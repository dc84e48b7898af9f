"""No text can keep a reader busy for ever: what reads texts of others takes time in proportion to their length."""

import heapq
import time
from collections.abc import Callable

import pytest
from support.hostile_texts import READERS, WALLS, read

_SIZE = 2_000
_SHORT_S = 0.01
"""Seconds of CPU beneath which a text of this size shows that nobody reads it in the square of its length."""
_SLOWEST = 6
"""Walls that are tried at twice the length as well: what grows as the square is among those that take longest."""
_MOST = 3.0
"""How many times as long twice the text may take: 2 for what grows in proportion, 4 for what grows as its square."""


def _seconds(reader: str, text: str) -> float:
    began = time.process_time()
    read(reader, text)
    return time.process_time() - began


def _stopping(reader: str) -> list[str]:
    """The walls that take a reader more than in proportion; measured again before it is said."""
    once = {name: _seconds(reader, wall(_SIZE)) for name, wall in WALLS.items()}
    slowest = heapq.nlargest(_SLOWEST, once, key=lambda name: once[name])
    return [name for name in slowest if once[name] > _SHORT_S and _stops(reader, WALLS[name])]


def _stops(reader: str, wall: Callable[[int], str]) -> bool:
    """Whether twice the length takes more than in proportion each time; no text is given twice, as some remember it."""
    sizes = range(_SIZE + 100, _SIZE + 700, 100)
    return not any(_seconds(reader, wall(2 * size)) <= _MOST * _seconds(reader, wall(size)) for size in sizes)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:deprecated string literal syntax")
@pytest.mark.parametrize("reader", READERS)
def test_no_wall_of_text_stops_a_reader(reader: str) -> None:
    """Twice as long a text takes about twice as long to read; one that is refused is read as well."""
    assert _stopping(reader) == []
