"""By what the cases of a page are listed and filtered: scores and states of one run, or of two side by side.

The same questions are asked by the page's script of the same columns; the counts here are what stands in the page
before it runs.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from rag_eval.journal import Row
from rag_eval.ports import Scores
from rag_eval.records import ANSWERED, REFUSED

_DIGITS = 9
_HALF = 0.5
_TIE = 1e-9


class CaseRows(Protocol):
    """Where the cases of a run are looked up: its journal, or what goes by on the way elsewhere."""

    def row(self, case_id: str) -> Row:
        """Everything the run knows of one case."""
        ...


@dataclass(frozen=True)
class PageSide:
    """One run as a page shows it."""

    id: str
    name: str
    scores: Scores
    values: Mapping[str, Mapping[str, float]]
    """Metric to question to value, as they are compared: repetitions as their mean, 0 where no answer counts so."""
    rows: CaseRows | None
    """None of a baseline, which keeps scores and no answers."""


@dataclass(frozen=True)
class ListedMetric:
    """A metric that cases can be listed by."""

    name: str
    title: str
    """With its unit, and a mark where less is better."""
    higher_is_better: bool
    bounded: bool
    smallest: float = 0.0
    """The smallest difference that matters; smaller ones are not coloured."""

    def as_json(self) -> dict[str, Any]:
        """As the page's script reads it."""
        return {
            "name": self.name, "title": self.title, "higher": self.higher_is_better, "bounded": self.bounded,
            "smallest": self.smallest,
        }  # fmt: skip


@dataclass(frozen=True)
class SideColumns:
    """What one run has of each question, by place: states, and a column of scores for each metric."""

    states: Sequence[str | None]
    """`answered`, `refused`, `failed`; None where it was not asked."""
    scores: Sequence[Sequence[float | str | None]]
    """By metric: a value, or why there is none in a word; None where the metric has no outcome."""
    cases: Sequence[Sequence[str]]
    """Ids of the cases that asked the question: one, or its repetitions."""


@dataclass(frozen=True)
class QuestionIndex:
    """The questions of a page, by place in the dataset."""

    sides: Sequence[PageSide]
    metrics: Sequence[ListedMetric]
    primary: int
    """Place of the metric that is read first."""
    ids: Sequence[str]
    questions: Sequence[str]
    tags: Sequence[Sequence[str]]
    answerable: Sequence[bool]
    columns: Sequence[SideColumns]
    same: list[bool] = field(default_factory=list)
    """Whether the answers are the same to the letter; filled while the cases are read."""

    @property
    def all_tags(self) -> tuple[str, ...]:
        """Every tag, in alphabetical order."""
        return tuple(sorted({tag for tags in self.tags for tag in tags}))

    def as_json(self) -> dict[str, Any]:
        """As the page's script reads it."""
        return {
            "sides": [{"id": side.id, "name": side.name} for side in self.sides],
            "metrics": [metric.as_json() for metric in self.metrics],
            "primary": self.primary, "ids": self.ids, "questions": self.questions, "tags": self.tags,
            "answerable": self.answerable, "states": [column.states for column in self.columns],
            "scores": [column.scores for column in self.columns], "same": self.same,
        }  # fmt: skip

    def counts(self) -> dict[str, int]:
        """How many cases each way of listing them has, on the metric that is read first."""
        ways = PAIR_BUCKETS if len(self.sides) > 1 else RUN_BUCKETS
        return {key: sum(holds(self, place) for place in range(len(self.ids))) for key, (_, holds) in ways.items()}


def index_of(sides: Sequence[PageSide], metrics: Sequence[ListedMetric], primary: str) -> QuestionIndex:
    """The index of one run, or of two: the questions of the first, then those that only the second was asked."""
    asked = [_asked(side.scores) for side in sides]
    ids = list(dict.fromkeys(question for cases in asked for question in cases))
    known = [side.scores.answerable() for side in sides]
    tags = [side.scores.tags() for side in sides]
    names = [metric.name for metric in metrics]
    first = {question: next(cases[question][0] for cases in asked if question in cases) for question in ids}
    return QuestionIndex(
        sides=sides,
        metrics=metrics,
        primary=names.index(primary) if primary in names else 0,
        ids=ids,
        questions=[_question(sides, asked, question) for question in ids],
        tags=[next((each[first[q]] for each in tags if first[q] in each), ()) for q in ids],
        answerable=[next(each[first[q]] for each in known if first[q] in each) for q in ids],
        columns=[_columns(side, cases, ids, names) for side, cases in zip(sides, asked, strict=True)],
    )


