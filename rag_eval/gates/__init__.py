"""Gates: what a run must keep, the three things that may become of that, and the baselines it is held to."""

from typing import TYPE_CHECKING

from rag_eval.exports import lazily
from rag_eval.gates.baseline import Baseline, every, find, is_baseline, keep, remove
from rag_eval.gates.checking import RunFacts, baselines, check, check_baselines, ids, of_experiment
from rag_eval.gates.expressions import MAIN, Gate, parse
from rag_eval.gates.implied import with_implied

if TYPE_CHECKING:
    from rag_eval.gates.deciding import Trial, decide
    from rag_eval.gates.worst_cases import WorstCase, worst

__all__ = [
    "MAIN",
    "Baseline",
    "Gate",
    "RunFacts",
    "Trial",
    "WorstCase",
    "baselines",
    "check",
    "check_baselines",
    "decide",
    "every",
    "find",
    "ids",
    "is_baseline",
    "keep",
    "of_experiment",
    "parse",
    "remove",
    "with_implied",
    "worst",
]

if not TYPE_CHECKING:  # these need numpy, and a run asks its first question without
    __getattr__ = lazily(__name__, {"deciding": "Trial decide", "worst_cases": "WorstCase worst"})
