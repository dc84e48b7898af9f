"""What is measured: RAGAs' metrics, retrieval by ids, latency."""

from collections.abc import Sequence
from typing import TypeVar

from pydantic import BaseModel

from rag_eval import config
from rag_eval.errors import JudgeError
from rag_eval.metrics.needs import why_not
from rag_eval.metrics.overall import NAME as OVERALL
from rag_eval.metrics.overall import PARTS, VERSION, overall
from rag_eval.ports import Embedder, Judge, Metric

__all__ = ["OVERALL", "Nobody", "connect", "overall", "versions", "why_not"]

T = TypeVar("T", bound=BaseModel)


class Nobody:
    """Stands where a judge belongs for as long as none is asked, as when only versions are wanted."""

    async def reply(self, prompt: str, shape: type[T], draw: str = "") -> T:  # noqa: ARG002 - the port's signature
        """Raise `JudgeError`."""
        raise JudgeError("no judge is connected", reason="no_judge")

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:  # noqa: ARG002 - the port's signature
        """Raise `JudgeError`."""
        raise JudgeError("no judge is connected", reason="no_judge")


def connect(names: Sequence[str], judge: Judge, embedder: Embedder) -> list[Metric]:
    """The metrics of an experiment, in its order."""
    return [_one(name, judge, embedder) for name in names]


def _one(name: str, judge: Judge, embedder: Embedder) -> Metric:
    if ":" in name:
        made: Metric = config.custom(name, {"judge": judge, "embedder": embedder})
        return made
    if name == "latency":
        from rag_eval.metrics.latency import Latency

        return Latency()
    if name == "time_to_first_token":
        from rag_eval.metrics.latency import TimeToFirstToken

        return TimeToFirstToken()
    if name == "mrr" or "@" in name:
        from rag_eval.metrics import retrieval

        return retrieval.connect(name)
    from rag_eval.metrics import ragas

    return ragas.connect(name, judge, embedder)


def versions(metrics: Sequence[Metric]) -> dict[str, str]:
    """Name to version, with `overall` where it will be computed."""
    found = {metric.name: metric.version for metric in metrics}
    return {**found, OVERALL: VERSION} if set(PARTS) <= set(found) else found
