"""Somebody's own metric, which an experiment calls `package.module:name`.

It is a `MetricSpec`, or a function or class that is called with `judge` and `embedder` and makes an object that says
what a spec does in attributes: `name`, `version`, `needs`, `higher_is_better`, `bounded`, and others if it wants to.
"""

import dataclasses
from collections.abc import Sequence
from typing import Any, Final, TypeVar

from pydantic import BaseModel

from rag_eval import plugins
from rag_eval.errors import ConfigError, JudgeError
from rag_eval.metrics.spec import MetricSpec
from rag_eval.ports import JudgeBackend, Metric
from rag_eval.records import Reason, Verdict

T = TypeVar("T", bound=BaseModel)

_REQUIRED: Final = ("name", "version", "needs", "higher_is_better", "bounded")
_SET_HERE: Final = frozenset({*_REQUIRED, "build", "compute", "inputs", "automatic"})
_OPTIONAL: Final = tuple(field.name for field in dataclasses.fields(MetricSpec) if field.name not in _SET_HERE)


class _NoJudge:
    """Stands where a judge belongs while a metric is only asked what it is."""

    async def reply(self, prompt: str, response_model: type[T], sample: str = "") -> T:  # noqa: ARG002 - the port's signature
        """Raise `JudgeError`."""
        raise JudgeError("no judge is connected", reason=Reason.NO_JUDGE)

    async def embed(self, texts: Sequence[str]) -> list[list[float]]:  # noqa: ARG002 - the port's signature
        """Raise `JudgeError`."""
        raise JudgeError("no judge is connected", reason=Reason.NO_JUDGE)

    def verdicts(self, reply: BaseModel, number: int) -> list[Verdict]:  # noqa: ARG002 - the port's signature
        """None."""
        return []


def custom_spec(part: Any, use: str) -> MetricSpec:
    """The declaration of somebody's part, which an experiment calls `use`; raises `ConfigError` where it is none."""
    if isinstance(part, MetricSpec):
        return part

    def build(backend: JudgeBackend) -> Metric:
        metric: Metric = plugins.call(part, use, {"judge": backend, "embedder": backend})
        return metric

    example: Any = build(_NoJudge())
    if missing := [name for name in (*_REQUIRED, "score") if not hasattr(example, name)]:
        raise ConfigError(f"metric {use}: what it makes has no {', '.join(missing)}")
    required = {name: getattr(example, name) for name in _REQUIRED}
    optional = {name: getattr(example, name) for name in _OPTIONAL if hasattr(example, name)}
    return MetricSpec(**{**required, **optional, "needs": tuple(example.needs), "build": build})
