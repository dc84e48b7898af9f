"""What the words of one case show: an answer given away, a question copied from its source, no answer at all."""

import re
from collections.abc import Callable, Iterator
from functools import lru_cache

from rag_eval.dataset.checks.check import Check, Defect
from rag_eval.dataset.checks.context import CheckContext
from rag_eval.dataset.checks.needs import CASES, CONTEXTS, REFERENCE, any_row
from rag_eval.dataset.similarity import gist
from rag_eval.language.damage import MOJIBAKE, MUCH, damage
from rag_eval.language.refusals import refuses
from rag_eval.language.sentences import shorten
from rag_eval.language.sequences import WordSequence
from rag_eval.language.spans import sentence_spans
from rag_eval.records import Case

_GIVEN_AWAY = 0.9
"""Share of a reference's content words that stand in the question from which it gives the answer away."""
_FEWEST_GIVEN = 2
"""Content words of a short reference that must be there; a single one is mostly what the question is about."""
_OPENING = re.compile(r"^\W*(?:(?:by|at|in|on|for|from|to|it is|it was|the) )+", re.IGNORECASE)
"""What an answer opens with before it says what was asked for."""
_CHOICE = re.compile(r"\b(?:or|between|either|which of|out of)\b", re.IGNORECASE)
_YES_OR_NO = re.compile(r"^\W*(?:is|are|was|were|do|does|did|can|may|must|has|have|will|should)\b", re.IGNORECASE)
_COPIED = ((8, 0.65), (5, 0.9))
"""Words of the longest unbroken run that a question shares with its source, and their share of the question, from which
it is found by its words alone. Of XQuAD's questions 2 % are, of CLAP NQ's 0.5 %."""
_UNFINISHED = re.compile(
    r"(?-i:\b(?:TODO|TBD|FIXME|XXX+)\b)|\b(?:lorem ipsum|asdf)\b|^\W*+(?:(?:n/?a|null|nan|tba|see above)\W*+)?$"
    r"|\{\{[^{}\n]*\}\}|\$\{\w+\}|<[A-Z_ ]+ HERE>|\[insert [^\[\]]*\]",
    re.IGNORECASE,
)
_DECODE_AGAIN = "read the source again in its own encoding, mostly UTF-8 or Windows-1252"
_READ_AGAIN = "read the source again; a PDF wants saving again, or OCR"
_REMEMBERED = 2048
"""Contexts that are kept as they were read: rows that stand near each other mostly share them."""
_ENOUGH_WORDS = 20
"""Words of a text of which the damaged share tells something."""
_LONG_ENOUGH = 12
"""Words of a reference above which a refusal inside it is part of an answer."""


def _leak(case: Case) -> Iterator[Defect]:
    if not case.reference:
        return
    question, reference = gist(case.user_input), gist(case.reference)
    yes_or_no = _YES_OR_NO.search(case.user_input)
    answer = case.reference if yes_or_no else _OPENING.sub("", case.reference)
    literal = len(reference.words) >= _FEWEST_GIVEN and _plain(answer) in _plain(case.user_input)
    shared = len(reference.words & question.words)
    given = len(reference.words) > _FEWEST_GIVEN and shared >= _GIVEN_AWAY * len(reference.words)
    if not _CHOICE.search(case.user_input) and (literal or (given and not yes_or_no)):
        yield Defect(
            rows=(case.id,),
            message=f"the question gives its answer away: {shorten(case.user_input, 100)!r} → "
            f"{shorten(case.reference, 60)!r}",
            fix="ask without naming what is asked for",
        )


def _plain(text: str) -> str:
    return f" {' '.join(_words(text))} "


def _words(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text.lower())


@lru_cache(_REMEMBERED)
def _sentences(context: str) -> tuple[list[str], ...]:
    """The words of each sentence."""
    return tuple(_words(context[span.start : span.end]) for span in sentence_spans(context))


