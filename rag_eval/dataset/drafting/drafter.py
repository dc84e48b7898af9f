"""Questions out of passages: so many of each kind, each checked by itself, and every one that fails has its cause.

RAGAs' own test set generator downloads a tokenizer, breaks on event loops, and returns no rows without an error when
the model's replies are of no use. Here whoever asks for N gets N, or a count of what went wrong with the rest.
"""

import asyncio
import math
import random
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain, count, islice, zip_longest

from rag_eval.dataset.drafting.asking import ASKERS, KINDS, Kind, answers, draft, follows
from rag_eval.dataset.drafting.passage_index import CorpusPassage, PassageIndex
from rag_eval.dataset.drafting.quotes import QuotedSpan, locate
from rag_eval.errors import ReasonedError
from rag_eval.identifiers import case_id
from rag_eval.language.similarity import gist
from rag_eval.language.tongue import language
from rag_eval.ports import Judge
from rag_eval.records import Case

SHARES: Mapping[Kind, float] = {
    "single-fact": 0.28, "paraphrased": 0.16, "numeric": 0.14, "procedural": 0.14, "multi-hop": 0.1,
    "comparison": 0.08, "unanswerable": 0.1,
}  # fmt: skip
"""How many of each kind there should be. A kind that the documents do not allow gives its places to the others."""

PAIRS: frozenset[Kind] = frozenset({"multi-hop", "comparison"})
"""Kinds that need two passages of different documents."""

_TRIES_A_QUESTION = 6
_SPARE_TRIES = 20
"""Tries beyond those, so that a small number is not given up early."""
_HOPELESS = 24
"""Tries without any question, at the beginning, after which a judge that fails each time is not asked any further."""
_REPEATS = 8
_REPEATED = 0.8
"""Questions asked again, and their share of those that are wanted, after which a judge that costs is given up."""
LOOKED_AT = 3
"""Passages that must not answer a question that is to be unanswerable."""
_OF_A_PASSAGE = re.compile(
    r"\b(?:this|the (?:above|following|given|provided|preceding)) "
    r"(?:passage|text|document|section|excerpt|article|page)s?\b"
    r"|\b(?:according to|(?:mentioned|described|stated|given|discussed|listed) in|in|from) "
    r"(?:the|this|these) (?:passage|text|document|excerpt|context|section)s?\b"
    r"|\b(?:in diesem|laut (?:dem|diesem)|im (?:vorliegenden|obigen)) (?:text|abschnitt|dokument|artikel|auszug)\b"
    r"|\b(?:dans|selon|d.après) (?:ce|le) (?:texte|passage|document|extrait)\b"
    r"|\b(?:en|según) (?:este|el) (?:texto|pasaje|documento|fragmento|extracto)\b",
    re.IGNORECASE,
)
"""What only somebody says who has the passage before them."""
_NAMED = re.compile(r"(?<=[a-z] )[A-Z][\w-]+(?: [\w-]+)?\?$")
"""A question that ends in a name asks enough: "What is AutoGen?"."""
_SHORTEST_QUESTION = 2
_ALIKE = 0.85
"""Share of content words in common (Jaccard) from which two questions are one."""


@dataclass(frozen=True)
class DraftRequest:
    """What is asked for."""

    questions: int
    kinds: tuple[Kind, ...] = KINDS
    seed: int = 0
    by: str = "embedded"
    """Who drafts, as it stands in each draft."""
    at_a_time: int = 8
    """Drafts under way together."""
    most_tries: int | None = None
    """None bounds them by six for each question, and some; a judge that is free may try every passage."""


@dataclass
class DraftResult:
    """What came of it."""

    cases: list[Case] = field(default_factory=list)
    causes: Counter[str] = field(default_factory=Counter)
    """Why tries gave no question; the sum of these and of the cases is the number of tries."""
    by_kind: dict[Kind, Counter[str]] = field(default_factory=dict)
    """The same for each kind."""
    exhausted: bool = False
    """Whether the passages, and not the patience, came to an end."""

    def count(self, kind: Kind, cause: str) -> None:
        """Count why a try of a kind gave no question."""
        self.causes[cause] += 1
        self.by_kind.setdefault(kind, Counter())[cause] += 1


@dataclass(frozen=True)
class DraftTry:
    """A kind of question that is asked of passages."""

    kind: Kind
    asker: str
    passages: tuple[CorpusPassage, ...]
    turn: int


class _Refused(Exception):
    """A draft that cannot be used; says why in a code."""


