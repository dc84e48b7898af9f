"""What scores add up to: means with intervals, and paired differences."""

from rag_eval.stats.intervals import mean_interval
from rag_eval.stats.origins import origin_differences
from rag_eval.stats.paired import compare_metric, compare_runs
from rag_eval.stats.repeats import by_question, collapsed
from rag_eval.stats.summary import metric_summary

__all__ = [
    "by_question",
    "collapsed",
    "compare_metric",
    "compare_runs",
    "mean_interval",
    "metric_summary",
    "origin_differences",
]
