"""Draft questions without a language model: sentences of a few plain shapes, turned round.

How sentences are turned stands in `questions`. What is drafted is for a person to review, and says so.
"""

import re
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Final

from pydantic import JsonValue

from rag_eval.judges.embedded import questions
from rag_eval.judges.embedded.claims import statements
from rag_eval.judges.embedded.figures import unfounded
from rag_eval.judges.embedded.overlap import content_keys, overlap
from rag_eval.judges.embedded.passages import numbers_with_units, read_passages
from rag_eval.judges.embedded.support import check
from rag_eval.language.sentences import shorten
from rag_eval.language.words import terms, tokens

Input = Mapping[str, JsonValue]
Reply = dict[str, JsonValue]

FEWEST_KEYWORDS: Final = 3
"""Words that somebody in a hurry types at least."""

SOME_SUPPORT: Final = 0.3
"""Mean coverage of an answer's claims below which it is about something else. Of the references of XQuAD, CLAP NQ and
a set of our own, 4 in 1,600 lie below it; of their neighbours' references, put in their places, 98 %."""

ANSWERED: Final = 0.85
"""Share of a question's content words, weighed, that one passage must hold to be taken for an answer to it."""

FEWEST_ASKED_ABOUT: Final = 4
"""Content words of a question below which finding them all together says little."""

_REMEMBERED: Final = 512
"""Passages whose questions are kept."""
_YEAR: Final = re.compile(r"\b(?:1[5-9]|20)\d\d\b|\d ?%")
_ASKING: Final = frozenset({"happens", "allow", "procedure", "contain", "include", "need", "require"})
"""Words that ask, and that somebody in a hurry leaves out."""
_A_KIND: Final = re.compile(r"\b(?:is|are) (?:an?|the|one of the) \w")
"""How a sentence goes on that says what something is, and not how much or how long."""
_YES_OR_NO: Final = re.compile(r"\W*(?:yes|no)\W*", re.IGNORECASE)
_STEPS: Final = re.compile(r"^(?:How to |(?P<gerund>[A-Z][a-z]+ing)\b)", re.MULTILINE)


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


@lru_cache(_REMEMBERED)
def _asked(text: str, only: re.Pattern[str] | None = None) -> tuple[questions.SentenceQuestion, ...]:
    """The questions of a passage, which is asked for again for each kind, turn and pair."""
    return tuple(questions.of_sentences(text, only))


def _facts(texts: list[str]) -> _Drafts:
    return ((each.question, each.answer, [each.quote]) for each in _asked(texts[0]))


def _numbers(texts: list[str]) -> _Drafts:
    for each in _asked(texts[0]):
        has_number = numbers_with_units(tokens(each.answer)) or _YEAR.search(each.answer)
        if has_number and not numbers_with_units(tokens(each.question)):
            yield each.question, each.answer, [each.quote]


def _steps(texts: list[str]) -> _Drafts:
    for each in questions.of_purposes(texts[0]):
        yield each.question, each.answer, [each.quote]
    if asked := questions.of_steps(texts[0]):
        yield asked.question, asked.answer, [*asked.quotes]


def _both(texts: list[str]) -> _Drafts:
    """A question of each passage in one, where both speak of the same thing."""
    for first in _asked(texts[0]):
        for second in _asked(texts[-1]):
            if content_keys(first.answer) & content_keys(second.answer) and first.answer != second.answer:
                asked = f"{first.question.rstrip('?')}, and {second.question[:1].lower()}{second.question[1:]}"
                yield asked, f"{first.answer} {second.answer}", [first.quote, second.quote]


def _compared(texts: list[str]) -> _Drafts:
    for first in _asked(texts[0], only=questions.DEFINITION):
        for second in _asked(texts[-1], only=questions.DEFINITION):
            both = first.subject and second.subject and first.subject.lower() != second.subject.lower()
            if both and _A_KIND.search(first.answer) and _A_KIND.search(second.answer):
                asked = f"What is the difference between {first.subject} and {second.subject}?"
                yield asked, f"{first.answer} {second.answer}", [first.quote, second.quote]


def _unanswered(texts: list[str]) -> _Drafts:
    """What the documents might well say of something that they speak of, and must be shown not to say."""
    for each in _asked(texts[0]):
        for asked in questions.unsaid(each, texts[0]):
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


def _as_asked(question: str, given: Input) -> str:
    """A question as a given kind of person asks it; other kinds are asked plainly."""
    if given.get("kind") != "paraphrased":
        return question
    asker, asked = str(given.get("asker", "")), question[:1].lower() + question[1:]
    keywords = [token for token in tokens(question) if terms(token)[0].kind != "stop" and token.lower() not in _ASKING]
    if "hurry" in asker and len(keywords) >= FEWEST_KEYWORDS:
        return " ".join(keywords).lower()
    if "chatty" in asker:
        return f"Hello, I could not find it anywhere: {asked}"
    if "second language" in asker:
        return f"Please tell me: {asked}"
    return f"I would like to know: {asked}"


def _listed(value: JsonValue) -> list[JsonValue]:
    return value if isinstance(value, list) else []