def _asked(scores: Scores) -> dict[str, list[str]]:
    """Question to the cases that asked it, in the order of the dataset."""
    repeats = scores.repeats()
    cases: dict[str, list[str]] = {}
    for case in scores.answerable():
        cases.setdefault(repeats.get(case, case), []).append(case)
    return cases


def _question(sides: Sequence[PageSide], asked: Sequence[Mapping[str, Sequence[str]]], question: str) -> str:
    return next(
        side.scores.question(cases[question][0]) for side, cases in zip(sides, asked, strict=True) if question in cases
    )


def _columns(
    side: PageSide, asked: Mapping[str, Sequence[str]], ids: Sequence[str], metrics: Sequence[str]
) -> SideColumns:
    cases = [asked.get(question, ()) for question in ids]
    return SideColumns(
        states=_states(side.scores, cases), cases=cases, scores=[_scores(side, name, ids, cases) for name in metrics]
    )


def _states(scores: Scores, cases: Sequence[Sequence[str]]) -> list[str | None]:
    answered, refused, failed = scores.values(ANSWERED), scores.values(REFUSED), scores.failed(ANSWERED)

    def state(asked: Sequence[str]) -> str | None:
        if not asked:
            return None
        if all(case in failed or answered.get(case, 1.0) == 0 for case in asked):
            return "failed"
        return "refused" if sum(refused.get(case, 0.0) for case in asked) >= _HALF * len(asked) else "answered"

    return [state(asked) for asked in cases]


def _scores(
    side: PageSide, metric: str, ids: Sequence[str], cases: Sequence[Sequence[str]]
) -> list[float | str | None]:
    """The value of each question; where there is none `failed`, `refused`, or `n/a`."""
    values, failed = side.values.get(metric, {}), side.scores.failed(metric)
    refused = {*side.scores.without(metric, REFUSED)}

    def score(question: str, asked: Sequence[str]) -> float | str | None:
        if question in values:
            return round(values[question], _DIGITS)
        if not asked:
            return None
        if any(case in failed for case in asked):
            return "failed"
        return "refused" if any(case in refused for case in asked) else "n/a"

    return [score(question, asked) for question, asked in zip(ids, cases, strict=True)]


def _gain(index: QuestionIndex, place: int) -> float | None:
    """By how much B is better; None where one of the two has no value."""
    a, b = (column.scores[index.primary][place] for column in index.columns)
    if isinstance(a, str | None) or isinstance(b, str | None):
        return None
    difference = b - a
    return 0.0 if abs(difference) <= _TIE else difference * (1 if index.metrics[index.primary].higher_is_better else -1)


def _failed(index: QuestionIndex, place: int) -> bool:
    return any(
        column.states[place] == "failed" or column.scores[index.primary][place] == "failed" for column in index.columns
    )


def _alone(index: QuestionIndex, place: int, state: str) -> bool:
    a, b = (column.states[place] == state for column in index.columns)
    return a != b


def _value(index: QuestionIndex, place: int) -> float | None:
    value = index.columns[0].scores[index.primary][place]
    return None if isinstance(value, str | None) else value


def _between(index: QuestionIndex, place: int, low: float, high: float) -> bool:
    value = _value(index, place)
    return index.metrics[index.primary].bounded and value is not None and low <= value < high


Bucket = tuple[str, Callable[[QuestionIndex, int], bool]]
"""What a way of listing cases is called, and which cases it lists."""

PAIR_BUCKETS: dict[str, Bucket] = {
    "regressed": ("Regressed", lambda i, p: (_gain(i, p) or 0.0) < 0),
    "improved": ("Improved", lambda i, p: (_gain(i, p) or 0.0) > 0),
    "reworded": ("Same score, other words", lambda i, p: _gain(i, p) == 0 and not i.same[p]),
    "unchanged": ("Unchanged", lambda i, p: _gain(i, p) == 0 and i.same[p]),
    "unpaired": ("No pair of scores", lambda i, p: _gain(i, p) is None),
    "onesided": ("Answered by one alone", lambda i, p: _alone(i, p, "failed")),
    "failed": ("Failed", _failed),
    "refusal": ("Refused by one alone", lambda i, p: _alone(i, p, "refused")),
    "all": ("All", lambda _, __: True),
}

RUN_BUCKETS: dict[str, Bucket] = {
    "failed": ("Failed", _failed),
    "refused": ("Refused", lambda i, p: i.columns[0].states[p] == "refused"),
    "low": ("Under half", lambda i, p: _between(i, p, float("-inf"), _HALF)),
    "high": ("At least half", lambda i, p: _between(i, p, _HALF, float("inf"))),
    "unscored": ("Without a score", lambda i, p: _value(i, p) is None),
    "all": ("All", lambda _, __: True),
}
