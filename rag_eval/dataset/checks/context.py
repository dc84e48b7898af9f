"""What the checks look at."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from rag_eval.dataset.drafting import PassageIndex
from rag_eval.dataset.similarity import PARAPHRASED, Gist, Index, alike, gist
from rag_eval.records import Case


@dataclass(frozen=True)
class PastRun:
    """What a run that was made over this dataset came to."""

    id: str
    system: str
    """The experiment's name: runs of one name are repetitions of one system."""
    values: Mapping[str, Mapping[str, float]]
    """Metric to case id to value, bounded metrics only."""


@dataclass(frozen=True)
class CheckContext:
    """A dataset, its corpus, and what runs over it have come to."""

    cases: Sequence[Case]
    passages: PassageIndex | None = None
    """The corpus; None where there is none."""
    runs: Sequence[PastRun] = ()
    effect: float = 0.1
    """The difference of two means that somebody wants to see."""
    spread: float | None = None
    """Standard deviation of the paired differences, where runs have shown it."""

    @cached_property
    def questions(self) -> Index:
        """The questions, ready to be compared."""
        return Index([case.user_input for case in self.cases])

    @cached_property
    def references(self) -> list[Gist]:
        """The gist of each reference."""
        return [gist(case.reference or "") for case in self.cases]

    @cached_property
    def near_questions(self) -> list[tuple[int, int, float]]:
        """Places of each two cases that may ask the same, with the share of words that they have in common."""
        return [
            (first, second, share)
            for first, second, share in self.questions.pairs(PARAPHRASED)
            if alike(self.questions.gists[first], self.questions.gists[second])
        ]
