"""The sentences of an answer that state something about its subject."""

import re
from functools import lru_cache
from typing import Final

from rag_eval.language.sentences import sentences
from rag_eval.language.words import LONGEST_REMEMBERED, REMEMBERED_TEXTS

_NO_PROSE: Final = re.compile(
    r"^[ \t]*(?:```|~~~).*?^[ \t]*(?:```|~~~)[^\n]*$"  # code
    r"|^ {0,3}#{1,6} [^\n]*$"  # headings
    r"|^ {0,3}\*\*[^*\n]+\*\*:?[ \t]*$"
    r"|^\|[^\n]*\n(?=\|[ \t:|-]+$)",  # the head of a table
    re.MULTILINE | re.DOTALL,
)
_CITED: Final = re.compile(
    r"\(?\b(?:passages?|documents?|sources?|contexts?|chunks?)\s\[?\d{1,3}\b\]?"
    r"(?:(?:,\s(?:and\s)?|\sand\s|\s?&\s?)(?:(?:passages?|documents?|sources?)\s)?\[?\d{1,3}\b\]?)*\)?",
    re.IGNORECASE,
)
"""Sources by their numbers: "(Passage 7)", "passages 0, 1 and 4"."""
_QUESTION_OR_LEAD_IN: Final = (":", "?", "：", "？", "؟")  # noqa: RUF001 - full-width ones too
_COURTESY: Final = re.compile(
    r"(?:sure|certainly|of course|absolutely|great|good|no problem|you'?re welcome|thanks?|thank you|sorry|"
    r"hello|hi|yes|no|okay|ok)\b[^.!,;:]{0,12}[!.]*$"
    r"|(?:i |we )?(?:really )?hope (?:this|that|it|these|you|my)\b"
    r"|(?:please )?(?:let me know|feel free|don'?t hesitate|do not hesitate)\b"
    r"|if you (?:have|need|want|would like|'d like)\b.{0,40}"
    r"\b(?:questions?|help|information|details?|assistance|know)\b"
    r"|i(?:'m| am) (?:happy|glad|here|sorry|afraid|not sure|not certain|unable|just|only|"
    r"an? (?:ai|language model|assistant))\b"
    r"|(?:as an? (?:ai|language model|assistant)\b[^,.]{0,40},\s*)?i (?:"
    r"apologi[sz]e|would be happy|can help|can try|do not|don'?t|do n't|cannot|can'?t|could not|couldn'?t|"
    r"was unable|was not able)\b"
    r"|here(?:'s| is| are)\b.{0,60}\b(?:answer|list|summary|overview|steps?|information|details|i found)\b"
    r"[^.]{0,60}\.?$"
    r"|the answer (?:to (?:the|your|this) question )?.{0,160}\bis:? ['\"]?(?:yes|no)['\"]?\.?$"
    r"|(?:ich hoffe|j'espère|espero que|espero|надеюсь|希望|お役に立て|도움이 되)"
    r"|(?:如果|如有).{0,12}(?:问题|疑问|需要)"
    r"|(?:我不知道|わかりません|不明です|ich weiß es? nicht|je ne sais pas|no lo sé|не знаю)"
)
_ABOUT_SOURCES: Final = re.compile(
    r"\b(?:passages?|contexts?|documents?|sources?|search results?|text|answer|information|details?|evidence|mention)\b"
    r".{0,60}\b(?:do(?:es)? not|don'?t|doesn'?t|is not|are not|isn'?t|aren'?t|not (?:provided?|available|given|clear)|"
    r"no (?:information|mention|details?))\b"
    r"|\b(?:no|not (?:enough|much|any|sufficient)|insufficient|without (?:more|further))\b.{0,30}"
    r"\b(?:information|context|details?|evidence|mention|biography)\b"
    r"|\b(?:passages?|contexts?|documents?|sources?|texts?|information)(?: provided| given)? only "
    r"(?:mentions?|provides?|covers?|discuss(?:es)?|contains?|states?|describes?)\b"
    r"|\b(?:based on|according to|in) the (?:provided|given|available)\b.{0,40}\b(?:not|no|unclear|cannot|can't)\b"
)
_LEAD_IN: Final = re.compile(
    r"(?:(?:sure|certainly|of course|yes|no|absolutely|overall|in summary|to summari[sz]e|in conclusion|in short|"
    r"finally|however|additionally|furthermore|moreover|unfortunately)[,!.]\s+"
    r"|(?:based on|according to|from)\s*,\s+"
    r"|(?:based on|according to|from) the (?:provided |given |available |above )?"
    r"(?:passages?|contexts?|documents?|information|sources?|texts?|search results?)(?: provided| given| above)?,\s+"
    r"|it(?: is|['’]s) (?:also )?(?:important|worth|interesting|good) "
    r"(?:to note |noting |to remember |to know |mentioning )?(?:here )?that\s+)+",
    re.IGNORECASE,
)


def assertions(text: str) -> list[str]:
    """Sentences and list items without code, headings, lead-ins, questions, courtesies and talk about the sources."""
    read = _assertions if len(text) <= LONGEST_REMEMBERED else _assertions.__wrapped__
    return [*read(text)]


@lru_cache(REMEMBERED_TEXTS)
def _assertions(text: str) -> tuple[str, ...]:
    # Spaces in a row say nothing, and patterns would try each of them.
    lean = re.sub(r"[^\S\n]{3,}", "  ", text)
    prose = _CITED.sub("", _NO_PROSE.sub("\n", lean))
    stated = (_stated(sentence) for sentence in sentences(prose))
    return tuple(sentence for sentence in stated if sentence)


def _stated(sentence: str) -> str:
    """What a sentence states: "He is a painter" in "I don't know much, but he is a painter"."""
    if sentence.endswith(_QUESTION_OR_LEAD_IN):
        return ""
    stated = _LEAD_IN.sub("", sentence, count=1) if _LEAD_IN.match(sentence) else sentence
    before, but, rest = stated.partition(" but ")
    if _COURTESY.match(_plain(before)) or _ABOUT_SOURCES.search(_plain(before)):
        return rest if but else ""
    return stated


def _plain(text: str) -> str:
    return text.lower().replace("\u2019", "'")
