"""Whether an answer says what the reference says, and contradicts none of it.

A reference of a few words is looked for in the answer: its yes or no, its numbers, its words, each in another spelling
too. What else the answer says costs nothing, unless it is another number or the opposite. The longer the reference, the
more the likeness of the two texts counts, in both directions.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

from rag_eval.judges.embedded.claims import claims
from rag_eval.judges.embedded.embedder import cosine
from rag_eval.judges.embedded.polarity import contradiction
from rag_eval.judges.embedded.reading import AnswerIndex, read, words_by_key
from rag_eval.judges.embedded.yes_or_no import opening, stance
from rag_eval.language.quantities import Quantity, quantities
from rag_eval.language.quantity_equality import comparable, gives
from rag_eval.language.refusals import refusal
from rag_eval.language.sentences import shorten
from rag_eval.language.words import AKIN, ROOT, has_tokens, lowered, roman, same_root, tokens

Verdict = Literal["said", "missing", "contradicted"]

SHORT: Final = 12
"""Content words of a reference up to which only its recall counts."""

LONG: Final = 40
"""The same from which the likeness of both texts has its full share."""

ENOUGH: Final = 0.5
"""Share of a claim from which it counts as said."""

NUMBERS: Final = 0.7
"""Share of a claim's score that its numbers have, where it holds some and words as well."""

LEFT_OPEN: Final = 0.5
"""What an answer that speaks of the question scores for a yes or no that it neither says nor denies."""

SPOKEN_OF: Final = 0.5
"""Share of a question's words from which an answer speaks of it."""

SAME_THING: Final = 0.3
"""Share of a claim's words from which another number in the answer is one for the same thing."""

FEWEST_DENIED: Final = 3
"""Content words of a claim from which a negation before one of them contradicts it; fewer are a name or a thing."""

MOST_BESIDE: Final = 2
"""Content words that an answer of one number may have besides those of the question."""

