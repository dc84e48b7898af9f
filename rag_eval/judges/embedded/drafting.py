"""Draft questions without a language model: sentences of a few plain shapes, turned round.

"If the engine fails, drop the anchor." becomes "What happens if the engine fails?". What is drafted is for a person to
review, and says so. A sentence that fits no shape gives no question; that is better than a bad one.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from pydantic import JsonValue

from rag_eval.judges.embedded.claims import statements
from rag_eval.judges.embedded.figures import unfounded
from rag_eval.judges.embedded.overlap import content_keys, overlap
from rag_eval.judges.embedded.passages import numbers_with_units, read_passages
from rag_eval.judges.embedded.support import check
from rag_eval.language.sentences import shorten
from rag_eval.language.spans import sentence_spans
from rag_eval.language.words import terms, tokens

Input = Mapping[str, JsonValue]
Reply = dict[str, JsonValue]

FEWEST_WORDS: Final = 5
MOST_WORDS: Final = 45
"""Words of a sentence that may become a question."""

FEWEST_CONDITION: Final = 4
"""Words of a condition; shorter ones, such as "if needed", say too little."""

FEWEST_KEYWORDS: Final = 3
"""Words that somebody in a hurry types at least."""

SOME_SUPPORT: Final = 0.3
"""Mean coverage of an answer's claims below which it is about something else. Of the references of XQuAD, CLAP NQ and
a set of our own, 4 in 1,600 lie below it; of their neighbours' references, put in their places, 98 %."""

ANSWERED: Final = 0.85
"""Share of a question's content words, weighed, that one passage must hold to be taken for an answer to it."""

FEWEST_ASKED_ABOUT: Final = 4
"""Content words of a question below which finding them all together says little."""

_SUBJECT: Final = r"(?P<subject>(?:[Tt]he |[Aa]n? |[Ee]ach |[Ee]very |[Aa]ll )?[\w'’`-]+(?: [\w'’`-]+){0,5}?)"
_NOT_A_SUBJECT: Final = re.compile(
    r"(?:it|its|this|that|these|those|there|here|he|she|they|we|you|i|his|her|their|our|your|my|one|some|both|what|"
    r"which|who|where|when|while|if|as|in|on|at|for|from|to|by|with|and|or|but|so|then|however|although|because|"
    r"another|other|such|note|also|another|now|next|first|second|finally|instead|let|not|no|nothing|everything)\b",
    re.IGNORECASE,
)
_LINKED: Final = re.compile(
    r"\b(?:that|which|who|where|when|because|if|while|and|or|but|is|are|was|were|has|have|will|can|to|of course)\b"
)
_SAYS: Final = (
    "allow let enable provide mean contain include return prevent give support use require need represent describe "
    "define hold store create add remove cause make cover cost take last weigh measure begin start end close open"
)
_VERBS: Final = {f"{verb}{'es' if verb.endswith(('s', 'x', 'ch')) else 's'}": verb for verb in _SAYS.split()}
_LENGTHS: Final = {"take", "last"}
_TIMES: Final = {"begin", "start", "end", "close", "open"}
_DURATION: Final = re.compile(r"\d|\b(?:seconds?|minutes?|hours?|days?|weeks?|months?|years?)\b")
_ALONE: Final = re.compile(r"(?:it|they|he|she|so|that|not|any|necessary|needed|possible)\b", re.IGNORECASE)
"""How a condition begins that points at something said before it."""
_NAME: Final = re.compile(r"(?<=[a-z,;)] )[A-Z][\w-]*")
"""Words that have their capital inside a sentence too."""
_MARKUP: Final = re.compile(
    r"(?P<tick>`{1,9})(?P<code>.{1,300}?)(?P=tick)(?!`)|\[(?P<link>[^\]]{0,300})\](?:\([^)]{0,300}\)|\[[^\]]{0,300}\])"
    r"|<[^>]{0,300}>|[*`\\]|(?<!\w)_+|_+(?!\w)|\[\^?\d+\]",
    re.DOTALL,
)
_UNFIT: Final = re.compile(r"[{}=;<>\\|$#@]|::|->|//|\(\)|\bhttps?:|\b\w+\.\w{2,4}\b/")
_POINTS: Final = re.compile(
    r"\b(?:this|these|those|here|above|below|following|previous|former|latter|next|same|such|first|second|third|last|"
    r"current|another|other|earlier|later|mentioned|we|us|our|i|my|let)\b|\b(?:listing|figure|fig|table|chapter|section|"
    r"example|equation|appendix|exercise)s?\b",
    re.IGNORECASE,
)
"""Words that speak of the document and not of its subject; nobody who has not read it would ask by them."""
_REFERS: Final = re.compile(r"\b(?:Listing|Figure|Fig\.|Table|Chapter|Section|Equation|Appendix)s? [\dA-Z]")
_AFFIX: Final = re.compile(r"^(?:[Nn]ote that|[Rr]emember that|[Hh]owever,|[Ss]o,|[Tt]hus,|[Aa]lso,|[Ff]or example,) ")

