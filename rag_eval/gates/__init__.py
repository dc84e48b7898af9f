"""Gates: what a run must keep, the three things that may become of that, and the baselines it is held to."""

from rag_eval.gates.baseline import Baseline, every, find, is_baseline, keep, remove
from rag_eval.gates.checking import RunFacts, baselines, check, check_baselines, ids, of_experiment
from rag_eval.gates.deciding import Trial, decide
from rag_eval.gates.expressions import MAIN, Gate, parse
from rag_eval.gates.implied import with_implied
from rag_eval.gates.worst import WorstCase, worst

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
