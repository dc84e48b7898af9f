"""What must not be repeated: values out of the environment, passwords, tokens, keys, however a service writes them."""

import os
from collections.abc import Iterator, Mapping

from rag_eval.errors import ConfigError

SHORTEST_TOKEN = 16
"""Shorter ones may be words, and an answer is not altered for a word."""


class Environment(Mapping[str, str]):
    """The environment, which remembers what was taken out of it: that may be secret."""

    def __init__(self) -> None:
        self.taken: set[str] = set()

    def __getitem__(self, name: str) -> str:
        value = os.environ[name]
        self.taken.add(value)
        return value

    def __iter__(self) -> Iterator[str]:
        return iter(os.environ)

    def __len__(self) -> int:
        return len(os.environ)


def fits_header(value: str) -> bool:
    """Whether a text can be sent in a header."""
    return bool(value) and value.isascii() and value.isprintable()


def header(value: str, name: str) -> str:
    """A header's value; the client would repeat one that it refuses, secret as it may be."""
    if value and not fits_header(value):
        raise ConfigError(f"target: {name}: holds a character that cannot be sent in a header, such as a line break")
    return value
