"""What a model thought before it answered, where it stands in a text: between `<think>` and `</think>`."""

import re
from collections.abc import Iterator

_TAG = re.compile(
    r"(?<!`)<(/?)(?:[a-z]+:)?(?:think|thinking|thought|thoughts|reasoning)(?:\s[^<>]*)?>(?!`)", re.IGNORECASE
)


def without(text: str) -> str:
    """The text without what was thought; the very same text where nothing was.

    What stands before a lone `</think>` was thought too, as some templates open the tag themselves; so was what stands
    after a `<think>` that is never closed. Tags between backticks are spoken of, and are none.
    """
    spans = [*_visible(text)]
    return text if spans == [(0, len(text))] else "".join(text[start:end] for start, end in spans).strip()


def first_visible(text: str) -> int:
    """Where the first sign stands that is neither thought nor white space; 0 where there is none."""
    for start, end in _visible(text):
        if rest := text[start:end].lstrip():
            return end - len(rest)
    return 0


def _visible(text: str) -> Iterator[tuple[int, int]]:
    """Begin and end of each part that was not thought."""
    start, inside, depth, tags = 0, False, 0, 0
    for tag in _TAG.finditer(text):
        closes = bool(tag[1])
        if not inside and not (closes and (depth or not tags)):
            yield start, tag.start()
        depth = max(0, depth - 1) if closes else depth + 1
        start, inside, tags = tag.end(), not closes, tags + 1
    if not inside:
        yield start, len(text)
