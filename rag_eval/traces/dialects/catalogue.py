"""All dialects by name, those of other packages too."""

import functools
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rag_eval.errors import ConfigError
from rag_eval.plugins import DIALECTS
from rag_eval.traces.attribute_shape import AttributeShape
from rag_eval.traces.attributes import shape
from rag_eval.traces.dialect import AttributeNames, Attributes, Dialect, never, no_key


@dataclass(frozen=True)
class _Installed:
    dialects: tuple[Dialect, ...]
    with_objects: tuple[Dialect, ...]
    """Those that read objects of their own."""
    keyed: tuple[Dialect, ...]
    """Those that group spans by ids of their own."""
    names: AttributeNames
    by_shape: dict[AttributeShape, tuple[Dialect, ...]] = field(default_factory=dict)
    """Dialects by the names of attributes: spans of one service have few different sets."""


_REMEMBERED = 1024


def installed() -> tuple[Dialect, ...]:
    """All dialects in the order in which they are asked, those of other packages first: ours take what is left.

    Raises `ConfigError` where one of another package cannot be used.
    """
    return _installed().dialects


def attribute_names() -> AttributeNames:
    """The names of attributes that any dialect reads."""
    return _installed().names


def about(attributes: Attributes) -> tuple[Dialect, ...]:
    """The dialects that read any of these attributes of a span, in the order in which they are asked."""
    installed, names = _installed(), shape(attributes)
    known = installed.by_shape.get(names)
    if known is None:
        if len(installed.by_shape) >= _REMEMBERED:
            installed.by_shape.clear()
        known = tuple(
            each for each in installed.dialects if not each.names.prefixes or names.begins(each.names.prefixes)
        )
        installed.by_shape[names] = known
    return known


def keyed() -> tuple[Dialect, ...]:
    """The dialects that may group spans by another id than that of their trace."""
    return _installed().keyed


def recognising(value: Mapping[str, Any]) -> Dialect | None:
    """The first dialect that an object is one of."""
    for dialect in _installed().with_objects:
        if dialect.recognised(value):
            return dialect
    return None


def by_name(name: str) -> Dialect:
    """One dialect; raises `ConfigError` where there is none of that name."""
    dialect: Dialect | None = next((each for each in installed() if each.name == name), None)
    if dialect is None:
        raise ConfigError(DIALECTS.unknown(name))
    return dialect


def _installed() -> _Installed:
    return _load(tuple(sys.path))


@functools.cache  # asked for several times a span
def _load(_: tuple[str, ...]) -> _Installed:
    """All that can be found on a path."""
    others = tuple(name for name in DIALECTS.names() if name not in DIALECTS.builtin)
    dialects = tuple(_checked(name) for name in (*others, *DIALECTS.builtin))
    with_objects = tuple(dialect for dialect in dialects if dialect.recognised is not never)
    keyed = tuple(dialect for dialect in dialects if dialect.trace_key is not no_key)
    return _Installed(dialects, with_objects, keyed, _union([dialect.names for dialect in dialects]))


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
