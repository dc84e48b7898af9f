"""What is measured: RAGAs' metrics, correctness, refusals, retrieval by ids, latency, and what follows from them.

`spec` is how a metric is declared; `rag_eval.plugins.METRICS` is the catalogue.
"""

from rag_eval.metrics.derived import derivable
from rag_eval.metrics.needs import why_not
from rag_eval.metrics.refusals import beside, never, settled
from rag_eval.metrics.selection import (
    automatic,
    connect,
    find_spec,
    primary,
    scored_for,
    select,
    traits,
    versions,
)
from rag_eval.metrics.spec import ConnectedMetric, MetricSpec

__all__ = [
    "ConnectedMetric",
    "MetricSpec",
    "automatic",
    "beside",
    "connect",
    "derivable",
    "find_spec",
    "never",
    "primary",
    "scored_for",
    "select",
    "settled",
    "traits",
    "versions",
    "why_not",
]
