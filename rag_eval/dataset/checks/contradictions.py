"""Whether two answers to one question cannot both hold: another number or name, a negation, an antonym."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Final, Literal

from rag_eval.language.lexicon import ANTONYMS, NEGATORS
from rag_eval.language.quantities import Quantity, quantities
from rag_eval.language.quantity_equality import gives
from rag_eval.language.sentences import sentences
from rag_eval.language.words import lowered, terms, tokens

SAME_SENTENCE: Final = 0.6
"""Share of words in common, but for names, numbers and antonyms, from which two sentences are about the same thing."""

STEM: Final = 5
"""Letters by which names are compared: "Britain" and "British" are no two names."""


_LONGEST_NAME: Final = 6
"""Words of a name at most."""
_APART: Final = re.compile(r"(?<!\s)\s+n['’]t\b")
"""A negation as tokenised texts write it: "does n't"."""
_ANSWER: Final = re.compile(r"\s*(yes|no)\b[.,!:;]?\s*(?=\S)(?!\d)", re.IGNORECASE)
"""The yes or no that a text opens with, which negates nothing that follows; "No. 5" opens with another word."""
_UNSPACED: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
_FOREIGN_NUMBER: Final = re.compile(r"[\d一二三四五六七八九十百千万零\u3007两]+")
_FOREIGN_NEGATION: Final = re.compile(r"不|没有|沒有|沒|没")
_ANTONYMS: Final = [pair for pair in ANTONYMS if all(side.isdisjoint(NEGATORS) for side in pair)]
"""Without "always" and "never", which is a negation."""
_POLAR: Final = frozenset[str]().union(*(side for pair in ANTONYMS for side in pair))


@dataclass(frozen=True)
class _Statement:
    """What a sentence says, in parts that can be compared."""

    words: frozenset[str]
    """Content words that are neither numbers nor names, nor one of a pair of antonyms."""
    names: frozenset[str]
    figures: frozenset[str]
    units: frozenset[str]
    negations: int
    lowered: frozenset[str]
    dates: tuple[Quantity, ...]


_Statements = tuple[_Statement, ...]


def contradicts(first: str, second: str) -> bool | None:
    """Whether one of two texts denies the other; None where they have too little in common to tell."""
    if _UNSPACED.search(first) and _UNSPACED.search(second):
        return _contradicts_unspaced(first, second)
    if _one_name_replaced(first, second):
        return True
    mine, other = _ANSWER.match(first), _ANSWER.match(second)
    if mine and other and mine[1].lower() != other[1].lower():
        return True
    ours, others = (_read(text[match.end() :] if match else text) for text, match in ((first, mine), (second, other)))
    matched = [*_matched(ours, others)]
    if not matched and len(ours) == len(others) == 1:
        return _unmatched(ours, others)
    denied = any(
        _turned(mine, theirs)
        or _other_dates(mine, theirs)
        or _other_figures(mine, theirs, ours, others)
        or _each_has_its_own(mine.names - _all(others, "names"), theirs.names - _all(ours, "names"))
        for mine, theirs in matched
    )
    return denied if matched else None


def _one_name_replaced(first: str, second: str) -> bool:
    """Whether two texts are the same word by word but for a name or a number, in whose place another one stands."""
    ours, theirs = first.split(), second.split()
    short = min(len(ours), len(theirs))
    begin = next((at for at in range(short) if ours[at] != theirs[at]), short)
    end = next((at for at in range(short - begin) if ours[-1 - at] != theirs[-1 - at]), short - begin)
    if begin + end < SAME_SENTENCE * max(len(ours), len(theirs)):
        return False
    replaced, other = ours[begin : len(ours) - end], theirs[begin : len(theirs) - end]
    if not replaced or not other or max(len(replaced), len(other)) > _LONGEST_NAME:
        return False
    mine, new = _statement(" ".join(["so", *replaced])), _statement(" ".join(["so", *other]))
    if mine.figures or new.figures:
        figures = _each_has_its_own(mine.figures, new.figures) and mine.units == new.units
        return figures and not any(gives(a, b) or gives(b, a) for a in _given(replaced) for b in _given(other))
    return (
        _each_has_its_own(mine.names, new.names) and not (mine.names & new.names) and not _abbreviated(replaced, other)
    )


def _given(words: Sequence[str]) -> list[Quantity]:
    return [*quantities(" ".join(words))]


def _abbreviated(first: Sequence[str], second: Sequence[str]) -> bool:
    """Whether one is made of the initials of the other, as "UK" is."""
    plain = [re.sub(r"\W", "", "".join(words)).lower() for words in (first, second)]
    initials = ["".join(word[0] for word in words if word[0].isupper()).lower() for words in (first, second)]
    return plain[0] == initials[1] or plain[1] == initials[0]


def _unmatched(ours: _Statements, others: _Statements) -> bool | None:
    """The same of two sentences in other words, by their numbers and names; None where these do not tell."""
    (mine,), (theirs,) = ours, others
    if _other_figures(mine, theirs, ours, others):
        return True
    same = bool(mine.figures) and mine.figures == theirs.figures and mine.units == theirs.units
    return False if same and not _each_has_its_own(mine.names, theirs.names) and not _turned(mine, theirs) else None


def _contradicts_unspaced(first: str, second: str) -> bool | None:
    """Whether two texts of a script without spaces differ in a number or a negation alone; None for others."""
    for part in (_FOREIGN_NUMBER, _FOREIGN_NEGATION):
        if first != second and part.sub("", first) == part.sub("", second):
            return part.findall(first) != part.findall(second)
    return None


def _other_dates(mine: _Statement, theirs: _Statement) -> bool:
    """Whether each sentence gives one date, of which neither is the other one less exactly."""
    if len(mine.dates) != 1 or len(theirs.dates) != 1:
        return False
    date, other = mine.dates[0], theirs.dates[0]
    return not gives(date, other) and not gives(other, date)


def _other_figures(mine: _Statement, theirs: _Statement, ours: _Statements, others: _Statements) -> bool:
    """Whether two sentences give different numbers in the same units, none of which the other text gives at all."""
    apart = _each_has_its_own(mine.figures - _all(others, "figures"), theirs.figures - _all(ours, "figures"))
    return apart and mine.units == theirs.units


def _all(statements: _Statements, part: Literal["names", "figures", "units"]) -> frozenset[str]:
    return frozenset[str]().union(*(getattr(statement, part) for statement in statements))


def _matched(ours: _Statements, others: _Statements) -> Iterator[tuple[_Statement, _Statement]]:
    """Each sentence of the one text with the nearest of the other, where both are about the same thing."""
    for mine in ours:
        nearest = max(others, key=lambda theirs: _share(mine, theirs), default=None)
        if nearest is not None and _share(mine, nearest) >= SAME_SENTENCE:
            yield mine, nearest


def _share(first: _Statement, second: _Statement) -> float:
    ours, theirs = (first.words, second.words) if first.words | second.words else (first.lowered, second.lowered)
    union = ours | theirs
    return len(ours & theirs) / len(union) if union else 0.0


def _turned(first: _Statement, second: _Statement) -> bool:
    """Whether one is negated or says an antonym, and not both: "not open" says what "closed" says."""
    return (first.negations % 2 != second.negations % 2) != _antonyms(first.lowered, second.lowered)


def _each_has_its_own(first: frozenset[str], second: frozenset[str]) -> bool:
    """Whether neither is only more exact than the other."""
    return bool(first - second) and bool(second - first)


def _antonyms(ours: frozenset[str], others: frozenset[str]) -> bool:
    """Whether each says one word of a pair, and neither says both."""
    return any(
        bool(ours & left) != bool(ours & right) and bool(ours & left) == bool(others & right) != bool(others & left)
        for left, right in _ANTONYMS
    )


@lru_cache(8192)
def _read(text: str) -> _Statements:
    return tuple(_statement(sentence) for sentence in sentences(_APART.sub("n't", text)))


def _statement(sentence: str) -> _Statement:
    kinds: dict[str, set[str]] = {"word": set(), "name": set(), "figure": set(), "unit": set(), "stop": set()}
    words = tokens(sentence)
    for place, token in enumerate(words):
        for term in terms(token):
            if token.lower() in _POLAR:
                continue
            named = term.kind == "word" and token[0].isupper() and place > 0
            kinds["name" if named else term.kind].add(term.key[:STEM] if named else term.key)
    small = lowered(sentence)
    return _Statement(
        words=frozenset(kinds["word"]),
        names=frozenset(kinds["name"]),
        figures=frozenset(figure.removesuffix(":00") for figure in kinds["figure"]),
        units=frozenset(kinds["unit"]),
        negations=_negations(small),
        lowered=frozenset(small),
        dates=tuple(number for number in quantities(sentence) if number.kind == "date"),
    )


def _negations(words: Sequence[str]) -> int:
    """How many negations there are; "No. 5" is none."""
    return sum(word in NEGATORS and not then[:1].isdecimal() for word, then in pairwise([*words, ""]))
