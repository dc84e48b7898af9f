"""YAML that somebody else wrote: a key stands once, and what it comes to is bounded, aliases counted."""

from collections.abc import Hashable
from contextlib import suppress
from typing import Any

import yaml

LONGEST = 1_000_000
"""Characters of a text, and of what one of few characters may come to where every alias is written out."""
_TIMES = 2
"""How many times as long as itself a longer text may come to."""
_DEEPEST = 100
"""Lists and mappings within each other; a thousand would keep PyYAML busy for seconds before Python stops it."""
_OPEN = -1


class _Constructor(yaml.constructor.SafeConstructor):
    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002 - PyYAML's signature
        """A mapping; raises `ConstructorError` for a key that stands twice, of which PyYAML would take the last."""
        seen: set[str] = set()
        for key, _ in node.value:
            if not isinstance(key, yaml.ScalarNode):
                raise yaml.constructor.ConstructorError(None, None, "a key is a text", key.start_mark)
            if key.value in seen:
                raise yaml.constructor.ConstructorError(None, None, f"{key.value!r} stands twice", key.start_mark)
            seen.add(key.value)
        return super().construct_mapping(node, deep)


class _Loader(_Constructor, yaml.SafeLoader):
    _depth = 0

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        """A node with what is in it; raises `ComposerError` for one that is nested too deep."""
        self._depth += 1
        if self._depth > _DEEPEST:
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.composer.ComposerError(None, None, f"it is nested more than {_DEEPEST} deep", mark)
        node: yaml.Node | None = super().compose_node(parent, index)
        self._depth -= 1
        return node


class _QuickLoader(_Constructor, getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """The same by libyaml, nine times as fast where it is there; it says less of what is wrong, and nests in C."""


def load(text: str, longest: int = LONGEST) -> Any:
    """What a text says; raises `ValueError` with what is wrong, and where, for one that is no YAML or too large."""
    if len(text) > longest:
        raise ValueError(f"it is longer than {longest:,} characters")
    try:
        if _is_flat(text):
            with suppress(yaml.YAMLError):
                return _read(_QuickLoader, text)
        return _read(_Loader, text)
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error


def _is_flat(text: str) -> bool:
    """Whether it is YAML, and nests no deeper than it may."""
    depth = 0
    try:
        for event in yaml.parse(text, _QuickLoader):
            match event:
                case yaml.CollectionStartEvent():
                    depth += 1
                case yaml.CollectionEndEvent():
                    depth -= 1
            if depth > _DEEPEST - 1:
                return False
    except yaml.YAMLError:
        return False
    return True


def _read(kind: type[Any], text: str) -> Any:
    loader = kind(text)
    try:
        node = loader.get_single_node()
        if node is not None:
            _length(node, max(LONGEST, _TIMES * len(text)), {})
        return None if node is None else loader.construct_document(node)
    finally:
        loader.dispose()


def _length(node: yaml.Node, most: int, known: dict[int, int]) -> int:
    """Characters of a node with every alias in it written out; raises `ConstructorError` where they are too many."""
    length = known.get(id(node))
    if length == _OPEN:
        raise yaml.constructor.ConstructorError(None, None, "it holds itself", node.start_mark)
    if length is not None:
        return length
    known[id(node)] = _OPEN
    match node:
        case yaml.MappingNode():
            length = sum(_length(part, most, known) for pair in node.value for part in pair)
        case yaml.SequenceNode():
            length = sum(_length(part, most, known) for part in node.value)
        case _:
            length = len(node.value)
    known[id(node)] = length = length + 1
    if length > most:
        message = f"with its aliases written out it is longer than {most:,} characters"
        raise yaml.constructor.ConstructorError(None, None, message, node.start_mark)
    return length
