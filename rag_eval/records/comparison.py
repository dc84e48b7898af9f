"""Two runs against each other: each metric, refusals, and a verdict."""

from typing import Literal

from rag_eval.records.base import Record
from rag_eval.records.gates import GateResult
from rag_eval.records.summary import Interval

Conclusion = Literal["better", "worse", "negligible", "unclear", "cannot_tell", "too_few", "unmoved"]
"""What may be said of B: better or worse; no difference that matters; no clear one; not to be told because of what the
judge failed to score; too few pairs; no question moved."""


class Movement(Record):
    """How one case moved between two runs on one metric."""

    case_id: str
    user_input: str
    a: float
    b: float

    @property
    def difference(self) -> float:
        """B minus A."""
        return self.b - self.a


class PairedMeans(Record):
    """Means of both runs over the same cases."""

    pairs: int
    mean_a: float
    mean_b: float


MOST_NEEDED = 10_000
"""More further questions than this are not put into a figure: the spread is not known that well."""


class MetricComparison(Record):
    """Paired difference of one metric, B minus A, over the cases of which both runs have a value."""

    name: str
    pairs: int
    only_a: int
    """Cases that only A has a value of: failed in the judge, or not applicable, in B."""
    only_b: int
    mean_a: float | None
    mean_b: float | None
    difference: float | None
    interval: Interval | None
    """None where no interval can be had; `note` says why."""
    win: int
    """Cases where B is better."""
    tie: int
    loss: int
    moved: tuple[Movement, ...]
    """Those that moved most: losses first, then gains, the largest of each first."""
    higher_is_better: bool = True
    verdict: Conclusion = "unclear"
    """What the differences allow to say about B."""
    note: str = ""
    """Why there is no interval, or what the verdict rests on besides it, in words."""
    p_value: float | None = None
    """Two-sided, of this metric alone: of sign flips, of clusters, or of the exact sign test where that stands in."""
    adjusted_p: float | None = None
    """The same among all the metrics that were compared besides, by Holm; None for the one that was asked about."""
    effect: float | None = None
    """Cohen's d_z: the mean difference in standard deviations of the differences."""
    detectable: float | None = None
    """The smallest true difference that so many pairs would call clear four times in five."""
    needed: int | None = None
    """Further pairs that would decide four times in five, if all stays as it is; `MOST_NEEDED` stands for more."""
    smallest: float = 0.0
    """The smallest difference that matters, in the metric's unit."""
    unanswered_a: int = 0
    """Pairs in which A gave no answer and therefore has 0."""
    unanswered_b: int = 0
    survivors: PairedMeans | None = None
    """Means over the pairs that both answered, where some were not."""
    refused_a: int = 0
    """Cases that are no pair because A's answer refuses, and claims nothing."""
    refused_b: int = 0
    unjudged: int = 0
    """Cases that are no pair because the judge failed in one of the runs."""
    bounds: tuple[float, float] | None = None
    """The difference if what the judge failed had gone against B, and for it; None where nothing failed."""
    unit: str = ""

    @property
    def lost(self) -> tuple[Movement, ...]:
        """Those of `moved` of which B is worse."""
        return tuple(m for m in self.moved if (m.difference < 0) == self.higher_is_better)

    @property
    def gained(self) -> tuple[Movement, ...]:
        """Those of `moved` of which B is better."""
        return tuple(m for m in self.moved if (m.difference > 0) == self.higher_is_better)


class SliceComparison(Record):
    """One metric over the questions with one tag."""

    tag: str
    metric: MetricComparison


class RefusalChange(Record):
    """What became of refusals from A to B, over the questions of one kind that both answered or refused."""

    both_answered: int = 0
    only_a_refused: int = 0
    only_b_refused: int = 0
    both_refused: int = 0

    @property
    def total(self) -> int:
        """Questions."""
        return self.both_answered + self.only_a_refused + self.only_b_refused + self.both_refused

    @property
    def refused_a(self) -> int:
        """Refusals of A."""
        return self.only_a_refused + self.both_refused

    @property
    def refused_b(self) -> int:
        """Refusals of B."""
        return self.only_b_refused + self.both_refused


class RefusalComparison(Record):
    """Refusals from A to B, apart for questions that have an answer and for those that have none."""

    answerable: RefusalChange
    unanswerable: RefusalChange


class RunComparison(Record):
    """Whether B is better than A."""

    a: str
    b: str
    name_a: str
    name_b: str
    metrics: tuple[MetricComparison, ...]
    verdict: Conclusion | Literal["mixed"] = "unclear"
    """What may be said of B as a whole; `mixed` where the primary metric gained and another lost, or the reverse."""
    primary: str = ""
    """The metric that the verdict is read from first."""
    regressed: tuple[str, ...] = ()
    improved: tuple[str, ...] = ()
    sentences: tuple[str, ...] = ()
    """The verdict in words, the same in every report: first what it is, then refusals, then what it leaves out."""
    refusals: RefusalComparison | None = None
    slices: tuple[SliceComparison, ...] = ()
    """The primary metric, apart for each tag; the worst first."""
    differences: tuple[str, ...] = ()
    """Where the origins differ although it was forced; shown in every report."""
    judged: tuple[str, ...] = ()
    """In what the endpoints of the judges differ by their own word, a sentence each."""
    only_in_a: int = 0
    only_in_b: int = 0
    embedded_judge: bool = False
    gates: tuple[GateResult, ...] = ()
    """What became of the gates that were asked for, with A as their baseline."""
    stopped: str = ""
    """That asking was stopped when decided, in words, where a run was; then few metrics are concluded from."""

    def metric(self, name: str) -> MetricComparison | None:
        """The comparison of one metric, if both runs have it."""
        return next((m for m in self.metrics if m.name == name), None)
