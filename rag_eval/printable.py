"""Texts that somebody else wrote, made harmless for a terminal and for a page: nothing in them moves the cursor."""

import re
from typing import Final

_LINES: Final = "\t\n"
_PICTURES: Final = {code: 0x2400 + code for code in range(0x20) if chr(code) not in _LINES} | {0x7F: 0x2421}
"""Each control character as its picture, such as ␛ for the one that begins an escape sequence."""
_SECOND_SET: Final = dict.fromkeys(range(0x80, 0xA0), 0xFFFD)
"""Controls of a single byte that some terminals obey as well."""
_HALVES: Final = dict.fromkeys(range(0xD800, 0xE000), 0xFFFD)
"""Halves of a surrogate pair, which cannot be written at all."""
_DIRECTIONS: Final = dict.fromkeys((0x061C, 0x200E, 0x200F, *range(0x202A, 0x202F), *range(0x2066, 0x206A)))
"""Marks that turn the order of letters around, by which a text shows something else than it says: left out."""
_UNSEEN: Final = dict.fromkeys(
    (0x00AD, 0x180E, 0x200B, *range(0x2060, 0x2065), 0xFEFF, *range(0xFFF9, 0xFFFC), *range(0xE0000, 0xE0080))
)
"""What takes no place, by which a text holds something that nobody sees: left out."""
_JOINERS: Final = re.compile(r"[\u200c\u200d]++")
"""What joins or parts letters of scripts that are written so, and pictures."""
_ENDS: Final = dict.fromkeys((0x2028, 0x2029), "\n")
_TABLE: Final = _PICTURES | _SECOND_SET | _HALVES | _DIRECTIONS | _UNSEEN | _ENDS


def printable(text: str) -> str:
    """A text as it can be shown: of what steers a terminal a picture stands there, line breaks and tabs stay."""
    shown = text.replace("\r\n", "\n").translate(_TABLE)
    return shown if shown.isascii() else _JOINERS.sub(_needed, shown)


def _needed(joiner: re.Match[str]) -> str:
    """A joiner between two letters that are no ASCII; elsewhere it only hides."""
    around = joiner.string[max(0, joiner.start() - 1) : joiner.start()], joiner.string[joiner.end() : joiner.end() + 1]
    return joiner[0] if len(joiner[0]) == 1 and all(sign > "\x7f" for sign in around) else ""
