"""Texts that somebody else wrote, made harmless for a terminal and for a page: nothing in them moves the cursor."""

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
_ENDS: Final = dict.fromkeys((0x2028, 0x2029), "\n")
_TABLE: Final = _PICTURES | _SECOND_SET | _HALVES | _DIRECTIONS | _ENDS


def printable(text: str) -> str:
    """A text as it can be shown: of what steers a terminal a picture stands there, line breaks and tabs stay."""
    return text.replace("\r\n", "\n").translate(_TABLE)
