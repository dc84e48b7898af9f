"""What an answer says about its sources and to its reader, taken off what it claims.

"According to passage 2, a berth costs 45 euros [Source 2]." claims that a berth costs 45 euros; "I hope this helps!"
and "The passages do not mention the fee." claim nothing that a context could bear out.
"""

import re
from functools import lru_cache
from typing import Final

from rag_eval.language.words import terms, tokens

LONGEST: Final = 1000
"""Characters of a sentence that is searched; a longer one is none that somebody wrote."""

REMEMBERED: Final = 4096
"""Sentences whose claims are kept: several metrics ask about the same ones."""

_NUMBERED: Final = r"(?:passages?|sources?|documents?|docs?|contexts?|excerpts?|snippets?|chunks?|(?:search )?results?)"
_NOUN: Final = (
    r"(?:passages?|contexts?|documents?|texts?|sources?|excerpts?|articles?|snippets?|(?:search )?results?|information|"
    r"paragraphs?|materials?|references?|content)"
)
_NUMBER: Final = r"#?\d{1,2}(?:(?: ?[,&/\u2013-] ?(?:and |or )?| and | or | to )(?:passage |source )?#?\d{1,2}){0,8}"
_WHICH: Final = (
    r"(?:all|both|each|of|the|these|those|this|your|my|any|one|first|second|third|fourth|fifth|last|given|provided|"
    r"above|following|retrieved|supplied|available|relevant|attached|same|other|two|three|four|five|context|passage)"
)
_GIVEN: Final = r"(?: (?:i was given|(?:you )?(?:have )?(?:provided|given|above|supplied|available)))?"
_SOURCE: Final = (
    r"(?:(?:(?:the )?(?:\w+ )?(?:information|details?|content) (?:\w+ )?(?:in|from|by) )?"
    rf"(?:(?:{_WHICH} ){{1,5}}{_NOUN}{_GIVEN}(?: {_NUMBER})?|{_NUMBERED} {_NUMBER}"
    rf"|(?:provided|given|retrieved) {_NOUN}))"
)
"""A mention of what was given: "the provided passages", "passage 2", "the information in the second document"."""

_STATED: Final = (
    r"(?:mentioned|stated|described|noted|explained|indicated|suggested|outlined|discussed|listed|provided|shown|given|"
    r"specified|said|reported|found)"
)
_STATES: Final = (
    r"(?:(?:also|further|specifically|explicitly|clearly|both|all|then|only|briefly) )?(?:states?|says?|mentions?|"
    r"notes?|explains?|suggests?|indicates?|describes?|adds?|lists?|reports?|tells? us|points? out|highlights?|"
    r"emphasi[sz]es?|confirms?|claims?|recommends?|advises?|specif(?:y|ies)|outlines?|discuss(?:es)?|"
    r"provides? (?:\w+ )?(?:information|details?|instructions?|steps|guidance)(?: (?:about|on|for|regarding))?)"
    r"(?: that\b)?"
)
_VIA: Final = (
    r"(?:based (?:up)?on|according to|as per|per|judging (?:by|from)|using|from|in|"
    rf"as {_STATED} (?:in|by|on|at)|(?:which|that) is {_STATED} (?:in|by))"
)
_SO: Final = (
    r"(?:(?:it (?:is|can be|seems)(?: \w+)? that|(?:i|we) can (?:tell you|say|infer|conclude|see)(?: that)?|that)\b ?)?"
)
_ASIDE: Final = rf" ?[(\[](?:see |from |sources?: ?)?(?:{_VIA} )?(?:the )?{_SOURCE}[^()\[\]]{{0,40}}[)\]]"
"""As in "(Passage 1)", "[Source 3]", "(as mentioned in passages 1 and 2)"."""

_CITED: Final = r" ?【[^【】]{1,40}】| ?\[\^?\d{1,3}(?: ?[,\u2013-] ?\d{1,3}){0,9}\]"
_THIS_STANDS: Final = rf"\b(?:this|it|which) (?:is|was) (?:also )?{_STATED} (?:in|by) {_SOURCE}"
_ACCORDING: Final = (
    rf"\b(?:and |but )?{_VIA} {_SOURCE}"
    rf"(?=\s*(?:[,;:.!)]|$)|(?<=\d) | (?:it|there|that|i|we|you|the|an?|this|they)\b) ?[,:]? ?{_SO}"
)
"""As in "According to the provided context, it is said that", "As mentioned in passage 2,"."""

_SOURCE_STATES: Final = rf"\b(?:and |while |but |whereas )?{_SOURCE} {_STATES}[,:]? ?"
_IT_IS_STATED: Final = rf"\bit (?:is|was) (?:also |further )?{_STATED}(?: in {_SOURCE})? that ?"
_REST: Final = rf"\b(?:(?:as )?(?:in|from|of|by|to|per) )?(?:the )?{_NUMBERED} {_NUMBER}(?![\w%]|[.,]\d)"
"""What is left of a mention: "costs 5 euros in passage 2"."""

