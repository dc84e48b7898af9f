"""How one of RAGAs' metrics is made and read."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from rag_eval.metrics.ragas.direct import DirectScore
from rag_eval.ports import InstantJudge


@dataclass(frozen=True)
class JudgeExchange:
    """One prompt of a metric with the judge's reply."""

    prompt: str
    reply: Any


Exchanges = Sequence[JudgeExchange]


@dataclass(frozen=True)
class RagasRecipe:
    """One of RAGAs' metrics, what it is given, and what of its value is worked out here."""

    make: Callable[[Any, Any, Any], Any]
    """Makes it from RAGAs' collection of metrics, an LLM and an embedder, all as RAGAs has them."""
    takes: tuple[str, ...]
    """Arguments of its `ascore`, which are fields of the case or the answer."""
    value: Callable[[float, Exchanges], float] = lambda value, _: value
    """The value, from that of RAGAs and the judge's replies."""
    details: Callable[[float, Exchanges], dict[str, Any]] = lambda _, __: {}
    """What is kept as evidence beside the verdicts."""
    formula: str = "1"
    """Part of the version: changes when `value` does."""
    direct: Callable[[InstantJudge, Mapping[str, Any]], DirectScore | None] = lambda _, __: None
    """The same by a judge that reads no prompt; None where RAGAs must be asked."""
    embeds: tuple[str, ...] = ()
    """Fields whose vectors are wanted synchronously."""

    @property
    def of_retrieval(self) -> bool:
        """Whether it speaks of what was retrieved, and so also of nothing."""
        return "retrieved_contexts" in self.takes and "response" not in self.takes
