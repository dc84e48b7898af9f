"""An answer made ready to be looked through for what a reference says."""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from rag_eval.language.quantities import SPELLED_OUT, Quantity, quantities
from rag_eval.language.sentences import sentences
from rag_eval.language.words import LONGEST_REMEMBERED, REMEMBERED_TEXTS, ROOT, lowered, roman, terms, tokens

_UNSPACED: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]+")
_NAMED_NUMBER: Final = re.compile(r"(?<=[^\W\d_] )\b[1-9]\d?\b(?![.,]?\d)")
"""A number behind a word, which may be a Roman numeral elsewhere: "World War 2"."""


@dataclass(frozen=True, slots=True)
class AnswerIndex:
    """An answer made ready to be looked through."""

    question: str
    known: frozenset[str]
    """Words of the question, which saying again is no answer."""
    sentences: tuple[str, ...]
    words: frozenset[str]
    by_root: Mapping[str, Sequence[str]]
    """The same by the letters that words of one root share."""
    by_sentence: tuple[frozenset[str], ...]
    numbers: tuple[Quantity, ...]
    numbers_by_sentence: tuple[tuple[Quantity, ...], ...]
    numerals: tuple[Quantity, ...]
    """Roman numerals, which give a number that is wanted, but are in nobody's place."""
    asked: tuple[Quantity, ...]
    """Numbers of the question."""


def read(question: str, response: str) -> AnswerIndex:
    """The sentences, words and numbers of an answer, and those of its question."""
    parts = tuple(sentences(response))
    numbers_by_sentence = tuple(quantities(part) for part in parts)
    by_sentence = tuple(frozenset({*words_by_key(part), *_NAMED_NUMBER.findall(part)}) for part in parts)
    words = frozenset[str]().union(*by_sentence)
    by_root: dict[str, list[str]] = {}
    for word in words:
        by_root.setdefault(word[:ROOT], []).append(word)
    return AnswerIndex(
        question=question,
        known=frozenset(words_by_key(question)),
        sentences=parts,
        words=words,
        by_root=by_root,
        by_sentence=by_sentence,
        numbers=tuple(number for numbers in numbers_by_sentence for number in numbers),
        numbers_by_sentence=numbers_by_sentence,
        numerals=quantities(" ".join(filter(None, map(roman, tokens(response))))),
        asked=quantities(question),
    )


def words_by_key(text: str) -> Mapping[str, str]:
    """The content words of a text by their keys, numbers left out; pairs of signs where no spaces are."""
    return _words_by_key(text) if len(text) <= LONGEST_REMEMBERED else _words_by_key.__wrapped__(text)


@lru_cache(REMEMBERED_TEXTS)
def _words_by_key(text: str) -> Mapping[str, str]:
    spelled = {"one", *_spelled_out(text)}
    text = unicodedata.normalize("NFKC", text)
    unspaced = [] if text.isascii() else _UNSPACED.findall(text)
    words = {
        term.key: token
        for token in tokens(_UNSPACED.sub(" ", text) if unspaced else text)
        for term in terms(token)
        if (term.kind == "word" or (term.kind == "figure" and not token.isalpha() and any(map(str.isalpha, token))))
        and token.lower() not in spelled
    }
    for run in _UNSPACED.findall(_without_numbers(text)) if unspaced else ():
        pairs = [run[at : at + 2] for at in range(len(run) - 1)] or [run]
        words.update((pair, pair) for pair in pairs)
    return words


def _spelled_out(text: str) -> frozenset[str]:
    """The words of a text that are a part of its numbers, such as "half", "dozen" and "twice"."""
    if SPELLED_OUT.isdisjoint(lowered(text)):
        return frozenset()
    numbers = [number.text for number in quantities(text)]
    return SPELLED_OUT & {word for number in numbers for word in (*lowered(number), *number.lower().split())}


def _without_numbers(text: str) -> str:
    """A text with a gap where a number stands with its unit, which scripts without spaces write in one."""
    for number in reversed(quantities(text)):
        text = f"{text[: number.start]} {text[number.end :]}"
    return text
