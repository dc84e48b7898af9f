"""Texts as the words that say something, with their weights, as two texts in any script are compared by them."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from rag_eval.language.words import CACHE_SIZE, LONGEST_REMEMBERED, REMEMBERED_TEXTS, stem, terms, tokens

STEM: Final = 6
"""Letters by which words are compared: "inventor" and "invention" are one."""

FOREIGN: Final = 0.15
"""Share of English function words below which a text is not English, and its short words weigh less."""

SHORT: Final = 3
"""Letters of words that in another language's alphabet may be function words."""

_LIGHT: Final = frozenset(
    stem(word)[:STEM]
    for word in (  # noqa: SIM905 - a list of words, not of literals
        "overall sadly unfortunately today hence additionally addition furthermore moreover turn career throughout "
        "currently recent year follow summary conclusion general particular result contrast fact also among other "
        "whereas meanwhile wide range variety notable"
    ).split()
)
"""Words that statements may leave out: they join sentences or say nothing of their own."""

_NUMERAL: Final = re.compile(r"[〇零一二两三四五六七八九十百千万]{1,40}")
_DIGITS: Final = {sign: value for value, sign in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}  # noqa: RUF001 - a numeral
_POWERS: Final = {"十": 10, "百": 100, "千": 1000}
_JOINING_SIGN: Final = re.compile(r"[\u3040-\u309f的了是在有和与也都就被把为于以及等]")
_PAIR: Final = re.compile(r"[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff]")
_SIGN: Final = re.compile(r"[\u3000-\u9fff\uf900-\ufaff\U00020000-\U0003ffff]")
_ARTICLE: Final = re.compile(r"[\u0648\u0641\u0628\u0643]?\u0627\u0644(?=\w{3})|\u0644\u0644(?=\w{3})")
"""The Arabic article, with what is written together with it."""


@dataclass(frozen=True, slots=True)
class ContentWord:
    """A content word, as it is compared."""

    key: str
    figure: bool
    name: bool
    weight: float


@dataclass(frozen=True, slots=True)
class WeighedSentence:
    """A sentence that states something."""

    text: str
    tokens: list[str]
    """In small letters, without function words."""
    words: dict[str, ContentWord]
    """Its content words by key."""


def read_sentences(asserted: Sequence[str]) -> tuple[WeighedSentence, ...]:
    """The different ones of some sentences."""
    read = _read if sum(map(len, asserted)) <= LONGEST_REMEMBERED else _read.__wrapped__
    return read(tuple(asserted))


@lru_cache(REMEMBERED_TEXTS)
def _read(asserted: tuple[str, ...]) -> tuple[WeighedSentence, ...]:
    written = {sentence: tokens(_with_digits(sentence)) for sentence in asserted}
    everything = [token for words in written.values() for token in words]
    functions = sum(terms(token)[0].kind == "stop" for token in everything)
    foreign = functions < FOREIGN * len(everything)
    return tuple(
        WeighedSentence(sentence, telling(token.lower() for token in words), _content(words, foreign=foreign))
        for sentence, words in written.items()
    )


def _content(words: Sequence[str], *, foreign: bool) -> dict[str, ContentWord]:
    content: dict[str, ContentWord] = {}
    for place, token in enumerate(words):
        name = token[0].isupper() and (place > 0 or (len(words) > 1 and words[1][0].isupper()))
        for word in _words(token, name=name, foreign=foreign):
            if word.key not in content or content[word.key].weight < word.weight:
                content[word.key] = word
    return content


@lru_cache(CACHE_SIZE)
def _words(token: str, *, name: bool, foreign: bool) -> tuple[ContentWord, ...]:
    words = []
    for term in terms(token):
        figure = term.kind == "figure"
        if term.kind == "stop" or token in ("one", "One"):
            continue
        key = term.key if figure else _key(term.key)
        named = name and term.kind == "word" and key not in _LIGHT
        weight = _weight(token, key, figure=figure, name=named, light=term.common, foreign=foreign)
        words.append(ContentWord(key, figure, named, weight))
    return tuple(words)


def _weight(written: str, key: str, *, figure: bool, name: bool, light: bool, foreign: bool) -> float:
    """How much a word says: a number three times as much as a word, a name twice."""
    if figure:
        return 3.0
    if key in _LIGHT:
        return 0.25
    if not written.isascii() and (sign := _weight_of_sign(written)):
        return sign
    if name:
        return 2.0
    short = foreign and written < "\u0900" and len(written) <= SHORT
    return 0.5 if light or short or written.endswith("ly") else 1.0


def _weight_of_sign(written: str) -> float:
    """The weight of a sign or pair of syllables in scripts that write no spaces, 0 for other words."""
    if _JOINING_SIGN.match(written):
        return 0.1
    if _PAIR.match(written):
        return 0.5
    return 0.4 if _SIGN.match(written) else 0.0


def _key(term: str) -> str:
    if term.isascii():
        return term[:STEM]
    bare = _ARTICLE.sub("", term, count=1) if _ARTICLE.match(term) else term
    # Other languages' endings are in no list here; the last letter is often one.
    return bare[: STEM - 1] if len(bare) >= STEM else bare[: max(SHORT, len(bare) - 1)]


def plain_tokens(text: str) -> list[str]:
    """The tokens of a text in small letters, with Chinese numerals as digits."""
    return [token.lower() for token in tokens(_with_digits(text))]


def telling(words: Iterable[str]) -> list[str]:
    """Tokens without function words."""
    return [token for token in words if _keys(token)]


def _with_digits(text: str) -> str:
    """A text with Chinese numerals as digits, as some write them and some do not."""
    return text if text.isascii() else _NUMERAL.sub(_as_digits, text)


def _as_digits(numeral: re.Match[str]) -> str:
    if numeral[0] == "一":  # mostly part of a word, such as "together"
        return "一"
    total = section = digit = 0
    for sign in numeral[0]:
        if sign in _POWERS:
            section, digit = section + (digit or 1) * _POWERS[sign], 0
        elif sign == "万":
            total, section, digit = (total + section + digit) * 10_000, 0, 0
        else:
            digit = 10 * digit + _DIGITS[sign]
    return str(total + section + digit)


def content_keys(words: Iterable[str]) -> set[str]:
    """What tokens say, as it is compared."""
    return {key for token in words for key in _keys(token)}


@lru_cache(CACHE_SIZE)
def _keys(token: str) -> tuple[str, ...]:
    """What a token says but for function words."""
    return tuple(term.key if term.kind == "figure" else _key(term.key) for term in terms(token) if term.kind != "stop")
