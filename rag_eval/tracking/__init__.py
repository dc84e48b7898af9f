"""Where runs are kept for people to look at."""

from rag_eval.tracking.connecting import (
    FEWEST_FOLLOWED,
    Following,
    connect,
    connect_loads,
    following,
    log_comparison,
    mark_baseline,
    needs_ui,
    unmark_baseline,
)

__all__ = [
    "FEWEST_FOLLOWED",
    "Following",
    "connect",
    "connect_loads",
    "following",
    "log_comparison",
    "mark_baseline",
    "needs_ui",
    "unmark_baseline",
]
