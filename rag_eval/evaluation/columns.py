"""What each metric says of one run, over all its cases and over those with one tag."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np

from rag_eval.journal import Journal
from rag_eval.records import ANSWERED, MetricSummary, MetricTraits, SliceSummary
from rag_eval.run_scores import clusters_of
from rag_eval.stats.repeats import by_question
from rag_eval.stats.summary import metric_summary

SLICED = 5
"""Metrics that slices are looked at by."""


@dataclass(frozen=True)
class MetricColumn:
    """What became of one metric, case by case."""

    traits: MetricTraits
    values: Mapping[str, float]
    failures: Mapping[str, str]
    """Case id to the reason, as in `not_applicables`."""
    not_applicables: Mapping[str, str]

    def among(self, cases: Collection[str]) -> "MetricColumn":
        """What became of it in some cases."""
        return MetricColumn(
            self.traits,
            {case: value for case, value in self.values.items() if case in cases},
            {case: reason for case, reason in self.failures.items() if case in cases},
            {case: reason for case, reason in self.not_applicables.items() if case in cases},
        )


@dataclass(frozen=True)
class RunColumns:
    """The metrics of a run, read once."""

    columns: Sequence[MetricColumn]
    repeats: Mapping[str, str]
    """Case id to the question that it repeats."""
    clusters: Mapping[str, str] | None
    """Question to what it belongs to with others; None where that is not known."""
    tagged: Mapping[str, Collection[str]]
    """Tag to the cases that have it."""
    seed: int

    def metrics(self) -> tuple[MetricSummary, ...]:
        """Every metric over all cases."""
        return tuple(map(self._summary, self.columns))

    def slices(self, primary: str) -> tuple[SliceSummary, ...]:
        """The metrics that are read first, apart for each tag."""
        columns = leading(self.columns, primary)
        return tuple(
            SliceSummary(tag=tag, cases=len(cases), metrics=tuple(self._summary(c.among(cases)) for c in columns))
            for tag, cases in self.tagged.items()
        )

    def tag_means(self) -> dict[str, dict[str, float]]:
        """Tag to metric to mean value, where there is one."""
        return {
            tag: {
                column.traits.name: fmean(values)
                for column in self.columns
                if (values := [*column.among(cases).values.values()])
            }
            for tag, cases in self.tagged.items()
        }

    def _summary(self, column: MetricColumn) -> MetricSummary:
        questions = self._by_question(column)
        keys = column.values if questions is None else questions
        belongs = self.clusters
        return metric_summary(
            column.traits,
            [*column.values.values()],
            _counted(column.failures),
            _counted(column.not_applicables),
            np.random.default_rng(self.seed),
            groups=None if questions is None else [*questions.values()],
            clusters=None if belongs is None else [("", k) if k not in belongs else (belongs[k],) for k in keys],
        )

    def _by_question(self, column: MetricColumn) -> dict[str, tuple[Sequence[float], int]] | None:
        """Question to values and number of failures, where questions were repeated; None where none was."""
        if not self.repeats:
            return None
        groups = by_question(column.values, self.repeats)
        lost = Counter(self.repeats.get(case, case) for case in column.failures)
        return {question: (groups.get(question, []), lost[question]) for question in dict.fromkeys([*groups, *lost])}


def leading(columns: Sequence[MetricColumn], primary: str) -> list[MetricColumn]:
    """The metric that is read first, and the first few of the others that lie in [0, 1]."""
    first = [column for column in columns if column.traits.name == primary]
    others = [c for c in columns if c.traits.bounded and c.traits.name not in (primary, ANSWERED)]
    return [*first, *others][:SLICED]


def _counted(reasons: Mapping[str, str]) -> dict[str, int]:
    """Reason to count, the commonest first."""
    return dict(sorted(Counter(reasons.values()).items(), key=lambda pair: (-pair[1], pair[0])))


def columns_of(journal: Journal, traits: Sequence[MetricTraits], seed: int) -> RunColumns:
    """Read the metrics of a run."""
    tagged: dict[str, set[str]] = {}
    for case, tags in journal.tags().items():
        for tag in tags:
            tagged.setdefault(tag, set()).add(case)
    return RunColumns(
        columns=[
            MetricColumn(
                trait,
                journal.values(trait.name),
                journal.reasons(trait.name, "failure"),
                journal.reasons(trait.name, "not_applicable"),
            )
            for trait in traits
        ],
        repeats=journal.repeats(),
        clusters=clusters_of(journal),
        tagged=dict(sorted(tagged.items())),
        seed=seed,
    )
