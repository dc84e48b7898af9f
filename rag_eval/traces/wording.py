"""Whether one text stands in another, whatever was done to its white space, quotes and escapes on the way."""

import re

_ESCAPED = re.compile(r"\\(?:u[0-9a-fA-F]{4}|.)")
_BETWEEN = re.compile(r"[\W_]+")
PROBE = 40
"""Letters of a passage that no other text holds by chance."""
_TELLING = 12
_HEAD = 0.4


def letters(text: str) -> str:
    """The letters and digits of a text, small, without anything between them."""
    plain = _ESCAPED.sub(" ", text) if "\\" in text else text
    return _BETWEEN.sub("", plain).casefold()


def stands(passage: str, prompt: str) -> bool:
    """Whether the letters of a passage stand in those of a prompt: its middle, or the first two fifths if it was cut.

    Its ends alone do not tell: passages overlap, and those of its neighbours may be there.
    """
    if len(passage) <= PROBE:
        return bool(passage) and passage in prompt
    begin = (len(passage) - PROBE) // 2
    return passage[begin : begin + PROBE] in prompt or passage[: max(PROBE, int(len(passage) * _HEAD))] in prompt


def same(text: str, other: str) -> bool:
    """Whether two texts have the same letters, or, where they have none, are the same."""
    return text.strip() == other.strip() or (bool(letters(text)) and letters(text) == letters(other))


def holds(text: str, part: str) -> bool:
    """Whether the letters of a part that is long enough to tell stand in a text, or are all of it."""
    inner, outer = letters(part), letters(text)
    return bool(inner) and (inner == outer or (len(inner) >= _TELLING and inner in outer))
