"""What scores add up to: means with intervals, paired differences, and a verdict."""

from rag_eval.stats.intervals import difference_interval, mean_interval
from rag_eval.stats.origins import origin_differences
from rag_eval.stats.paired import Side, compare_metric
from rag_eval.stats.repeats import by_question, collapsed
from rag_eval.stats.runs import compare_runs, traits_of
from rag_eval.stats.summary import metric_summary

__all__ = [
    "Side",
    "by_question",
    "collapsed",
    "compare_metric",
    "compare_runs",
    "difference_interval",
    "mean_interval",
    "metric_summary",
    "origin_differences",
    "traits_of",
]
