"""No text can keep a reader busy for ever: what reads texts of others takes time in proportion to their length."""

import time
from collections.abc import Callable

import pytest
from support.hostile_texts import READERS, WALLS, read

_SIZE = 4_000
_SHORT_S = 0.02
"""Seconds of CPU beneath which a text of this size shows that nobody reads it in the square of its length."""
_MOST = 3.0
"""How many times as long twice the text may take: 2 for what grows in proportion, 4 for what grows as its square."""


def _seconds(reader: str, text: str) -> float:
    began = time.process_time()
    read(reader, text)
    return time.process_time() - began


def _stops(reader: str, wall: Callable[[int], str]) -> bool:
    """Whether a reader takes more than in proportion; measured again before it is said."""
    if (once := _seconds(reader, wall(_SIZE))) <= _SHORT_S:
        return False
    if _seconds(reader, wall(2 * _SIZE)) <= _MOST * once:
        return False
    return not any(_seconds(reader, wall(2 * _SIZE)) <= _MOST * _seconds(reader, wall(_SIZE)) for _ in range(5))


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:deprecated string literal syntax")
@pytest.mark.parametrize("reader", READERS)
def test_no_wall_of_text_stops_a_reader(reader: str) -> None:
    """Twice as long a text takes about twice as long to read; one that is refused is read as well."""
    assert [name for name, wall in WALLS.items() if _stops(reader, wall)] == []
