"""What scores add up to: means with intervals, paired differences, gates' p-values and bounds, and a verdict.

They are imported when they are first used: most need numpy, and a run asks its first question without.
"""

from typing import TYPE_CHECKING

from rag_eval.exports import lazily

if TYPE_CHECKING:
    from rag_eval.stats.bounds import mean_bound, p_mean_above, p_mean_below, quantile_p
    from rag_eval.stats.families import across
    from rag_eval.stats.intervals import difference_interval, mean_interval, without_interval
    from rag_eval.stats.margins import MarginTest, equivalence, non_inferiority
    from rag_eval.stats.multiplicity import holm
    from rag_eval.stats.origins import origin_differences
    from rag_eval.stats.paired import Side, compare_metric, losses
    from rag_eval.stats.power import minimum_detectable, needed, pairs_for
    from rag_eval.stats.repeats import by_question, mean_per_question
    from rag_eval.stats.selection import FEWEST_TO_HALVE, Selection, cross_fitted, p_best
    from rag_eval.stats.sequence import PairedSequence
    from rag_eval.stats.signs import effect_size, outcomes, sign_flip, sign_test
    from rag_eval.stats.summary import metric_summary

__all__ = [
    "FEWEST_TO_HALVE",
    "MarginTest",
    "PairedSequence",
    "Selection",
    "Side",
    "across",
    "by_question",
    "compare_metric",
    "cross_fitted",
    "difference_interval",
    "effect_size",
    "equivalence",
    "holm",
    "losses",
    "mean_bound",
    "mean_interval",
    "mean_per_question",
    "metric_summary",
    "minimum_detectable",
    "needed",
    "non_inferiority",
    "origin_differences",
    "outcomes",
    "p_best",
    "p_mean_above",
    "p_mean_below",
    "pairs_for",
    "quantile_p",
    "sign_flip",
    "sign_test",
    "without_interval",
]

if not TYPE_CHECKING:
    __getattr__ = lazily(
        __name__,
        {
            "bounds": "mean_bound p_mean_above p_mean_below quantile_p",
            "families": "across",
            "intervals": "difference_interval mean_interval without_interval",
            "margins": "MarginTest equivalence non_inferiority",
            "multiplicity": "holm",
            "origins": "origin_differences",
            "paired": "Side compare_metric losses",
            "power": "minimum_detectable needed pairs_for",
            "repeats": "by_question mean_per_question",
            "selection": "FEWEST_TO_HALVE Selection cross_fitted p_best",
            "sequence": "PairedSequence",
            "signs": "effect_size outcomes sign_flip sign_test",
            "summary": "metric_summary",
        },
    )
