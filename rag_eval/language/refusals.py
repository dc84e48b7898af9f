"""Whether an answer refuses: it says that it does not know, cannot tell, or that its sources do not.

The first sentence decides. What may come before an answer (a greeting, an apology, "Based on the passages:") is passed
over, and what stands in quotation marks is somebody else's. A sentence that goes on to answer, "…, but the fee is
5 euros", does not refuse; nor does a fact that holds a negation, "No, dogs are not allowed". The message of a service
that failed, "Something went wrong", is no refusal: an error shall not pass for the right answer to an unanswerable
question.
"""

import re
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from typing import Final

from rag_eval.language.refusal_forms import ENGLISH, OTHERS, SIGNS, SIGNS_ELSEWHERE, SOURCES
from rag_eval.language.repetition import cut_walls
from rag_eval.language.sentences import sentences
from rag_eval.language.words import LONGEST_REMEMBERED, REMEMBERED_TEXTS, has_tokens, terms, tokens

NO_WORDS: Final = "(no words)"
"""Stands for the sentence where an answer is empty, or has marks alone; that refuses as well."""

LONGEST: Final = 400
"""Characters of a sentence that are read; a refusal says so early."""

FEWEST_ANSWERING: Final = 2
"""Content words or numbers that the other half of a sentence needs to be an answer: "but I am not sure" is none."""


def _any(forms: Iterable[str]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{form})" for form in forms), re.IGNORECASE)


_OPENS_WITH: Final = _any(form for form in ENGLISH if form.startswith("^"))


@cache  # takes longer to compile than many texts to read, and few hold a sign of one
def _refusing() -> re.Pattern[str]:
    return _any(form for form in ENGLISH if not form.startswith("^"))


@cache
def _refusing_elsewhere() -> re.Pattern[str]:
    return _any(OTHERS)


_MAY_REFUSE: Final = _any((*SIGNS, r"no\b"))
"""Far cheaper than the forms, and in every text that one of them is found in."""
_OPENING: Final = re.compile(
    r"^(?:(?:hello|hi|hey|dear \w+|good (?:morning|day|evening)|thanks?(?: you)?[^,.;!]{0,40}|unfortunately|"
    r"regrettably|sadly|"
    r"apologies|my apologies|sorry|i(?:'m| am)(?: very| so| really)? sorry|i apologi[sz]e[^,.;]{0,40}|excuse me|"
    r"however|well|"
    r"no(?=,)|actually|in short|(?:answer|response|note)(?=:)|hmm|oh|"
    r"leider|es tut mir leid|tut mir leid|désolé|malheureusement|je suis désolé|lo siento|lamentablemente|mi dispiace|"
    r"purtroppo|desculpe|infelizmente|helaas|het spijt me|抱歉|对不起|很抱歉|申し訳ありません|すみません|残念ながら)"
    r"(?=[\s,.;:!–—，。、-]|$)[\s,.;:!–—，。、-]*(?:but\s+|aber\s+|mais\s+|pero\s+|ma\s+|mas\s+|maar\s+)?)+",  # noqa: RUF001
    re.IGNORECASE,
)
"""What may stand before an answer and says nothing yet."""
_LEAD_IN: Final = re.compile(
    r"^(?:as an ai\b[^,]*|(?:based on|according to|from|given|in|after|having|considering|looking at|as per|per|"
    r"judging)\b[^,.]*),\s+",
    re.IGNORECASE,
)
_SAYS_NOTHING: Final = re.compile(
    r"^(?:the question (?:is|asks|seems|wants|concerns)\b(?!.*\bunanswerable\b)|(?:let me|let's|let us)\b|"
    r"(?:sure|certainly|of course|great question|good question|thank)\b[^,]*$|"
    r"i(?:'m| am)(?: very| so)? sorry (?:to hear|that you|for)\b)|:$",
    re.IGNORECASE,
)
_TURN: Final = re.compile(
    r"(?:,|;|\s[–—-])?\s+(?:but|however,?|although|though|yet|nevertheless,?)\s+|;\s+", re.IGNORECASE
)
_CONCESSION: Final = re.compile(
    r"^(?:while|although|though|even though|whereas)\s+(?P<first>[^,]+),\s+(?P<second>.+)$", re.IGNORECASE
)
_CONDITION: Final = re.compile(r"^(?:if|when|whenever|unless|until|where)\b[^,]*(?:,\s*|$)", re.IGNORECASE)
_ABOUT_SOURCES: Final = re.compile(
    rf"^(?:the|this|these|those|your|my|our)\s+(?:\w+\s+){{0,2}}?{SOURCES}\b", re.IGNORECASE
)
_THEY: Final = re.compile(
    r"^(?:(?:they|it|these|this)\s+)?(?=(?:do|does|did|is|are|lacks?|provides?)\b)", re.IGNORECASE
)
_NO_ANSWER_EITHER: Final = re.compile(
    r"^(?:it|they|the|this|these|some|other)?\s*(?:[\w-]+\s+){0,4}?(?:(?:do|does)\s+)?(?:mentions?|discuss(?:es)?|"
    r"emphasi[sz]es?|describes?|"
    r"focus(?:es)?|mainly|provides?|suggests?|refers?|states?|talks?|includes?|contains?|explains?|only|indicates?|"
    r"covers?|says?)\b"
    r"|^(?:i|we)\b(?!\s+(?:do\s+)?(?:know|think|believe|can tell|have read))|^(?:please|feel free|you (?:can|may|"
    r"could|might|should) (?:want|try|find|check|contact|consult|ask|refer|look|visit))\b",
    re.IGNORECASE,
)
"""How the other half of a sentence goes on without an answer: about the passages, about oneself, or somebody to ask."""
_HEDGE: Final = re.compile(
    r"\b(?:definitive(?:ly)?|conclusive(?:ly)?|certain(?:ly|ty)?|exact(?:ly)?|precise(?:ly)?|full(?:y)?|complete(?:ly)?|"
    r"comprehensive(?:ly)?|exhaustive(?:ly)?)\b",
    re.IGNORECASE,
)
_GOES_ON: Final = re.compile(
    r"^(?:however|but|nevertheless|nonetheless|still|that said|yet|even so)\b[\s,]*", re.IGNORECASE
)
FEWEST_AFTER_HEDGE: Final = 16
"""Content words behind "However" from which an answer that could not tell "definitively" is one all the same."""
_NO: Final = re.compile(r"no\b")
_QUOTED: Final = re.compile(r"[\"“”][^\"“”]{2,}[\"“”]")


