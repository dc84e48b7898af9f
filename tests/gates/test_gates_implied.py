"""What holds where two runs are put side by side and nobody has said what must."""

import pytest
from support import samples

from rag_eval.gates.implied import with_implied
from rag_eval.records import MetricTraits

_TRAITS = (MetricTraits(name="correctness"), MetricTraits(name="latency", bounded=False))


def test_an_experiment_with_gates_keeps_them() -> None:
    """Whoever said something has said all of it."""
    experiment = samples.experiment(gates=["correctness.mean >= 0.7"])
    assert with_implied(experiment, "correctness", _TRAITS) is experiment


@pytest.mark.parametrize(
    ("primary", "changes", "gates"),
    [
        ("correctness", {}, ("answered.drop_vs(base) <= 0.02", "correctness.drop_vs(base) <= 0.03")),
        ("latency", {}, ("answered.drop_vs(base) <= 0.02", "latency.drop_vs(base) <= smallest")),
        (
            "correctness",
            {"smallest": {"correctness": 0.05}},
            ("answered.drop_vs(base) <= 0.02", "correctness.drop_vs(base) <= smallest"),
        ),
        ("answered", {}, ("answered.drop_vs(base) <= 0.02",)),
    ],
)
def test_neither_answers_nor_the_primary_metric_are_to_drop(
    primary: str, changes: dict[str, object], gates: tuple[str, ...]
) -> None:
    """By a number for scores, and by what somebody said is the smallest that matters elsewhere."""
    assert with_implied(samples.experiment(**changes), primary, _TRAITS).gates == gates
