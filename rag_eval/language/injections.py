"""Whether a text gives orders to a language model that judges it; the ways to do so stand in `injections.toml`."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from itertools import product
from typing import Any, Final

FIELDS: Final = re.compile(
    r"""["'\u201c\u201d](?:verdicts?|statements?|attributed|classifications|noncommittal|claims?|TP|FP|FN|faithful\w*"""
    r"""|score|rating)["'\u201c\u201d]\s*[:=]""",
    re.IGNORECASE,
)
"""A field of a judge's reply, with its value."""
FIELD_WORDS: Final = frozenset(
    b"verdict verdicts statement statements attributed classifications noncommittal claim claims tp fp fn faithful"
    b" faithfulness score rating".split()
)

_SPACE: Final = re.compile(r"[ \t\r*_~`]{2,}|[\t\r*_~`]")
_BREAK: Final = re.compile(r"(?<=\w)\n(?=\w)")
_ASCII: Final = 0x80
_TABLE: Final = bytes(code if code >= _ASCII or chr(code).isalnum() else 0x20 for code in range(0x100)).lower()
"""Each byte of UTF-8 as it stands in a word, others as a blank."""
_DIGITS: Final = {"o": "o0", "i": "i1", "e": "e3", "a": "a4", "s": "s5", "t": "t7", "l": "l1"}


@dataclass(frozen=True, eq=False)
class InjectedOrder:
    """A way to give orders."""

    groups: tuple[frozenset[bytes], ...]
    """Of each group one word stands in any text that the pattern finds."""
    written: str

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """What is looked for in small letters; made when it is, for most are never."""
        return re.compile(self.written)


@dataclass(frozen=True)
class InjectionTable:
    """All that is known of orders."""

    by_word: Mapping[bytes, tuple[InjectedOrder, ...]]
    markup: InjectedOrder
    """Marks of a chat, which are no words."""
    others: InjectedOrder
    """Orders in other languages."""
    other_words: frozenset[bytes]
    other_stems: tuple[str, ...]
    backwards: frozenset[bytes]
    """Words in reverse."""
    core: frozenset[bytes]
    """Words that an order in disguise is told by."""
    with_digits: frozenset[bytes]
    """The same with digits for some of their letters."""
    triggers: frozenset[bytes]


def words_of(text: str) -> frozenset[bytes]:
    """The words of a text, each once, in small letters and in UTF-8: the one cheap look at it."""
    return frozenset(text.encode("utf-8", "surrogatepass").translate(_TABLE).split())


def speaks(text: str, words: frozenset[bytes]) -> bool:
    """Whether a text gives orders to whoever judges it; `words` are its words."""
    known, low = table(), text.lower()
    if ("<" in low or "[/" in low or "[i" in low) and known.markup.pattern.search(low):
        return True
    if not known.backwards.isdisjoint(words):
        return True
    near = {way for word in words & known.triggers for way in known.by_word[word]}
    ways = [way for way in near if not any(map(words.isdisjoint, way.groups[1:]))]
    others = not words.isdisjoint(known.other_words)
    others = others or (not low.isascii() and any(stem in low for stem in known.other_stems))
    if not ways and not others:
        return False
    lean = _SPACE.sub(" ", low)
    lean = _BREAK.sub(" ", lean) if "\n" in lean else lean
    return any(way.pattern.search(lean) for way in ways) or (others and known.others.pattern.search(lean) is not None)


@cache
def table() -> InjectionTable:
    """What `injections.toml` says."""
    parsed: dict[str, Any] = tomllib.loads(files(__package__).joinpath("injections.toml").read_text("utf-8"))
    words = {name: _words(text) for name, text in parsed["words"].items()}
    parts: dict[str, str] = {}
    for name, part in parsed["parts"].items():
        parts[name] = _filled(part, parts)
    ways = [_way(row, words, parts) for row in parsed["way"]]
    triggers = frozenset(word for way in ways for word in way.groups[0])
    core = _words(parsed["disguised"]["core"])
    return InjectionTable(
        by_word={word: tuple(way for way in ways if word in way.groups[0]) for word in triggers},
        markup=InjectedOrder((), "|".join(parsed["markup"]["patterns"])),
        others=InjectedOrder((), "|".join(parsed["other_languages"]["patterns"])),
        other_words=_words(parsed["other_languages"]["words"]),
        other_stems=tuple(parsed["other_languages"]["stems"]),
        backwards=_words(parsed["disguised"]["reversed"]),
        core=core,
        with_digits=frozenset(spelt for word in core for spelt in _spellings(word.decode())) - core,
        triggers=triggers,
    )


def _words(text: str) -> frozenset[bytes]:
    return frozenset(text.encode().split())


def _filled(pattern: str, parts: Mapping[str, str]) -> str:
    """A pattern with its parts in place of their names."""
    return re.sub(r"\{([a-z]+)\}", lambda name: parts[name[1]], pattern)


def _way(row: Mapping[str, Any], words: Mapping[str, frozenset[bytes]], parts: Mapping[str, str]) -> InjectedOrder:
    groups = tuple(words[each[1:]] if each.startswith("@") else _words(each) for each in row["words"])
    return InjectedOrder(groups, _filled(row["pattern"], parts))


def _spellings(word: str) -> list[bytes]:
    """A word with digits for any of its letters."""
    return ["".join(signs).encode() for signs in product(*(_DIGITS.get(sign, sign) for sign in word))]
