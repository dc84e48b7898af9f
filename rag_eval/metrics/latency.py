"""How long an answer took, and how long its first piece."""

from dataclasses import dataclass

from rag_eval.records import Answer, Case, NotApplicable, Score

_SMALLEST_S, _SMALLEST_SHARE = 0.05, 0.1
"""Nobody feels less than 50 ms, and machines differ by a tenth from day to day."""


@dataclass(frozen=True)
class Latency:
    """Seconds from sending a question to having its whole answer, without retries and waits."""

    name: str = "latency"
    version: str = "1"
    needs: tuple[str, ...] = ("latency_s",)
    higher_is_better: bool = False
    bounded: bool = False
    unit: str = "s"
    smallest: float = _SMALLEST_S
    smallest_share: float = _SMALLEST_SHARE

    async def score(self, case: Case, answer: Answer) -> Score | NotApplicable:  # noqa: ARG002 - the port's signature
        """The time as a score."""
        assert answer.latency_s is not None
        return Score(value=answer.latency_s)


@dataclass(frozen=True)
class TimeToFirstToken:
    """Seconds from sending a question to the first piece of an answer that came in pieces."""

    name: str = "time_to_first_token"
    version: str = "1"
    needs: tuple[str, ...] = ("first_token_s",)
    higher_is_better: bool = False
    bounded: bool = False
    unit: str = "s"
    smallest: float = _SMALLEST_S
    smallest_share: float = _SMALLEST_SHARE

    async def score(self, case: Case, answer: Answer) -> Score | NotApplicable:  # noqa: ARG002 - the port's signature
        """The time as a score."""
        assert answer.first_token_s is not None
        return Score(value=answer.first_token_s)
