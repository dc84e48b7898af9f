"""Questions that were asked several times: one question still counts once, and its own spread is told apart.

Repetitions are no further questions. To count them as such would make every interval too narrow; so intervals and
comparisons are over questions, each with the mean of its repetitions.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from statistics import fmean, variance

_FEWEST = 2


def by_question(values: Mapping[str, float], questions: Mapping[str, str]) -> dict[str, list[float]]:
    """Question to its values, from case id to value; `questions` is case id to question for repetitions."""
    groups: dict[str, list[float]] = defaultdict(list)
    for case, value in values.items():
        groups[questions.get(case, case)].append(value)
    return dict(groups)


def mean_per_question(values: Mapping[str, float], questions: Mapping[str, str]) -> dict[str, float]:
    """Question to the mean of its values."""
    return {key: fmean(repeats) for key, repeats in by_question(values, questions).items()}


def repeat_sd(groups: Sequence[Sequence[float]]) -> float | None:
    """Standard deviation between repetitions of one question, pooled over questions; None where none was repeated."""
    several = [group for group in groups if len(group) >= _FEWEST]
    freedom = sum(len(group) - 1 for group in several)
    return (sum((len(group) - 1) * variance(group) for group in several) / freedom) ** 0.5 if freedom else None