_TALK: Final = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (_ASIDE, _CITED, _IT_IS_STATED, _THIS_STANDS, _ACCORDING, _SOURCE_STATES, _REST)
)
_MENTIONS: Final = (
    *("passage", "source", "document", "doc ", "docs ", "context", "excerpt", "snippet", "chunk", "text", "result"),
    *("article", "information", "paragraph", "material", "reference", "content", "\u3010", "[", "it is ", "it was "),
)
"""One of these stands in each text, in small letters, that `_TALK` may match; they are found sooner."""

_OPENING: Final = re.compile(
    r"(?:(?:sure|certainly|of course|absolutely|great question|good question|overall|additionally|furthermore|moreover|"
    r"however|therefore|thus|finally|in (?:summary|conclusion|short|general|addition|contrast)|"
    r"to (?:summari[sz]e|sum up|answer your question)|on the (?:one|other) hand|for (?:example|instance)|"
    r"(?:short |final )?answer|(?:please )?note(?: that)?|keep in mind that|"
    r"it(?:'s| is) (?:also )?(?:important|worth|essential) "
    r"(?:to (?:note|mention|remember|keep in mind)|noting|mentioning) that|"
    r"(?:step|point|option|method|tip) \d{1,2})(?:\s*[,:!.;\u2013-]+\s*|(?<=that)\s+|$))+",
    re.IGNORECASE,
)
_BUT: Final = (
    r"(?:(?:unfortunately|however|but|although|though|while|so|therefore|and|sorry|i(?:'m| am) sorry),? ){0,4}"
)
_I: Final = r"(?:i|we)(?:'m| am| are| was)?"
_LEARN: Final = (
    r"(?:(?:answer|find|determine|provide|tell|identify|confirm|give|have (?:\w+ )?information)\b|(?:know|sure)\W*$)"
)
"""Ends in `know` or `sure`: "I am not sure, but …" goes on to say something in its own name."""
_IF_YOU_NEED: Final = (
    r"if you (?:have|need) (?:(?:any|more|further|other|additional|some|specific) )*(?:\w+ )?"
    r"(?:questions?|quer(?:y|ies)|concerns?|doubts?|help|assistance|support|information|details?|clarifications?|guidance)\b\D*$"
)
_MORE: Final = (
    r"for (?:any |some )?(?:more|further|additional|detailed)\b[^,.\d]{0,40}\b(?:information|details?|guidance|"
    r"assistance|help|support|options|advice|instructions|resources|specifics|differences|examples)\b[^,.\d]{0,40}, "
    r"(?:please |(?:also )?you (?:can|may|should|could) (?:also )?)?"
    r"(?:refer|see|visit|consult|check|contact|read|ask|explore|search)\b\D*$"
)
_ABOUT_THE_QUESTION: Final = (
    r"(?:i think |it (?:seems|looks|appears)|there (?:seems|appears|might|may|must))\b.{0,60}\b"
    r"(?:your (?:question|query|message|request)|typos?)\b"
)
_ASK_SOMEBODY: Final = (
    r"it(?:'s| is| may be| might be) (?:always |also |generally |therefore )?(?:advisable|recommended|advised|best|"
    r"important|essential|crucial|wise|a good idea|necessary) (?:to|that you|you) (?:always )?"
    r"(?:consult|seek|speak|talk|ask)\b.{0,60}\b(?:professional|doctor|physician|lawyer|attorney|advis[eo]r|accountant|"
    r"expert|specialist|pharmacist|veterinarian|provider|advice|counsel)s?\b\D*$"
)
"""Sends the reader to somebody who knows; with a number in it, it may well say something."""
_NO_CLAIM: Final = re.compile(
    # "I hope this helps", "Let me know if …"
    r"(?:so,? )?(?:i (?:really )?hope (?:this|that|it|the (?:information|answer))\b|"
    r"(?:please )?(?:let me know|feel free)\b|"
    rf"(?:please )?(?:don't|do not) hesitate\b|{_IF_YOU_NEED}|"
    r"is there anything else\b|(?:i'd|i would|i'm|i am|i'll) (?:be )?(?:happy|glad) to\b|you(?:'re| are) welcome\b|"
    r"thank(?:s| you)\b|good luck\b|as an ai\b|(?:hello|hi|hey)\b(?: there)?[!.,])"
    # "For more information, see …", "It seems there is a typo in your question", "It is best to ask a doctor"
    rf"|{_MORE}|{_ABOUT_THE_QUESTION}|{_ASK_SOMEBODY}"
    # "The passages do not mention …", "None of the documents says …"
    rf"|{_BUT}(?:none of |neither of )?{_SOURCE} (?:(?:do|does|did|is|are|was|were|has|have|can)(?: not\b|n't\b)|"
    r"cannot\b|lacks?\b|(?:provides?|contains?|gives?|makes?|has|have) (?:no|insufficient)\b)"
    rf"|{_BUT}(?:none|neither) of {_SOURCE} "
    # "There is no information on …", "No mention is made of …"
    rf"|{_BUT}(?:there (?:is|was|are) )?(?:no|not enough|insufficient) (?:\w+ )?(?:information|mention|details?|data)\b"
    # "I cannot answer", "Unable to answer based on given passages"
    rf"|{_BUT}{_I} (?:do not|don't|cannot|can't|could not|couldn't|unable to|not able to|did not|didn't|not)"
    rf" (?:\w+ly )?{_LEARN}"
    rf"|{_BUT}(?:it is |{_I} )?(?:unable|not possible|impossible|not able) to (?:\w+ly )?{_LEARN}",
    re.IGNORECASE,
)
_NOT_THERE: Final = re.compile(
    # "The fee is not mentioned", "… cannot be found in the passages"
    r"\b(?:is|are|was|were)(?: not|n't) (?:\w+ly )?(?:mentioned|specified|stated)\b"
    rf"|(?:\bnot|n't) (?:be )?(?:\w+ly )?(?:\w+ )?(?:in|by|from) {_SOURCE}",
    re.IGNORECASE,
)
_CONCEDED: Final = re.compile(
    rf"^(?:while|although|though|even though) (?:{_SOURCE}|there (?:is|are) no)\b[^,]{{0,200}}, ", re.IGNORECASE
)
_TURN: Final = re.compile(r"[,;] (?:but|however|although|though|yet),? ", re.IGNORECASE)
_LINK: Final = re.compile(r"!?\[([^\[\]\n]{0,200})\]\([^()\s]{0,300}\)")
_EMPHASIS: Final = re.compile(r"(?<![\w*_])[*_]{1,3}(?=\S)|(?<=\S)[*_]{1,3}(?![\w*_])")
_LABEL: Final = re.compile(
    r"^[ \t>#*\[(]{0,3}(?:passage|document|source|context|doc|excerpt|chunk) ?#?\d{1,3} ?(?::|[.)\]]+ ?:?)\s?",
    re.IGNORECASE | re.MULTILINE,
)
SCRAP: Final = 8
"""Characters from which a piece is more than a mark."""
_SCRAP: Final = re.compile(r"[a-z]|\d{1,2}|yes|no", re.IGNORECASE | re.ASCII)
_EDGE: Final = " \t\n,;:\u2013-"


