"""Gates as people write them, read into frozen records.

    faithfulness.mean >= 0.85                    a mean, `p95` or another quantile, `coverage` of a metric
    correctness[numeric].mean >= 70%             over the questions with a tag
    context_recall.drop_vs(main) <= 0.02         what was lost against a baseline, question by question
    coverage >= 0.98      answered >= 0.99       cost <= 5 USD
    refusals.invented <= 0.1                     refusals.over <= 0.05
    required: tag:must-pass correctness >= 0.8   each case must reach it; also `id:NAME`
    no_regression(main): tag:approved            no case may be worse than in the baseline

A name with spaces, dots or brackets stands in double quotes.
"""

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, NoReturn

from rag_eval.errors import ConfigError
from rag_eval.records import Record

MAIN = "main"
"""The baseline of a gate that names none."""
SMALLEST = "smallest"
"""Stands for the smallest difference that matters, where a loss is limited."""

Relation = Literal[">=", "<="]
Unit = Literal["", "%", "s", "USD"]


class Limit(Record):
    """What a value is held against."""

    relation: Relation
    value: float | None
    """In shares, seconds or dollars; None for the smallest difference that matters."""
    unit: Unit = ""
    """As it was written, with `ms` as `s`."""

    def kept(self, value: float) -> bool:
        """Whether a value keeps it; what rounding leaves counts as equal."""
        assert self.value is not None
        away = value - self.value
        return away >= -_ROUNDING if self.relation == ">=" else away <= _ROUNDING


class ValueGate(Record):
    """A number that a run comes to, and what it must keep."""

    kind: Literal["value"] = "value"
    text: str
    subject: str
    """A metric, or `coverage`, `answered`, `cost`, `refusals`."""
    tag: str | None = None
    """Only the questions with this tag."""
    statistic: str = ""
    """`mean`, `drop_vs`, `coverage` or a quantile of a metric, `invented` or `over` of refusals; else empty."""
    baseline: str | None = None
    limit: Limit


class CasesGate(Record):
    """Cases each of which must do."""

    kind: Literal["required", "no_regression"]
    text: str
    by: Literal["tag", "id"]
    key: str
    metric: str | None = None
    """The run's primary metric if None."""
    limit: Limit | None = None
    """What each must reach; None for the half of a score, and where the baseline is the measure."""
    baseline: str | None = None


Gate = ValueGate | CasesGate

_ROUNDING = 1e-9
_CASES = ("required", "no_regression")
_BARE: dict[str, Relation] = {"coverage": ">=", "answered": ">=", "cost": "<="}
"""What has a value without saying which, and the only relation that makes sense for it."""
_REFUSALS = ("invented", "over")
_STATISTICS = ("mean", "drop_vs", "coverage", "p50", "p95", "p99")
_QUANTILE = re.compile(r"p(\d\d)")
_UNITS: dict[str, tuple[float, Unit]] = {
    "": (1, ""), "%": (0.01, "%"), "s": (1, "s"), "ms": (0.001, "s"), "USD": (1, "USD"),
}  # fmt: skip
_SUBJECTS = "a metric, coverage, answered, cost, refusals, required or no_regression"


def quantile(statistic: str) -> float | None:
    """0.95 of `p95`; None of what is no quantile."""
    match = _QUANTILE.fullmatch(statistic)
    return int(match[1]) / 100 if match and match[1] != "00" else None


def parse(text: str, where: str = "gate") -> Gate:
    """Read a gate; raises `ConfigError` that marks the place and says what was expected there."""
    reader = _Reader(" ".join(text.split()), where)
    subject = reader.name(_SUBJECTS)
    gate = _cases(reader, subject) if subject in _CASES else _value(reader, subject)
    reader.end()
    return gate


def guardrail(metric: str) -> Gate:
    """The gate of a metric that must not regress beyond what matters."""
    return drop(metric, MAIN, SMALLEST)


def drop(metric: str, baseline: str, most: str) -> Gate:
    """The gate of what a metric may lose against a baseline: a number, or `smallest`."""
    name = metric if _PLAIN.fullmatch(metric) else f'"{metric}"'
    return parse(f"{name}.drop_vs({baseline}) <= {most}")


@dataclass
class _Reader:
    """A text that is read from left to right."""

    text: str
    where: str
    at: int = 0

    def take(self, pattern: re.Pattern[str]) -> str | None:
        """The next piece if it is of this kind, without the space before it."""
        start = len(self.text) - len(self.text[self.at :].lstrip())
        match = pattern.match(self.text, start)
        if match is None:
            return None
        self.at = match.end()
        return match[0]

    def expect(self, pattern: re.Pattern[str], what: str) -> str:
        """The next piece, which must be of this kind."""
        piece = self.take(pattern)
        return self.fail(f"expected {what}") if piece is None else piece

    def fail(self, problem: str, at: int | None = None) -> NoReturn:
        """Raise with the place marked."""
        place = self.at if at is None else at
        place += len(self.text[place:]) - len(self.text[place:].lstrip())
        rest = self.text[place:]
        come = f", found {rest[:20]!r}" if rest else ", and there the text ends"
        message = f"{self.where}: {problem}{come if at is None else ''}"
        raise ConfigError(f"{message}\n  {self.text}\n  {' ' * place}^")

    def name(self, what: str) -> str:
        """A bare name, or one in quotes."""
        return self.expect(_NAME, what).strip('"')

    def end(self) -> None:
        """Nothing may follow."""
        if self.text[self.at :].strip():
            self.fail("expected the end")


