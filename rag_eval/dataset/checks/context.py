"""What the checks look at."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from rag_eval.dataset.drafting import PassageIndex
from rag_eval.dataset.similarity import Gist, Index, gist
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
    shelf: PassageIndex | None = None
    """The corpus; None where there is none."""
    runs: Sequence[PastRun] = ()
    effect: float = 0.1
    """The difference of two means that somebody wants to see."""
    spread: float | None = None
    """Standard deviation of the paired differences, where runs have shown it."""
    own_corpus: bool = True
    """Whether the corpus is the one that was kept beside the cases."""
    texts: list[str] = field(default_factory=list)

    @cached_property
    def questions(self) -> Index:
        """The questions, ready to be compared."""
        return Index([case.user_input for case in self.cases])

    @cached_property
    def references(self) -> list[Gist]:
        """The gist of each reference."""
        return [gist(case.reference or "") for case in self.cases]
