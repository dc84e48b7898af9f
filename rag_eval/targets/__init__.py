"""The system under test: a live service, or answers captured before."""

from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, nullcontext
from typing import TYPE_CHECKING, assert_never

from rag_eval import config, plugins
from rag_eval.ports import Target
from rag_eval.targets.addresses import moved
from rag_eval.targets.captures import Capture
from rag_eval.targets.captures_shelf import Shelf
from rag_eval.targets.identity import differences, identity

if TYPE_CHECKING:
    from rag_eval.targets.http import Sending

__all__ = ["Capture", "Shelf", "check", "connect", "differences", "identity", "moved"]


@asynccontextmanager
async def connect(
    said: config.TargetConfig,
    captured: Shelf | Iterable[Capture],
    seed: int,
    run_key: str | None = None,
    sending: "Sending | None" = None,
) -> AsyncIterator[Target]:
    """The target that an experiment names, closed at the end.

    `captured` is for a replay: a shelf, which stays its owner's, or what is to be put on one. `sending` is told of
    questions that go out to a service that must not be asked twice.
    """
    match said:
        case config.HttpConfig():
            from rag_eval.targets.http import HttpTarget

            async with HttpTarget(said, seed=seed, run_key=run_key, sending=sending) as target:
                yield target
        case config.ReplayConfig():
            from rag_eval.targets.replay import ReplayTarget

            with nullcontext(captured) if isinstance(captured, Shelf) else Shelf(said.ways, said.pick) as shelf:
                if not isinstance(captured, Shelf):
                    shelf.add(captured)
                yield ReplayTarget(shelf, said.thinking)
        case config.CustomConfig():
            yield plugins.build(said.use, said.options)
        case _:
            assert_never(said)


def check(said: config.TargetConfig) -> None:
    """Raise `ConfigError` now for what would fail at the first question."""
    match said:
        case config.HttpConfig():
            from rag_eval.targets.http import HttpTarget

            HttpTarget(said)
        case config.CustomConfig():
            plugins.build(said.use, said.options)
        case config.ReplayConfig():
            pass
        case _:
            assert_never(said)