async def draft_questions(
    index: PassageIndex,
    judge: Judge,
    wanted: DraftRequest,
    watch: Callable[[DraftResult], None] = lambda _: None,
    is_spent: Callable[[], bool] = lambda: False,
) -> DraftResult:
    """Draft questions until there are enough, or nothing is left to try.

    The same index, judge and seed give the same questions. `watch` is told after each round, and before each one
    `is_spent` says whether nothing more may be paid.
    """
    result, seen = DraftResult(), _Seen()
    most = wanted.most_tries or _TRIES_A_QUESTION * wanted.questions + _SPARE_TRIES
    left = islice((attempt for attempt in tries(index, wanted) if not _full(attempt.kind, result, wanted)), most)
    done = 0
    while len(result.cases) < wanted.questions and not is_spent():
        round_ = list(islice(left, min(wanted.at_a_time, wanted.questions - len(result.cases))))
        drafts = await asyncio.gather(*(_drafted(judge, attempt) for attempt in round_))
        new = [seen.claimed(each) for each in drafts]  # in order, before anything is paid for what is known already
        checked = await asyncio.gather(*(_checked(index, judge, each, wanted.by) for each in new))
        for attempt, came in zip(round_, checked, strict=True):
            seen.keep(came, attempt.kind, result)
        done += len(round_)
        watch(result)
        result.exhausted = not round_ and done < most
        if not round_ or _hopeless(result, seen, wanted, done):
            break
    return result


def _hopeless(result: DraftResult, seen: "_Seen", wanted: DraftRequest, done: int) -> bool:
    """Whether a judge that costs only repeats itself, or has failed each time."""
    if wanted.most_tries is None and seen.repeated >= max(_REPEATS, _REPEATED * wanted.questions):
        return True
    return done >= _HOPELESS and not result.cases and all(cause.startswith("judge: ") for cause in result.causes)


def _full(kind: Kind, result: DraftResult, wanted: DraftRequest) -> bool:
    """Whether there are unanswerable questions enough; they do not take the places of other kinds."""
    if kind != "unanswerable" or wanted.kinds == (kind,):
        return False
    return sum(not case.answerable for case in result.cases) >= math.ceil(SHARES[kind] * wanted.questions)


@dataclass(frozen=True)
class _Draft:
    """A question as it was drafted, before it is checked."""

    attempt: DraftTry
    question: str
    answer: str
    spans: tuple[QuotedSpan, ...]

    @property
    def fact(self) -> str:
        """What it asks for, by where that stands; empty where it is to stand nowhere."""
        return repr([span.model_dump(mode="json") for span in self.spans]) if self.spans else ""


class _Seen:
    """What has been asked, so that it is not asked again in other words."""

    def __init__(self) -> None:
        self._questions: list[frozenset[str]] = []
        self._facts: set[str] = set()
        self.repeated = 0
        """Drafts that had been asked before."""

    def claimed(self, draft_: "_Draft | str") -> "_Draft | str":
        """A draft that is new, which now counts as asked until it is refused; else the cause why it is none."""
        if isinstance(draft_, str):
            return draft_
        words = _content(draft_.question)
        cause = ""
        if draft_.fact and draft_.fact in self._facts:
            cause = "the same fact again"
        elif any(len(words & other) >= _ALIKE * len(words | other) for other in self._questions):
            cause = "asked before"
        if cause:
            self.repeated += 1
            return cause
        self._questions.append(words)
        self._facts.add(draft_.fact)
        return draft_

    def keep(self, came: "Case | tuple[_Draft, str] | str", kind: Kind, result: DraftResult) -> None:
        """Keep a case, or count why there is none; what was refused may be asked again."""
        match came:
            case str():
                result.count(kind, came)
            case (draft_, cause):
                self._questions.remove(_content(draft_.question))
                self._facts.discard(draft_.fact)
                result.count(kind, cause)
            case Case():
                result.cases.append(came)


async def _drafted(judge: Judge, attempt: DraftTry) -> _Draft | str:
    """A draft, or the cause why there is none."""
    try:
        reply = await draft(judge, attempt.kind, attempt.asker, attempt.passages, attempt.turn)
        question, answer = _question(reply.question), reply.answer.strip()
        _demand_language(question, attempt.passages)
        if attempt.kind == "unanswerable":
            return _Draft(attempt, question, "", ())
        return _Draft(attempt, question, answer, _spans(attempt, answer, reply.quotes))
    except _Refused as refused:
        return str(refused)
    except ReasonedError as error:
        return f"judge: {error.reason}"


async def _checked(index: PassageIndex, judge: Judge, draft_: _Draft | str, by: str) -> Case | tuple[_Draft, str] | str:
    """The case that a draft makes, or the draft with the cause why it makes none."""
    if isinstance(draft_, str):
        return draft_
    try:
        if draft_.attempt.kind == "unanswerable":
            await _demand_unanswered(index, judge, draft_.question)
            return _case(draft_.attempt, draft_.question, None, (), by)
        await _demand_support(judge, draft_.question, draft_.answer, draft_.spans)
        return _case(draft_.attempt, draft_.question, draft_.answer, draft_.spans, by)
    except _Refused as refused:
        return draft_, str(refused)
    except ReasonedError as error:
        return draft_, f"judge: {error.reason}"


