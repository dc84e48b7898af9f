"""A run at a glance: its metrics, what it cost, where its scores come from."""

from typing import Literal

from pydantic import Field, JsonValue

from rag_eval.records.base import Record
from rag_eval.records.gates import GateResult
from rag_eval.records.judging import ObservedJudge
from rag_eval.records.outcomes import REFUSED


class MetricTraits(Record):
    """What must be known about a metric to add it up and to compare it."""

    name: str
    bounded: bool = True
    """Whether values lie in [0, 1]."""
    higher_is_better: bool = True
    unanswered: Literal["zero", "apart"] = "apart"
    """What a question that the system did not answer is in a comparison: 0, as nothing came, or nothing to speak of."""
    smallest: float = 0.0
    """The smallest difference of two means that matters, in the metric's unit."""
    smallest_share: float = 0.0
    """The same as a share of A's mean; the larger of the two holds."""
    unit: str = ""
    label: str = ""
    """What it is, where its name alone would mislead."""
    hidden: bool = False
    """Kept for each case and told of in words, but not a row of the tables."""


class Usage(Record):
    """What a judge was asked and what it cost."""

    calls: int = 0
    """Replies that were paid for in this run, kept ones not counted again."""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: float | None = None
    """None where no price is configured and no gateway says it of all calls."""
    seen: ObservedJudge = Field(default_factory=ObservedJudge, exclude=True)
    """What the endpoint showed of itself in these calls; kept apart, in `RunMeta.judged`."""

    def __add__(self, other: "Usage") -> "Usage":
        if _NO_USAGE in (self, other):  # nearly every sum begins so, and records are slow to make
            return self if other == _NO_USAGE else other
        costs = [cost for cost in (self.cost_usd, other.cost_usd) if cost is not None]
        return Usage(
            calls=self.calls + other.calls,
            prompt_tokens=self.prompt_tokens + other.prompt_tokens,
            completion_tokens=self.completion_tokens + other.completion_tokens,
            cost_usd=sum(costs) if costs else None,
            seen=self.seen + other.seen,
        )


_NO_USAGE = Usage()


class Origin(Record):
    """Where scores come from. Runs of different origins are not compared unless somebody insists."""

    judge: dict[str, JsonValue]
    """Kind, model, endpoint, parameters and version of the judge and of its embeddings."""
    metrics: dict[str, str]
    """Metric name to its version: package, release, prompt hash, formula."""
    dataset: str
    """Content fingerprint of the cases that were asked."""
    code: str
    """Version of rag-eval."""


class Interval(Record):
    """A confidence interval of a mean."""

    low: float
    high: float
    level: float = 0.95
    method: str
    """`BCa bootstrap`, `normal` or the like, with the number of resamples where there is one."""


class MetricSummary(Record):
    """What one metric says of a run; every case is in exactly one of `n`, `failed`, `not_applicable`."""

    name: str
    n: int
    failed: int
    not_applicable: int
    mean: float | None
    """Over the `n` values; None where there are none."""
    interval: Interval | None
    """None where no interval can be had; `note` says why."""
    worst_low: float | None
    """The mean if every failure had scored 0; None for metrics without bounds."""
    worst_high: float | None
    """The mean if every failure had scored 1."""
    quantiles: dict[str, float] = Field(default_factory=dict)
    """`p05`, `p50`, `p95` of the values."""
    failures: dict[str, int] = Field(default_factory=dict)
    """Reason to count."""
    not_applicables: dict[str, int] = Field(default_factory=dict)
    """Reason to count."""
    higher_is_better: bool = True
    bounded: bool = True
    """Whether values lie in [0, 1]."""
    repeat_sd: float | None = None
    """Standard deviation between repetitions of one question, pooled; None where none was repeated."""
    unit: str = ""
    label: str = ""
    """What it is, where its name alone would mislead."""
    note: str = ""
    """Why there is no interval, in words; empty where there is one, or no value at all."""

    @property
    def refused(self) -> int:
        """Answers that refuse, of which it therefore does not speak."""
        return self.not_applicables.get(REFUSED, 0)

    @property
    def coverage(self) -> float | None:
        """Share of the cases it applies to that have a value; None where it applies to none."""
        due = self.n + self.failed
        return self.n / due if due else None


class FailureGroup(Record):
    """Failures of one stage for one reason: how many, what the first of them says, and what bears on it."""

    stage: Literal["target", "judge", "metric"]
    reason: str
    count: int
    """Cases without an answer for that reason, or without a score."""
    message: str
    """What the first of them says, in the words of whoever was asked."""
    alike: bool = True
    """Whether all of them say the same."""
    remedy: str = ""
    """The settings that bear on it, with what they are; empty where none does."""


class SliceSummary(Record):
    """The cases with one tag."""

    tag: str
    cases: int
    metrics: tuple[MetricSummary, ...]
    """The metric that is read first, and those that are read with it."""


class RefusalCounts(Record):
    """How often a system refused, by whether the question has an answer; over the answers that were looked at."""

    answerable: int
    """Answers to questions that have one."""
    answerable_refused: int
    unanswerable: int
    """Answers to questions that have none."""
    unanswerable_refused: int

    @property
    def over_refusal(self) -> float | None:
        """Share of the questions with an answer that were refused; None where there are none."""
        return self.answerable_refused / self.answerable if self.answerable else None

    @property
    def invented(self) -> float | None:
        """Share of the questions without an answer that were answered all the same; None where there are none."""
        return 1 - self.unanswerable_refused / self.unanswerable if self.unanswerable else None

    @property
    def refused(self) -> int:
        """All refusals."""
        return self.answerable_refused + self.unanswerable_refused

    @property
    def answers(self) -> int:
        """All answers that were looked at."""
        return self.answerable + self.unanswerable


