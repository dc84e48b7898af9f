"""All dialects by name, those of other packages too."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass

from rag_eval.errors import ConfigError
from rag_eval.plugins import Catalogue
from rag_eval.traces.dialect import AttributeNames, Dialect

_HERE = "rag_eval.traces.dialects"
CATALOGUE = Catalogue(
    "trace dialect",
    "rag_eval.readers",
    {
        "trulens": f"{_HERE}.trulens:DIALECT",
        "mlflow": f"{_HERE}.mlflow:DIALECT",
        "langfuse": f"{_HERE}.langfuse:DIALECT",
        "langsmith": f"{_HERE}.langsmith:DIALECT",
        "openinference": f"{_HERE}.openinference:DIALECT",
        "openllmetry": f"{_HERE}.openllmetry:DIALECT",
        "otel-genai": f"{_HERE}.genai:DIALECT",
        "otlp": f"{_HERE}.otlp:DIALECT",
        "jsonl": f"{_HERE}.rows:DIALECT",
    },
)
"""In the order in which they are asked, the special ones first: what several recognise, the first reads."""


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
        raise ConfigError(CATALOGUE.unknown(name))
    return dialect


def _installed() -> _Installed:
    return _load(tuple(CATALOGUE.names()))


@functools.cache
def _load(names: tuple[str, ...]) -> _Installed:
    others = tuple(name for name in names if name not in CATALOGUE.builtin)
    dialects = tuple(_checked(name) for name in (*others, *CATALOGUE.builtin))
    return _Installed(dialects, _union([dialect.names for dialect in dialects]))


def _checked(name: str) -> Dialect:
    dialect = CATALOGUE.load(name)
    if not isinstance(dialect, Dialect) or dialect.name != name:
        raise ConfigError(
            f"the entry point {name!r} of {CATALOGUE.group} must name a rag_eval.traces.dialect.Dialect of that name, "
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