_CONDITION: Final = re.compile(
    r"(?P<word>If|When|Once|Unless) (?P<condition>[^,]{8,110}), (?P<rest>(?:then )?.{12,})[.!]$"
)
_REASON: Final = re.compile(r"(?P<main>[A-Z][^,;:]{15,120}?),? because (?P<rest>.{8,})[.!]$")
_PURPOSE: Final = re.compile(r"To (?P<aim>[a-z]+ [^,]{4,90}), (?P<rest>(?:[a-z]|you).{8,})[.!]$")
_IS: Final = re.compile(_SUBJECT + r" (?P<verb>is|are|was|were) (?P<rest>.{8,})[.!]$")
_MUST: Final = re.compile(_SUBJECT + r" (?P<verb>must|may|can|should|cannot|must not|may not) (?P<rest>.{6,})[.!]$")
_DOES: Final = re.compile(_SUBJECT + rf" (?P<verb>{'|'.join(_VERBS)}) (?P<rest>.{{4,}})[.!]$")
_DEFINES: Final = re.compile(r"(?:an?|the|one of|called|known as)\b")
_USED: Final = re.compile(r"used (?P<how>to|for|as|by|in|with)\b")
_AMOUNT: Final = re.compile(r"(?:about |up to |at least |at most |only |over |under |between )?[€$£¥]?\d")
_DONE: Final = re.compile(
    r"(?P<done>\w+ed|built|founded|made|written|sold|held|begun|won)\b"
    r".*\b(?:in|on|since|from|until) (?:\d|[A-Z][a-z]+ \d)"
)
_YEAR: Final = re.compile(r"\b(?:1[5-9]|20)\d\d\b|\d ?%")
_YES_OR_NO: Final = re.compile(r"\W*(?:yes|no)\W*", re.IGNORECASE)
_STEPS: Final = re.compile(r"^(?:How to |(?P<gerund>[A-Z][a-z]+ing)\b)", re.MULTILINE)


@dataclass(frozen=True)
class SentenceQuestion:
    """A sentence as a question."""

    question: str
    answer: str
    quote: str
    subject: str = ""
    """What it speaks of, as it stands inside a sentence; empty where that cannot be told."""


def draft(given: Input) -> Reply:
    """The reply to a request for a draft: the question numbered `turn` of those that the passages allow."""
    make = _MAKERS[str(given.get("kind", "single-fact"))]
    passages = [passage for passage in _listed(given.get("passages")) if isinstance(passage, dict)]
    texts = [str(passage.get("text", "")) for passage in passages]
    drafts = list(make(texts))
    turn = given.get("turn")
    number = turn if isinstance(turn, int) else 0
    if number >= len(drafts):
        return {"question": "", "answer": "", "quotes": []}
    question, answer, quotes = drafts[number]
    return {"question": _as_asked(question, given), "answer": answer, "quotes": [*quotes]}


def follows(given: Input) -> Reply:
    """Whether a statement follows from a context: each of its claims is borne out by the rule."""
    question, statement = str(given.get("question", "")), str(given.get("statement", ""))
    passages = read_passages(str(given.get("context", "")))
    known = content_keys(question)
    findings = [check(claim, passages, known) for claim in statements(statement)]
    wrong = next((finding for finding in findings if not finding.supported), None)
    if not findings:
        return {"reason": "The statement says nothing that could be looked up.", "verdict": 0}
    return {"reason": (wrong or findings[0]).reason, "verdict": int(wrong is None)}


def supports(given: Input) -> Reply:
    """How far an answer follows from a context: all its claims do, or its words are mostly there, or they are not."""
    question, answer = str(given.get("question", "")), str(given.get("answer", ""))
    if _YES_OR_NO.fullmatch(answer):
        return {"reason": "Whether yes or no follows cannot be told by words.", "grade": 2}
    passages = read_passages(str(given.get("context", "")))
    known = content_keys(question)
    claims = statements(answer)
    findings = [check(claim, passages, known) for claim in claims]
    if not findings:
        return {"reason": "The answer says nothing that could be looked up.", "grade": 1}
    wrong = next((finding for finding in findings if not finding.supported), None)
    if wrong is None:
        return {"reason": findings[0].reason, "grade": 2}
    if number := unfounded(answer, str(given.get("context", "")), question):
        return {"reason": f"The context neither holds the number {number} nor numbers that give it.", "grade": 0}
    shared = [overlap(claim, passages, known) for claim in claims]
    coverage = sum(part.whole + part.sentence for part in shared) / (2 * len(shared))
    return {"reason": wrong.reason, "grade": int(coverage >= SOME_SUPPORT)}


