"""What the names of a span's attributes tell by themselves, found once: spans of a service have few different sets."""

import functools
from collections.abc import Callable, Iterable, Mapping
from typing import Any

Grown = Callable[[Mapping[str, Any]], Any]
"""Makes a tree out of attributes."""
_REMEMBERED = 512
_LONGEST = 256
"""Names of a span whose set is remembered."""


class AttributeShape:
    """A set of names, and what was asked about it so far."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self._names = names
        self._beginning: dict[tuple[str, ...], bool] = {}
        self._below: dict[str, Grown | None] = {}
        self._indices: dict[str, frozenset[int]] = {}

    def begins(self, prefixes: tuple[str, ...]) -> bool:
        """Whether any name begins in one of these ways."""
        known = self._beginning.get(prefixes)
        if known is None:
            known = self._beginning[prefixes] = any(name.startswith(prefixes) for name in self._names)
        return known

    def below(self, prefix: str) -> Grown | None:
        """How a tree is made of what is named below a prefix, with lists as lists; None where nothing is."""
        try:
            return self._below[prefix]
        except KeyError:
            start = f"{prefix}."
            tree: dict[str, Any] = {}
            for name in [name for name in self._names if name.startswith(start)]:
                _plant(tree, name[len(start) :].split("."), name)
            grown = self._below[prefix] = _grown(tree) if tree else None
            return grown

    def indices(self, prefix: str) -> frozenset[int]:
        """The numbers that stand right behind a prefix."""
        known = self._indices.get(prefix)
        if known is None:
            start = f"{prefix}."
            heads = (name[len(start) :].split(".", 1)[0] for name in self._names if name.startswith(start))
            known = self._indices[prefix] = frozenset(int(head) for head in heads if head.isdecimal())
        return known


def of(names: Iterable[str]) -> AttributeShape:
    """The shape of these names, the one that is known where they were seen before."""
    listed = tuple(names)
    return _known(listed) if len(listed) <= _LONGEST else AttributeShape(listed)


_known = functools.lru_cache(maxsize=_REMEMBERED)(AttributeShape)


def _plant(tree: dict[str, Any], path: list[str], name: str) -> None:
    """Put a name where its value belongs; what has a value and more below it has the value under no name."""
    for part in path[:-1]:
        inner = tree.get(part)
        if not isinstance(inner, dict):
            inner = tree[part] = {} if inner is None else {"": inner}
        tree = inner
    tree[path[-1]] = name


def _grown(tree: Mapping[str, Any]) -> Grown:
    """Makes the tree with the values of the names in it; objects whose names are all numbers are lists."""
    if "" in tree and len(tree) > 1:
        return _with_own(tree[""], {key: inner for key, inner in tree.items() if key})
    members = [(key, _grown(inner) if isinstance(inner, dict) else None, inner) for key, inner in tree.items()]
    if all(key.isdecimal() for key in tree):
        ordered = sorted(members, key=lambda member: int(member[0]))
        return lambda named: [grow(named) if grow else named[inner] for _, grow, inner in ordered]
    return lambda named: {key: grow(named) if grow else named[inner] for key, grow, inner in members}


def _with_own(own: str, tree: Mapping[str, Any]) -> Grown:
    """A tree that may have a value itself, under no name then."""
    below, members = _grown(tree), {key: _grown({key: inner}) for key, inner in tree.items()}

    def grow(named: Mapping[str, Any]) -> Any:
        value = named[own]
        if value is None:
            return below(named)
        return {"": value, **{key: _only(each(named), key) for key, each in members.items()}}

    return grow


def _only(grown: Any, key: str) -> Any:
    return grown[key] if isinstance(grown, dict) else grown[0]
