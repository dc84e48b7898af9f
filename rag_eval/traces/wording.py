"""Whether one text stands in another, whatever was done to its white space, quotes and escapes on the way."""

import functools
import re
from collections.abc import Iterable

_ESCAPED = re.compile(r"\\(?:u[0-9a-fA-F]{4}|.)")
_BETWEEN = re.compile(r"[\W_]+")
PROBE = 40
"""Letters of a passage that no other text holds by chance."""
_TELLING = 12
_REMEMBERED = 20_000
"""Letters of texts that are kept for a while."""
_SMALL = bytes(range(256)).lower()
_SIGNS = bytes(code for code in range(128) if not chr(code).isalnum())
_HEAD = 0.4


def letters(text: str) -> str:
    """The letters and digits of a text, small, without anything between them."""
    return _kept(text) if len(text) <= _REMEMBERED else _letters(text)


def _letters(text: str) -> str:
    plain = _ESCAPED.sub(" ", text) if "\\" in text else text
    if plain.isascii():  # thirty times as fast as the expression
        return plain.encode().translate(_SMALL, _SIGNS).decode()
    return _BETWEEN.sub("", plain).casefold()


_kept = functools.lru_cache(maxsize=64)(_letters)
"""One passage is looked at several times for the same trace."""


def stands(passage: str, prompt: str) -> bool:
    """Whether the letters of a passage stand in those of a prompt: its middle, or the first two fifths if it was cut.

    Its ends alone do not tell: passages overlap, and those of its neighbours may be there.
    """
    if len(passage) <= PROBE:
        return bool(passage) and passage in prompt
    if len(prompt) < PROBE:
        return False
    begin = (len(passage) - PROBE) // 2
    return passage[begin : begin + PROBE] in prompt or passage[: max(PROBE, int(len(passage) * _HEAD))] in prompt


def standing(passages: Iterable[str], prompt: str) -> list[int]:
    """Which of the passages stand in a prompt, by their numbers."""
    return [*_standing(tuple(passages), prompt)]


@functools.lru_cache(maxsize=4)  # the same trace is asked about several times
def _standing(passages: tuple[str, ...], prompt: str) -> tuple[int, ...]:
    given = letters(prompt)
    return tuple(at for at, text in enumerate(passages) if stands(letters(text), given))


def same(text: str, other: str) -> bool:
    """Whether two texts have the same letters, or, where they have none, are the same."""
    return text.strip() == other.strip() or (bool(letters(text)) and letters(text) == letters(other))


def holds(text: str, part: str) -> bool:
    """Whether the letters of a part that is long enough to tell stand in a text, or are all of it."""
    inner, outer = letters(part), letters(text)
    return bool(inner) and (inner == outer or (len(inner) >= _TELLING and inner in outer))
