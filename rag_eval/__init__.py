"""rag-eval tells a team whether their RAG system got better.

The names below are the public ones; each is imported when it is first used, so that importing the package is cheap.
"""

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from rag_eval.config import Experiment
    from rag_eval.configfile import load as load_experiment
    from rag_eval.dataset import build as build_dataset
    from rag_eval.pipeline import Options, run
    from rag_eval.records import Answer, Case, Comparison, Failure, NotApplicable, Score, Summary
    from rag_eval.results import compare, summary_of
    from rag_eval.runs import find as find_run

__version__ = "0.1.0"

__all__ = [
    "Answer",
    "Case",
    "Comparison",
    "Experiment",
    "Failure",
    "NotApplicable",
    "Options",
    "Score",
    "Summary",
    "build_dataset",
    "compare",
    "find_run",
    "load_experiment",
    "run",
    "summary_of",
]

_WHERE = {
    "Experiment": ("config", "Experiment"),
    "Options": ("pipeline", "Options"),
    "build_dataset": ("dataset", "build"),
    "compare": ("results", "compare"),
    "find_run": ("runs", "find"),
    "load_experiment": ("configfile", "load"),
    "run": ("pipeline", "run"),
    "summary_of": ("results", "summary_of"),
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'rag_eval' has no attribute {name!r}")
    module, attribute = _WHERE.get(name, ("records", name))
    return getattr(importlib.import_module(f"rag_eval.{module}"), attribute)
