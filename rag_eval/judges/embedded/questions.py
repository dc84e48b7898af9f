"""Sentences turned into questions that people ask, by rules of grammar; most sentences give none.

"If the engine fails, drop the anchor." becomes "What should you do if the engine fails?". A sentence is left alone
where its question would be vague, would need its page to be understood, or where it cannot be told which of its words
is the verb: no question is better than a bad one.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from rag_eval.judges.embedded.overlap import content_keys
from rag_eval.language.spans import sentence_spans
from rag_eval.language.words import terms, tokens

FEWEST_WORDS: Final = 5
MOST_WORDS: Final = 40
"""Words of a sentence that may become a question."""
FEWEST_CONTENT: Final = 2
"""Content words of what a condition or an aim says; fewer say too little to be asked about."""
_MOST_SUBJECT: Final = 6
"""Words of a subject."""
_ARTICLES: Final = frozenset({"the", "a", "an", "each", "every", "all"})
_FEWEST_STEPS: Final = 2
_FEWEST_OF_A_NAME: Final = 2
"""Words, the article among them, up to which a subject may be anything of its kind."""

_SUBJECT: Final = r"(?P<subject>(?:[Tt]he |[Aa]n? |[Ee]ach |[Ee]very |[Aa]ll )?[\w'’`-]+(?: [\w'’`-]+){0,5}?)"
_ADVERB: Final = r"(?: (?:often|usually|always|sometimes|then|normally|generally|typically|only|\w+ly))?"
_NO_SUBJECT: Final = re.compile(
    r"(?:it|its|this|that|these|those|there|here|he|she|they|we|you|i|his|her|their|our|your|my|one|some|both|what|"
    r"which|who|where|when|while|if|as|in|on|at|for|from|to|by|with|and|or|but|so|then|however|although|because|"
    r"another|other|such|note|also|now|next|first|second|finally|instead|let|not|no|nothing|everything|everyone|"
    r"anyone|anything|somebody|nobody|most|many|few|several|after|before|until|under|over|without|unlike|using|"
    r"running|adding|doing|having|being|making|getting)\b",
    re.IGNORECASE,
)
_INSIDE: Final = re.compile(
    r"\b(?:that|which|who|whom|whose|where|when|because|if|while|and|or|but|is|are|was|were|be|been|has|have|"
    r"had|will|"
    r"would|can|could|may|might|must|should|do|does|did|to|than|not|of course|also|now|alone|believes?|says?|"
    r"said|thinks?|knows?|"
    r"means?|shows?|makes?|uses?|gets?|goes|wants?|we|you|they|it)\b",
    re.IGNORECASE,
)
"""Words that a subject cannot hold: its verb would be another one."""
_OF_A_PAGE: Final = (
    r"(?:price|fee|cost|amount|following|code|error|problem|result|value|example|program|method|function|type|"
    r"thing|way|case|reason|"
    r"idea|point|"
    r"difference|output|input|data|item|name|rest|user|author|text|file|object|process|system|definition|body|"
    r"parameter|argument|variable|line|list|number|part|potential [\w ]+)s?"
)
_VAGUE: Final = re.compile(rf"(?:the |an? )?{_OF_A_PAGE}", re.IGNORECASE)
_ENDS_VAGUE: Final = re.compile(rf"\bthe {_OF_A_PAGE}$|\binside$|\b(?:it|them|they|he|she|then)\b")
"""Subjects that are somebody's only on their page."""
_POINTS: Final = re.compile(
    r"\b(?:this|these|those|here|above|below|following|previous|former|latter|next|same|such|first|second|third|last|"
    r"current|another|other|earlier|later|mentioned|we|us|our|i|my|let)\b|\b(?:listing|figure|fig|table|chapter|"
    r"section|"
    r"example|equation|appendix|exercise)s?\b",
    re.IGNORECASE,
)
"""Words that speak of the document and not of its subject; nobody who has not read it would ask by them."""
_UNCLEAR: Final = re.compile(
    r"\b(?:this|these|those|above|below|following|previous|former|latter|earlier|mentioned|shown|listed|described)\b"
    r"|\b(?:listing|figure|fig|table|chapter|section|equation|appendix)s?\b",
    re.IGNORECASE,
)
"""The same in an answer, which may say "first" and "we"."""
_NAME: Final = re.compile(r"(?<=[a-z,;)] )[A-Z][\w-]*")
"""Words that have their capital inside a sentence too."""
_MARKUP: Final = re.compile(
    r"(?P<tick>`{1,9})(?P<code>.{1,300}?)(?P=tick)(?!`)|\[(?P<link>[^\]]{0,300})\](?:\([^)]{0,300}\)|"
    r"\[[^\]]{0,300}\])"
    r"|<[^>]{0,300}>|[*`\\]|(?<!\w)_+|_+(?!\w)|\[\^?\d+\]",
    re.DOTALL,
)
_UNFIT: Final = re.compile(r"[{}=;<>\\|$#@]|::|->|//|\(\)|\bhttps?:|\b\w+\.\w{2,4}\b/")
_AFFIX: Final = re.compile(r"^(?:[Nn]ote that|[Rr]emember that|[Hh]owever,|[Ss]o,|[Tt]hus,|[Aa]lso,|[Ff]or example,) ")
_LETTER: Final = re.compile(r"\b(?!I\b)[A-Z]\b(?! ?[-–])|\b[a-z]\b(?<!\ba)")
"""Names of examples, such as module A."""