def answers(given: Input) -> Reply:
    """Whether a passage answers a question: nearly all that is asked about stands near together in it."""
    question = str(given.get("question", ""))
    shared = overlap(question, read_passages(str(given.get("passage", ""))))
    enough = len(content_keys(question)) >= FEWEST_ASKED_ABOUT
    reason = f"Nearest: {shorten(shared.evidence)}" if shared.evidence else "It holds no word of the question."
    return {"reason": reason, "verdict": int(enough and (shared.whole + shared.sentence) / 2 >= ANSWERED)}


_Drafts = Iterator[tuple[str, str, list[str]]]


def _facts(texts: list[str]) -> _Drafts:
    return ((each.question, each.answer, [each.quote]) for each in _sentence_questions(texts[0]))


def _numbers(texts: list[str]) -> _Drafts:
    for each in _sentence_questions(texts[0]):
        has_number = numbers_with_units(tokens(each.answer)) or _YEAR.search(each.answer)
        if has_number and not numbers_with_units(tokens(each.question)):
            yield each.question, each.answer, [each.quote]


def _steps(texts: list[str]) -> _Drafts:
    for sentence, quote in _sentences(texts[0]):
        match = _PURPOSE.match(sentence)
        if match and not _POINTS.search(match["aim"]):
            yield f"How do you {match['aim']}?", sentence, [quote]
    items = _items(texts[0])
    heading = _heading(texts[0])
    if len(items) > 1 and (shape := _STEPS.match(heading)):
        topic = heading.removeprefix("How to ")
        asked = f"What are the steps of {topic[:1].lower()}{topic[1:]}?" if shape["gerund"] else f"How do you {topic}?"
        yield asked, " ".join(text for text, _ in items), [quote for _, quote in items]


def _both(texts: list[str]) -> _Drafts:
    """A question of each passage in one, where both speak of the same thing."""
    for first in _sentence_questions(texts[0]):
        for second in _sentence_questions(texts[-1]):
            if content_keys(first.answer) & content_keys(second.answer) and first.answer != second.answer:
                asked = f"{first.question.rstrip('?')}, and {second.question[:1].lower()}{second.question[1:]}"
                yield asked, f"{first.answer} {second.answer}", [first.quote, second.quote]


def _compared(texts: list[str]) -> _Drafts:
    for first in _sentence_questions(texts[0], only=_IS):
        for second in _sentence_questions(texts[-1], only=_IS):
            if first.subject and second.subject and first.subject.lower() != second.subject.lower():
                asked = f"What is the difference between {first.subject} and {second.subject}?"
                yield asked, f"{first.answer} {second.answer}", [first.quote, second.quote]


def _unanswered(texts: list[str]) -> _Drafts:
    """What the documents might well say of something that they define, and must be shown not to say."""
    for each in _sentence_questions(texts[0]):
        if each.subject:
            for asked in (f"Who was the first to propose {each.subject}?", f"What does {each.subject} cost a year?"):
                yield asked, "", []


_MAKERS: Final[Mapping[str, Callable[[list[str]], _Drafts]]] = {
    "single-fact": _facts,
    "paraphrased": _facts,
    "numeric": _numbers,
    "procedural": _steps,
    "multi-hop": _both,
    "comparison": _compared,
    "unanswerable": _unanswered,
}


def _sentence_questions(text: str, only: re.Pattern[str] | None = None) -> Iterator[SentenceQuestion]:
    """The sentences of a passage that can be turned into questions that stand by themselves."""
    names = frozenset(_NAME.findall(text))
    for sentence, quote in _sentences(text):
        for shape, turn in _SHAPES:
            match = shape.match(sentence) if only in (None, shape) else None
            if match and (made := turn(match, names)) and not _POINTS.search(made[0]):
                yield SentenceQuestion(made[0], sentence, quote, made[1])
                break


_Made = tuple[str, str] | None
"""A question and what it speaks of."""


def _condition(match: re.Match[str], _: frozenset[str]) -> _Made:
    condition = match["condition"]
    if len(condition.split()) < FEWEST_CONDITION or _ALONE.match(condition):
        return None
    word = {"Unless": "unless", "If": "if"}.get(match["word"], "when")
    return f"What happens {word} {condition}?", ""