def refusal(text: str, phrases: Sequence[str] = ()) -> str:
    """The sentence by which an answer refuses, or "" where it does not; `NO_WORDS` for a text without words.

    `phrases` are further ways of refusing, such as the fixed sentence of a service: an answer that holds one of them
    in its first sentence refuses, whatever its case.
    """
    read = _refusal if len(text) <= LONGEST_REMEMBERED else _refusal.__wrapped__
    return read(text, tuple(phrases))


@lru_cache(REMEMBERED_TEXTS)
def _refusal(text: str, phrases: tuple[str, ...]) -> str:
    parts = [sentence for sentence in sentences(cut_walls(text)) if has_tokens(sentence)]
    if not parts:
        return NO_WORDS
    first = next((at for at, part in enumerate(parts) if not _opens(part)), len(parts) - 1)
    opening = " ".join(parts[: first + 1]).casefold()
    for phrase in phrases:
        place = " ".join(parts).casefold().find(" ".join(phrase.split()).casefold())
        if phrase.strip() and 0 <= place < len(opening):
            return parts[first]
    refuses = _sentence_refuses(_plain(parts[first])) and not _only_hedges(parts[first:])
    return parts[first] if refuses else ""


def _only_hedges(parts: Sequence[str]) -> bool:
    """Whether a refusal to tell "definitively" is followed by "However", and by what may well be the answer."""
    if len(parts) == 1 or not _HEDGE.search(parts[0]) or not _GOES_ON.match(parts[1]):
        return False
    rest = [_GOES_ON.sub("", _plain(part)) for part in parts[1:]]
    content = [term for part in rest for token in tokens(part) for term in terms(token) if term.kind != "stop"]
    return len(content) >= FEWEST_AFTER_HEDGE and not any(map(_sentence_refuses, rest))


def refuses(reference: str | None) -> bool:
    """Whether a right answer is that there is none; one without any word says nothing of it."""
    return reference is not None and refusal(reference) not in ("", NO_WORDS)


def _plain(sentence: str) -> str:
    """A sentence with straight apostrophes, its contractions whole, and without what it quotes."""
    straight = re.sub(r"(?<!\s)\s+n't\b", "n't", sentence.replace("’", "'").replace("ʼ", "'"))  # noqa: RUF001
    return " ".join((_QUOTED.sub("it", straight) if not _QUOTED.fullmatch(straight.strip(" .")) else straight).split())


def _opens(sentence: str) -> bool:
    """Whether a sentence only leads up to the answer."""
    rest = _OPENING.sub("", sentence.replace("’", "'"))
    return not has_tokens(rest) or bool(_SAYS_NOTHING.search(rest))


def _sentence_refuses(sentence: str) -> bool:
    """Whether one half of a sentence refuses, and the other one does not answer."""
    body = _CONDITION.sub("", _OPENING.sub("", sentence[:LONGEST]))
    if halves := _CONCESSION.match(_LEAD_IN.sub("", body)):
        first, second = halves["first"], halves["second"]
    else:
        first, _, second = _TURN.sub("\0", body, count=1).partition("\0")
    if _ABOUT_SOURCES.search(first):
        second = _THEY.sub("the passages ", second)
    return any(map(_matches, (first, second))) and not any(map(_answers, (first, second)))


def _matches(clause: str) -> bool:
    bare = _LEAD_IN.sub("", clause)
    return any(map(_refuses_in_english, {clause, bare})) or bool(
        (not clause.isascii() or _holds(clause.lower(), SIGNS_ELSEWHERE)) and _refusing_elsewhere().search(clause)
    )


def _refuses_in_english(clause: str) -> bool:
    return bool(_OPENS_WITH.match(clause) or (_may_refuse(clause) and _refusing().search(clause)))


def _may_refuse(clause: str) -> bool:
    """Whether one of the signs stands in a clause; looked for letter by letter, which is far cheaper, where that does.

    Small letters of what is not ASCII may be other ones than an expression takes for the same.
    """
    if not clause.isascii():
        return bool(_MAY_REFUSE.search(clause))
    lowered = clause.lower()
    return _holds(lowered, SIGNS) or ("no" in lowered and bool(_NO.search(lowered)))


def _holds(lowered: str, signs: Iterable[str]) -> bool:
    return any(sign in lowered for sign in signs)


def _answers(clause: str) -> bool:
    """Whether a part of a sentence says something that could be the answer."""
    if _matches(clause) or _NO_ANSWER_EITHER.match(clause):
        return False
    content = [term for token in tokens(clause) for term in terms(token) if term.kind != "stop"]
    return len(content) >= FEWEST_ANSWERING