_NOUN: Final = (
    r"(?:the|an?|every|each|all|at least|up to|about|only|no|any|its|their|both|two|three|four|"
    r"five)(?! (?:different|certain|"
    r"various|few|lot|number|kind|sort|way|good|bad|better|little|bit)\b)"
)
"""How what a verb is about begins; after another word the "verb" may be a noun, as costs are, and some say nothing."""
_OBJECTS: Final = {
    "contains": "contain", "includes": "include", "provides": "provide", "needs": "need", "requires": "require",
    "covers": "cover", "stores": "store", "returns": "return", "describes": "describe", "defines": "define",
    "represents": "represent", "means": "mean", "measures": "measure", "weighs": "weigh", "supports": "support",
    "prevents": "prevent",
}  # fmt: skip
_WIDE: Final = frozenset({"provides", "includes"})
"""Those of which a thing of one word, such as Rust, does too much to be asked about."""
_RESTING: Final = {"consists of": "consist of", "depends on": "depend on", "serves as": "serve as"}
_FOUND: Final = re.compile(
    r"(?P<how>measured|calculated|computed|determined|estimated) (?:by|as|from|with|using|on) \w"
)
_LENGTHS: Final = {"takes": "take", "lasts": "last"}
_TIMES: Final = {"begins": "begin", "starts": "start", "ends": "end", "closes": "close", "opens": "open"}
_NO_OBJECT: Final = re.compile(r"(?:stay|be|go|come|remain|keep|have|do|take|get|look|know|note|think)\b")
"""Verbs of which "What must it …?" is no question."""
_LETS: Final = re.compile(r"(?P<whom>you|users|people|guests|members|visitors|customers) (?:to )?[a-z]+ ")
_UNITS: Final = r"(?:seconds?|minutes?|hours?|days?|weeks?|months?|years?)"
_DURATION: Final = re.compile(
    rf"(?:(?:about|up to|at least|at most|only|between) )?[\w.,-]+(?: (?:and|to|or) [\w.,]+)? {_UNITS}\b"
)
_AMOUNT: Final = re.compile(r"(?:about |up to |at least |at most |only |over |under |between )?[€$£¥]?\d")
_PRICE: Final = re.compile(
    r"(?:about |up to |at least |only |over |under |between )?"
    r"(?:[€$£¥] ?\d|\d[\d.,]* ?(?:[€$£¥]|euros?|pounds?|dollars?|pence|cents?))"
)
_A_KIND: Final = re.compile(
    r"(?:an?|the|one of the) (?!(?:example|same|way|good|bad|big|bit|lot|case|result|point|first|second|only|"
    r"best|most|"
    r"kind of|reason|number|key|great|perfect|owner)\b)\w"
)
_USED: Final = re.compile(r"used (?:to|for) ")
_DONE: Final = re.compile(
    r"(?P<done>\w+ed|built|founded|made|written|sold|held|begun|won)\b.*\b(?:in|on|since|from|until) "
    r"(?:\d{4}\b|\d\d?:\d\d|\d{1,2} [A-Z]|[A-Z][a-z]+ \d)"
)
_BEING: Final = (
    (_USED, "What {verb} {subject} used for?"),
    (_FOUND, "How {verb} {subject} {how}?"),
    (_DONE, "When {verb} {subject} {done}?"),
    (_PRICE, "How much {verb} {subject}?"),
    (_AMOUNT, "What {verb} {subject}?"),
)
"""How a sentence goes on behind "is", and what is asked then."""
_WHEN: Final = re.compile(
    rf"\b(?:[\w-]+ {_UNITS} (?:before|after)|only (?:when|if|after|before|on|in|at|between|from)|when(?:ever)?|"
    rf"before|after|"
    r"until|by|within|between|from|as soon as|at (?:least )?\d|during|on (?:\w+days?|\d))\b"
)
_TIME: Final = re.compile(
    rf"\b\d\d?:\d\d\b|\b(?:{_UNITS}|noon|midnight|\w+day|dusk|dawn|sunrise|sunset|when|until|before|after)\b"
)
_PLACE: Final = re.compile(r" (?:everywhere|nowhere|anywhere|at the|in the|on the|beside|behind|outside|inside) ?")
_VERB: Final = re.compile(r"(?P<verb>(?:not |never )?(?:be )?[a-z]+)(?P<tail>.*)", re.DOTALL)
_BEEN: Final = re.compile(r"be \w*(?:ed|en|wn|ne|ht|pt|de|ft|ld|ng|ad|ut|id)$")
_ACTS: Final = re.compile(
    r"(?:then |please )?(?!\w+ing\b)(?!(?:the|an?|it|its|they|he|she|there|this|that|these|no|not|all|any|each|"
    r"every|we|you|"
    r"i|your|our|"
    r"their|his|her|one|two|only|some|most|both|and|or|but|nor|so|as|which|who|with|in|on|at|by|for|from|to|"
    r"of)\b)[a-z]+ "
    r"(?:the|an?|your|it|them|to|at|in|on|out|off|with|from|for|up|down|away|\d|us|him|her)\b"
)
"""How an instruction begins: a verb, and what it is about."""
_ADVISED: Final = re.compile(r"(?:then )?you (?:must|should|need to|have to|will need to)\b")
_OUTCOME: Final = re.compile(
    r"(?:then )?(?:the|an?|all|any|no|its|your|it|they) .*\b(?:is|are|will|must|may|can|cannot|does|do|has|have|"
    r"\w{3,}s)\b"
)

