"""Somebody else's target."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import ClassVar, Literal

from pydantic import Field, JsonValue

from rag_eval import plugins
from rag_eval.config.kinds import TargetConfig
from rag_eval.ports import Target
from rag_eval.targets.context import TargetContext


class CustomTargetConfig(TargetConfig):
    """Somebody else's target: `use: package.module:name` is called with `options`."""

    expands: ClassVar[bool] = False

    kind: Literal["custom"]
    use: str
    options: dict[str, JsonValue] = Field(default_factory=dict)
    concurrency: int = Field(default=4, ge=1)


Config = CustomTargetConfig


def check(config: CustomTargetConfig) -> None:
    """Build it once; raises `ConfigError`."""
    plugins.build(config.use, config.options)


@asynccontextmanager
async def connect(config: CustomTargetConfig, _: TargetContext) -> AsyncIterator[Target]:
    """The target that is built with the options."""
    yield plugins.build(config.use, config.options)
