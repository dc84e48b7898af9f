"""The words everyone speaks: what is asked, what came back, what it scored, and what that adds up to.

Field names are RAGAs' own. Whatever crosses a file or a wire is a frozen record here; unknown keys are refused.
"""

import json
from typing import Annotated, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue


class Record(BaseModel):
    """A value: frozen, compared by content, strict about its keys, never a NaN."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


def _writable(details: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """Refuse what JSON can read and UTF-8 cannot write, such as half of a surrogate pair."""
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


Outcome = Annotated[Score | NotApplicable | Failure, Field(discriminator="kind")]
"""What a metric came to for a case: always exactly one of the three."""

Reply = Annotated[Answer | Failure, Field(discriminator="kind")]
"""What a target came to for a case."""


class Usage(Record):
    """What a judge was asked and what it cost."""

    calls: int = 0
    """Replies that were paid for in this run, kept ones not counted again."""
    prompt_tokens: int = 0
    completion_tokens: int = 0
    cost_usd: float | None = None
    """None where no price is configured."""


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
    """None with fewer than two values."""
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

    @property
    def coverage(self) -> float | None:
        """Share of the cases it applies to that have a value; None where it applies to none."""
        due = self.n + self.failed
        return self.n / due if due else None


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
    degraded: int = 0
    """Answers of which the service says that something stood in for a part of it; they are scored as they are."""
    thinking: int = 0
    """Answers that hold what a model thought before it answered; they are scored as they are."""
    without_end: int = 0
    """Answers that came as streams without any sign that they were whole."""
    unknown_contexts: int = 0
    """Answers of which a part of the contexts came without text or id, or texts and ids do not fit each other."""

    @property
    def short_of_coverage(self) -> tuple[MetricSummary, ...]:
        """The metrics with too few values to stand for the dataset."""
        return tuple(m for m in self.metrics if m.coverage is not None and m.coverage < self.min_coverage)


FEWEST_PAIRS = 6
"""Pairs from which on a difference may be called one: with fewer, all could point one way by chance."""


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


class MetricComparison(Record):
    """Paired difference of one metric, B minus A, over the cases that both runs scored."""

    name: str
    pairs: int
    only_a: int
    """Cases that only A scored: failed or not applicable in B."""
    only_b: int
    mean_a: float | None
    mean_b: float | None
    difference: float | None
    interval: Interval | None
    win: int
    """Cases where B is better."""
    tie: int
    loss: int
    moved: tuple[Movement, ...]
    """Those that moved most, the largest first."""
    higher_is_better: bool = True

    @property
    def verdict(self) -> Literal["better", "worse", "unclear"]:
        """What the interval allows to say about B; with fewer than `FEWEST_PAIRS` pairs, nothing."""
        if self.interval is None or self.pairs < FEWEST_PAIRS or self.interval.low <= 0 <= self.interval.high:
            return "unclear"
        return "better" if (self.interval.low > 0) == self.higher_is_better else "worse"


class Comparison(Record):
    """Whether B is better than A."""

    a: str
    b: str
    name_a: str
    name_b: str
    metrics: tuple[MetricComparison, ...]
    differences: tuple[str, ...] = ()
    """Where the origins differ although it was forced; shown in every report."""
    only_in_a: int = 0
    only_in_b: int = 0
    embedded_judge: bool = False