_CONDITION: Final = re.compile(r"(?P<word>If|When|Once|Unless) (?P<condition>[^,]{8,110}), (?P<rest>.{12,})[.!]$")
_ALONE: Final = re.compile(
    r"(?:it|they|he|she|so|that|not|any|necessary|needed|possible|we|i|there|an error|the code|\w+ly)\b|"
    r"\w+(?:ing|ed)\b|\w+_\w+|"
    r".*\b(?-i:[A-Z]\w+ \d)",
    re.IGNORECASE,
)
"""How a condition begins that points at something said before it, or has no subject."""
_REASON: Final = re.compile(
    _SUBJECT + r" (?P<verb>is|are|was|were|must|can|cannot|should) (?P<rest>[^,;:]{3,90}?),? because .{8,}[.!]$"
)
_PURPOSE: Final = re.compile(r"To (?P<aim>[a-z]+ [^,]{4,90}), (?P<rest>.{8,})[.!]$")
_NO_AIM: Final = re.compile(
    r"(?:the|an?|this|that|our|some|any|what|date|help|avoid|see|make|do|be|understand|explain|recap|summarize|"
    r"illustrate|"
    r"demonstrate|keep|begin|start|learn)\b"
)
_HOW: Final = re.compile(
    r"(?:you|we) (?:(?:still|just|simply|first|also) )?(?:can|need|must|should|have to|use|call|add|write|run)\b"
    r"(?! to (?:know|understand))|" + _ACTS.pattern
)
_TWO_IS: Final = re.compile(_SUBJECT + r" (?P<verb>is|are|was|were) (?P<rest>.{8,})[.!]$")
_MUST: Final = re.compile(_SUBJECT + r" (?P<verb>must|may|can|should) (?P<rest>.{6,})[.!]$")
_DOES: Final = re.compile(
    _SUBJECT + _ADVERB + r" (?P<verb>costs|allows|lets|enables|"
    + "|".join((*_OBJECTS, *_LENGTHS, *_TIMES)) + r") (?P<rest>.{4,})[.!]$"
)  # fmt: skip
_RESTS: Final = re.compile(_SUBJECT + _ADVERB + rf" (?P<verb>{'|'.join(_RESTING)}) (?P<rest>.{{4,}})[.!]$")
_HELPS: Final = re.compile(_SUBJECT + r" can help (?:you |users |people )?with (?P<rest>\w.{3,})[.!]$")
_CAN_BE_USED: Final = re.compile(r"[A-Z`][^,;:.]{2,80}? can be used (?P<aim>to [a-z]+ [^,;:.]{8,80})[.!]$")
_TERM: Final = re.compile(
    r"(?P<subject>[A-Z][\w-]*(?: [\w-]+){0,3}) ?[:–—] (?P<rest>(?:[Tt]he|[Aa]n?) [a-z].{16,})[.!]$"
)
"""A word and what it means, as glossaries have it."""
_NO_TERM: Final = re.compile(
    r"(?:.* )?(?:note|tip|warning|example|answer|question|result|solution|problem)s?", re.IGNORECASE
)
_HOW_TO: Final = re.compile(r"How to (?P<topic>.{4,80})")
_GERUND: Final = re.compile(r"(?P<topic>[A-Z][a-z]+ing\b.{0,80})")
_STARTS: Final = re.compile(
    r"(?:(?:the|an?|this|that|these|it|its|we|you|i|each|every|there|if|when|for|from|to|of|by|with|at|in|"
    r"\w+ing|\w+ed)\b)|`",
    re.IGNORECASE,
)
"""How an item begins that is no instruction."""


