"""The words everyone speaks: what is asked, what came back, what it scored, and what that adds up to.

Field names are RAGAs' own. Whatever crosses a file or a wire is a frozen record here; unknown keys are refused.
"""

import json
from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue, ValidationInfo


class Record(BaseModel):
    """A value: frozen, compared by content, strict about its keys, never a NaN."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def _writable(details: dict[str, JsonValue], info: ValidationInfo) -> dict[str, JsonValue]:
    """Refuse what JSON can read and UTF-8 cannot write, such as half of a surrogate pair.

    What pydantic itself has read as JSON holds none, and is most of what is ever read: the rows of a journal.
    """
    if info.mode != "json":
        json.dumps(details, ensure_ascii=False).encode()
    return details


Details = Annotated[dict[str, JsonValue], AfterValidator(_writable)]
"""Whatever else is known, as it would stand in JSON."""


class Case(Record):
    """One question of a dataset with what is known to be right about it."""

    id: str = Field(min_length=1)
    """Unique inside its dataset."""
    user_input: str = Field(min_length=1)
    """The question."""
    reference: str | None = None
    """The right answer, written by a person."""
    reference_contexts: tuple[str, ...] | None = None
    """Texts that a perfect retriever would bring."""
    reference_context_ids: tuple[str, ...] | None = None
    """The ids of those texts in the corpus."""
    answerable: bool = True
    """False where the corpus holds no answer and the system should say so."""
    tags: tuple[str, ...] = ()
    metadata: Details = Field(default_factory=dict)
    """What else the row held; carried along, never scored."""


class Answer(Record):
    """What a system said to one case, live or captured."""

    kind: Literal["answer"] = "answer"
    response: str | None = None
    """The answer's text; None where a capture has none."""
    retrieved_contexts: tuple[str, ...] | None = None
    """Texts the retriever brought, best first; None where they are unknown, () where it brought nothing."""
    retrieved_context_ids: tuple[str, ...] | None = None
    latency_s: float | None = None
    """Wall time from sending the question to having the whole answer, in seconds, without retries and waits."""
    first_token_s: float | None = None
    """Seconds until the first piece of an answer that came in pieces."""
    attempts: int = 1
    """Requests it took."""
    asked_at: float | None = None
    """When the question was sent, in seconds since 1970."""
    metadata: Details = Field(default_factory=dict)


DEGRADED = "degraded"
"""Key of an answer's metadata that says that the service had to make do without one of its parts."""
THINKING = "holds_thinking"
"""Key of an answer's metadata: true where the text holds what a model thought first, false where that was left out."""
NO_END = "no_end_of_stream"
"""Key of an answer's metadata that says that it came as a stream without any sign that it was whole."""
UNKNOWN = "unknown_fields"
"""Key of an answer's metadata: field to why what came of it could not be used."""


class Failure(Record):
    """Why there is no answer or no score. It is counted, shown, and never a number."""

    kind: Literal["failure"] = "failure"
    stage: Literal["target", "judge", "metric"]
    reason: str
    """A short code, such as `timeout`, `http_status` or `incomplete_verdicts`; counted in reports."""
    message: str
    """One sentence for a person; holds no secret."""
    attempts: int = 1


class Verdict(Record):
    """What the judge said of one statement."""

    part: str
    """Which list the statement stands in, such as `response` or `reference`."""
    statement: str
    verdict: Literal[0, 1]
    reason: str = ""
    support: float | None = None
    """How far the statement is borne out, in [0, 1], where the judge says more than yes or no."""
    evidence: str = ""
    """The sentence that bears it out, or comes nearest, where the judge names one."""


class Evidence(Record):
    """What a score rests on."""

    verdicts: tuple[Verdict, ...] = ()
    prompts: tuple[str, ...] = ()
    """sha256 of each prompt that was answered, in order."""
    details: Details = Field(default_factory=dict)
    """Further numbers and texts, such as precision and recall beneath an F1."""


class Score(Record):
    """A value of one metric for one case."""

    kind: Literal["score"] = "score"
    value: float
    evidence: Evidence = Evidence()


class NotApplicable(Record):
    """The metric does not speak of this case."""

    kind: Literal["not_applicable"] = "not_applicable"
    reason: str
    """`refused` where the answer refuses, and so claims nothing; else a sentence."""
    evidence: Evidence = Evidence()
    """What was looked at all the same, such as RAGAs' own value for a refusal."""


REFUSED = "refused"
"""Why a metric does not apply to an answer that refuses, and the name under which each answer's refusal is kept."""
NO_TEXT = "no_text"
"""Why metrics that read an answer fail where one came without text."""
ANSWERED = "answered"
"""Name of the metric that says of each question whether an answer came."""


Outcome = Annotated[Score | NotApplicable | Failure, Field(discriminator="kind")]
"""What a metric came to for a case: always exactly one of the three."""

Reply = Annotated[Answer | Failure, Field(discriminator="kind")]
"""What a target came to for a case."""


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
    """None where no price is configured."""

    def __add__(self, other: "Usage") -> "Usage":
        costs = [cost for cost in (self.cost_usd, other.cost_usd) if cost is not None]
        return Usage(
            calls=self.calls + other.calls,
            prompt_tokens=self.prompt_tokens + other.prompt_tokens,
            completion_tokens=self.completion_tokens + other.completion_tokens,
            cost_usd=sum(costs) if costs else None,
        )


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


GateOutcome = Literal["passed", "failed", "undecided"]


class GateResult(Record):
    """What became of one gate."""

    expression: str
    """As it was written."""
    outcome: GateOutcome
    value: float | None = None
    """What was measured, in the unit of the limit; None where nothing was."""
    limit: float | None = None
    n: int = 0
    """Questions, pairs or cases that it rests on."""
    p: float | None = None
    """How likely so bad a value would be if the limit were kept, adjusted for all gates; None for counts."""
    against: str = ""
    """The run that stood for the baseline; empty where none is needed."""
    sentence: str
    """All of it for a person."""


def overall_outcome(gates: Sequence[GateResult]) -> GateOutcome | None:
    """Failed where one gate failed, else undecided where one is; None without gates."""
    outcomes = {gate.outcome for gate in gates}
    order: tuple[GateOutcome, ...] = ("failed", "undecided", "passed")
    return next((outcome for outcome in order if outcome in outcomes), None)


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
    metrics: tuple[MetricSummary, ...]
    usage: Usage
    origin: Origin
    min_coverage: float
    embedded_judge: bool
    """True where no language model judged; every report says so."""
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


class Comparison(Record):
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
