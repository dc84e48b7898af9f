"""Walls of one sign, and of white space, cut to a length that says the same."""

import re
from typing import Final

LONGEST: Final = 100
"""Signs of a wall that stay; no rule of a reader looks further into one."""

_SPACE: Final = re.compile(rf"\s{{{LONGEST},}}")
_SIGN: Final = re.compile(rf"([^\w\s])\1{{{LONGEST},}}")


def cut_walls(text: str) -> str:
    """A text in which no white space and no sign repeats itself for ever: patterns would try each of them again.

    Of white space both ends stay, for a line may end or begin there; letters and digits stay as they are.
    """
    if len(text) < LONGEST:
        return text
    half = LONGEST // 2
    lean = _SPACE.sub(lambda wall: wall[0][:half] + wall[0][-half:], text)
    return _SIGN.sub(lambda wall: wall[0][:LONGEST], lean)
