"""Texts as terms that can be compared: stems, numbers in one spelling, units, names."""

import math
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import cache, lru_cache
from itertools import pairwise
from typing import Final, Literal

from rag_eval.language.lexicon import (
    ALIASES,
    COMMON_WORDS,
    MONTHS,
    NUMBER_WORDS,
    ORDINALS,
    SCALES,
    STOP_WORDS,
    UNITS,
)

CACHE_SIZE: Final = 131_072
"""Spellings remembered: as many as a million letters of words that are all different have; at most about 40 MB."""
REMEMBERED_TEXTS: Final = 1_000
"""Texts of which it is remembered what they say: each metric of an answer asks."""
LONGEST_REMEMBERED: Final = 8_000
"""Characters of such a text."""

ROOT: Final = 5
"""Letters that two words must share at their beginnings to be of one root."""

SAME_ROOT: Final = 0.6
"""Share of the longer one's letters that they must share as well."""

AKIN: Final = 0.7
"""What a word counts where another text has one of the same root: "stable" for "stability"."""

LONGEST_NUMBER: Final = 40
"""Digits beyond which a number is compared letter by letter."""


def _marks() -> str:
    """Accents and vowel signs up to Tibetan: part of the word that they stand in, though no letter to `re`."""
    return "".join(c for c in map(chr, range(0x0300, 0x1000)) if unicodedata.category(c) in ("Mn", "Mc"))


_SIGNS: Final = r"\u3005\u3007\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
"""Chinese and Japanese: a sign is nearly a word, so each is one."""

_LETTERS: Final = (
    r"\u0e01-\u0e3a\u0e40-\u0e4e"  # Thai
    r"\u0e81-\u0ecd\u0edc-\u0edf"  # Lao
    r"\u1000-\u103f\u1050-\u108f\u109a-\u109d"  # Burmese
    r"\u1780-\u17d3\u17d7\u17dc\u17dd"  # Khmer
)
"""Alphabets without spaces between words, with their vowel signs and without their digits and stops."""

_SYLLABLE: Final = re.compile(
    r"[\u0e40-\u0e44\u0ec0-\u0ec4]?"  # vowels of Thai and Lao that are written before their consonant
    r"[^\u0e40-\u0e44\u0ec0-\u0ec4]"
    r"(?:[\u0e30-\u0e3a\u0e45-\u0e4e\u0eb0-\u0ebc\u0ec6-\u0ecd\u102b-\u103e\u1056-\u1059\u17b6-\u17d3\u17dd]"
    r"|(?<=[\u1039\u17d2])."  # a consonant below another
    r"|[\u1000-\u1021](?=\u103a))*"  # a consonant that closes the syllable
    r"|.",
    re.DOTALL,
)

_FIGURES: Final = (
    r"\d{4}-\d{2}-\d{2}(?!\d)"
    r"|\d{1,2}[:.]\d{2}\s?[ap]\.?m\b|\d{1,2}\s?[ap]\.?m\b|\d{1,2}:\d{2}(?::\d{2})?(?!\d)"
    r"|\d+(?:[.,\u00a0\u202f]\d+)*(?:\s(?:thousand|million|billion|trillion)\b|(?:mn|bn|st|nd|rd|th|s)\b)?"
    r"|[€$£¥%]"
)
_PLAIN: Final = r"(?-i:[a-zA-Z]+)(?![\w.'\u2019]|[^\x00-\x7f])"
"""Most words; tried first, since the other forms take four times as long."""
_LATIN: Final = re.compile(
    rf"(?-i:[a-zA-Z]+)(?![\w.'\u2019])|(?-i:[^\W\d_](?:\.[^\W\d_]\b)+|[^\W\d_][^\W_]*(?:['\u2019][^\W_]+)*)|{_FIGURES}",
    re.IGNORECASE,
)
_WORD: Final = rf"[^\W_{_SIGNS}{_LETTERS}]+(?:[{_marks()}\u200c\u200d]+[^\W_{_SIGNS}{_LETTERS}]*)*"


@cache  # takes a while to compile, and is for other scripts alone
def _token() -> re.Pattern[str]:
    return re.compile(
        rf"{_PLAIN}|{_FIGURES}|[{_SIGNS}]"
        rf"|[{_LETTERS}]+"
        rf"|[^\W\d_{_SIGNS}{_LETTERS}](?:\.[^\W\d_]\b)+"
        rf"|{_WORD}(?:['\u2019]{_WORD})*",
        re.IGNORECASE,
    )


_OTHER_SCRIPT: Final = re.compile("[\u0300-\u1fff\u2c00-\U0010ffff]")
_LETTER: Final = re.compile(r"[^\W_]")
_RUN: Final = re.compile(rf"[{_LETTERS}]")
_GROUPED: Final = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_CLOCK: Final = re.compile(r"(\d{1,2})(?:[:.](\d{2}))?(?::\d{2})?\s?(?:([ap])\.?m)?", re.IGNORECASE)
_NUMBER: Final = re.compile(r"([\d.,\u00a0\u202f]+)\s?([a-z]*)")
_TENS: Final = re.compile(r"\b(twenty|thirty|forty|fifty|sixty|seventy|eighty|ninety)-(\w+)\b", re.IGNORECASE)

