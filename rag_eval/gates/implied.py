"""What holds where two runs are put side by side and nobody has said what must: neither is to drop clearly."""

from collections.abc import Sequence

from rag_eval import config
from rag_eval.gates.expressions import SMALLEST, drop
from rag_eval.records import ANSWERED, MetricTraits

BASE = "base"
"""The baseline of these gates."""
ANSWERED_MOST, PRIMARY_MOST = "0.02", "0.03"
"""What they let the share of answers and the primary metric lose."""


def with_implied(experiment: config.Experiment, primary: str, traits: Sequence[MetricTraits]) -> config.Experiment:
    """An experiment that has gates: its own, else on the share of answers and on the primary metric.

    They stand in the experiment, so that a run's folder says what the run was held to.
    """
    if experiment.gates or experiment.guardrails:
        return experiment
    bounded = any(t.bounded for t in traits if t.name == primary)
    most = PRIMARY_MOST if bounded and primary not in experiment.smallest else SMALLEST
    limits = {ANSWERED: ANSWERED_MOST} | ({primary: most} if primary != ANSWERED else {})
    return experiment.model_copy(update={"gates": tuple(drop(m, BASE, limit).text for m, limit in limits.items())})
