"""Captured production traces of any dialect, to question, answer and contexts.

`read` gives an `Exchange` or a `Skipped` for every trace; `sniff` tells the dialect of a file.
"""

from rag_eval.traces.reading import read, sniff
from rag_eval.traces.record import Exchange, Skipped
from rag_eval.traces.values import CASE_NAMES

__all__ = ["CASE_NAMES", "Exchange", "Skipped", "read", "sniff"]
