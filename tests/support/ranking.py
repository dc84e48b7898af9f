"""What a sweep came to, as nobody ran it: rows, comparisons, a result."""

from pathlib import Path
from typing import Any

from support import samples

from rag_eval.records import Interval, RunComparison
from rag_eval.sweep.result import CorrectedMean, SweepResult, VariantResult


def row(number: int, label: str, quality: float | None, **changes: Any) -> VariantResult:
    """A variant of 40 questions."""
    spread = None if quality is None else Interval(low=quality - 0.1, high=quality + 0.1, level=0.95, method="BCa")
    fields = {
        "number": number, "label": label, "settings": {"target.body.k": number}, "name": f"s-{number}",
        "run": f"runs/run-{number}", "rank": None if quality is None else number, "quality": quality,
        "interval": spread, "answered": 40, "asked": 40, "refused": 2, "latency_p50": 0.1 * number,
        "latency_p95": 0.2 * number, "tokens": None, "cost_usd": None, "share": 0.5, "p_best": 0.2, "on_front": True,
    }  # fmt: skip
    return VariantResult.model_validate({**fields, **changes})


def compared(run: str) -> RunComparison:
    """A run that is worse than the first."""
    metric = samples.compared(
        "correctness", difference=-0.1, mean_a=0.7, mean_b=0.6, adjusted_p=0.0001, verdict="worse"
    )
    return samples.comparison(metric, a="run-1", b=run, primary="correctness", regressed=("correctness", "mrr"))


def result(*rows: VariantResult, **changes: Any) -> SweepResult:
    """Three variants, of which two may be the best."""
    found = rows or (row(1, "k=1", 0.7), row(2, "k=2", 0.65), row(3, "k=3", 0.4))
    value = CorrectedMean(naive=0.7, value=0.66, interval=Interval(low=0.55, high=0.77, level=0.95, method="jackknife"))
    fields = {
        "id": "20260101-000000-s", "name": "s", "primary": "correctness", "unit": "", "higher_is_better": True,
        "asked": 40, "questions": 40, "limit_said": "", "parallel": 1, "seed": 0, "variants": found,
        "baseline": found[0].label, "baseline_chosen": False, "leader": found[0].label,
        "contenders": (found[0].label, found[1].label), "value": value, "gain": None, "axes": ("quality", "latency"),
        "comparisons": tuple(compared(Path(row.run).name) for row in found[1:]), "embedded_judge": True,
    }  # fmt: skip
    return SweepResult.model_validate({**fields, **changes})
