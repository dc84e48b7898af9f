"""Asking in a random order, and no more than it takes to decide the gates."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from rag_eval import config, gates
from rag_eval.errors import UsageError
from rag_eval.evaluation.engine import CaseEvent
from rag_eval.gates import sequential
from rag_eval.gates.expressions import ValueGate
from rag_eval.ports import Scores
from rag_eval.records import Case, MetricTraits, SequentialDesign

_FIRST_LOOK = 10
_GROWTH = 1.05
"""How many times as many questions must be in as at the last look, for the next one."""


@dataclass(frozen=True)
class StoppingRule:
    """When asking may stop."""

    watched: Sequence[ValueGate]
    others: Sequence[gates.Gate]
    """Gates that need every question: while there are some, asking stops only where a gate fails."""
    demanded: Sequence[gates.Gate]
    traits: Mapping[str, MetricTraits]
    smallest: Mapping[str, float]
    seed: int

    @property
    def design(self) -> SequentialDesign:
        """What a run must remember of it."""
        metrics = tuple(dict.fromkeys(gate.subject for gate in self.watched))
        return SequentialDesign(seed=self.seed, metrics=metrics)

    def decided(self, base: Scores, head: Scores, order: Sequence[str]) -> bool:
        """Whether these questions, in their random order, decide the whole."""
        outcomes = []
        for gate in self.watched:
            traits = self.traits[gate.subject]
            limit = sequential.margin(gate, traits, self.smallest)
            finding = sequential.look(gate, traits, (base, head), limit, order, len(self.watched))
            outcomes.append(finding.outcome)
        return "failed" in outcomes or (not self.others and all(outcome == "passed" for outcome in outcomes))


def rule(experiment: config.Experiment, demanded: Sequence[gates.Gate], traits: Sequence[MetricTraits]) -> StoppingRule:
    """When an experiment may stop; raises `UsageError` where it cannot be asked in a random order, or never stops."""
    target = experiment.target
    if target.repetitions > 1 or target.is_conversational:
        raise UsageError(
            "--stop-when-decided asks single questions in a random order: no target.repeats, no conversation"
        )
    watched = sequential.watched(demanded, traits, experiment.smallest)
    if not watched:
        raise UsageError(
            "--stop-when-decided: none of the gates can be decided on the way. Those on what a score may lose can: "
            "correctness.drop_vs(main) <= 0.03"
        )
    others = sequential.others(demanded, watched)
    return StoppingRule(watched, others, demanded, {t.name: t for t in traits}, experiment.smallest, experiment.seed)


@dataclass
class Sampling:
    """The questions of one or two runs, in a random order, until they decide.

    Questions that gates name one by one are asked first, and count where their turn is.
    """

    rule: StoppingRule
    cases: Sequence[Case]
    look: Callable[[Sequence[str]], bool]
    """Whether so many questions, all scored, decide."""
    sides: int = 1
    after: int | None = None
    """Questions that decided; None as long as it is open."""
    _order: Sequence[str] = ()
    _asking: Sequence[Case] = ()
    _given: list[int] = field(default_factory=list)
    _limit: int | None = None
    _scored: dict[str, int] = field(default_factory=dict)
    _ready: int = 0
    _next_look: float = _FIRST_LOOK

    def __post_init__(self) -> None:
        """Put the questions in order."""
        by_id = {case.id: case for case in self.cases}
        self._order = sequential.in_order(self.rule.seed, by_id)
        named = sequential.required(self.rule.demanded, {case.id: case.tags for case in self.cases})
        self._asking = sorted((by_id[key] for key in self._order), key=lambda case: case.id not in named)
        self._given = [0] * self.sides
        self._named = len(named)

    def asked(self, side: int) -> Iterator[Case]:
        """What one of the runs is to ask; both ask the same, also when it is decided."""
        for place, case in enumerate(self._asking):
            if self._limit is not None and place >= self._limit:
                return
            self._given[side] = place + 1
            yield case

    def watch(self, event: CaseEvent) -> None:
        """Take up that a run has scored a question, and stop where that decides."""
        if event.kind != "scored":
            return
        self._scored[event.case.id] = self._scored.get(event.case.id, 0) + 1
        while self._ready < len(self._order) and self._scored.get(self._order[self._ready]) == self.sides:
            self._ready += 1
        if self._limit is None and self._next_look <= self._ready < len(self._order):
            self._next_look = self._ready * _GROWTH
            if self.look(self._order[: self._ready]):
                self.after = self._ready
                self._limit = max(*self._given, self._named)
