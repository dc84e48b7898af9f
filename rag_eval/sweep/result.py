"""What a sweep comes to: a row for each variant, the best of them, and what choosing it is worth."""

from typing import Literal

from pydantic import JsonValue

from rag_eval.records import GateResult, Interval, Record, RunComparison

Axis = Literal["quality", "latency", "cost", "tokens"]
"""What variants are weighed by."""


class VariantResult(Record):
    """What one variant came to."""

    number: int
    """Its place in the matrix, from 1."""
    label: str
    settings: dict[str, JsonValue]
    """Dotted path to value, of what it has of its own."""
    name: str
    """Of its run."""
    run: str
    """Folder of its run."""
    rank: int | None
    """By quality, from 1; None without a value."""
    quality: float | None
    """Mean of the primary metric over the questions of which every ranked variant has a value."""
    interval: Interval | None
    """Of this mean by itself, as if it had not been chosen."""
    answered: int
    asked: int
    """Questions, with their repetitions."""
    refused: int | None
    """Answers that refuse; None where nobody looked."""
    latency_p50: float | None
    """Seconds, over its answers."""
    latency_p95: float | None
    tokens: float | None
    """For an answer, as the service counts them; None where it does not say."""
    cost_usd: float | None
    """For an answer, as the service says."""
    share: float | None
    """In which share of the halves of the questions it was chosen as the best."""
    p_best: float | None
    """p of "no other is better"."""
    on_front: bool
    """Whether no other is better in one respect that matters and no worse in all others."""
    gates: tuple[GateResult, ...] = ()


class CorrectedMean(Record):
    """A number of the chosen variant, and what is left of it without the luck of having been chosen."""

    naive: float
    """As it was seen, over the questions that it was chosen by."""
    value: float
    """Chosen on one half of the questions and measured on the other."""
    interval: Interval | None


class SweepResult(Record):
    """Everything that a sweep came to."""

    id: str
    name: str
    primary: str
    """The metric that the best is chosen by."""
    unit: str
    higher_is_better: bool
    asked: int
    """Questions that each variant was asked, each once."""
    questions: int
    """Those of which every ranked variant has a value."""
    limit_said: str
    """How asking was limited; empty where it was not."""
    parallel: int
    seed: int
    variants: tuple[VariantResult, ...]
    """The best first."""
    baseline: str
    """Label of the variant that the others are compared with."""
    baseline_chosen: bool
    """Whether it is the baseline because it leads."""
    leader: str | None
    """Label of the variant with the best mean; None with too few questions to rank."""
    contenders: tuple[str, ...]
    """Labels of those that may be the best: with 95 % the truly best one is among them."""
    value: CorrectedMean | None
    """What choosing is worth; None with too few questions to halve."""
    gain: CorrectedMean | None
    """The same less the baseline."""
    axes: tuple[Axis, ...]
    """What the front is made of."""
    comparisons: tuple[RunComparison, ...]
    """Every other variant against the baseline, adjusted for all of them."""
    embedded_judge: bool
    sentences: tuple[str, ...] = ()
    """The verdict in words; the first can stand alone."""
    warnings: tuple[str, ...] = ()

    def variant(self, label: str) -> VariantResult:
        """The variant that is called so."""
        return next(variant for variant in self.variants if variant.label == label)

    def against(self, variant: VariantResult) -> RunComparison | None:
        """Its comparison with the baseline; None for the baseline itself."""
        run = variant.run.rstrip("/").rpartition("/")[2]
        return next((each for each in self.comparisons if each.b == run), None)
