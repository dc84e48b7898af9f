"""What a page holds of its cases, deflated while it is written: memory grows with the packed size alone."""

import base64
import hashlib
import json
import zlib
from typing import Any

_LEVEL = 6
_BATCH = 1 << 16
"""Letters that are deflated at a time: a call for each value takes longer than what it does."""
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class PackedArray:
    """A JSON array that is deflated while it grows."""

    def __init__(self) -> None:
        self._deflate = zlib.compressobj(_LEVEL)
        self._pieces: list[bytes] = []
        self._waiting = ["["]
        self._size = 0
        self._length = 0

    def __len__(self) -> int:
        return self._length

    def append(self, value: Any) -> None:
        """Put a value at the end; it must be writable as JSON."""
        text = _encode(value)
        if self._length:
            self._waiting.append(",")
        self._waiting.append(text)
        self._size += len(text)
        self._length += 1
        if self._size >= _BATCH:
            self._compress()

    def _compress(self) -> None:
        self._pieces.append(self._deflate.compress("".join(self._waiting).encode()))
        self._waiting, self._size = [], 0

    def packed(self) -> str:
        """The whole array as base64, which stands in HTML as it is. To be called once."""
        self._waiting.append("]")
        self._compress()
        self._pieces.append(self._deflate.flush())
        return base64.b64encode(b"".join(self._pieces)).decode()


def packed(value: Any) -> str:
    """One value as base64 of its deflated JSON."""
    return base64.b64encode(zlib.compress(_encode(value).encode(errors="replace"), _LEVEL)).decode()


class TextPool:
    """Texts that stand in many cases, such as retrieved passages; each is kept once."""

    def __init__(self, longest: int | None = None) -> None:
        self._longest = longest
        self._places: dict[bytes, int] = {}
        self._lengths: list[int] = []
        self._texts = PackedArray()

    def place(self, text: str) -> int:
        """Where the text stands; cut after `longest` letters, if there is such a limit."""
        text = self.cut(text)
        digest = hashlib.blake2b(text.encode(errors="replace"), digest_size=16).digest()
        if digest not in self._places:
            self._places[digest] = len(self._texts)
            self._lengths.append(len(text))
            self._texts.append(text)
        return self._places[digest]

    def cut(self, text: str) -> str:
        """The text as it is kept."""
        if self._longest is None or len(text) <= self._longest:
            return text
        return f"{text[: self._longest]} …"

    def longest_for(self, share: float) -> int:
        """Letters after which each text must be cut, so that a share of all letters is left."""
        lengths = sorted(self._lengths)
        left, wanted = len(lengths), share * sum(lengths)
        for length in lengths:
            if wanted <= length * left:
                return int(wanted / left)
            wanted -= length
            left -= 1
        return lengths[-1] if lengths else 0

    def packed(self) -> str:
        """All texts, in the order of their places. To be called once."""
        return self._texts.packed()
