"""How much of a text is damaged: letters that could not be decoded, words glued together or cut into letters.

Nothing here knows a vocabulary; what is counted shows by itself. So it is the least that is damaged, not all of it.
"""

import re
from typing import Final

MOJIBAKE: Final = re.compile(r"Ã[\x80-\xbf©¨¤¶¼§±³¡]|â€[™œ\x9d“”˜¦]|\ufffd|Â[\xa0£°©®«»]")
"""UTF-8 that was read as Windows-1252, and what takes the place of a letter that is none."""

MUCH: Final = 0.02
"""Share from which a text is not to be drafted from."""
_UNDECODED: Final = re.compile(rf"{MOJIBAKE.pattern}|[\ue000-\uf8ff\x00-\x08\x0e-\x1f\x7f-\x9f]|\(cid:\d+\)")
_GLUED: Final = re.compile(r"[a-z]{40,}|[a-z]{2}[,;][A-Z][a-z]|(?:[A-Z][a-z]+){7,}")
"""Longer than the words of any language are; a sign or a capital at the joints of words."""
_CODE: Final = re.compile(r"[/_<>{}=\[\]]")
"""What stands in addresses and in code, where words are glued on purpose."""
_LETTERS_ALONE: Final = re.compile(r"(?<![\w.])(?:[^\W\d_] ){4,}[^\W\d_](?!\w)")
_LATIN: Final = re.compile(r"[A-Za-z]")
_VOWELS: Final = "eaioyuEAIOYU"
_FEWEST_LETTERS: Final = 200
_FEWEST_VOWELS: Final = 0.22
"""Of the letters of prose in Latin script at least a third are vowels; of letters moved up in the alphabet, by a font
that does not say what its letters are, far fewer."""


def damage(text: str) -> float:
    """Share of the words of a text that are damaged, from 0 to 1; 0 for a text without words."""
    words = text.split()
    if not words:
        return 0.0
    if _moved(text):
        return 1.0
    if not any(kind.search(text) for kind in (_UNDECODED, _GLUED, _LETTERS_ALONE)):  # nearly always
        return 0.0
    cut = sum(len(match[0].split()) for match in _LETTERS_ALONE.finditer(text))
    return min(1.0, (cut + sum(map(_is_damaged, words))) / len(words))


def _is_damaged(word: str) -> bool:
    return bool(_UNDECODED.search(word) or (not _CODE.search(word) and _GLUED.search(word)))


def _moved(text: str) -> bool:
    vowels = sum(map(text.count, _VOWELS))
    if len(text) < _FEWEST_LETTERS or vowels >= _FEWEST_VOWELS * len(text):  # nearly always
        return False
    letters = len(_LATIN.findall(text))
    return letters >= max(_FEWEST_LETTERS, len(text) / 4) and vowels < _FEWEST_VOWELS * letters
