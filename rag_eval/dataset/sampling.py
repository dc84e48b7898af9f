"""Questions that production was asked, as candidates for ground truth.

Each once, masked, from every topic, and with an eye on those that went badly.
"""

import math
import random
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from rag_eval.dataset import topics
from rag_eval.dataset.candidates import CandidateFile, FilePlace
from rag_eval.dataset.masking import Masker
from rag_eval.dataset.similarity import NEAR, Gist, Index, alike, gist
from rag_eval.identifiers import case_id
from rag_eval.records import Case
from rag_eval.traces import Exchange, SkippedTrace

RISKY_SHARE = 0.4
"""Most of a sample that is taken for having gone badly, so that the rest still looks like production."""
UNSURE = 0.5
"""Confidence below which an answer counts as unsure."""
_MOST_TOPICS = 24
_FEWEST_FOR_TOPICS = 12
_LONGEST = 2000
"""Characters of a question; a longer one is a document that somebody pasted."""


@dataclass(frozen=True)
class Candidate:
    """A question of production, masked."""

    question: str
    risk: str
    """Why it is worth a look, or nothing."""
    place: FilePlace
    """Where its answer and passages are kept meanwhile."""
    times: int = 1
    """How often it was asked, in these or nearly these words."""
    topic: str = ""


def _risk(exchange: Exchange) -> str:
    if exchange.feedback == "bad":
        return "bad-feedback"
    if exchange.confidence is not None and exchange.confidence < UNSURE:
        return "low-confidence"
    return "no-contexts" if exchange.contexts == () else ""


@dataclass
class SampleResult:
    """What came of sampling."""

    cases: list[Case] = field(default_factory=list)
    asked: int = 0
    """Questions in the traces, repeated ones too."""
    distinct: int = 0
    skipped: Counter[str] = field(default_factory=Counter)
    """Why traces gave no question."""
    masked: Counter[str] = field(default_factory=Counter)
    topics: Counter[str] = field(default_factory=Counter)
    """Topic to number of distinct questions, sampled or not."""


def sample(exchanges: Iterable[Exchange | SkippedTrace], most: int, seed: int, *, mask: bool = True) -> SampleResult:
    """At most so many distinct questions, stratified by topic and by how they went. The same seed gives the same."""
    result = SampleResult()
    with CandidateFile() as kept:
        distinct = _distinct(_masked(exchanges, result, kept, mask=mask))
        result.distinct = len(distinct)
        placed = _by_topic(distinct, seed)
        result.topics = Counter(candidate.topic for candidate in placed)
        chosen = _chosen(placed, most, random.Random(seed))  # noqa: S311 - no secret
        result.cases = [_case(candidate, kept) for candidate in chosen]
    return result


def _masked(
    exchanges: Iterable[Exchange | SkippedTrace], result: SampleResult, kept: CandidateFile, *, mask: bool
) -> Iterator[Candidate]:
    for exchange in exchanges:
        if isinstance(exchange, SkippedTrace):
            result.skipped[exchange.reason] += 1
            continue
        result.asked += 1
        question = " ".join(exchange.question.split())
        if not gist(question).words:
            result.skipped["no_words"] += 1
        elif len(question) > _LONGEST:
            result.skipped["too_long"] += 1
        else:
            asked, answered = _mask(question, exchange, result) if mask else (question, exchange)
            yield Candidate(asked, _risk(answered), kept.put(answered))


def _mask(question: str, exchange: Exchange, result: SampleResult) -> tuple[str, Exchange]:
    masker = Masker(counts=result.masked)
    contexts = None if exchange.contexts is None else tuple(masker.mask(text) for text in exchange.contexts)
    response = None if exchange.response is None else masker.mask(exchange.response)
    return masker.mask(question), replace(exchange, contexts=contexts, response=response)


def _distinct(candidates: Iterable[Candidate]) -> list[Candidate]:
    """Each question once, the occurrence that went worst first in line; how often it was asked is kept."""
    exact: dict[Gist, list[Candidate]] = defaultdict(list)
    for candidate in candidates:
        exact[gist(candidate.question)].append(candidate)
    groups = list(exact.values())
    merged = _merged([group[0].question for group in groups])
    whole: dict[int, list[Candidate]] = defaultdict(list)
    for place, group in zip(merged, groups, strict=True):
        whole[place].extend(group)
    return [replace(min(group, key=lambda candidate: not candidate.risk), times=len(group)) for group in whole.values()]


def _merged(questions: Sequence[str]) -> list[int]:
    """For each question the place of the first that is nearly the same."""
    first = list(range(len(questions)))
    index = Index(questions)
    for i, j, _ in sorted(index.pairs(NEAR)):
        if alike(index.gists[i], index.gists[j]):
            first[j] = min(first[j], first[i])
    return first


def _by_topic(candidates: Sequence[Candidate], seed: int) -> list[Candidate]:
    """Put each candidate under a topic."""
    if len(candidates) < _FEWEST_FOR_TOPICS:
        return [replace(candidate, topic="all") for candidate in candidates]
    many = min(_MOST_TOPICS, max(2, round(math.sqrt(len(candidates) / 2))))
    names = topics.of([candidate.question for candidate in candidates], many, seed)
    return [replace(candidate, topic=name) for candidate, name in zip(candidates, names, strict=True)]


def _chosen(candidates: Sequence[Candidate], most: int, rng: random.Random) -> list[Candidate]:
    """Those that went badly first, up to their share, then the rest; both evenly over the topics."""
    if len(candidates) <= most:
        return list(candidates)
    risky = [candidate for candidate in candidates if candidate.risk]
    first = _evenly(risky, min(len(risky), math.floor(RISKY_SHARE * most)), rng)
    taken = set(map(id, first))
    others = [candidate for candidate in candidates if not candidate.risk]
    rest = _evenly(others, most - len(first), rng)
    more = _evenly([candidate for candidate in risky if id(candidate) not in taken], most - len(first) - len(rest), rng)
    both = {*taken, *map(id, rest), *map(id, more)}
    return [candidate for candidate in candidates if id(candidate) in both]


def _evenly(candidates: Sequence[Candidate], most: int, rng: random.Random) -> list[Candidate]:
    """So many, of each topic in proportion to its size, at least one of each where there is room."""
    by_topic: dict[str, list[Candidate]] = defaultdict(list)
    for candidate in candidates:
        by_topic[candidate.topic].append(candidate)
    for group in by_topic.values():
        rng.shuffle(group)
    sizes = {topic: len(group) for topic, group in by_topic.items()}
    chosen: list[Candidate] = []
    taken: Counter[str] = Counter()
    while len(chosen) < min(most, len(candidates)):
        # Sainte-Laguë's rule: the topic that is furthest behind its share is next.
        topic = max((t for t in sizes if taken[t] < sizes[t]), key=lambda t: (sizes[t] / (2 * taken[t] + 1), t))
        chosen.append(by_topic[topic][taken[topic]])
        taken[topic] += 1
    return chosen


def _case(candidate: Candidate, kept: CandidateFile) -> Case:
    topic = f"topic: {candidate.topic}" if candidate.topic != "all" else ""
    return Case(
        id=case_id(candidate.question, None),
        user_input=candidate.question,
        tags=tuple(tag for tag in ("draft", "production", candidate.risk, topic) if tag),
        metadata={
            "draft": {"by": "production", "kind": "production", "times_asked": candidate.times},
            "candidate": {**kept.get(candidate.place), "topic": candidate.topic},
        },
    )
