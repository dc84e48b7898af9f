"""A YAML text of a few hundred characters that comes to more than any memory holds."""

from itertools import pairwise

_LETTERS = "abcdefghi"
BOMB = "".join(
    f"{name}: &{name} [{', '.join(['*' + before] * 9)}]\n"
    if before
    else f"{name}: &{name} [x, x, x, x, x, x, x, x, x]\n"
    for before, name in pairwise(["", *_LETTERS])
)
"""425 characters that come to 9⁹ texts."""
