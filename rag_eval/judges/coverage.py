"""Whether a list of statements speaks of the whole of a text, in any script.

Two rules. A list that copies is held to the copy: words of the text that no statement holds in the order of the text
were left out. A list in other words is compared by content words: a clause was left out if most of what it says,
weighed, stands neither in the statements made from its sentence nor in any single statement.
"""

import re
from collections.abc import Collection, Iterator, Sequence
from itertools import groupby, pairwise
from typing import Final

from rag_eval.judges.content import WeighedSentence, content_keys, plain_tokens, read_sentences, telling
from rag_eval.language.sentences import shorten

COPIED: Final = 0.9
"""Least share of the statements' pairs of words that stand in the text, or the question, for a list to be a copy. Lists
that the embedded judge cut have 0.91 and more (2nd percentile), those that people made of FActScore's biographies 0.89
and less (98th)."""

COPIED_IN_PART: Final = 0.97
"""The same where the main statements only were asked for, which are fewer words of the text in its order."""

LEAST: Final = 1.0
"""Weight of words left out of a copy from which something is missing: one content word."""

LEAST_REWORDED: Final = 2.0
"""The same for a list in other words, where a word less is a turn of phrase."""

MISSING: Final = 0.5
"""Share of a clause's weight that must be missing from a list in other words."""

MISSING_IN_PART: Final = 0.65
"""Share of a sentence's weight that must be missing where the main statements only were asked for."""

MISSING_OF_PAIR: Final = 0.8
"""Share of the weight of two neighbouring clauses, in scripts where one has a few signs and says little by itself."""

REPEATED: Final = 0.85
"""Share of a sentence's weight from which a single statement says the same."""

NEAR: Final = 0.8
"""A statement is made from a sentence if it shares this much of what it shares with the nearest one."""

ELSEWHERE: Final = 0.4
"""Weight of a word that was not copied in its place but stands in another statement."""

PLACES: Final = 16
"""Places of one pair of words that are looked at; a text that repeats itself must not take quadratic time."""

GAP: Final = 3
"""Content words between two copied parts that a statement may have put in other words."""

OPENING: Final = 5
"""Content words that may open a sentence before its subject and be left out, such as "off the pitch"."""

NAME: Final = 2
"""Words of a name that stand in no statement from which what it names was left out; one may be a first name."""

SHOWN: Final = 120
"""Letters of a piece that are shown."""

_CLAUSE: Final = re.compile(
    r"\s*[;:—–]\s+|,\s+|[，、；：،]|[()（）]"  # noqa: RUF001 - commas of other scripts
    r"|\s(?:and|or|but|while|whereas|although|though|which|who|because|as well as|along with)\s"
)
_IN_BRACKETS: Final = re.compile(r"\(([^()]*)\)")
_UNSPACED: Final = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
_LATIN: Final = re.compile("[A-Za-z]")
_IN_OTHER_UNITS: Final = re.compile(r"[\d.,]+[\s-]?[^\W\d]{1,12}(?:\s[\d.,]+\s[^\W\d]{1,12})?")
_OPENING: Final = re.compile(
    r"(?:after|before|during|throughout|in|on|off|outside|besides?|despite|when|while|following|as|with|for|among|"
    r"aside|apart|according|at|since|through|by|once|if|although|though|due|because|from|over|under|upon|based|"
    r"\w+ly|\w+ing)\b",
    re.IGNORECASE,
)


def left_out(asserted: Sequence[str], statements: Sequence[str], source: str, *, in_part: bool = False) -> str:
    """A piece of the sentences of a text that no statement speaks of, empty if there is none.

    `source` is what statements may have been copied from: the whole text and the question. `in_part` says that the
    main statements only were asked for.
    """
    sentences = read_sentences(asserted)
    lists = [plain_tokens(statement) for statement in statements]
    if _copied(lists, plain_tokens(source)) >= (COPIED_IN_PART if in_part else COPIED):
        return _gap_in_copy(sentences, lists)
    return _missing_clause(sentences, lists, in_part=in_part)


def _copied(lists: Sequence[Sequence[str]], source: Sequence[str]) -> float:
    """The share of the statements' pairs of words that stand in what they were made from."""
    known = set(pairwise(source))
    pairs = [pair for words in lists for pair in pairwise(words)]
    return sum(pair in known for pair in pairs) / len(pairs) if pairs else 0.0


