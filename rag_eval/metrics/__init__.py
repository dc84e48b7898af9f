"""What is measured: RAGAs' metrics, correctness, refusals, retrieval by ids, latency, and what follows from them."""

from collections.abc import Callable, Mapping, Sequence
from typing import TypeVar

from pydantic import BaseModel

from rag_eval import config, plugins
from rag_eval.errors import JudgeError
from rag_eval.metrics.correctness import Correctness
from rag_eval.metrics.derived import DERIVED, derived, present
from rag_eval.metrics.latency import Latency, TimeToFirstToken
from rag_eval.metrics.needs import why_not
from rag_eval.metrics.refusals import BY_JUDGE, RefusalMetric, beside, never, policy, settled
from rag_eval.ports import Embedder, Judge, Metric
from rag_eval.records import REFUSED, MetricTraits

__all__ = [
    "Nobody",
    "beside",
    "connect",
    "derived",
    "names",
    "never",
    "policy",
    "primary",
    "settled",
    "traits",
    "versions",
    "why_not",
]

T = TypeVar("T", bound=BaseModel)

SCORE_SMALLEST = 0.01
"""The smallest difference that matters between two means of scores in [0, 1], unless an experiment says otherwise."""
_BY_REFUSALS = frozenset(
    {"correctness", "faithfulness", "factual_correctness", "answer_correctness", "answer_relevancy"}
)
"""Metrics for which it matters whether an answer refuses."""


class Nobody:
    """Stands where a judge belongs for as long as none is asked, as when only versions are wanted."""

    async def reply(self, prompt: str, shape: type[T], draw: str = "") -> T:  # noqa: ARG002 - the port's signature
        """Raise `JudgeError`."""
        raise JudgeError("no judge is connected", reason="no_judge")

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:  # noqa: ARG002 - the port's signature
        """Raise `JudgeError`."""
        raise JudgeError("no judge is connected", reason="no_judge")


def names(listed: Sequence[str]) -> list[str]:
    """What is measured for a list of metrics: these in their order, and what the derived ones among them rest on."""
    wanted: dict[str, None] = {}
    for name in listed:
        for part in DERIVED[name].inputs if name in DERIVED else (name,):
            wanted[part] = None
    if any(name in _BY_REFUSALS or ":" in name for name in wanted):
        wanted[REFUSED] = None
    return [*wanted]


def connect(
    listed: Sequence[str], judge: Judge, embedder: Embedder, refusals: config.RefusalsConfig = BY_JUDGE
) -> list[Metric]:
    """The metrics of an experiment, in its order, and whether an answer refuses where one of them wants to know."""
    made = [_one(name, judge, embedder, refusals) for name in names(listed)]
    if any(policy(metric) for metric in made) or REFUSED in _inputs(listed):
        return made
    return [metric for metric in made if metric.name != REFUSED]


def _inputs(listed: Sequence[str]) -> set[str]:
    return {part for name in listed if name in DERIVED for part in DERIVED[name].inputs}


def _one(name: str, judge: Judge, embedder: Embedder, refusals: config.RefusalsConfig) -> Metric:
    if ":" in name:
        made: Metric = plugins.build(name, {"judge": judge, "embedder": embedder})
        return made
    if name in _OURS:
        return _OURS[name](judge, refusals)
    if name == "mrr" or "@" in name:
        from rag_eval.metrics import retrieval

        return retrieval.connect(name)
    from rag_eval.metrics import ragas

    return ragas.connect(name, judge, embedder)


_OURS: Mapping[str, Callable[[Judge, config.RefusalsConfig], Metric]] = {
    "correctness": lambda judge, _: Correctness(judge),
    "latency": lambda _, __: Latency(),
    "time_to_first_token": lambda _, __: TimeToFirstToken(),
    REFUSED: RefusalMetric,
}
"""Metrics of a module of their own; the others are RAGAs' or measures of a ranking."""


def versions(metrics: Sequence[Metric]) -> dict[str, str]:
    """Name to version, with those that are derived from them."""
    found = {metric.name: metric.version for metric in metrics}
    return {**found, **{name: DERIVED[name].version for name in present(found)}}


def traits(metrics: Sequence[Metric]) -> list[MetricTraits]:
    """What must be known of each metric to add it up, in the order in which reports show them."""
    found = {metric.name: _traits(metric) for metric in metrics}
    rows: list[MetricTraits] = []
    last = [DERIVED[name].traits for name in present(found)]
    for trait in found.values():
        rows.append(trait)
        if trait.name == "faithfulness":
            rows += [one for one in last if one.name == "faithfulness_min"]
    return [*rows, *(one for one in last if one not in rows)]


def _traits(metric: Metric) -> MetricTraits:
    """A metric's traits; what somebody else's does not say is as it is for most."""
    return MetricTraits(
        name=metric.name,
        bounded=metric.bounded,
        higher_is_better=metric.higher_is_better,
        unanswered=getattr(metric, "unanswered", "apart"),
        smallest=getattr(metric, "smallest", SCORE_SMALLEST if metric.bounded else 0.0),
        smallest_share=getattr(metric, "smallest_share", 0.0),
        unit=getattr(metric, "unit", ""),
        hidden=getattr(metric, "hidden", False),
    )


def primary(found: Sequence[str]) -> str:
    """The metric that is read first: `correctness`, else `faithfulness`, else the first."""
    return next((name for name in ("correctness", "faithfulness") if name in found), found[0] if found else "")
