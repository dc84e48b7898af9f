"""Attributes of a span, from any of their shapes to one: dotted names with plain values, only those that matter."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from rag_eval.traces import jsontext, values
from rag_eval.traces.dialect import AttributeNames

_ANY_DIALECT = ("metadata", "confidence", "thread", "conversation", "session", "error.", "exception.", "event.name",
                "http.response.status_code", "http.status_code", *values.CASE_NAMES)  # fmt: skip
"""How the names begin that are read whoever wrote them."""
_MOST = 100_000
"""Leaves of one attribute; more is no attribute that means anything."""


def of_span(raw: Any, names: AttributeNames, *others: str) -> dict[str, Any]:
    """Attributes by dotted name, from OTLP's list of keys and values or from an object, nested or not.

    `others` are read too, beside what a dialect reads.
    """
    prefixes = (*_ANY_DIALECT, *names.prefixes, *others)
    attributes: dict[str, Any] = {}
    for key, value in _pairs(raw):
        if not key.startswith(prefixes):
            continue
        plain = any_value(value)
        if key in names.encoded and isinstance(plain, str):
            plain = jsontext.within(plain)
        if isinstance(plain, dict | list) and key.split(".", 1)[0] in names.trees:
            attributes.update(_leaves(key, plain))
        else:
            attributes[key] = plain
    return attributes


def _pairs(raw: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(raw, dict):
        yield from ((str(key), value) for key, value in raw.items())
    elif isinstance(raw, list):
        yield from ((str(pair["key"]), pair.get("value")) for pair in raw if isinstance(pair, dict) and "key" in pair)


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


def under(attributes: Mapping[str, Any], prefix: str) -> Any:
    """What stands under a name: its value, or a tree of everything that is named below it, with lists as lists."""
    direct = attributes.get(prefix)
    if direct is not None:
        return direct
    start = f"{prefix}."
    tree: dict[str, Any] = {}
    for key in [key for key in attributes if key.startswith(start)]:
        _plant(tree, key[len(start) :].split("."), attributes[key])
    return _listed(tree) if tree else None


def _plant(tree: dict[str, Any], path: list[str], value: Any) -> None:
    for name in path[:-1]:
        inner = tree.get(name)
        if not isinstance(inner, dict):
            inner = tree[name] = {} if inner is None else {"": inner}
        tree = inner
    tree[path[-1]] = value


def _listed(tree: Any) -> Any:
    """Objects whose names are all numbers are lists."""
    if not isinstance(tree, dict):
        return tree
    grown = {name: _listed(value) for name, value in tree.items()}
    if grown and all(name.isdecimal() for name in grown):
        return [grown[name] for name in sorted(grown, key=int)]
    return grown


def indices(attributes: Iterable[str], prefix: str) -> set[int]:
    """The numbers that stand right behind a prefix."""
    start = f"{prefix}."
    heads = (key[len(start) :].split(".", 1)[0] for key in attributes if key.startswith(start))
    return {int(head) for head in heads if head.isdecimal()}