def _lexical(case: Case) -> Iterator[Defect]:
    words = _words(case.user_input)
    asked = WordSequence(words)
    for context in case.reference_contexts or ():
        for sentence in _sentences(context):
            run = asked.longest_run(sentence)
            if any(run >= fewest and run >= share * len(words) for fewest, share in _COPIED):
                yield Defect(
                    rows=(case.id,),
                    message=f"{run} of {len(words)} words of the question are copied from its source: "
                    f"{shorten(case.user_input, 100)!r}",
                    fix="ask as somebody would who has not read the source; any search finds this one",
                )
                return


def _unfinished(case: Case) -> Iterator[Defect]:
    for name, text in (("question", case.user_input), ("reference", case.reference)):
        if text is None:
            continue
        placeholder = _UNFINISHED.search(text)
        empty = name == "question" and not gist(text).words
        if placeholder or empty:
            shown = placeholder[0] if placeholder else text
            yield Defect(
                rows=(case.id,),
                message=f"the {name} is not finished: {shorten(shown, 60)!r} in {shorten(text, 80)!r}",
                fix="finish it, or reject the case",
            )


def _garbled(case: Case) -> Iterator[Defect]:
    parts = [("question", case.user_input), ("reference", case.reference or "")]
    contexts = [("contexts", context) for context in case.reference_contexts or ()]
    names: set[str] = set()
    for name, text in (*parts, *contexts):
        what, fix = _damage(text)
        if what and name not in names:
            names.add(name)
            yield Defect(
                rows=(case.id,), message=f"the {name} {'have' if name == 'contexts' else 'has'} {what}", fix=fix
            )


@lru_cache(_REMEMBERED)
def _damage(text: str) -> tuple[str, str]:
    """What is damaged in a text and what to do, or nothing."""
    if match := MOJIBAKE.search(text):
        around = shorten(text[max(0, match.start() - 20) : match.end() + 20], 60)
        return f"text that was decoded wrongly: {around!r}", _DECODE_AGAIN
    if (share := damage(text)) >= MUCH and len(text.split()) >= _ENOUGH_WORDS:
        return f"{share:.0%} of its words damaged: {shorten(text, 60)!r}", _READ_AGAIN
    return "", ""


def _no_reference(case: Case) -> Iterator[Defect]:
    if case.answerable and not (case.reference or "").strip():
        yield Defect(
            rows=(case.id,),
            message="has no reference, so that context recall and correctness do not apply to it",
            fix="write one with rag-eval review, or mark it unanswerable",
        )


def _refusal(case: Case) -> Iterator[Defect]:
    reference = case.reference or ""
    if case.answerable and len(reference.split()) <= _LONG_ENOUGH and refuses(reference):
        yield Defect(
            rows=(case.id,),
            message=f"is marked answerable, and its reference refuses: {shorten(case.reference or '', 80)!r}",
            fix="mark it unanswerable, or write the answer",
        )


def _each_case(find: Callable[[Case], Iterator[Defect]]) -> Callable[[CheckContext], Iterator[Defect]]:
    return lambda context: (defect for case in context.cases for defect in find(case))


LEAK = Check(
    name="leak",
    severity="error",
    summary="the question gives its answer away",
    needs=(REFERENCE,),
    find=_each_case(_leak),
)
LEXICAL = Check(
    name="lexical",
    severity="warning",
    summary="the question is copied from its source, so that any search finds it",
    needs=(CONTEXTS,),
    find=_each_case(_lexical),
)
UNFINISHED = Check(
    name="unfinished",
    severity="error",
    summary="placeholders such as TODO, templates that were not filled in, questions without words",
    needs=(CASES,),
    find=_each_case(_unfinished),
)
GARBLED = Check(
    name="garbled",
    severity="warning",
    summary="text that was decoded wrongly, or whose words are glued together or cut",
    needs=(CASES,),
    find=_each_case(_garbled),
)
NO_REFERENCE = Check(
    name="no-reference",
    severity="warning",
    summary="marked answerable, without a reference",
    needs=(any_row(lambda case: case.answerable, "no row is marked answerable"),),
    find=_each_case(_no_reference),
)
REFUSAL = Check(
    name="refusal",
    severity="error",
    summary="marked answerable, with a reference that refuses",
    needs=(any_row(lambda case: case.answerable and case.reference, "no answerable row has a reference"),),
    find=_each_case(_refusal),
)
