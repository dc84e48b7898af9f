"""Attributes of a span, from any of their shapes to one: dotted names with plain values, only those that matter."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from rag_eval.traces import attribute_shape, jsontext, values
from rag_eval.traces.attribute_shape import AttributeShape
from rag_eval.traces.dialect import AttributeNames

_ANY_DIALECT = ("metadata", "confidence", "thread", "conversation", "session", "error.", "exception.", "event.name",
                "http.response.status_code", "http.status_code", *values.CASE_NAMES)  # fmt: skip
"""How the names begin that are read whoever wrote them."""
_OF_MESSAGES = ("content", "message", "role", "tool_calls")
_REMEMBERED = 10_000
_MOST = 100_000
"""Leaves of one attribute; more is no attribute that means anything."""


class SpanAttributes(dict[str, Any]):
    """Attributes of one span by dotted name."""

    __slots__ = ("shape",)
    shape: AttributeShape
    """What is known of their names."""


def of_span(raw: Any, names: AttributeNames, *others: str) -> SpanAttributes:
    """Attributes by dotted name, from OTLP's list of keys and values or from an object, nested or not.

    `others` are read too, beside what a dialect reads.
    """
    ways = names.remembered.get(others) or names.remembered.setdefault(others, _Ways(names, others))
    attributes = SpanAttributes()
    for key, value in raw.items() if isinstance(raw, dict) else _pairs(raw):
        way = ways.get(key)
        if way is None:
            way = ways.of(key)
        if way is _SKIPPED:
            continue
        plain = value
        if type(value) is dict:
            plain = value["stringValue"] if len(value) == 1 and "stringValue" in value else any_value(value)
        if way is _ENCODED and isinstance(plain, str):
            plain = jsontext.within(plain)
        if way is not _PLAIN and isinstance(plain, dict | list) and key.split(".", 1)[0] in names.trees:
            attributes.update(_leaves(key, plain))
        else:
            attributes[key] = plain
    attributes.shape = attribute_shape.of(attributes)
    return attributes


def of_event(raw: Any, names: AttributeNames) -> SpanAttributes:
    """Attributes of an event of a span, with those that are called after what a message has."""
    return of_span(raw, names, *_OF_MESSAGES)


_SKIPPED, _PLAIN, _TREE, _ENCODED = range(4)


class _Ways(dict[str, int]):
    """How each attribute is read, by its name; of names without end only the first are remembered."""

    def __init__(self, names: AttributeNames, others: tuple[str, ...]) -> None:
        super().__init__()
        self._names, self._prefixes = names, (*_ANY_DIALECT, *names.prefixes, *others)

    def of(self, key: str) -> int:
        """The way of a name that was not seen before."""
        way = _PLAIN
        if not key.startswith(self._prefixes):
            way = _SKIPPED
        elif key in self._names.encoded:
            way = _ENCODED
        elif key.split(".", 1)[0] in self._names.trees:
            way = _TREE
        if len(self) < _REMEMBERED:
            self[key] = way
        return way


def _pairs(raw: Any) -> list[tuple[str, Any]]:
    listed = raw if isinstance(raw, list) else ()
    return [(str(pair["key"]), pair.get("value")) for pair in listed if isinstance(pair, dict) and "key" in pair]


def any_value(value: Any) -> Any:
    """What an OTLP `AnyValue` holds; anything else as it is."""
    if not isinstance(value, dict) or len(value) != 1:
        return value
    ((name, content),) = value.items()
    read = _READ.get(name)
    return read(content) if read else value


def _integer(content: Any) -> Any:
    try:
        return int(content)
    except (TypeError, ValueError, OverflowError):
        return content


def _list(content: Any) -> list[Any]:
    return [any_value(value) for value in _values(content)]


def _object(content: Any) -> dict[str, Any]:
    return {key: any_value(value) for key, value in _pairs(_values(content))}


def _values(content: Any) -> list[Any]:
    listed = content.get("values") if isinstance(content, dict) else content
    return listed if isinstance(listed, list) else []


def _as_it_is(content: Any) -> Any:
    return content


_CAMEL: Mapping[str, Callable[[Any], Any]] = {
    "stringValue": _as_it_is,
    "boolValue": _as_it_is,
    "bytesValue": _as_it_is,
    "intValue": _integer,
    "doubleValue": values.number,
    "arrayValue": _list,
    "kvlistValue": _object,
}
_READ = {**_CAMEL, **{name.replace("V", "_v"): read for name, read in _CAMEL.items()}}


def _leaves(prefix: str, value: Any) -> Iterator[tuple[str, Any]]:
    """The innermost values with their whole dotted names; an empty list stays, since it says that there was nothing."""
    waiting = [(prefix, value)]
    for _ in range(_MOST):
        if not waiting:
            return
        name, inner = waiting.pop()
        if inner and isinstance(inner, dict) and not name.endswith("metadata"):
            waiting.extend((f"{name}.{key}", member) for key, member in inner.items())
        elif inner and isinstance(inner, list) and (any(isinstance(member, dict) for member in inner)):
            waiting.extend((f"{name}.{index}", member) for index, member in enumerate(inner))
        else:
            yield name, inner


def shape(attributes: Mapping[str, Any]) -> AttributeShape:
    """What is known of the names of attributes."""
    return attributes.shape if type(attributes) is SpanAttributes else attribute_shape.of(attributes)


def begin(attributes: Mapping[str, Any], prefixes: tuple[str, ...]) -> bool:
    """Whether the name of any attribute begins in one of these ways."""
    known = attributes.shape if type(attributes) is SpanAttributes else attribute_shape.of(attributes)
    return known.begins(prefixes)


def under(attributes: Mapping[str, Any], prefix: str) -> Any:
    """What stands under a name: its value, or a tree of everything that is named below it, with lists as lists."""
    direct = attributes.get(prefix)
    if direct is not None:
        return direct
    known = attributes.shape if type(attributes) is SpanAttributes else attribute_shape.of(attributes)
    grow = known.below(prefix)
    return grow(attributes) if grow else None


def indices(attributes: Mapping[str, Any], prefix: str) -> frozenset[int]:
    """The numbers that stand right behind a prefix."""
    return shape(attributes).indices(prefix)
