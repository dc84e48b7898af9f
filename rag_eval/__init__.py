"""rag-eval tells a team whether their RAG system got better.

The names below are the public ones; each is imported when it is first used, so that importing the package is cheap.
"""

import importlib
from typing import TYPE_CHECKING, Any

from rag_eval._version import __version__ as __version__

if TYPE_CHECKING:
    from rag_eval.config import Experiment
    from rag_eval.configfile import load as load_experiment
    from rag_eval.dataset import build as build_dataset
    from rag_eval.errors import RagEvalError, UsageError
    from rag_eval.evaluation.results import summary_of
    from rag_eval.handles import Comparison, GateCheck, Run, compare, open_run
    from rag_eval.journal import Row
    from rag_eval.pipeline import Options, run
    from rag_eval.records import Answer, Case, Failure, GateResult, Movement, NotApplicable, Score, Summary
    from rag_eval.runs import find as find_run

__all__ = [
    "Answer",
    "Case",
    "Comparison",
    "Experiment",
    "Failure",
    "GateCheck",
    "GateResult",
    "Movement",
    "NotApplicable",
    "Options",
    "RagEvalError",
    "Row",
    "Run",
    "Score",
    "Summary",
    "UsageError",
    "build_dataset",
    "compare",
    "find_run",
    "load_experiment",
    "open_run",
    "run",
    "summary_of",
]

_WHERE = {
    "Comparison": ("handles", "Comparison"),
    "Experiment": ("config", "Experiment"),
    "GateCheck": ("handles", "GateCheck"),
    "Options": ("pipeline", "Options"),
    "RagEvalError": ("errors", "RagEvalError"),
    "Row": ("journal", "Row"),
    "Run": ("handles", "Run"),
    "UsageError": ("errors", "UsageError"),
    "build_dataset": ("dataset", "build"),
    "compare": ("handles", "compare"),
    "find_run": ("runs", "find"),
    "load_experiment": ("configfile", "load"),
    "open_run": ("handles", "open_run"),
    "run": ("pipeline", "run"),
    "summary_of": ("evaluation.results", "summary_of"),
}


if not TYPE_CHECKING:  # or a type checker would take every name for a public one

    def __getattr__(name: str) -> Any:
        if name not in __all__:
            raise AttributeError(f"module 'rag_eval' has no attribute {name!r}")
        module, attribute = _WHERE.get(name, ("records", name))
        return getattr(importlib.import_module(f"rag_eval.{module}"), attribute)

    def __dir__() -> list[str]:
        return sorted({*globals(), *__all__})
