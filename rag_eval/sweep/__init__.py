"""A sweep: one experiment in many variants, the best of them, and what choosing the best is worth."""

from rag_eval.sweep.folder import ROOT, SweepFolder, find
from rag_eval.sweep.result import SweepResult
from rag_eval.sweep.running import FinishedSweep, SweepOptions, run
from rag_eval.sweep.variants import Variant, expand, validated

__all__ = [
    "ROOT",
    "FinishedSweep",
    "SweepFolder",
    "SweepOptions",
    "SweepResult",
    "Variant",
    "expand",
    "find",
    "run",
    "validated",
]
