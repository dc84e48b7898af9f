"""What past runs tell of the items: those that no longer tell systems apart, and those that the judge cannot settle."""

import math
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from statistics import fmean, pstdev, stdev

from rag_eval.dataset.checks.check import Check, Defect
from rag_eval.dataset.checks.context import CheckContext, PastRun
from rag_eval.dataset.checks.needs import RUNS, Need
from rag_eval.language.sentences import shorten
from rag_eval.records import Case

SOLVED = 0.95
"""Value from which an item counts as solved."""
_MIN_RUNS = 2
MIN_RUNS_OF_CONSTANT = 3
_STEADY = 1e-9
_NOISE = 0.05
"""Standard deviation between repetitions of one system that is always allowed."""


_Values = Mapping[str, list[tuple[str, float]]]
"""Metric to system and value of each run."""


def _of_case(runs: Sequence[PastRun], case_id: str) -> _Values:
    by_metric: dict[str, list[tuple[str, float]]] = defaultdict(list)
    for run in runs:
        for metric, values in run.values.items():
            if case_id in values:
                by_metric[metric].append((run.system, values[case_id]))
    return {metric: pairs for metric, pairs in by_metric.items() if len(pairs) >= _MIN_RUNS}


def _items(context: CheckContext) -> Iterator[tuple[Case, _Values]]:
    """Each case that runs have asked often enough, once."""
    for case in {case.id: case for case in context.cases}.values():
        values = _of_case(context.runs, case.id)
        if values:
            yield case, values


def _saturated(context: CheckContext) -> Iterator[Defect]:
    for case, values in _items(context):
        if _is_saturated(values):
            yield Defect(
                rows=(case.id,),
                message=f"every metric is at {_lowest(values):.2f} or above in all {_runs(values)} runs: "
                f"{_quoted(case)}",
                fix="it is too easy to tell systems apart by; keep it as a guard, and add harder ones",
            )


def _constant(context: CheckContext) -> Iterator[Defect]:
    for case, values in _items(context):
        steady = all(pstdev([value for _, value in pairs]) <= _STEADY for pairs in values.values())
        if not _is_saturated(values) and _runs(values) >= MIN_RUNS_OF_CONSTANT and steady:
            yield Defect(
                rows=(case.id,),
                message=f"scores the same in all {_runs(values)} runs, whatever the system: {_quoted(case)}",
                fix="look whether its reference is right; an item that nothing moves tells nothing",
            )


def _unstable(context: CheckContext) -> Iterator[Defect]:
    for case, values in _items(context):
        noisy = [text for metric, pairs in values.items() if (text := _noise(metric, pairs))]
        if noisy:
            yield Defect(
                rows=(case.id,),
                message=f"{'; '.join(noisy)}: {_quoted(case)}",
                fix="make the reference say one thing, or judge it with a steadier judge",
            )


def _lowest(values: _Values) -> float:
    return min(value for pairs in values.values() for _, value in pairs)


def _runs(values: _Values) -> int:
    return max(map(len, values.values()))


def _is_saturated(values: _Values) -> bool:
    return _lowest(values) >= SOLVED


def _quoted(case: Case) -> str:
    return repr(shorten(case.user_input, 80))


def _noise(metric: str, pairs: Sequence[tuple[str, float]]) -> str:
    """What is pairs of a metric whose noise drowns its signal, or nothing.

    Noise is what repetitions of one system differ by, signal what the means of systems differ by.
    """
    by_system: dict[str, list[float]] = defaultdict(list)
    for system, value in pairs:
        by_system[system].append(value)
    repeated = [values for values in by_system.values() if len(values) >= _MIN_RUNS]
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
    for first, second in combinations(runs, 2):
        for metric in first.values.keys() & second.values.keys():
            shared = first.values[metric].keys() & second.values[metric].keys()
            differences = [second.values[metric][case] - first.values[metric][case] for case in sorted(shared)]
            if len(differences) >= _MIN_RUNS:
                by_metric[metric].append(stdev(differences))
    return max((fmean(spreads) for spreads in by_metric.values()), default=None)


SATURATED = Check(
    name="saturated",
    severity="warning",
    summary="all past runs are near 1",
    needs=(RUNS,),
    find=_saturated,
)
CONSTANT = Check(
    name="constant",
    severity="warning",
    summary="past runs never differ",
    needs=(
        RUNS,
        Need(lambda context: len(context.runs) >= MIN_RUNS_OF_CONSTANT, f"it takes {MIN_RUNS_OF_CONSTANT} runs"),
    ),
    find=_constant,
)
UNSTABLE = Check(
    name="unstable",
    severity="warning",
    summary="repetitions of one system differ by more than systems do",
    needs=(
        RUNS,
        Need(
            lambda context: len({run.system for run in context.runs}) < len(context.runs),
            "it takes two runs of one experiment",
        ),
    ),
    find=_unstable,
)