def unlabelled(context: str) -> str:
    """A context without the labels at the heads of its lines, such as "passage 2:", which are no text of a passage."""
    return _LABEL.sub("", context)


@lru_cache(REMEMBERED)
def bare(text: str) -> str:
    """What a sentence or clause claims, without talk about the sources and openings; "" where it claims nothing."""
    if len(text) > LONGEST:
        return text
    claim = _plain(text)
    if conceded := _CONCEDED.match(claim):
        claim = claim[conceded.end() :]
    if nothing := _NO_CLAIM.match(claim) or (_NOT_THERE.search(claim) if "not" in claim or "n't" in claim else None):
        turn = _TURN.search(claim, nothing.end())
        return _capital(bare(claim[turn.end() :])) if turn else ""
    claim = _without_opening(claim)
    lowered = claim.lower()
    if any(mention in lowered for mention in _MENTIONS):
        for pattern in _TALK:
            claim = pattern.sub(" ", claim)
        claim = _without_opening(claim.lstrip(_EDGE))
    return text if claim == text else _tidy(claim)


def scrap(text: str) -> bool:
    """Whether a piece is what is left of a mark, such as "1." or "b)", or a bare yes or no, which says what follows."""
    words = tokens(text) if len(text) < SCRAP else []
    return len(words) == 1 and bool(_SCRAP.fullmatch(words[0]))


def _plain(text: str) -> str:
    """A text with straight apostrophes, and without links and marks of emphasis."""
    text = text.replace("\u2019", "'")
    if "[" in text:
        text = _LINK.sub(r"\1", text)
    return _EMPHASIS.sub("", text) if "*" in text or "_" in text else text


def _without_opening(text: str) -> str:
    opening = _OPENING.match(text)
    return text[opening.end() :] if opening else text


def _tidy(text: str) -> str:
    """A text from which pieces were taken: single spaces, a capital at its head, nothing if it holds no content."""
    flat = re.sub(r"[\s,;:]+([.!?])", r"\1", " ".join(text.split())).strip(_EDGE)
    if not any(term.kind != "stop" for token in tokens(flat) for term in terms(token)):
        return ""
    return _capital(flat)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