_DENIES: Final = re.compile(
    r"\b(?:not|never|no|neither|without|cannot|except|forbidden|prohibited|banned|excluded|exempt|lack\w*|missing)\b|"
    r"n't\b",
    re.IGNORECASE,
)
"""Questions after what is not; their answers need no negation of their own."""
_CHANGE: Final = re.compile(r"\b(?:change|growth|increase)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ClaimVerdict:
    """What became of one claim of the reference."""

    claim: str
    verdict: Verdict
    reason: str
    """For a person: what is said, missing or contradicted."""
    evidence: str
    """The sentence of the answer that says or contradicts it; empty where there is none."""
    score: float
    """In [0, 1]."""


@dataclass(frozen=True, slots=True)
class CorrectnessResult:
    """How far an answer says what the reference says."""

    score: float
    """In [0, 1]."""
    claims: tuple[ClaimVerdict, ...]
    """The claims of the reference, in order."""


def correctness(question: str, reference: str, response: str) -> CorrectnessResult:
    """Compare an answer with the reference; an answer that refuses scores 0, unless the reference refuses as well."""
    refuses, also = refusal(response), refusal(reference)
    if refuses or also:
        return _refused(reference, refuses, also)
    text = read(question, response)
    polar, rest = opening(question, reference)
    parts = _parts(rest)
    verdicts = tuple(_check(part, text, agreed=polar != 0) for part in parts)
    score = _blend(_mean(verdicts), question, rest, response) if verdicts else 0.0
    verdict = _agreement(polar, text, score if verdicts else None) if polar else None
    if verdict is None:
        return CorrectnessResult(score, verdicts)
    if verdict.verdict == "contradicted":
        return CorrectnessResult(0.0, (verdict, *verdicts))
    return CorrectnessResult((verdict.score + score) / 2 if verdicts else verdict.score, (verdict, *verdicts))


def _mean(verdicts: Sequence[ClaimVerdict]) -> float:
    """The mean score of claims, each weighed by its words; a contradicted one takes off what it would give."""
    sizes = [max(1, len(words_by_key(claim.claim))) for claim in verdicts]
    scores = [-1.0 if claim.verdict == "contradicted" else claim.score for claim in verdicts]
    return max(0.0, sum(score * size for score, size in zip(scores, sizes, strict=True)) / sum(sizes))


def _parts(reference: str) -> list[str]:
    """The claims of a reference; a short one is one."""
    flat = " ".join(reference.split())
    if len(words_by_key(reference)) <= SHORT:
        return [flat] if has_tokens(flat) else []
    return claims(reference, "low") or [flat]


def _refused(reference: str, refuses: str, also: str) -> CorrectnessResult:
    claim = " ".join(reference.split())
    if refuses and also:
        return CorrectnessResult(
            1.0, (ClaimVerdict(claim, "said", "said: it refuses, as the reference does", refuses, 1.0),)
        )
    if refuses:
        reason = f"missing: the answer refuses: {shorten(refuses)}"
        return CorrectnessResult(0.0, (ClaimVerdict(claim, "missing", reason, refuses, 0.0),))
    reason = "contradicted: the reference refuses, the answer does not"
    return CorrectnessResult(0.0, (ClaimVerdict(claim, "contradicted", reason, "", 0.0),))


def _check(claim: str, text: AnswerIndex, *, agreed: bool) -> ClaimVerdict:
    """Judge one claim of the reference by its numbers and its words.

    Where yes and no `agreed`, other numbers are other grounds for it, and contradict nothing.
    """
    numbers, wrong, absent, places = _numbers(claim, text)
    words, lacking, best = _recall(claim, text)
    evidence = text.sentences[places[0]] if places else text.sentences[best] if best >= 0 else ""
    score = _literal(claim, text) if numbers is None and words is None else _score(numbers, words)
    if agreed or (words is not None and words < SAME_THING and not _is_brief(text, absent)):
        wrong = ""
    elif (
        not wrong
        and score >= ENOUGH
        and len(words_by_key(claim)) >= FEWEST_DENIED
        and not _DENIES.search(text.question)
    ):
        wrong = contradiction(claim, evidence)
    if wrong:
        return ClaimVerdict(claim, "contradicted", f"contradicted: {wrong}", evidence, 0.0)
    is_worded = words is None or numbers is None or words > ENOUGH
    if score >= ENOUGH and is_worded and not absent and not any(map(roman, lacking)):
        return ClaimVerdict(claim, "said", f"said: {shorten(evidence or claim)}", evidence, score)
    near = f"; nearest: {shorten(evidence)}" if evidence and score else ""
    return ClaimVerdict(claim, "missing", f"missing: {_missing(absent, lacking)}{near}", evidence, score)


def _is_brief(text: AnswerIndex, absent: Sequence[Quantity]) -> bool:
    """Whether an answer is hardly more than one number, which can only be the number that was asked for.

    Without a unit that both share it must be nothing else.
    """
    numbers = [number for number in text.numbers if not _holds(text.asked, number)]
    if len(numbers) != 1:
        return False
    alike = any(number.unit == numbers[0].unit != "" or number.kind == numbers[0].kind != "number" for number in absent)
    return len(text.words - text.known) <= (MOST_BESIDE if alike else 0)


def _missing(absent: Sequence[Quantity], lacking: Sequence[str]) -> str:
    parts = [f"the number {quantity.text}" for quantity in absent]
    if lacking:
        parts.append(f"the word{'s' if len(lacking) > 1 else ''} {', '.join(lacking)}")
    return shorten(" and ".join(parts) or "what the reference says")


def _score(numbers: float | None, words: float | None) -> float:
    if numbers is None:
        return words or 0.0
    return numbers if words is None else NUMBERS * numbers + (1 - NUMBERS) * words


def _literal(claim: str, text: AnswerIndex) -> float:
    """1 where a claim without words and numbers, such as "none", stands in the answer as it is."""
    wanted = " ".join(lowered(claim))
    return float(any(f" {wanted} " in f" {' '.join(lowered(part))} " for part in text.sentences))


def _agreement(polar: int, text: AnswerIndex, grounds: float | None) -> ClaimVerdict | None:
    """Whether an answer says yes where the reference does, and no where that does.

    `grounds` is how far it says all else that the reference says, None where that says nothing else. An answer that is
    silent on it must say yes or no in plain words; one that gives it and leaves yes or no open is judged by it alone.
    """
    mine, plain = stance(text.question, text.sentences)
    claim, evidence = ("Yes" if polar > 0 else "No"), text.sentences[0] if text.sentences else ""
    if grounds is not None and not plain and grounds < SAME_THING:
        return ClaimVerdict(claim, "missing", "missing: the answer says neither yes nor no", evidence, 0.0)
    if not mine:
        if grounds is not None and grounds >= ENOUGH:
            return None
        return _left_open(claim, text, off_topic=grounds is None and not _speaks_of_question(text))
    if mine == polar:
        return ClaimVerdict(claim, "said", f"said: {shorten(evidence)}", evidence, 1.0)
    reason = f"contradicted: the reference says {claim.lower()}, the answer {'yes' if mine > 0 else 'no'}"
    return ClaimVerdict(claim, "contradicted", reason, evidence, 0.0)


def _speaks_of_question(text: AnswerIndex) -> bool:
    return len(text.known & text.words) >= SPOKEN_OF * len(text.known)


def _left_open(claim: str, text: AnswerIndex, *, off_topic: bool) -> ClaimVerdict:
    evidence = text.sentences[0] if text.sentences else ""
    if off_topic:
        return ClaimVerdict(claim, "missing", "missing: the answer does not speak of the question", evidence, 0.0)
    return ClaimVerdict(claim, "missing", "missing: the answer leaves yes or no open", evidence, LEFT_OPEN)


def _numbers(claim: str, text: AnswerIndex) -> tuple[float | None, str, list[Quantity], list[int]]:
    """Share of the claim's numbers that the answer gives, what it gives instead, what is absent, and where."""
    wanted = [quantity for quantity in _signed(claim, text.question) if not _holds(text.asked, quantity)] or (
        [] if words_by_key(claim) else _signed(claim, text.question)
    )
    if not wanted:
        return None, "", [], []
    absent = [quantity for quantity in wanted if not _holds((*text.numbers, *text.numerals), quantity)]
    present = [quantity for quantity in wanted if quantity not in absent]
    places = [at for at, part in enumerate(text.numbers_by_sentence) if any(_holds(part, q) for q in present)]
    wrong, at = _rival(claim, absent, wanted, text) if len(absent) * 2 >= len(wanted) else ("", -1)
    places = [at] if wrong else places
    return len(present) / len(wanted), wrong, absent, places


def _signed(claim: str, question: str) -> list[Quantity]:
    """The numbers of a claim; a percentage without a sign is a rise where the question asks for a change."""
    rises = bool(_CHANGE.search(question))
    return [
        replace(number, direction=1) if rises and number.unit == "percent" and not number.direction else number
        for number in quantities(claim)
    ]


def _holds(numbers: Sequence[Quantity], wanted: Quantity) -> bool:
    return any(gives(number, wanted) for number in numbers)


def _rival(claim: str, absent: Sequence[Quantity], wanted: Sequence[Quantity], text: AnswerIndex) -> tuple[str, int]:
    """A number in place of an absent one, and its sentence; neither the question nor the reference holds it.

    In an answer of more than one number the sentence must share words with the claim, where that has some.
    """
    words, brief = words_by_key(claim).keys(), _is_brief(text, absent)
    for number in absent:
        for at, rivals in enumerate(text.numbers_by_sentence):
            if not brief and len(words & text.by_sentence[at]) < SAME_THING * len(words):
                continue
            for rival in rivals:
                if comparable(rival, number) and not _holds(text.asked, rival) and not _holds(wanted, rival):
                    return f"the answer says {rival.text}, the reference {number.text}", at
    return "", -1


def _recall(claim: str, text: AnswerIndex) -> tuple[float | None, list[str], int]:
    """Share of the claim's words that the answer holds, those it lacks, and its best sentence; None without words."""
    words = words_by_key(claim)
    new = {key: token for key, token in words.items() if key not in text.known} or words
    if not new:
        return None, [], -1
    shares = {key: _share(key, text) for key in new}
    lacking = [token for key, token in new.items() if not shares[key]]
    hits = [len(part & words.keys()) for part in text.by_sentence]
    best = max(range(len(hits)), key=lambda at: (hits[at], -at), default=-1)
    return sum(shares.values()) / len(shares), lacking, best


def _share(key: str, text: AnswerIndex) -> float:
    if key in text.words:
        return 1.0
    akin = text.by_root.get(key[:ROOT], ()) if len(key) >= ROOT else ()
    return AKIN if any(same_root(key, word) for word in akin) else 0.0


def _blend(recall: float, question: str, reference: str, response: str) -> float:
    """Recall of a short reference; of a long one the mean of recall, precision, cosine and token F1."""
    weight = min(1.0, max(0.0, (len(words_by_key(reference)) - SHORT) / (LONG - SHORT)))
    if not weight:
        return recall
    back = read(question, reference)
    parts = claims(response, "low")
    precision = sum(_recall(part, back)[0] or 0.0 for part in parts) / len(parts) if parts else 0.0
    likeness = (recall + precision + max(0.0, cosine(reference, response)) + _token_f1(reference, response)) / 4
    return (1 - weight) * recall + weight * likeness


def _token_f1(left: str, right: str) -> float:
    a, b = (Counter(map(str.lower, tokens(text))) for text in (left, right))
    return 2 * (a & b).total() / max(1, a.total() + b.total())
