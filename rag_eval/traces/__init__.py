"""Captured production traces of any dialect, to question, answer and contexts.

`read` gives an `Exchange` or a `SkippedTrace` for every trace; `sniff` tells the dialect of a file.
"""

from rag_eval.traces.exchange import Exchange, SkippedTrace
from rag_eval.traces.reading.exchanges import read, sniff
from rag_eval.traces.span_settings import BY_RULES, SpanSettings
from rag_eval.traces.values import CASE_NAMES

__all__ = ["BY_RULES", "CASE_NAMES", "Exchange", "SkippedTrace", "SpanSettings", "read", "sniff"]
