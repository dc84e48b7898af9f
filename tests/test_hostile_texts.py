"""No text can keep a reader busy for ever: what reads texts of others takes time in proportion to their length."""

import time

import pytest
from support.growth import grows_linearly
from support.hostile_texts import READERS, WALLS, read

_SIZE = 5_000
_SHORT_S = 0.05
"""Seconds of CPU beneath which a text of this size shows that nobody reads it in the square of its length."""


def _seconds(reader: str, text: str) -> float:
    began = time.process_time()
    read(reader, text)
    return time.process_time() - began


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:deprecated string literal syntax")
@pytest.mark.parametrize("reader", READERS)
def test_no_wall_of_text_stops_a_reader(reader: str) -> None:
    """Four times as long a text takes about four times as long to read; one that is refused is read as well."""
    stopped = [
        name
        for name, wall in WALLS.items()
        if _seconds(reader, wall(_SIZE)) > _SHORT_S
        and not grows_linearly(lambda size, wall=wall: read(reader, wall(size)), 4 * _SIZE)  # type: ignore[misc]
    ]
    assert stopped == []