def _gap_in_copy(sentences: Sequence[WeighedSentence], lists: Sequence[Sequence[str]]) -> str:
    """The first words that were left out of a copy."""
    source = [token for sentence in sentences for token in (*sentence.tokens, "")]
    copied = _copied_places(source, [telling(words) for words in lists])
    keys = [content_keys(words) for words in lists]
    everywhere = set[str]().union(*keys)
    start = 0
    for sentence in sentences:
        places = range(start, start + len(sentence.tokens))
        start = places.stop + 1
        gap = _gap(sentence, copied[places.start : places.stop], everywhere)
        if gap and not _repeated(sentence, content_keys(gap), keys):
            return shorten(_as_written(sentence.text, gap), SHOWN)
    return ""


def _as_written(sentence: str, gap: Sequence[str]) -> str:
    """The part of a sentence from the first to the last word of a gap, all of it if it writes them otherwise."""
    lowered = sentence.lower()
    start, end = lowered.find(gap[0]), lowered.rfind(gap[-1])
    return sentence[start : end + len(gap[-1])] if 0 <= start <= end else sentence


def _gap(sentence: WeighedSentence, copied: Sequence[bool], everywhere: set[str]) -> list[str]:
    """Neighbouring words that weigh enough and were not copied; not what opens a sentence before its subject."""
    for missing, run in groupby(range(len(copied)), key=lambda place: not copied[place]):
        places = list(run)
        words = [sentence.tokens[place] for place in places]
        if not missing or _weight_left_out(sentence, words, everywhere) < LEAST:
            continue
        if places[0] > 0 or len(places) == len(copied) or not _may_open(sentence, words):
            return words
    return []


def _weight_left_out(sentence: WeighedSentence, words: Sequence[str], everywhere: set[str]) -> float:
    """What words weigh; those that statements hold elsewhere may only have been found in another place of the text."""
    content = (sentence.words[key] for key in content_keys(words) if key in sentence.words)
    return sum(word.weight * (ELSEWHERE if word.key in everywhere else 1.0) for word in content)


def _may_open(sentence: WeighedSentence, words: Sequence[str]) -> bool:
    """Whether the first words may be an adverbial, such as "off the pitch", that holds no number."""
    opening = [sentence.words[key] for key in content_keys(words) if key in sentence.words]
    return bool(_OPENING.match(sentence.text)) and len(opening) <= OPENING and not any(w.figure for w in opening)


def _copied_places(source: Sequence[str], lists: Sequence[Sequence[str]]) -> list[bool]:
    """Which tokens of a source stand in a statement, next to a neighbour that they have in the source."""
    places: dict[tuple[str, ...], list[int]] = {}
    for place, pair in enumerate(pairwise([*source, ""])):
        places.setdefault(pair, []).append(place)
        places.setdefault(pair[:1], []).append(place)
    copied = [False] * len(source)
    for words in lists:
        end, bridged = len(source), False
        for start, length in _parts(words, source, places):
            if length:
                first = end if bridged and 0 <= start - end <= GAP else start
                copied[first : start + length] = [True] * (start + length - first)
                end = start + length
            bridged = not length
    return copied


def _parts(
    words: Sequence[str], source: Sequence[str], places: dict[tuple[str, ...], list[int]]
) -> Iterator[tuple[int, int]]:
    """The longest parts of a statement that stand in the source: their places there and lengths, in order.

    A word that does not stand there at all has the length 0.
    """
    at = 0
    while at < len(words):
        pair = tuple(words[at : at + 2])
        starts = (places.get(pair) or places.get(pair[:1], []))[:PLACES]
        lengths = [_common(words, at, source, start) for start in starts]
        longest = max(lengths, default=0)
        if not longest:
            yield 0, 0
        yield from ((start, longest) for start, length in zip(starts, lengths, strict=True) if length == longest)
        at += max(1, longest)


def _common(words: Sequence[str], at: int, source: Sequence[str], start: int) -> int:
    length = 0
    while at + length < len(words) and start + length < len(source) and words[at + length] == source[start + length]:
        length += 1
    return length


def _repeated(sentence: WeighedSentence, gap: set[str], keys: Sequence[set[str]]) -> bool:
    """Whether a single statement says what a sentence says, and in other words what was not copied of it."""
    total = sum(word.weight for word in sentence.words.values())
    return any(
        gap <= statement
        and sum(word.weight for key, word in sentence.words.items() if key in statement) >= REPEATED * total
        for statement in keys
    )


