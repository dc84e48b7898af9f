"""What past runs tell of the items: those that no longer tell systems apart, and those that the judge cannot settle."""

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from statistics import fmean, pstdev, stdev

from rag_eval.dataset.checks.context import CheckContext, PastRun
from rag_eval.dataset.checks.finding import DatasetFinding
from rag_eval.language.sentences import shorten

SATURATED = 0.95
"""Value from which an item counts as solved."""
_FEWEST_RUNS = 2
FEWEST_TO_CALL_CONSTANT = 3
_STEADY = 1e-9
_NOISE = 0.05
"""Standard deviation between repetitions of one system that is always allowed."""


def check(subject: CheckContext) -> Iterator[DatasetFinding]:
    """`saturated`, `constant` and `unstable`, for each case."""
    questions = {case.id: case.user_input for case in subject.cases}
    for case_id, question in questions.items():
        values = _of_case(subject.runs, case_id)
        if values:
            yield from _one(case_id, shorten(question, 80), values)


_Values = Mapping[str, list[tuple[str, float]]]
"""Metric to system and value of each run."""


def _of_case(runs: Sequence[PastRun], case_id: str) -> _Values:
    found: dict[str, list[tuple[str, float]]] = defaultdict(list)
    for run in runs:
        for metric, values in run.values.items():
            if case_id in values:
                found[metric].append((run.system, values[case_id]))
    return {metric: said for metric, said in found.items() if len(said) >= _FEWEST_RUNS}


def _one(case_id: str, question: str, values: _Values) -> Iterator[DatasetFinding]:
    flat = [value for said in values.values() for _, value in said]
    runs = max(map(len, values.values()), default=0)
    if flat and min(flat) >= SATURATED:
        yield DatasetFinding(
            check="saturated",
            severity="warning",
            rows=(case_id,),
            message=f"every metric is at {min(flat):.2f} or above in all {runs} runs: {question!r}",
            fix="it is too easy to tell systems apart by; keep it as a guard, and add harder ones",
        )
    elif runs >= FEWEST_TO_CALL_CONSTANT and all(pstdev([v for _, v in said]) <= _STEADY for said in values.values()):
        yield DatasetFinding(
            check="constant",
            severity="warning",
            rows=(case_id,),
            message=f"scores the same in all {runs} runs, whatever the system: {question!r}",
            fix="look whether its reference is right; an item that nothing moves tells nothing",
        )
    noisy = [told for metric, said in values.items() if (told := _unstable(metric, said))]
    if noisy:
        yield DatasetFinding(
            check="unstable",
            severity="warning",
            rows=(case_id,),
            message=f"{'; '.join(noisy)}: {question!r}",
            fix="make the reference say one thing, or judge it with a steadier judge",
        )


def _unstable(metric: str, said: Sequence[tuple[str, float]]) -> str:
    """What is said of a metric whose noise drowns its signal, or nothing.

    Noise is what repetitions of one system differ by, signal what the means of systems differ by.
    """
    by_system: dict[str, list[float]] = defaultdict(list)
    for system, value in said:
        by_system[system].append(value)
    repeated = [values for values in by_system.values() if len(values) >= _FEWEST_RUNS]
    if not repeated:
        return ""
    noise = math.sqrt(fmean(stdev(values) ** 2 for values in repeated))
    means = [fmean(values) for values in by_system.values()]
    signal = max(means) - min(means)
    if noise <= max(signal, _NOISE):
        return ""
    return f"{metric} differs by {noise:.2f} between repetitions of one system, and by {signal:.2f} between systems"


def spread(runs: Sequence[PastRun]) -> float | None:
    """The standard deviation of paired differences between runs: the largest of all metrics, averaged over pairs."""
    by_metric: dict[str, list[float]] = defaultdict(list)
    for one, other in combinations(runs, 2):
        for metric in one.values.keys() & other.values.keys():
            shared = one.values[metric].keys() & other.values[metric].keys()
            differences = [other.values[metric][case] - one.values[metric][case] for case in sorted(shared)]
            if len(differences) >= _FEWEST_RUNS:
                by_metric[metric].append(stdev(differences))
    return max((fmean(said) for said in by_metric.values()), default=None)