_ONES: Final = ("", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX")
_ROMAN: Final = re.compile(rf"(?=[IVX]{{2}})(?P<tens>X{{0,3}})(?P<ones>{'|'.join(reversed(_ONES))})(?:['\u2019]s)?")

Kind = Literal["word", "figure", "unit", "stop"]


@dataclass(frozen=True, slots=True)
class Term:
    """A token in the spelling in which it is compared."""

    key: str
    """Equal where two tokens mean the same."""
    kind: Kind
    common: bool = False
    """Whether missing it weighs less."""


def tokens(text: str) -> list[str]:
    """The words, numbers and currency signs of a text, in order and as they are written.

    Chinese and Japanese come as single signs, Thai, Lao, Burmese and Khmer as pairs of syllables that overlap.
    """
    if "ty-" in text:
        text = _TENS.sub(_spelled_out, text)
    if text.isascii() or not _OTHER_SCRIPT.search(text):
        return _LATIN.findall(text)
    pieces = _token().findall(text)
    return [piece for token in pieces for piece in _pairs(token)] if _RUN.search(text) else pieces


def has_tokens(text: str) -> bool:
    """Whether a text has any word, number or currency sign; mostly told by its first letter."""
    return bool(_LETTER.search(text) or tokens(text))


def _pairs(token: str) -> list[str]:
    """Each two neighbouring syllables of a text without spaces, another token as it is.

    Where words begin is in no rule, only in a dictionary. Single syllables are too few to tell texts apart, as single
    letters are; of pairs, a word that two texts share gives both the same ones wherever it stands.
    """
    if not _RUN.match(token):
        return [token]
    syllables = _SYLLABLE.findall(token)
    return ["".join(pair) for pair in pairwise(syllables)] or syllables


@lru_cache(4096)
def lowered(text: str) -> tuple[str, ...]:
    """The tokens of a text in small letters, cut at apostrophes; "don't" is `do` and `not`."""
    return tuple(part for token in tokens(text) for part in _cut(token.lower().replace("\u2019", "'")) if part)


def _cut(token: str) -> list[str]:
    return [token.removesuffix("n't"), "not"] if token.endswith("n't") else token.split("'")


@lru_cache(CACHE_SIZE)
def terms(token: str) -> tuple[Term, ...]:
    """What a token says: mostly one term, three for a date such as 2024-05-01."""
    if token[0].isdecimal():
        return tuple(_figures(token.lower()))
    if alias := ALIASES.get(token.replace(".", "")):
        return tuple(Term(stem(word), "word") for word in alias)
    if numeral := roman(token):
        return (Term(numeral, "word"),)
    word = _fold(token)
    if month := _month(token, word):
        return (Term(month, "word"),)
    return (_term(word),)


def roman(token: str) -> str:
    """The value of a Roman numeral from II to XXXIX, in digits; "" for other words.

    A single letter is mostly none, and neither is a longer run of larger ones, such as "DC" or "MIX".
    """
    match = _ROMAN.fullmatch(token) if token[0] in "IVX" else None
    if match is None:
        return ""
    return str(10 * len(match["tens"]) + _ONES.index(match["ones"]))


def _term(word: str) -> Term:
    if word in NUMBER_WORDS or (not word.isalpha() and any(map(str.isdecimal, word))):
        return Term(NUMBER_WORDS.get(word, word), "figure")
    if word in STOP_WORDS:
        return Term(word, "stop")
    root = stem(word)
    return Term(UNITS.get(word) or root, "unit" if word in UNITS else "word", root in _COMMON_STEMS)


def _month(token: str, word: str) -> str:
    """The month of "May" or "Sept", which in small letters are other words."""
    if not token[0].isupper():
        return ""
    return word if word == "may" else _SHORT_MONTHS.get(word, "")


_SUFFIXES: Final = ("ing", "ed", "ly")
_ENDINGS: Final = ("", "s", "t", "re", "ve", "ll", "d", "m")


_BRITISH: Final = re.compile(
    r"(?<=\w\w)(?:(?P<z>(?<=[iy])s(?=$|ation$|er$))"  # organise, analyse
    r"|(?P<or>our(?=$|it$|al$|abl$|hood$|ful$))"  # colour, favourite
    r"|(?P<er>(?<=[tb])r$)"  # centre, fibre
    r"|(?P<s>(?<=en)c$)"  # defence, licence
    r"|(?<=og)u$"  # catalogue
    r"|(?<=\w\wl)l$)"  # travelled
)
"""What American roots write otherwise; the name of a group is how."""
_SHORTEST_OF_TWO_SPELLINGS: Final = 5
_MAY_BE_BRITISH: Final = ("is", "ys", "our", "ogu")
"""One of these, or its last letter, is in each root that is written in two ways; they are seen sooner."""


@lru_cache(CACHE_SIZE)
def stem(word: str) -> str:
    """A word without its common English endings, in one spelling.

    No more than makes "opens", "opened" and "opening" one, and "organised" and "organizing".
    """
    root = _root(word)
    if len(root) < _SHORTEST_OF_TWO_SPELLINGS or not (
        root[-1] in "rcl" or any(sign in root for sign in _MAY_BE_BRITISH)
    ):
        return root
    return _BRITISH.sub(_american, root)


def same_root(left: str, right: str) -> bool:
    """Whether two stems are of one root, as "navigabl" and "navigation" are."""
    shared = max(ROOT, math.ceil(SAME_ROOT * max(len(left), len(right))))
    return left[:shared] == right[:shared] and len(left) >= shared


def _american(british: re.Match[str]) -> str:
    return british.lastgroup or ""


def _root(word: str) -> str:
    word = _singular(word)
    for suffix in _SUFFIXES:
        root = word.removesuffix(suffix)
        if root != word and len(root) >= 3:  # noqa: PLR2004 - shorter is no word: "sing", "bed"
            word = root[:-1] if len(root) > 3 and root[-1] == root[-2] and root[-1] not in "lsz" else root  # noqa: PLR2004
            break
    if len(word) > 3 and word[-1] in "ey":  # noqa: PLR2004
        return word[:-1] + ("i" if word[-1] == "y" else "")
    return word


def _singular(word: str) -> str:
    if len(word) > 3 and word.endswith("ies"):  # noqa: PLR2004
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("sses", "ches", "shes", "xes", "zes")):  # noqa: PLR2004
        return word[:-2]
    if len(word) > 3 and word[-1] == "s" and not word.endswith(("ss", "us", "is")):  # noqa: PLR2004
        return word[:-1]
    return word


