"""What is known of a metric before anything is measured: all of it, in one declaration that is read without a judge."""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal

from rag_eval.language.suspicion import suspected, suspicions
from rag_eval.ports import JudgeBackend, Metric
from rag_eval.records import SUSPICIOUS, Answer, Case, MetricTraits, NotApplicable, Outcome, Reply, Score

Outcomes = Mapping[str, Outcome]
Compute = Callable[[Outcomes, Case, Reply], Outcome]
RefusalPolicy = Literal["apart", "decides", ""]
"""What a refusal is to a metric: nothing to speak of, what decides its value, or an answer like any other."""

SMALLEST_SCORE = 0.01
"""The smallest difference that matters between two means of scores in [0, 1], unless an experiment says otherwise."""


@dataclass(frozen=True)
class MetricSpec:
    """The declaration of a metric: everything that other parts of the package ask about one.

    It is either scored by what `build` makes, one answer at a time, or worked out by `compute` from the other outcomes
    of a case. `rag_eval.plugins.METRICS` has the catalogue.
    """

    name: str
    version: str | Callable[[], str]
    """Changes whenever the same input may score differently; a function where a heavy library is asked for it."""
    needs: tuple[str, ...] = ()
    """Fields of `Case` and `Answer` without which it does not apply, such as `reference`."""
    build: Callable[[JudgeBackend], Metric] | None = field(default=None, repr=False)
    """Makes the metric with whoever judges and embeds; None for one that is derived."""
    bounded: bool = True
    """Whether values lie in [0, 1]."""
    higher_is_better: bool = True
    unit: str = ""
    smallest: float | None = None
    """The smallest difference of two means that matters, in its unit; if None 0.01 for one that is bounded, else 0."""
    smallest_share: float = 0.0
    """The same as a share of A's mean; the larger of the two holds."""
    label: str = ""
    """What it is, where its name alone would mislead."""
    hidden: bool = False
    """Kept for each case and told of in words, but not a row of the tables."""
    subject: Literal["answer", "retrieval"] = "answer"
    """What it speaks of, as pages group it."""
    held_to: Literal["contexts", "reference"] = "reference"
    """What the claims in its evidence are held to."""
    unanswered: Literal["zero", "apart"] = "apart"
    """What a question that the system did not answer is in a comparison: 0, as nothing came, or nothing to speak of."""
    refusals: RefusalPolicy = ""
    """What a refusal is to it."""
    asked_when_settled: bool = True
    """Whether its own value is worked out, and kept as evidence, also where a refusal has settled the outcome."""
    applies_to_nothing: bool = False
    """Whether it speaks also of an answer that came with an empty list of contexts."""
    lacking: Mapping[str, str] = field(default_factory=dict)
    """Field to why the metric does not apply where it is not there, for fields that only this metric needs."""
    inputs: tuple[str, ...] = ()
    """Metrics from whose outcomes a derived one is worked out."""
    compute: Compute | None = field(default=None, repr=False)
    """Works a derived metric out; nobody is asked for it."""
    automatic: bool = False
    """Whether a derived metric is there without being named, wherever all of its inputs are."""
    case_event: bool = False
    """Whether its outcome is an event on the span of the case."""
    imports: tuple[str, ...] = ()
    """Modules that take long to import: `version` and `build` do without; a run imports them while it asks first."""

    def __post_init__(self) -> None:
        """Refuse a declaration that nothing could be measured by."""
        if (self.build is None) == (self.compute is None):
            raise ValueError(f"metric {self.name}: has either `build` or `compute`, and not both")

    @property
    def derived(self) -> bool:
        """Whether it follows from the outcomes of others."""
        return self.compute is not None

    def read_version(self) -> str:
        """The version, which may take the import of a heavy library."""
        return self.version if isinstance(self.version, str) else self.version()

    @property
    def traits(self) -> MetricTraits:
        """What a run remembers of it, to add it up and to compare it."""
        return MetricTraits(
            name=self.name,
            bounded=self.bounded,
            higher_is_better=self.higher_is_better,
            unanswered=self.unanswered,
            smallest=(SMALLEST_SCORE if self.bounded else 0.0) if self.smallest is None else self.smallest,
            smallest_share=self.smallest_share,
            unit=self.unit,
            label=self.label,
            hidden=self.hidden,
        )


@dataclass(frozen=True)
class ConnectedMetric:
    """A metric that can be scored: its declaration, and what scores."""

    spec: MetricSpec
    metric: Metric

    @property
    def name(self) -> str:
        """Its name in reports."""
        return self.spec.name

    async def score(self, case: Case, answer: Answer) -> Score | NotApplicable:
        """Score one answer; raises `JudgeError`. The fields in `needs` are there.

        Where a text that it reads speaks to the judge, the evidence says so.
        """
        suspicion = suspects(self.spec.needs, case, answer)
        if not suspicion:
            return await self.metric.score(case, answer)
        with suspected():
            return _marked(await self.metric.score(case, answer), suspicion)


def connect_spec(spec: MetricSpec, backend: JudgeBackend) -> ConnectedMetric:
    """A metric that is not derived, on a judge."""
    assert spec.build is not None, f"{spec.name} is derived"
    return ConnectedMetric(spec, spec.build(backend))


_READ: Final = {
    "user_input": "question",
    "response": "answer",
    "reference": "reference",
    "retrieved_contexts": "context",
    "reference_contexts": "reference context",
}
"""Fields whose texts a judge reads, and what each is called."""


def suspects(needs: Collection[str], case: Case, answer: Answer) -> str:
    """Which texts of some fields, of all where none is named, speak to the judge that reads them, and how."""
    suspicion = []
    for needed, name in _READ.items():
        if needs and needed not in needs:
            continue
        value = getattr(case if needed in Case.model_fields else answer, needed)
        texts = [value] if isinstance(value, str) else value or ()
        for place, text in enumerate(texts, 1):
            if kinds := suspicions(text):
                suspicion.append(f"{name}{'' if isinstance(value, str) else f' {place}'}: {', '.join(kinds)}")
    return "; ".join(suspicion)


def _marked(outcome: Score | NotApplicable, suspicion: str) -> Score | NotApplicable:
    """An outcome that a judge gave, with what its texts hold; others rest on no judge."""
    if not outcome.evidence.prompts and not outcome.evidence.verdicts:
        return outcome
    details = {**outcome.evidence.details, SUSPICIOUS: suspicion}
    return outcome.model_copy(update={"evidence": outcome.evidence.model_copy(update={"details": details})})
