"""How often gates block a run of which a known share was spoilt: trials on scores that are there already.

A trial draws questions with replacement, replaces the scores of some by those of their spoilt answers, and holds that
run to the gates with the same questions unspoilt as its baseline. Nobody is asked anything.
"""

import zlib
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from pydantic import Field

from rag_eval.gates import checking
from rag_eval.gates.deciding import Trial, decide
from rag_eval.gates.expressions import Gate
from rag_eval.ports import Scores
from rag_eval.records import Case, GateResult, Outcome, Record, RunMeta, Summary, overall_outcome

CAUGHT = 0.8
"""Share of the trials that must be blocked for a share of damage to count as caught."""
BATCH = 15
"""Trials after which it is looked whether more are needed; as few as can settle it where all are alike."""
RARE = 59
"""Trials of which none is blocked that show a rate of at most 5 % (Clopper and Pearson 1934)."""
_SURE = 0.05


@dataclass(frozen=True)
class ScoredCase:
    """One case with what its metrics came to."""

    case: Case
    outcomes: Mapping[str, Outcome]


Question = Sequence[ScoredCase]
"""A question with its repetitions, of which there is one where it was asked once."""


class DrawnScores:
    """Scores of questions that were drawn, as `ports.Scores` has them; each place has an id of its own."""

    def __init__(self, meta: RunMeta, questions: Sequence[Question]) -> None:
        self.meta = meta
        self._by_kind: dict[str, dict[str, dict[str, Outcome]]] = {}
        self._cases = {
            str(place) if not number else f"{place}~{number + 1}": scored
            for place, question in enumerate(questions)
            for number, scored in enumerate(question)
        }

    def _of(self, metric: str, kind: str) -> dict[str, Outcome]:
        if metric not in self._by_kind:
            kinds: dict[str, dict[str, Outcome]] = {"score": {}, "failure": {}, "not_applicable": {}}
            for key, scored in self._cases.items():
                if metric in scored.outcomes:
                    outcome = scored.outcomes[metric]
                    kinds[outcome.kind][key] = outcome
            self._by_kind[metric] = kinds
        return self._by_kind[metric][kind]

    def values(self, metric: str) -> dict[str, float]:
        """Case id to value of one metric."""
        return {key: score.value for key, score in self._of(metric, "score").items() if score.kind == "score"}

    def failed(self, metric: str) -> dict[str, str]:
        """Case id to the stage that failed."""
        return {key: lost.stage for key, lost in self._of(metric, "failure").items() if lost.kind == "failure"}

    def without(self, metric: str, reason: str) -> list[str]:
        """The ids of the cases to which a metric does not apply for one reason."""
        absent = self._of(metric, "not_applicable")
        return [key for key, outcome in absent.items() if outcome.kind != "score" and outcome.reason == reason]

    def scored(self, metrics: Collection[str]) -> int:
        """Cases of which every one of these metrics has an outcome."""
        return sum(all(metric in scored.outcomes for metric in metrics) for scored in self._cases.values())

    def answerable(self) -> dict[str, bool]:
        """Case id to whether the question has an answer."""
        return {key: scored.case.answerable for key, scored in self._cases.items()}

    def repeats(self) -> dict[str, str]:
        """Case id to the id of the question that it repeats."""
        return {key: key.partition("~")[0] for key in self._cases if "~" in key}

    def tags(self) -> dict[str, tuple[str, ...]]:
        """Case id to tags, of the cases that have some."""
        return {key: scored.case.tags for key, scored in self._cases.items() if scored.case.tags}

    def clusters(self) -> dict[str, str]:
        """None: questions that were drawn at random are independent of each other."""
        return {}

    def question(self, case_id: str) -> str:
        """The text of a question."""
        return self._cases[case_id].case.user_input


