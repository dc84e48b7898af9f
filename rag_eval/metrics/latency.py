"""How long an answer took."""

from dataclasses import dataclass

from rag_eval.records import Answer, Case, NotApplicable, Score


@dataclass(frozen=True)
class Latency:
    """Seconds from sending a question to having its whole answer, without retries and waits."""

    name: str = "latency"
    version: str = "1"
    needs: tuple[str, ...] = ("latency_s",)
    higher_is_better: bool = False
    bounded: bool = False

    async def score(self, case: Case, answer: Answer) -> Score | NotApplicable:  # noqa: ARG002 - the port's signature
        """The time as a score."""
        assert answer.latency_s is not None
        return Score(value=answer.latency_s)