def _missing_clause(sentences: Sequence[WeighedSentence], lists: Sequence[Sequence[str]], *, in_part: bool) -> str:
    """The first clause of which a list in other words does not speak."""
    keys = [content_keys(words) for words in lists]
    where: dict[str, list[int]] = {}
    for number, sentence in enumerate(sentences):
        for key in sentence.words:
            where.setdefault(key, []).append(number)
    everywhere = set[str]().union(*keys)
    for sentence, spoken in zip(sentences, _sorted_out(sentences, keys, where), strict=True):
        if sentence.words.keys() <= spoken:
            continue
        weights = _weights(sentence, where, everywhere)
        if in_part:
            if _is_missing(weights, weights, [spoken, *keys], MISSING_IN_PART):
                return shorten(sentence.text, SHOWN)
            continue
        for part, share in _parts_to_speak_of(sentence):
            words = [key for key in content_keys(plain_tokens(part)) if key in weights]
            if _is_missing(words, weights, [spoken, *keys], share) or _is_nowhere(sentence, words, everywhere):
                return shorten(part, SHOWN)
    return ""


def _weights(sentence: WeighedSentence, where: dict[str, list[int]], everywhere: set[str]) -> dict[str, float]:
    """What the words of a sentence weigh: less if the whole text speaks of them, as a pronoun may mean them."""
    return {
        key: word.weight * (0.3 if word.name else 1.0) / len(where[key]) ** 0.5 if key in everywhere else word.weight
        for key, word in sentence.words.items()
    }


def _is_nowhere(sentence: WeighedSentence, words: Sequence[str], everywhere: set[str]) -> bool:
    """Whether a number or a name of several words of a clause stands in no statement at all."""
    nowhere = [sentence.words[key] for key in words if key not in everywhere]
    # "1954-57" is often written out.
    numbers = [w for w in nowhere if w.figure and not any(key.endswith(w.key) for key in everywhere)]
    return bool(numbers) or sum(word.name for word in nowhere) >= NAME


def _sorted_out(
    sentences: Sequence[WeighedSentence], keys: Sequence[set[str]], where: dict[str, list[int]]
) -> list[set[str]]:
    """For each sentence, the words of the statements that were made from it."""
    own: list[set[str]] = [set() for _ in sentences]
    for statement in keys:
        shared: dict[int, float] = {}
        for key in statement:
            for number in where.get(key, ()):
                weight = sentences[number].words[key].weight / len(where[key])
                shared[number] = shared.get(number, 0.0) + weight
        nearest = max(shared.values(), default=0.0)
        for number, weight in shared.items():
            if weight >= NEAR * nearest:
                own[number] |= statement
    return own


def _clauses(sentence: WeighedSentence) -> Iterator[str]:
    """The clauses of a sentence that a statement must speak of."""
    in_brackets = frozenset(_IN_BRACKETS.findall(sentence.text))
    for place, clause in enumerate(filter(str.strip, _CLAUSE.split(sentence.text))):
        opens = place == 0 and clause != sentence.text and _may_open(sentence, plain_tokens(clause))
        if not opens and not _is_gloss(clause, sentence.text, in_brackets):
            yield clause


def _parts_to_speak_of(sentence: WeighedSentence) -> Iterator[tuple[str, float]]:
    """The clauses, and pairs of neighbours that have a few signs each, with the share that makes one missing."""
    clauses = [*map(str.strip, _clauses(sentence))]
    yield from ((clause, MISSING) for clause in clauses)
    yield from ((f"{a}，{b}", MISSING_OF_PAIR) for a, b in pairwise(filter(_UNSPACED.match, clauses)))  # noqa: RUF001


def _is_gloss(clause: str, sentence: str, in_brackets: Collection[str]) -> bool:
    """Whether a clause is a name in another script, or in brackets and one word or a number in another unit."""
    if not clause.isascii() and not _LATIN.search(clause) and _LATIN.match(sentence):
        return not any(map(str.isdecimal, clause))
    if clause not in in_brackets:
        return False
    if any(map(str.isdecimal, clause)):
        return bool(_IN_OTHER_UNITS.fullmatch(clause))
    return len(clause.split()) == 1


def _is_missing(words: Collection[str], weights: dict[str, float], spoken: Sequence[set[str]], share: float) -> bool:
    """Whether each of the sets lacks so much of the words."""
    total = sum(weights[key] for key in words)
    return total >= LEAST_REWORDED and all(
        (missing := sum(weights[key] for key in words if key not in keys)) >= LEAST_REWORDED and missing > share * total
        for keys in spoken
    )