@dataclass(frozen=True)
class Population:
    """What is drawn from: the questions of a run, and what they score once they are spoilt."""

    questions: Sequence[Question]
    spoilt: Mapping[str, Mapping[int, Question]]
    """Damage to place in `questions` to the same question spoilt; only where it could be."""
    meta: RunMeta
    """What the run remembers about itself."""

    def places(self, tag: str | None) -> frozenset[int]:
        """Of the questions with a tag; of all if None."""
        places = enumerate(self.questions)
        return frozenset(place for place, question in places if tag is None or tag in question[0].case.tags)

    @cached_property
    def alike(self) -> Mapping[int, Sequence[int]]:
        """Place to those of the questions with the same tags that are as answerable."""
        strata: dict[object, list[int]] = defaultdict(list)
        for place, question in enumerate(self.questions):
            strata[question[0].case.answerable, question[0].case.tags].append(place)
        return {place: stratum for stratum in strata.values() for place in stratum}

    @property
    def repeated(self) -> bool:
        """Whether every question was asked more than once."""
        return all(len(question) > 1 for question in self.questions)


class TrialCell(Record):
    """What became of one kind of damage at one share."""

    share: float
    trials: int
    failed: int
    """Trials in which a gate failed."""
    undecided: int
    """Trials in which none failed and one was undecided."""
    blocked: int
    """Trials that were blocked: those that failed, and the undecided ones where these count as failed."""
    by: dict[str, int] = Field(default_factory=dict)
    """Gate to the trials in which it failed."""

    @property
    def rate(self) -> float:
        """Share of the trials that were blocked."""
        return self.blocked / self.trials

    @property
    def caught(self) -> bool:
        """Whether that is enough."""
        return self.rate >= CAUGHT


