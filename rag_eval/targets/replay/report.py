"""What a replay will play and what it leaves out, in numbers and in words: said before the first question."""

from collections import Counter
from collections.abc import Iterable
from typing import Literal

from pydantic import Field

from rag_eval.errors import TargetError
from rag_eval.records import Answer, Case, Failure, Reason, Record
from rag_eval.targets.replay.captures import CaptureTally
from rag_eval.targets.replay.index import CaptureIndex

_FIELDS = ("response", "retrieved_contexts", "retrieved_context_ids", "latency_s")
_NAMED = 3
_QUOTED = 300


class TraceSkips(Record):
    """Traces that hold no exchange with the system."""

    skipped: dict[str, int] = Field(default_factory=dict)
    """Reason to count."""
    first: dict[str, str] = Field(default_factory=dict)
    """Reason to the first of them, in words."""

    @property
    def remarks(self) -> tuple[str, ...]:
        """In words; nothing where nothing was skipped."""
        total = sum(self.skipped.values())
        head = f"{total} trace{_s(total)} hold{'s' if total == 1 else ''} no exchange and {_were(total)} skipped: "
        counts = ", ".join(f"{count} {reason}" for reason, count in self.skipped.items())
        examples = [f"  {reason}, such as {text[:_QUOTED]}" for reason, text in self.first.items()]
        return (head + counts, *examples) if total else ()


class ReplayReport(Record):
    """How captured answers and cases come together."""

    kind: Literal["rows", "traces", "run"]
    path: str
    captured: int
    """Answers that were captured, failed ones too."""
    skips: TraceSkips = TraceSkips()
    cases: int
    matched: dict[str, int]
    """How, to the number of cases that are answered that way."""
    missing: int
    """Cases for which nothing was captured."""
    ambiguous: int
    """Cases for which several answers were captured, none of which is picked."""
    picked: int
    """Cases for which one of several was picked."""
    unmatched: int | None
    """Captured answers that belong to no case; None where not all cases were looked at."""
    failures: dict[str, int]
    """Reason to count, of the cases whose capture is a failure."""
    answers: int
    """Cases that have an answer."""
    lacking: dict[str, int]
    """Field to the number of answers that do not have it."""
    joined: int = 0
    without_text: int = 0
    unresolved: int = 0
    rows: tuple[str, ...] = ()
    """What is worth knowing of how rows of answers were read."""
    unknown_ids: dict[str, int] = Field(default_factory=dict)
    """The ids of contexts that the corpus does not know, those that are met most."""

    @property
    def remarks(self) -> tuple[str, ...]:
        """What is worth knowing before the first question, in words; nothing where all is as it should be."""
        return (*self.rows, *self.skips.remarks, *self._of_matching(), *self._of_contexts())

    @property
    def headline(self) -> str:
        """All of it in one line."""
        ways = ", ".join(f"{count} by {way}" for way, count in self.matched.items()) or "none"
        return f"{self.captured} captured answers from {self.path} ({self.kind}); of {self.cases} cases matched: {ways}"

    def _of_matching(self) -> list[str]:
        named = ", ".join(f"{count} {reason}" for reason, count in self.failures.items())
        counts = (
            (self.missing, "of {cases} cases have no captured answer and will fail (not_captured)"),
            (self.ambiguous, "of {cases} cases have several and will fail (ambiguous_capture); `pick` chooses"),
            (self.picked, "of {cases} cases have several captured answers, of which one is picked"),
            (sum(self.failures.values()), "of {cases} captures are failures and fail again: " + named),
            (self.unmatched, "of {captured} captured answers belong to no case and are not played"),
        )
        return [f"{count} {text.format(cases=self.cases, captured=self.captured)}" for count, text in counts if count]

    def _of_contexts(self) -> list[str]:
        named = ", ".join([*self.unknown_ids][:_NAMED])
        unknown = f"answers have context ids that the corpus does not know, such as {named}; their contexts are unknown"
        counts = (
            (self.joined, "answers got the text of their contexts from the corpus"),
            (self.without_text, "answers have contexts without text, which are unknown now; target.corpus brings it"),
            (self.unresolved, unknown),
        )
        return [f"{count} of {self.captured} captured {text}" for count, text in counts if count]


def skips(tally: CaptureTally) -> TraceSkips:
    """What a reading skipped."""
    return TraceSkips(skipped=dict(tally.skipped.most_common()), first=tally.first)


def report(
    index: CaptureIndex, cases: Iterable[Case], tally: CaptureTally, kind: Literal["rows", "traces", "run"], path: str
) -> ReplayReport:
    """Match every case, and count what came of it."""
    count: Counter[str] = Counter()
    ways: Counter[str] = Counter()
    failures: Counter[str] = Counter()
    lacking: Counter[str] = Counter()
    for _, outcome in index.seen(cases):
        count["cases"] += 1
        if isinstance(outcome, TargetError):
            count[outcome.reason] += 1
            continue
        ways[outcome.way] += 1
        count["picked"] += outcome.several
        if isinstance(outcome.reply, Failure):
            failures[outcome.reply.reason] += 1
        else:
            lacking.update(_lacks(outcome.reply))
    return ReplayReport(
        kind=kind,
        path=path,
        captured=tally.captured,
        skips=skips(tally),
        cases=count["cases"],
        matched=dict(ways),
        missing=count[Reason.NOT_CAPTURED],
        ambiguous=count[Reason.AMBIGUOUS_CAPTURE],
        picked=count["picked"],
        unmatched=index.unmatched(),
        failures=dict(failures.most_common()),
        answers=sum(ways.values()) - sum(failures.values()),
        lacking={name: lacking[name] for name in _FIELDS},
        joined=tally.joined,
        without_text=tally.without_text,
        unresolved=tally.unresolved,
        unknown_ids=dict(tally.unknown_ids.most_common(_NAMED)),
    )


def _lacks(answer: Answer) -> list[str]:
    return [name for name in _FIELDS if getattr(answer, name) is None]


def _s(count: int) -> str:
    return "" if count == 1 else "s"


def _were(count: int) -> str:
    return "was" if count == 1 else "were"
