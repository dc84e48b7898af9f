"""How many users there are at which time; plain functions of the seconds since the start."""

import math
from typing import assert_never

from rag_eval import config

_BURST_EVERY_S, _BURST_S = 30.0, 10.0
_AT_REST = 5
"""Between bursts there is one of so many users."""
_ALL_AT_ONCE = 1e6


def users_at(load: config.LoadConfig, seconds: float, end: float) -> tuple[int, float] | None:
    """How many users there should be, and how many a second may come or go; None when the test is over."""
    if seconds >= end:
        return None
    match load.shape:
        case "steady" | "replay":
            return load.users, load.users / load.ramp_up if load.ramp_up else _ALL_AT_ONCE
        case "ramp":
            share = min(1.0, (seconds + 1) / load.duration)
            return max(1, math.ceil(load.users * share)), load.users
        case "burst":
            # It begins at rest, so that the first burst is seen against something.
            in_burst = seconds % _BURST_EVERY_S >= _BURST_EVERY_S - _BURST_S
            return load.users if in_burst else math.ceil(load.users / _AT_REST), load.users
        case _:
            assert_never(load.shape)


def is_loaded(load: config.LoadConfig, seconds: float) -> bool:
    """Whether the service is under the load that the test is about: an answer before that says nothing."""
    match load.shape:
        case "steady":
            return seconds >= min(load.ramp_up, load.duration / 2)
        case "ramp":
            return seconds >= load.duration * 2 / 3
        case "burst":
            return seconds % _BURST_EVERY_S >= _BURST_EVERY_S - _BURST_S
        case "replay":
            return True
        case _:
            assert_never(load.shape)