@dataclass(frozen=True)
class SentenceQuestion:
    """A sentence as a question."""

    question: str
    answer: str
    quote: str
    subject: str = ""
    """What it speaks of, as it stands inside a sentence; empty where that cannot be told."""
    plural: bool = False
    """Whether that is several things."""


@dataclass(frozen=True)
class StepsQuestion:
    """A list of steps as the answer to a question."""

    question: str
    answer: str
    quotes: tuple[str, ...]


_Made = tuple[str, str] | None
"""A question and what it speaks of."""


def of_sentences(text: str, only: re.Pattern[str] | None = None) -> Iterator[SentenceQuestion]:
    """The sentences of a passage that can be turned into questions that stand by themselves."""
    names = frozenset(filter(lambda name: _is_name(name, text), _NAME.findall(text)))
    for sentence, quote in _sentences(text):
        for shape, turn in _SHAPES:
            match = shape.match(sentence) if only in (None, shape) else None
            if match and (made := turn(match, names)) and _stands_alone(made[0]):
                subject = match.groupdict().get("subject") or ""
                yield SentenceQuestion(made[0], sentence, quote, made[1], _is_plural(subject) if subject else False)
                break


def of_purposes(text: str) -> Iterator[SentenceQuestion]:
    """How to reach an aim that a sentence begins with: "To reset the pump, hold the knob."."""
    for sentence, quote in _sentences(text):
        match = _PURPOSE.match(sentence)
        if match and not _NO_AIM.match(match["aim"]) and _HOW.match(match["rest"]) and _says_enough(match["aim"]):
            asked = f"How do you {match['aim']}?"
            if _stands_alone(asked):
                yield SentenceQuestion(asked, sentence, quote)


def of_steps(text: str) -> StepsQuestion | None:
    """What is to be done, of a passage whose heading names something to do and whose items are instructions."""
    spans = [span for span in sentence_spans(text) if span.kind == "item"]
    items = [(_plain(text[span.start : span.end]), text[span.start : span.end]) for span in spans]
    if len(items) < _FEWEST_STEPS or any(_STARTS.match(item) for item, _ in items):
        return None
    first = text.lstrip().partition("\n")[0]
    heading = _plain(first.lstrip("# ")) if first.startswith("#") else ""
    if match := _HOW_TO.fullmatch(heading):
        asked = f"How do you {match['topic']}?"
    elif match := _GERUND.fullmatch(heading):
        asked = f"What is the procedure for {match['topic'][:1].lower()}{match['topic'][1:]}?"
    else:
        return None
    return StepsQuestion(asked, " ".join(item for item, _ in items), tuple(quote for _, quote in items))


