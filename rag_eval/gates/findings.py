"""What was found for one gate, before all gates of a file are looked at together."""

from dataclasses import dataclass, replace

from rag_eval.records import GateOutcome


@dataclass(frozen=True)
class GateFinding:
    """A number with what it rests on, and an outcome where that needs no test."""

    outcome: GateOutcome | None = None
    """None where `cleared` and `p` decide."""
    value: float | None = None
    limit: float | None = None
    n: int = 0
    what: str = "questions"
    """What `n` counts; empty where the note says it."""
    cleared: bool = False
    """Whether the limit is surely kept."""
    p: float | None = None
    """How likely so bad a value would be if the limit were kept, before it is adjusted; None of what is no estimate."""
    bounds: tuple[float, float] | None = None
    """Lower and upper one-sided limit of the value."""
    unjudged: int = 0
    """Questions that the judge failed to score."""
    unanswered: int = 0
    """Questions that count as 0 because no answer came."""
    note: str = ""
    signed: bool = False
    """Whether the value is a difference, above 0 where the run is worse."""
    higher: bool = True
    """Whether more of what the difference is of is better."""

    def noted(self, note: str) -> "GateFinding":
        """The same with a note."""
        return replace(self, note=note)
