"""What counts as a word, for finding and for answering alike."""

import re

_WORD = re.compile(r"\d+(?:[.:,]\d+)+|[^\W_]+")
"""Prices, times and large numbers stay whole: `12.50`, `07:30`, `1,200`."""


def words(text: str) -> list[str]:
    """Cut a text into lower-case words in their order, without English stop words."""
    from bm25s.stopwords import STOPWORDS_EN_PLUS

    return [word for word in _WORD.findall(text.lower()) if word not in STOPWORDS_EN_PLUS]


def stems(text: str) -> frozenset[str]:
    """Return the words of a text without their English plural endings."""
    return frozenset(_singular(word) for word in words(text))


def _singular(word: str) -> str:
    """Take off a plural ending: the three rules of Harman, How Effective Is Suffixing?, JASIS 42(1), 1991."""
    if word.endswith("ies") and not word.endswith(("eies", "aies")):
        return word[:-3] + "y"
    if word.endswith("es") and not word.endswith(("aes", "ees", "oes")):
        return word[:-1]
    if word.endswith("s") and not word.endswith(("us", "ss")):
        return word[:-1]
    return word