@dataclass(frozen=True)
class Experimenter:
    """Draws trials and holds them to gates, the same ones whatever came before them."""

    population: Population
    gates: Sequence[Gate]
    summary: Summary
    smallest: Mapping[str, float]
    questions: int
    """Questions in a trial."""
    trials: int
    """At most, for each share of each kind."""
    undecided_blocks: bool = False
    seed: int = 0
    _known: dict[tuple[str, str | None, float], TrialCell | None] = field(default_factory=dict, repr=False)

    def cell(self, damage: str, share: float, tag: str | None = None) -> TrialCell | None:
        """What a share of damage comes to, of all questions or of those with a tag, which are then hit alone.

        None where too few questions can be spoilt in this way. Of a tag as few trials as show whether it is caught.
        """
        key = damage, tag, share
        if key not in self._known:
            settled = _settled if tag is None else _soon_settled
            draw = self._spoiling(damage, share, self.population.places(tag))
            enough = self.possible(damage, share, tag)
            self._known[key] = self._repeated(f"{damage}/{tag}", share, draw, settled) if enough else None
        return self._known[key]

    def smallest_caught(self, damage: str, shares: Sequence[float], tag: str | None = None) -> float | None:
        """The smallest of the shares that is caught, by halving; None where none is."""
        within = [share for share in sorted(shares) if self.possible(damage, share, tag)]
        low, high = 0, len(within)
        while low < high:
            middle = (low + high) // 2
            cell = self.cell(damage, within[middle], tag)
            low, high = (low, middle) if cell is not None and cell.caught else (middle + 1, high)
        return within[low] if low < len(within) else None

    def possible(self, damage: str, share: float, tag: str | None = None) -> bool:
        """Whether so many of the questions, or of those with a tag, can be spoilt in this way."""
        among = self.population.places(tag)
        return len(among & self.population.spoilt[damage].keys()) >= share * len(among) > 0

    def unspoilt(self, share: float) -> TrialCell:
        """How often gates block although nothing is worse.

        Where questions were repeated, two repetitions of each stand for two runs: what system and judge do differently
        from time to time. Else a share of the questions change for better and worse alike, each scoring what another
        with the same tags scores.
        """
        draw = self._repetitions if self.population.repeated else self._exchanged(share)
        return self._repeated("unspoilt", share, draw, _surely_rare)

    def _spoiling(self, damage: str, share: float, among: frozenset[int]) -> "Draw":
        spoilt = self.population.spoilt[damage]

        def draw(rng: np.random.Generator) -> tuple[list[Question], list[Question]]:
            drawn = self._drawn(rng)
            pool = [at for at, place in enumerate(drawn) if place in among]
            can = [at for at in pool if drawn[at] in spoilt]
            due = min(len(can), max(1, round(share * len(pool))))
            hit = {int(at) for at in rng.choice(can, due, replace=False)} if can else set()
            a = [self.population.questions[place] for place in drawn]
            return a, [spoilt[drawn[at]] if at in hit else question for at, question in enumerate(a)]

        return draw

    def _exchanged(self, share: float) -> "Draw":
        def draw(rng: np.random.Generator) -> tuple[list[Question], list[Question]]:
            known, drawn = self.population.questions, self._drawn(rng)
            changes = rng.random(self.questions) < share
            others = [
                int(rng.choice(self.population.alike[place])) if change else place
                for place, change in zip(drawn, changes, strict=True)
            ]
            return [known[place] for place in drawn], [known[place] for place in others]

        return draw

    def _repetitions(self, rng: np.random.Generator) -> tuple[list[Question], list[Question]]:
        pairs = []
        for place in self._drawn(rng):
            question = self.population.questions[place]
            first, second = rng.choice(len(question), 2, replace=False)
            pairs.append(([question[int(first)]], [question[int(second)]]))
        return [a for a, _ in pairs], [b for _, b in pairs]

    def _drawn(self, rng: np.random.Generator) -> list[int]:
        return [int(place) for place in rng.integers(len(self.population.questions), size=self.questions)]

    def _repeated(self, what: str, share: float, draw: "Draw", settled: "Settled") -> TrialCell:
        """As many trials as it takes."""
        stream = zlib.crc32(f"{what}/{share}".encode())
        outcomes: Counter[str] = Counter()
        by: Counter[str] = Counter()
        for number in range(self.trials):
            decided = self._decided(*draw(np.random.default_rng([self.seed, stream, number])))
            outcomes[overall_outcome(decided) or "passed"] += 1
            by.update(gate.expression for gate in decided if gate.outcome == "failed")
            if settled(self._blocked(outcomes), number + 1):
                break
        return TrialCell(
            share=share,
            trials=outcomes.total(),
            failed=outcomes["failed"],
            undecided=outcomes["undecided"],
            blocked=self._blocked(outcomes),
            by=dict(by.most_common()),
        )

    def _blocked(self, outcomes: Mapping[str, int]) -> int:
        return outcomes["failed"] + (outcomes["undecided"] if self.undecided_blocks else 0)

    def _decided(self, a: Sequence[Question], b: Sequence[Question]) -> Sequence[GateResult]:
        before, after = (DrawnScores(self.population.meta, questions) for questions in (a, b))
        named: dict[str, tuple[str, Scores]] = dict.fromkeys(checking.baselines(self.gates), ("unspoilt", before))
        return decide(self.gates, Trial(after, self.summary, named, self.smallest, self.seed))


Draw = Callable[[np.random.Generator], tuple[list[Question], list[Question]]]
"""Questions of the baseline and of the run, drawn by a generator."""


Settled = Callable[[int, int], bool]
"""Whether so many blocked of so many trials are enough to know."""


def _settled(blocked: int, trials: int) -> bool:
    """Whether a rate is surely on one side of `CAUGHT`; looked at after each batch."""
    return trials % BATCH == 0 and _surely(blocked, trials)


def _soon_settled(blocked: int, trials: int) -> bool:
    """The same where nothing but the side is wanted: few trials tell what is never blocked, and 30 are enough."""
    return trials == 2 * BATCH or (trials % (BATCH // 3) == 0 and _surely(blocked, trials))


def _surely(blocked: int, trials: int) -> bool:
    from scipy.stats import binom

    above, below = binom.sf(blocked - 1, trials, CAUGHT), binom.cdf(blocked, trials, CAUGHT)
    return bool(min(above, below) <= _SURE)


def _surely_rare(blocked: int, trials: int) -> bool:
    """Whether so few are blocked that it is surely one in twenty at most."""
    return blocked == 0 and trials >= RARE