def _question(text: str) -> str:
    question = " ".join(text.split())
    if not question:
        raise _Refused("nothing of this kind to ask")
    if len(_content(question)) < _SHORTEST_QUESTION and not _NAMED.search(question):
        raise _Refused("no question")
    if _OF_A_PASSAGE.search(question):
        raise _Refused("a question that speaks of its passage")
    return question


def _demand_language(question: str, passages: tuple[CorpusPassage, ...]) -> None:
    asked, written = language(question), language("\n".join(passage.text for passage in passages))
    if asked and written and asked != written:
        raise _Refused("a question in another language than its passages")


def _spans(attempt: DraftTry, answer: str, quotes: list[str]) -> tuple[QuotedSpan, ...]:
    if not answer:
        raise _Refused("no answer")
    located = [locate(quote, attempt.passages) for quote in quotes if quote.strip()]
    if not located:
        raise _Refused("no quote")
    spans = [span for span in located if span is not None]
    if len(spans) < len(located):
        raise _Refused("a quote that no passage holds")
    if attempt.kind in PAIRS and len({span.document for span in spans}) < len(PAIRS):
        raise _Refused("quotes of one document only")
    return tuple(dict.fromkeys(spans))


async def _demand_support(judge: Judge, question: str, answer: str, spans: tuple[QuotedSpan, ...]) -> None:
    """The answer must follow from the spans, and must not follow from the question."""
    context = "\n".join(span.text for span in spans)
    if not (await follows(judge, answer, context, question)).verdict:
        raise _Refused("an answer that its quotes do not bear out")
    if (await follows(judge, answer, question)).verdict:
        raise _Refused("a question that gives its answer away")


async def _demand_unanswered(index: PassageIndex, judge: Judge, question: str) -> None:
    for passage in index.search(question, LOOKED_AT):
        if (await answers(judge, question, passage.text)).verdict:
            raise _Refused("an unanswerable question that a passage answers")


def _case(attempt: DraftTry, question: str, answer: str | None, spans: tuple[QuotedSpan, ...], by: str) -> Case:
    used = [passage for passage in attempt.passages if any(span.context_id == passage.id for span in spans)]
    near = [passage.id for passage in attempt.passages if answer is None]
    return Case(
        id=case_id(question, answer),
        user_input=question,
        reference=answer,
        reference_contexts=tuple(passage.text for passage in used) or None,
        reference_context_ids=tuple(passage.id for passage in used) or None,
        answerable=answer is not None,
        tags=("draft", attempt.kind),
        metadata={
            "draft": {"by": by, "kind": attempt.kind, "asker": attempt.asker, **({"near": [*near]} if near else {})},
            "spans": [span.model_dump(mode="json") for span in spans],
        },
    )


def tries(index: PassageIndex, wanted: DraftRequest) -> Iterator[DraftTry]:
    """What to try, in the order in which the kinds are wanted, until no kind has anything left."""
    rng = random.Random(wanted.seed)  # noqa: S311 - reproducible choice, no secret
    # In the order of KINDS, so that leaving one kind out does not change what the others are asked of.
    left = {kind: _of_kind(index, kind, rng.randrange(1 << 32)) for kind in KINDS}
    left = {kind: tries for kind, tries in left.items() if kind in wanted.kinds}
    given: Counter[Kind] = Counter()
    while left:
        kind = min(left, key=lambda each: ((given[each] + 1) / SHARES[each], KINDS.index(each)))
        given[kind] += 1
        following = next(left[kind], None)
        if following is None:
            del left[kind]
        else:
            yield following


def _of_kind(index: PassageIndex, kind: Kind, seed: int) -> Iterator[DraftTry]:
    """Passages for one kind: one of each document before the second of any, then the same again for other facts."""
    rng = random.Random(seed)  # noqa: S311 - reproducible choice, no secret
    by_document = index.numbers(figures=kind == "numeric", steps=kind == "procedural")
    for numbers in by_document:
        rng.shuffle(numbers)
    rng.shuffle(by_document)
    order = [n for n in chain.from_iterable(zip_longest(*by_document)) if n is not None]
    askers = count(rng.randrange(len(ASKERS)))
    for turn in range(_TURNS):
        for n in order:
            passage = index.passage(n)
            other = index.neighbour(passage) if kind in PAIRS else None
            if kind not in PAIRS or other is not None:
                pair = (passage, other) if other is not None else (passage,)
                yield DraftTry(kind, ASKERS[next(askers) % len(ASKERS)], pair, turn)


_TURNS = 3
"""Questions that are tried for one passage and kind."""


def _content(text: str) -> frozenset[str]:
    return gist(text).words