def unsaid(each: SentenceQuestion, text: str) -> Iterator[str]:
    """What somebody may well ask of the same thing; whether it is said nowhere is to be looked up."""
    words = each.subject.split()
    if words[:1] != ["the"] or not _FEWEST_OF_A_NAME < len(words) < _MOST_SUBJECT:
        return
    was = "were" if each.plural else "was"
    if "`" in text or "::" in text:
        yield f"When {was} {each.subject} added?"
        return
    yield f"Who designed {each.subject}?"
    yield f"When {was} {each.subject} last replaced?"


def _is_name(word: str, text: str) -> bool:
    """Whether a word has its capital more often than not."""
    return len(re.findall(rf"\b{re.escape(word)}\b", text)) > len(re.findall(rf"\b{re.escape(word.lower())}\b", text))


def _stands_alone(question: str) -> bool:
    return not (_POINTS.search(question) or _LETTER.search(question))


def _says_enough(text: str) -> bool:
    """Whether a clause has words of its own, and not such only as any page may have."""
    return len(content_keys(text)) >= FEWEST_CONTENT and not _ENDS_VAGUE.search(text)


def _condition(match: re.Match[str], _: frozenset[str]) -> _Made:
    condition, rest = match["condition"], match["rest"]
    if _ALONE.match(condition) or not _says_enough(condition):
        return None
    word = {"Unless": "unless", "If": "if"}.get(match["word"], "when")
    if _ACTS.match(rest) or _ADVISED.match(rest):
        return f"What should you do {word} {condition}?", ""
    if word != "unless" and re.match(r"(?:then )?(?:we|i|you|let)\b", rest, re.IGNORECASE):
        return None
    return (f"What happens {word} {condition}?", "") if _OUTCOME.match(rest) else None


def _reason(match: re.Match[str], names: frozenset[str]) -> _Made:
    subject = "" if match["rest"].startswith("now ") else _subject(match, names)
    return (f"Why {match['verb']} {subject} {match['rest']}?", subject) if subject else None


def _is(match: re.Match[str], names: frozenset[str]) -> _Made:
    subject, verb, rest = _subject(match, names), match["verb"], match["rest"]
    if not subject or re.search(r"\w+ly$|\bnot$|^\w+ing\b", match["subject"]):
        return None
    for shape, asked in _BEING:
        if begins := shape.match(rest):
            return asked.format(verb=verb, subject=subject, **begins.groupdict()), subject
    return (f"What {verb} {subject}?", subject) if _A_KIND.match(rest) and verb in ("is", "are") else None


def _must(match: re.Match[str], names: frozenset[str]) -> _Made:
    subject, modal, verb = _subject(match, names), match["verb"], _VERB.match(match["rest"])
    if not subject or verb is None or verb["verb"].startswith(("not", "never")):
        return None
    phrase, tail = verb["verb"], verb["tail"]
    if phrase == "be" or (phrase.startswith("be ") and not _BEEN.match(phrase)):
        return None
    when = _WHEN.search(tail)
    if when and _TIME.search(tail[when.start() :]):
        kept = re.split(r",| and ", tail[: when.start()])[0].rstrip()
        return f"When {modal} {subject} {phrase}{kept}?", subject
    if phrase == "go" and _PLACE.match(tail + " "):
        return f"Where {modal} {subject} go?", subject
    asks_what = modal in ("must", "should") and not phrase.startswith("be ") and not _NO_OBJECT.match(phrase)
    if asks_what and re.match(rf" {_NOUN}\b", tail):
        return f"What {modal} {subject} {phrase}?", subject
    return None