_PLAIN = re.compile(r"""[^\s"\[\]().<>=≤≥:]+""")
_NAME = re.compile(rf'"[^"]+"|{_PLAIN.pattern}')
_KEY = re.compile(r'"[^"]+"|[^\s"]+')
_TAG = re.compile(r'"[^"]+"|[^\]"]+')
_BASELINE = re.compile(r"[A-Za-z0-9][\w.-]*")
_NUMBER = re.compile(r"-?(?:\d+(?:\.\d+)?|\.\d+)(?![\w.]*\.)")
_UNIT = re.compile(r"%|[A-Za-z$€]+")
_RELATION = re.compile(r">=|<=|≥|≤")
_WORD = re.compile(r"[A-Za-z_][A-Za-z_0-9]*")
_SIGNS = {sign: re.compile(re.escape(sign)) for sign in ".:[]()"}
_BY = re.compile(r"tag|id")


def _value(reader: _Reader, subject: str) -> ValueGate:
    tag = _tag(reader, subject)
    statistic, baseline = _statistic(reader, subject)
    only = _only_relation(subject, statistic)
    limit = _limit(reader, only, smallest=statistic == "drop_vs")
    return ValueGate(text=reader.text, subject=subject, tag=tag, statistic=statistic, baseline=baseline, limit=limit)


def _tag(reader: _Reader, subject: str) -> str | None:
    start = reader.at
    if reader.take(_SIGNS["["]) is None:
        return None
    if subject == "cost":
        reader.fail("the cost is that of the whole run and has no slice", start)
    tag = reader.expect(_TAG, "a tag").strip('" ')
    reader.expect(_SIGNS["]"], "]")
    return tag


def _statistic(reader: _Reader, subject: str) -> tuple[str, str | None]:
    """What of the subject is meant, and the baseline where there is one."""
    if reader.take(_SIGNS["."]) is None:
        if subject in _BARE:
            return "", None
        choices = _REFUSALS if subject == "refusals" else _STATISTICS
        reader.fail(f"expected {_dotted(choices)}")
    if subject in ("coverage", "cost"):
        reader.fail(f"expected {_BARE[subject]}, as {subject} is one number", reader.at - 1)
    choices = _REFUSALS if subject == "refusals" else _STATISTICS
    start = reader.at
    word = reader.expect(_WORD, _dotted(choices))
    if word not in choices and (subject == "refusals" or quantile(word) is None):
        near = difflib.get_close_matches(word, choices, n=1, cutoff=0.3)
        hint = f". Did you mean {near[0]}?" if near else ""
        reader.fail(f"{word} is none of {_dotted(choices)}{hint}", start)
    return word, _baseline(reader) if word == "drop_vs" else None


def _dotted(choices: Sequence[str]) -> str:
    return ", ".join(f".{choice}{'(BASELINE)' if choice == 'drop_vs' else ''}" for choice in choices)


def _baseline(reader: _Reader) -> str:
    """The name in brackets, `main` if there are none."""
    if reader.take(_SIGNS["("]) is None:
        return MAIN
    name = reader.expect(_BASELINE, "the name of a baseline")
    reader.expect(_SIGNS[")"], ")")
    return name


def _only_relation(subject: str, statistic: str) -> Relation | None:
    """The one that makes sense: what is lost, spent or refused is limited from above."""
    if statistic == "drop_vs" or subject == "refusals":
        return "<="
    return ">=" if statistic == "coverage" else _BARE.get("" if statistic else subject)


def _limit(reader: _Reader, only: Relation | None, *, smallest: bool = False) -> Limit:
    reader.take(re.compile(r"(?=.)"))
    start = reader.at
    sign = reader.expect(_RELATION, only or ">= or <=").replace("≥", ">=").replace("≤", "<=")
    relation: Relation = ">=" if sign == ">=" else "<="
    if only and relation != only:
        reader.fail(f"expected {only} here, not {relation}", start)
    if smallest and reader.take(re.compile(rf"{SMALLEST}\b")):
        return Limit(relation=relation, value=None)
    start = reader.at
    number = float(reader.expect(_NUMBER, f"a number{f' or {SMALLEST}' if smallest else ''}"))
    if smallest and number < 0:
        reader.fail("what may be lost is not negative", start)
    start = reader.at
    unit = reader.take(_UNIT) or ""
    if unit not in _UNITS:
        reader.fail(f"{unit} is no unit; there are %, s, ms and USD", start)
    factor, kept = _UNITS[unit]
    return Limit(relation=relation, value=number * factor if factor >= 1 else number / round(1 / factor), unit=kept)


def _cases(reader: _Reader, subject: str) -> CasesGate:
    kind: Literal["required", "no_regression"] = "required" if subject == "required" else "no_regression"
    baseline = None if kind == "required" else _baseline(reader)
    reader.expect(_SIGNS[":"], ": and tag:NAME or id:NAME")
    by: Literal["tag", "id"] = "tag" if reader.expect(_BY, "tag:NAME or id:NAME") == "tag" else "id"
    reader.expect(_SIGNS[":"], f"{by}:NAME")
    key = reader.expect(_KEY, f"the name of the {by}").strip('"')
    metric = (reader.take(_NAME) or "").strip('"') or None
    limit = _limit(reader, None) if metric and kind == "required" else None
    return CasesGate(kind=kind, text=reader.text, by=by, key=key, metric=metric, limit=limit, baseline=baseline)