class SequentialDesign(Record):
    """How a run was looked at while it went on."""

    seed: int
    """Of the random order in which questions count."""
    metrics: tuple[str, ...]
    """The metrics that were to decide when to stop."""
    after: int | None = None
    """Questions that decided, in that order; None where asking went on to the end, or was interrupted."""


class WorkTree(Record):
    """The git work tree that a run was started in."""

    commit: str
    """Empty before the first commit."""
    dirty: bool
    """Whether files that git knows differ from the commit."""
    branch: str
    """Empty where none is checked out."""


def limit_said(limit: int | None, whole: int | None) -> str:
    """How a run was limited, of so many cases if that is known: `--limit 5 of 16`; nothing where all were asked."""
    if limit is None or (whole is not None and limit >= whole):
        return ""
    return f"--limit {limit}{'' if whole is None else f' of {whole}'}"


class SuspiciousCases(Record):
    """Cases that hold a text that speaks to the judge which reads it."""

    count: int = 0
    first: tuple[str, ...] = ()
    """The ids of the first few of them."""


class Summary(Record):
    """A run at a glance; all of it can be computed again from the journal."""

    run_id: str
    key: str
    """Tells the run from every other, also on other machines."""
    name: str
    started: float
    """Seconds since 1970."""
    ended: float
    """When the last session that worked on it ended, in seconds since 1970."""
    seconds: float
    """Wall time of the sessions that made it, in seconds."""
    planned: int
    """Cases that the run was to ask."""
    cases: int
    """Cases that it has asked."""
    answered: int
    target_failures: dict[str, int]
    failures: tuple[FailureGroup, ...] = ()
    """Why there are cases without an answer or without a score, what concerns most cases first."""
    metrics: tuple[MetricSummary, ...]
    usage: Usage
    origin: Origin
    min_coverage: float
    embedded_judge: bool
    """True where no language model judged; every report says so."""
    judged: ObservedJudge = Field(default_factory=ObservedJudge)
    """Who answered in the judge's name, and what its endpoint does not take."""
    tags: dict[str, dict[str, float]] = Field(default_factory=dict)
    """Tag to metric to mean, for the tags of the dataset."""
    slices: tuple[SliceSummary, ...] = ()
    """The metrics that are read first, with intervals, for each tag."""
    degraded: int = 0
    """Answers of which the service says that something stood in for a part of it; they are scored as they are."""
    thinking: int = 0
    """Answers that hold what a model thought before it answered; they are scored as they are."""
    without_end: int = 0
    """Answers that came as streams without any sign that they were whole."""
    suspicious: SuspiciousCases = Field(default_factory=SuspiciousCases)
    """Cases whose scores say in their evidence which text speaks to the judge."""
    unknown_contexts: int = 0
    """Answers of which a part of the contexts came without text or id, or texts and ids do not fit each other."""
    scored: int = 0
    """Cases of which every metric has an outcome."""
    finished: bool = True
    """Whether that is all of them."""
    primary: str = ""
    """The metric to read first: `correctness`, else `faithfulness`, else the first of the experiment."""
    listed: tuple[str, ...] = ()
    """Metrics that the experiment names itself: one of these that has no value at all is an error."""
    refusals: RefusalCounts | None = None
    """None where no answer was looked at for it."""
    gates: tuple[GateResult, ...] = ()
    """What became of the experiment's gates when the run ended."""
    git: WorkTree | None = None
    """None where the run began outside of one."""
    sequential: SequentialDesign | None = None
    """None where nobody looked before the end."""
    limit: int | None = None
    """Cases that the run was told to ask at most."""
    dataset_cases: int | None = None
    """Cases of the whole dataset, where the run was limited and that is known."""

    @property
    def limited(self) -> bool:
        """Whether the run was told to ask only the first cases of its dataset, as far as is known."""
        return bool(self.limit_said)

    @property
    def limit_said(self) -> str:
        """How the run was limited: `--limit 5 of 16`; nothing where it was not."""
        return limit_said(self.limit, self.dataset_cases)

    @property
    def stopped(self) -> bool:
        """Whether asking ended because the gates were decided, before every question was asked."""
        return not self.finished and self.sequential is not None and self.sequential.after is not None

    @property
    def state(self) -> str:
        """`finished`, or how far it came."""
        if self.stopped:
            return f"stopped when decided, {self.cases} of {self.planned} asked"
        return "finished" if self.finished else f"unfinished, {self.scored} of {self.planned} scored"

    @property
    def without_value(self) -> tuple[MetricSummary, ...]:
        """The metrics that the experiment asks for, that have no value at all, and not because all of it failed."""
        return tuple(m for m in self.metrics if m.name in self.listed and not m.n and m.not_applicable)

    @property
    def short_of_coverage(self) -> tuple[MetricSummary, ...]:
        """The metrics with too few values to stand for the dataset."""
        return tuple(m for m in self.metrics if m.coverage is not None and m.coverage < self.min_coverage)
