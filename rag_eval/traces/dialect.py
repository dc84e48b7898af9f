"""What a dialect of traces is: how a capture of it is known, how it is read, and what to do where something is missing.

A dialect declares itself once, in a module with a `Dialect`, and has one line in `traces.dialects.catalogue`, or is an
entry point of another package in the group `rag_eval.readers`. It reads objects of its own (`recognised`, `read`), or
says what attributes of spans mean (`names`, `describe`) whoever carries them, or both.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from rag_eval.traces.span import TraceSpan

Attributes = Mapping[str, Any]
SpanEvent = tuple[str, Attributes]
"""Name and attributes of an event of a span."""
KeyedSpan = tuple[str | None, TraceSpan]
"""A span with the key of its trace; None where it belongs to no trace. Spans with the same key make one trace."""


@dataclass(frozen=True, kw_only=True)
class CaptureAdvice:
    """What to do in a service whose traces lack something; each is the end of a sentence."""

    response: str
    contexts: str


@dataclass(frozen=True, kw_only=True)
class AttributeNames:
    """Attributes of spans that are read; the others are not decoded, which is what makes big captures fast."""

    prefixes: tuple[str, ...] = ()
    """How the names begin."""
    trees: frozenset[str] = frozenset()
    """First parts of the names whose values may be nested; what is inside gets dotted names."""
    encoded: frozenset[str] = frozenset()
    """Names whose texts are themselves JSON."""
    bare: tuple[str, ...] = ()
    """Names by which an object that is nothing but the attributes of a span is known."""
    remembered: dict[tuple[str, ...], Any] = field(default_factory=dict, compare=False, repr=False)
    """What was found out about names that were read, by what else was asked for."""


def never(_: Mapping[str, Any]) -> bool:
    """No object is one of a dialect that only says what attributes mean."""
    return False


def _no_spans(_: Mapping[str, Any]) -> Iterator[KeyedSpan]:
    return iter(())


def _no_fields(_: Attributes, __: Sequence[SpanEvent]) -> dict[str, Any]:
    return {}


def no_key(_: Attributes) -> str | None:
    """The trace of a span is the one that it says."""
    return None


@dataclass(frozen=True, kw_only=True)
class Dialect:
    """One way of writing traces."""

    name: str
    advice: CaptureAdvice
    recognised: Callable[[Mapping[str, Any]], bool] = never
    """Whether a JSON object is one of this dialect."""
    read: Callable[[Mapping[str, Any]], Iterator[KeyedSpan]] = _no_spans
    """Every span of an object that was recognised."""
    names: AttributeNames = field(default_factory=AttributeNames)
    describe: Callable[[Attributes, Sequence[SpanEvent]], dict[str, Any]] = _no_fields
    """Fields of a `TraceSpan` that attributes and events tell; empty where they are of another dialect. `model`,
    `index` and `reference` may stand there too, and go into the metadata."""
    trace_key: Callable[[Attributes], str | None] = no_key
    """Key of the trace that the attributes name, where that is another one than the trace of the span."""
