"""The target that an experiment names, whatever its kind."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Protocol

from rag_eval.config import TargetConfig
from rag_eval.plugins import TARGETS
from rag_eval.ports import Target
from rag_eval.records import Case
from rag_eval.targets.context import TargetContext


class TargetKind(Protocol):
    """A module that makes a kind of target: one of the package's, or an entry point of the group `rag_eval.targets`."""

    Config: type[TargetConfig]

    def check(self, config: TargetConfig, /) -> None:
        """Raise `ConfigError` now for what would fail at the first question."""
        ...

    def connect(self, config: TargetConfig, context: TargetContext, /) -> AbstractAsyncContextManager[Target]:
        """The target, closed at the end."""
        ...


def connect(config: TargetConfig, context: TargetContext) -> AbstractAsyncContextManager[Target]:
    """The target that an experiment names, closed at the end."""
    return _kind(config).connect(config, context)


def check(config: TargetConfig) -> None:
    """Raise `ConfigError` now for what would fail at the first question."""
    _kind(config).check(config)


def case_check(config: TargetConfig) -> Callable[[Case], None] | None:
    """What raises `ConfigError` for a case that must not be asked, where the kind of target knows of such."""
    made: Callable[[TargetConfig], Callable[[Case], None] | None] | None = getattr(_kind(config), "case_check", None)
    return None if made is None else made(config)


def _kind(config: TargetConfig) -> TargetKind:
    kind: TargetKind = TARGETS.load(config.kind)
    return kind
