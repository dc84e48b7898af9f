"""YAML that somebody else wrote: a key stands once, and what it comes to is bounded, aliases counted."""

from collections.abc import Hashable
from typing import Any

import yaml

LONGEST = 1_000_000
"""Characters of a text, and of what one of few characters may come to where every alias is written out."""
_TIMES = 2
"""How many times as long as itself a longer text may come to."""
_OPEN = -1


class _Loader(yaml.SafeLoader):
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


def load(text: str, longest: int = LONGEST) -> Any:
    """What a text says; raises `ValueError` with what is wrong, and where, for one that is no YAML or too large."""
    if len(text) > longest:
        raise ValueError(f"it is longer than {longest:,} characters")
    try:
        loader = _Loader(text)
        try:
            node = loader.get_single_node()
            if node is not None:
                _length(node, max(LONGEST, _TIMES * len(text)), {})
            return None if node is None else loader.construct_document(node)
        finally:
            loader.dispose()
    except RecursionError as error:
        raise ValueError("it is nested too deep") from error
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error


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