def _reason(match: re.Match[str], names: frozenset[str]) -> _Made:
    main = match["main"]
    return None if _NOT_A_SUBJECT.match(main) else (f"Why is it that {_lowered(main, names)}?", "")


def _is(match: re.Match[str], names: frozenset[str]) -> _Made:
    subject, verb, rest = _subject(match, names), match["verb"], match["rest"]
    if not subject:
        return None
    if used := _USED.match(rest):
        return (f"What {verb} {subject} used {used['how']}?", subject) if used["how"] in ("to", "for") else None
    if done := _DONE.match(rest):
        return f"When {verb} {subject} {done['done']}?", subject
    if _AMOUNT.match(rest) or _DEFINES.match(rest):
        return f"What {verb} {subject}?", subject
    return None


def _must(match: re.Match[str], names: frozenset[str]) -> _Made:
    subject, verb = _subject(match, names), match["verb"]
    if not subject:
        return None
    if verb in ("must", "should"):
        return f"What is required of {subject}?", subject
    if verb in ("cannot", "must not", "may not"):
        return f"What is not possible or not allowed for {subject}?", subject
    return f"What is possible or allowed for {subject}?", subject


def _does(match: re.Match[str], names: frozenset[str]) -> _Made:
    subject, verb = _subject(match, names), _VERBS[match["verb"]]
    if not subject:
        return None
    if verb == "cost":
        return f"How much does {subject} cost?", subject
    if verb in _LENGTHS and _DURATION.search(match["rest"]):
        return f"How long does {subject} {verb}?", subject
    if verb in _TIMES:
        return (f"When does {subject} {verb}?", subject) if re.search(r"\d", match["rest"]) else None
    return f"What does {subject} {verb}?", subject


_SHAPES: Final = (
    (_CONDITION, _condition),
    (_REASON, _reason),
    (_IS, _is),
    (_MUST, _must),
    (_DOES, _does),
)


def _subject(match: re.Match[str], names: frozenset[str]) -> str:
    """The subject, as it stands inside a sentence, if it names something by itself."""
    subject = re.sub(r" \w+ly$", "", match["subject"].strip())
    words = [term for token in tokens(subject) for term in terms(token)]
    named = any(term.kind == "word" for term in words) and not any(term.kind == "figure" for term in words)
    if not named or _NOT_A_SUBJECT.match(subject) or _LINKED.search(subject):
        return ""
    return _lowered(subject, names)


def _sentences(text: str) -> Iterator[tuple[str, str]]:
    """Sentences without markup, each with what stands in the passage."""
    for span in sentence_spans(text):
        if span.kind in ("prose", "item"):
            quote = text[span.start : span.end]
            sentence = _AFFIX.sub("", _plain(quote))
            sentence = sentence[:1].upper() + sentence[1:]
            if FEWEST_WORDS <= len(tokens(sentence)) <= MOST_WORDS and not (
                _UNFIT.search(sentence) or _REFERS.search(sentence)
            ):
                yield sentence, quote


def _items(text: str) -> list[tuple[str, str]]:
    spans = [span for span in sentence_spans(text) if span.kind == "item"]
    return [(_plain(text[span.start : span.end]), text[span.start : span.end]) for span in spans]


def _heading(text: str) -> str:
    first = text.lstrip().partition("\n")[0]
    return _plain(first.lstrip("# ")) if first.startswith("#") else ""


def _plain(quote: str) -> str:
    """Without marks of layout; code stays as it is, to the letter."""
    return " ".join(_MARKUP.sub(lambda match: match["code"] or _plain(match["link"] or ""), quote).split())


def _lowered(text: str, names: frozenset[str]) -> str:
    """A text inside a sentence: its first word in small letters, unless it is a name."""
    word = re.sub(r"['’]s$", "", text.partition(" ")[0])
    return text[:1].lower() + text[1:] if (word[1:].islower() and word not in names) or len(word) == 1 else text


def _as_asked(question: str, given: Input) -> str:
    """A question as a given kind of person asks it; other kinds are asked plainly."""
    if given.get("kind") != "paraphrased":
        return question
    asker, asked = str(given.get("asker", "")), question[:1].lower() + question[1:]
    keywords = [token for token in tokens(question) if terms(token)[0].kind != "stop"]
    if "hurry" in asker and len(keywords) >= FEWEST_KEYWORDS:
        return " ".join(keywords).lower()
    if "chatty" in asker:
        return f"Hello, I could not find it anywhere: {asked}"
    if "second language" in asker:
        return f"Please can you say me, {asked}"
    return f"I would like to know: {asked}"


def _listed(value: JsonValue) -> list[JsonValue]:
    return value if isinstance(value, list) else []
