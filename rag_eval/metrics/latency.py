"""How long an answer took, and how long its first piece."""

from dataclasses import dataclass
from typing import Final

from rag_eval.metrics.spec import MetricSpec
from rag_eval.records import Answer, Case, NotApplicable, Score

_SMALLEST_S, _SMALLEST_SHARE = 0.05, 0.1
"""Nobody feels less than 50 ms, and machines differ by a tenth from day to day."""


@dataclass(frozen=True)
class DurationMetric:
    """A number of seconds that came with the answer."""

    field: str

    async def score(self, case: Case, answer: Answer) -> Score | NotApplicable:  # noqa: ARG002 - the port's signature
        """The time as a score."""
        return Score(value=getattr(answer, self.field))


def _spec(name: str, field: str, lacking: str) -> MetricSpec:
    return MetricSpec(
        name,
        version="1",
        needs=(field,),
        build=lambda _: DurationMetric(field),
        bounded=False,
        higher_is_better=False,
        unit="s",
        smallest=_SMALLEST_S,
        smallest_share=_SMALLEST_SHARE,
        lacking={field: lacking},
    )


LATENCY: Final = _spec("latency", "latency_s", "the time it took is not known")
"""Seconds from sending a question to having its whole answer, without retries and waits."""

TIME_TO_FIRST_TOKEN: Final = _spec("time_to_first_token", "first_token_s", "the answer did not come in pieces")
"""Seconds from sending a question to the first piece of an answer that came in pieces."""
