"""Whether work grows in proportion to its size, by a ratio in one process, so that no machine is too slow for it."""

import time
from collections.abc import Callable

TIMES = 4
_MOST = 10.0
"""How many times as long the larger one may take: 4 for what grows in proportion, 16 for what grows as its square."""
_LEAST_S = 0.05
"""Seconds of CPU below which a measurement says nothing."""


def grows_linearly(work: Callable[[int], object], size: int) -> bool:
    """Whether work on a size takes about four times as long as on a quarter; measured again before it is denied."""
    return any(_seconds(work, size) <= _MOST * max(_seconds(work, size // TIMES), _LEAST_S) for _ in range(5))


def _seconds(work: Callable[[int], object], size: int) -> float:
    began = time.process_time()
    work(size)
    return time.process_time() - began
