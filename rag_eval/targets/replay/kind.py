"""Captured answers as a kind of target."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext

from rag_eval.ports import Target
from rag_eval.targets.context import TargetContext
from rag_eval.targets.replay.config import ReplayConfig
from rag_eval.targets.replay.index import CaptureIndex
from rag_eval.targets.replay.target import ReplayTarget

Config = ReplayConfig


def check(_: ReplayConfig) -> None:
    """Nothing: what cannot be played is told when the captures are read."""


@asynccontextmanager
async def connect(config: ReplayConfig, context: TargetContext) -> AsyncIterator[Target]:
    """The captured answers as a target; an index of them stays its owner's."""
    captured = context.captured
    with (
        nullcontext(captured) if isinstance(captured, CaptureIndex) else CaptureIndex(config.ways, config.pick) as index
    ):
        if not isinstance(captured, CaptureIndex):
            index.add(captured)
        yield ReplayTarget(index, config.thinking)
