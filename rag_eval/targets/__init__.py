"""The system under test: a live service, or answers captured before."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from typing import assert_never

from rag_eval import config
from rag_eval.ports import Target
from rag_eval.records import Answer, Case


@asynccontextmanager
async def connect(
    said: config.TargetConfig, captured: Iterable[tuple[Case, Answer]], seed: int
) -> AsyncIterator[Target]:
    """The target that an experiment names, closed at the end; `captured` is read only for a replay."""
    match said:
        case config.Http():
            from rag_eval.targets.http import HttpTarget

            async with HttpTarget(said, seed=seed) as target:
                yield target
        case config.Replay():
            from rag_eval.targets.replay import ReplayTarget

            with ReplayTarget(said.match, captured) as replay:
                yield replay
        case config.Custom():
            yield config.custom(said.use, said.options)
        case _:
            assert_never(said)


def check(said: config.TargetConfig) -> None:
    """Raise `ConfigError` now for what would fail at the first question."""
    match said:
        case config.Http():
            from rag_eval.targets.http import HttpTarget

            HttpTarget(said)
        case config.Custom():
            config.custom(said.use, said.options)
        case config.Replay():
            pass
        case _:
            assert_never(said)