def _fold(token: str) -> str:
    """Lower case, no accents (vowel signs of Indic scripts are none), no dots, nothing from an apostrophe on."""
    head, _, tail = token.lower().replace("\u2019", "'").partition("'")
    word = head if tail in _ENDINGS else head + tail  # O'Brien keeps both halves
    if not word.isascii():
        decomposed = unicodedata.normalize("NFKD", word)
        word = "".join(c for c in decomposed if c >= "\u0900" or not unicodedata.combining(c)) or word
    return word.replace(".", "")


def _figures(token: str) -> Iterator[Term]:
    if len(token) > LONGEST_NUMBER:
        yield Term(token, "figure")
    elif token in ORDINALS:
        yield Term(stem(ORDINALS[token]), "word")
    elif re.fullmatch(r"\d{4}-\d{2}-\d{2}", token, re.ASCII):
        yield from _date(token)
    elif (":" in token or token.endswith("m")) and (clock := _CLOCK.fullmatch(token)):
        yield Term(_time(clock), "figure")
    else:
        yield Term(_number(token), "figure")


def _date(token: str) -> Iterator[Term]:
    year, month, day = map(int, token.split("-"))
    yield Term(str(year), "figure")
    yield Term(MONTHS[month - 1], "word") if 1 <= month <= len(MONTHS) else Term(str(month), "figure")
    yield Term(str(day), "figure")


def _time(clock: re.Match[str]) -> str:
    """Hours and minutes on the clock of 24 hours."""
    hour, minute = int(clock[1]), clock[2] or "00"
    if clock[3]:
        hour = hour % 12 + (12 if clock[3].lower() == "p" else 0)
    return f"{hour}:{minute}"


def _number(token: str) -> str:
    """A number without thousands separators, idle zeros and ordinal endings, multiplied out."""
    match = _NUMBER.fullmatch(token)
    if match is None:
        return token
    digits, ending = re.sub(r"[\u00a0\u202f]", ",", match[1]), match[2]
    digits = digits.replace(",", "" if _GROUPED.fullmatch(digits) else ".")
    if digits.count(".") > 1:  # a version, an IP address, a date
        return digits
    value = Decimal(digits) * 10 ** SCALES.get(ending, 0)
    plain = f"{value:f}"
    plain = plain.rstrip("0").rstrip(".") if "." in plain else plain
    return f"{plain}s" if ending == "s" else plain


def _spelled_out(match: re.Match[str]) -> str:
    ones = NUMBER_WORDS.get(match[2].lower())
    if ones is None:
        return match[0]
    return str(int(NUMBER_WORDS[match[1].lower()]) + int(ones))


_SHORT_MONTHS: Final = {month[:3]: month for month in MONTHS} | {"sept": "september"}
_COMMON_STEMS: Final = frozenset(map(stem, COMMON_WORDS))
