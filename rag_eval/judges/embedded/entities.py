"""Names, dates and quantities of a text, and what is left of it for a question."""

import re
from typing import Final

from rag_eval.language.lexicon import MONTHS, STOP_WORDS
from rag_eval.language.sentences import sentences
from rag_eval.language.words import stem, terms, tokens

MAX_ASKED: Final = 16
"""Words of a pseudo question; further ones would speak of details."""

_MONTH: Final = "|".join(month.capitalize() for month in MONTHS)
_CAPITAL: Final = r"A-Z\u00c0-\u00d6\u00d8-\u00de\u0391-\u03a9\u0410-\u042f\u0141\u0160\u017d\u010c"
_ENTITY: Final = re.compile(
    rf"(?:\d{{1,2}} )?(?:{_MONTH})(?: \d{{1,2}}(?:st|nd|rd|th)?)?(?:,? \d{{4}})?\b"
    r"|[€$£¥]\s?\d+(?:[.,]\d+)*(?:\s(?:thousand|million|billion|trillion))?"
    r"|\d+(?:[.,:]\d+)*(?:\s?%|\s(?:thousand|million|billion|trillion|percent|euros?|dollars?|pounds?|km|kg|"
    r"k?met(?:re|er)s|kilomet(?:re|er)s|miles|hours|days|BC|AD)\b)?"
    rf"|\b[{_CAPITAL}][\w'\u2019&-]*"
    rf"(?:\s(?:of\s(?:the\s)?|the\s|de\s|la\s|van\s|von\s)?[{_CAPITAL}][\w'\u2019&-]*)*"
)


def entities(text: str) -> list[str]:
    """Names, dates, amounts and other numbers of a text, each once, in order and as written."""
    names: dict[str, str] = {}
    for sentence in sentences(text):
        for match in _ENTITY.finditer(sentence):
            entity = _without_opening(match[0], opens=match.start() == 0)
            if entity:
                names.setdefault(_key(entity), entity)
    return list(names.values())


def pseudo_question(text: str) -> str:
    """The content words of a text in order, each once, as something to compare a question with."""
    asked: dict[str, str] = {}
    for token in tokens(" ".join(sentences(text))):
        for term in terms(token):
            if term.kind != "stop" and not term.common:
                asked.setdefault(term.key, token)
    return " ".join(list(asked.values())[:MAX_ASKED]) + "?"


def _without_opening(entity: str, *, opens: bool) -> str:
    """An entity without function words at its head; a lone capital that opens a sentence is no name."""
    words = entity.split(" ")
    named = next((place for place, word in enumerate(words) if word.lower() not in STOP_WORDS), None)
    if named is None:
        return ""
    head, rest = words[named], words[named + 1 :]
    opens, entity = opens and not named, " ".join(words[named:])
    lone = not rest and head.isalpha() and not head.isupper()
    return "" if opens and lone else entity.removesuffix("'s").removesuffix("\u2019s")


def _key(entity: str) -> str:
    return " ".join(stem(word.lower()) for word in entity.split())
