"""Whether ground truth can be trusted: checks that name the rows, what is wrong, and what to do."""

from rag_eval.dataset.checks.catalogue import installed, ordered, unmet, without_judge
from rag_eval.dataset.checks.context import CheckContext, PastRun
from rag_eval.dataset.checks.coverage import ASSUMED_SPREAD, smallest_difference
from rag_eval.dataset.checks.finding import SEVERITIES, CheckReport, DatasetFinding, Severity
from rag_eval.dataset.checks.item_analysis import spread
from rag_eval.dataset.checks.repair import repaired

__all__ = [
    "ASSUMED_SPREAD",
    "SEVERITIES",
    "CheckContext",
    "CheckReport",
    "DatasetFinding",
    "PastRun",
    "Severity",
    "installed",
    "ordered",
    "repaired",
    "smallest_difference",
    "spread",
    "unmet",
    "without_judge",
]