def _does(match: re.Match[str], names: frozenset[str]) -> _Made:
    subject, verb, rest = _subject(match, names), match["verb"], match["rest"]
    if not subject or _is_plural(match["subject"]):
        return None
    if verb == "costs":
        return (f"How much does {subject} cost?", subject) if _AMOUNT.match(rest) else None
    if verb in _LENGTHS:
        long = _DURATION.match(rest)
        return (f"How long does {subject} {_LENGTHS[verb]}?", subject) if long else None
    if verb in _TIMES:
        return (f"When does {subject} {_TIMES[verb]}?", subject) if re.match(r"(?:at|on|from) .*\d", rest) else None
    if verb in ("allows", "lets", "enables"):
        lets = _LETS.match(rest)
        to_do = "do" if verb == "lets" else "to do"
        return (f"What does {subject} {verb[:-1]} {lets['whom']} {to_do}?", subject) if lets else None
    named = " " in subject or verb not in _WIDE
    return (f"What does {subject} {_OBJECTS[verb]}?", subject) if named and re.match(rf"{_NOUN}\b", rest) else None


def _rests(match: re.Match[str], names: frozenset[str]) -> _Made:
    subject = "" if _is_plural(match["subject"]) else _subject(match, names)
    return (f"What does {subject} {_RESTING[match['verb']]}?", subject) if subject else None


def _helps(match: re.Match[str], names: frozenset[str]) -> _Made:
    subject = _subject(match, names)
    return (f"What can {subject} help with?", subject) if subject else None


def _usable(match: re.Match[str], _: frozenset[str]) -> _Made:
    return (f"What can be used {match['aim']}?", "") if _says_enough(match["aim"]) else None


def _term(match: re.Match[str], names: frozenset[str]) -> _Made:
    subject = "" if _NO_TERM.fullmatch(match["subject"]) else _subject(match, names)
    return (f"What is meant by {match['subject']}?", subject) if subject else None


_Turn = Callable[[re.Match[str], frozenset[str]], _Made]
DEFINITION: Final = _TWO_IS
"""The shape of a sentence that says what something is."""
_SHAPES: Final[tuple[tuple[re.Pattern[str], _Turn], ...]] = (
    (_CONDITION, _condition),
    (_REASON, _reason),
    (_TWO_IS, _is),
    (_HELPS, _helps),
    (_MUST, _must),
    (_DOES, _does),
    (_RESTS, _rests),
    (_CAN_BE_USED, _usable),
    (_TERM, _term),
)


def _subject(match: re.Match[str], names: frozenset[str]) -> str:
    """The subject, as it stands inside a sentence, if it names something by itself."""
    subject = re.sub(r" \w+ly$", "", match["subject"].strip())
    words = [term for token in tokens(subject) for term in terms(token)]
    named = any(term.kind == "word" for term in words) and not any(term.kind == "figure" for term in words)
    if not named or _NO_SUBJECT.match(subject) or _INSIDE.search(subject) or _VAGUE.fullmatch(subject):
        return ""
    return _lowered(subject, names)


def _is_plural(subject: str) -> bool:
    """Whether a subject is several things, by the end of its first noun group."""
    head = re.split(r" (?:of|in|on|at|for|from|with) ", subject)[0].rpartition(" ")[2].lower()
    return head.endswith("s") and not head.endswith(("ss", "us", "is", "'s", "’s"))


def _sentences(text: str) -> Iterator[tuple[str, str]]:
    """Sentences without markup that can be understood alone, each with what stands in the passage."""
    for span in sentence_spans(text):
        if span.kind in ("prose", "item"):
            quote = text[span.start : span.end]
            sentence = _AFFIX.sub("", _plain(quote))
            sentence = sentence[:1].upper() + sentence[1:]
            fits = FEWEST_WORDS <= len(tokens(sentence)) <= MOST_WORDS
            if fits and not (_UNFIT.search(sentence) or _UNCLEAR.search(sentence)):
                yield sentence, quote


def _plain(quote: str) -> str:
    """Without marks of layout; code stays as it is, to the letter."""
    return " ".join(_MARKUP.sub(lambda match: match["code"] or _plain(match["link"] or ""), quote).split())


def _lowered(text: str, names: frozenset[str]) -> str:
    """A text inside a sentence: its first word in small letters, unless it is a name."""
    first, _, rest = text.partition(" ")
    word = re.sub(r"['’]s$", "", first)
    named = word in names or (rest[:1].isupper() and word.lower() not in _ARTICLES)
    return text[:1].lower() + text[1:] if (word[1:].islower() and not named) or len(word) == 1 else text
