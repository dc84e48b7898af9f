"""All dialects by name, those of other packages too."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass

from rag_eval.errors import ConfigError
from rag_eval.plugins import DIALECTS
from rag_eval.traces.dialect import AttributeNames, Dialect


@dataclass(frozen=True)
class _Installed:
    dialects: tuple[Dialect, ...]
    names: AttributeNames


def installed() -> tuple[Dialect, ...]:
    """All dialects in the order in which they are asked, those of other packages first: ours take what is left.

    Raises `ConfigError` where one of another package cannot be used.
    """
    return _installed().dialects


def attribute_names() -> AttributeNames:
    """The names of attributes that any dialect reads."""
    return _installed().names


def by_name(name: str) -> Dialect:
    """One dialect; raises `ConfigError` where there is none of that name."""
    dialect: Dialect | None = next((each for each in installed() if each.name == name), None)
    if dialect is None:
        raise ConfigError(DIALECTS.unknown(name))
    return dialect


def _installed() -> _Installed:
    return _load(tuple(DIALECTS.names()))


@functools.cache
def _load(names: tuple[str, ...]) -> _Installed:
    others = tuple(name for name in names if name not in DIALECTS.builtin)
    dialects = tuple(_checked(name) for name in (*others, *DIALECTS.builtin))
    return _Installed(dialects, _union([dialect.names for dialect in dialects]))


def _checked(name: str) -> Dialect:
    dialect = DIALECTS.load(name)
    if not isinstance(dialect, Dialect) or dialect.name != name:
        raise ConfigError(
            f"the entry point {name!r} of {DIALECTS.group} must name a rag_eval.traces.dialect.Dialect of that name, "
            f"found {getattr(dialect, 'name', type(dialect).__name__)!r}"
        )
    return dialect


def _union(names: Sequence[AttributeNames]) -> AttributeNames:
    return AttributeNames(
        prefixes=tuple(dict.fromkeys(prefix for each in names for prefix in each.prefixes)),
        trees=frozenset().union(*(each.trees for each in names)),
        encoded=frozenset().union(*(each.encoded for each in names)),
        bare=tuple(dict.fromkeys(name for each in names for name in each.bare)),
    )
