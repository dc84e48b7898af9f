"""All dialects by name, those of other packages too."""

import functools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from rag_eval.errors import ConfigError
from rag_eval.plugins import DIALECTS
from rag_eval.traces.dialect import AttributeNames, Dialect


@dataclass(frozen=True)
class _Installed:
    dialects: tuple[Dialect, ...]
    names: AttributeNames
    by_heads: dict[frozenset[str], tuple[Dialect, ...]] = field(default_factory=dict)
    """Dialects by the first parts of attributes' names: spans of one service have few different ones."""


_REMEMBERED = 1024


def installed() -> tuple[Dialect, ...]:
    """All dialects in the order in which they are asked, those of other packages first: ours take what is left.

    Raises `ConfigError` where one of another package cannot be used.
    """
    return _installed().dialects


def attribute_names() -> AttributeNames:
    """The names of attributes that any dialect reads."""
    return _installed().names


def about(attributes: Iterable[str]) -> tuple[Dialect, ...]:
    """The dialects that read any of these attributes of a span, in the order in which they are asked."""
    installed, heads = _installed(), frozenset([name.split(".", 1)[0] for name in attributes])
    known = installed.by_heads.get(heads)
    if known is None:
        known = tuple(dialect for dialect in installed.dialects if _reads(dialect.names.prefixes, heads))
        if len(installed.by_heads) < _REMEMBERED:
            installed.by_heads[heads] = known
    return known


def _reads(prefixes: tuple[str, ...], heads: frozenset[str]) -> bool:
    """Whether a dialect reads names that begin so; one that names none may read any."""
    begins = tuple(prefix.split(".", 1)[0] for prefix in prefixes)
    return not prefixes or any(head.startswith(begins) for head in heads)


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
