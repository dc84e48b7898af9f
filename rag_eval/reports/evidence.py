"""One case on a terminal: what was asked and answered, what was retrieved, and what each score rests on."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import groupby

from pydantic import JsonValue
from rich.console import RenderableType
from rich.text import Text

from rag_eval.journal import Row
from rag_eval.language.sentences import shorten
from rag_eval.plugins import METRICS
from rag_eval.records import (
    REFUSED,
    SUSPICIOUS,
    Answer,
    Case,
    Evidence,
    Failure,
    NotApplicable,
    Outcome,
    Score,
    Verdict,
)
from rag_eval.reports import formatting
from rag_eval.reports.fitting import Units, WrappedText

_SHOWN = 300
"""Letters of a context that are shown."""
_LABEL = 11
"""Letters of a label and what parts it from its text."""
_PARTS = {
    ("response", True): "Do the contexts say what the answer says?",
    ("response", False): "Does the reference say what the answer says?",
    ("reference", True): "Do the contexts say what the reference says?",
    ("reference", False): "Does the answer say what the reference says?",
    ("context", False): "Does the context bear out the reference?",
    ("question", False): "Which question would have this answer?",
}
"""Part of the evidence, and whether it is held to the contexts, to what the verdicts on it answer."""
_CONTEXT = re.compile(r"context (\d+)")
_WOULD = "would answer: "
_DETAILS = {"value_by_ragas": "RAGAs' own value", SUSPICIOUS: "speaks to the judge"}
"""What is said instead of a name that only says it to who wrote it."""


def case(row: Row, *, full: bool = False) -> Iterator[RenderableType]:
    """One case: question, answer, reference, contexts, all scores, and beneath what each rests on.

    Of a long context stands its beginning, and what a verdict cites; all of it if `full`.
    """
    yield WrappedText("  ".join(filter(None, (row.case.id, ", ".join(row.case.tags)))), "dim")
    yield WrappedText(row.case.user_input, "bold")
    if isinstance(row.reply, Failure):
        yield WrappedText(f"no answer: {row.reply.reason}: {row.reply.message}", "red", indent=_LABEL)
    else:
        yield _labelled("answer", row.reply.response or "–")
    yield from _refusal(row.outcomes.get(REFUSED))
    yield _labelled("reference", row.case.reference or "–")
    if not row.case.answerable:
        yield _labelled("", "the question has no answer: the right thing is to say so")
    ids: Sequence[str] = ()
    if isinstance(row.reply, Answer):
        ids = row.reply.retrieved_context_ids or ()
        yield from _contexts(row.case, row.reply, None if full else _cited(row.outcomes))
    yield from _scores({name: outcome for name, outcome in row.outcomes.items() if name != REFUSED}, ids)


def _labelled(label: str, text: str, style: str = "") -> WrappedText:
    lead = f"{label}:" if label else ""
    return WrappedText(text, style, indent=_LABEL, lead=Text(lead.ljust(_LABEL)))


def _refusal(outcome: Outcome | None) -> Iterator[RenderableType]:
    """That the answer refuses, and how that is known."""
    if isinstance(outcome, Score) and outcome.value:
        why = "".join(f"{v.statement}  ({v.reason})" for v in outcome.evidence.verdicts)
        yield _labelled("refuses", why or "yes", "yellow")


def _verdicts(outcome: Outcome) -> Sequence[Verdict]:
    return () if isinstance(outcome, Failure) else outcome.evidence.verdicts


def _cited(outcomes: Mapping[str, Outcome]) -> frozenset[str]:
    """The sentences that verdicts cite."""
    verdicts = (verdict for outcome in outcomes.values() for verdict in _verdicts(outcome))
    return frozenset(flat for verdict in verdicts if (flat := " ".join(verdict.evidence.split())))


def _excerpt(text: str, cited: Collection[str]) -> str:
    """The beginning of a text and what of it is cited, with how much is left out."""
    flat = " ".join(text.split())
    shown = shorten(flat, _SHOWN)
    if shown == flat:
        return flat
    end = len(shown) - 1
    left = len(flat) - end
    places = sorted((at, at + len(each)) for each in cited if (at := flat.find(each)) >= 0)
    for start, stop in places:
        if stop <= end:
            continue
        gap = " " if start > end else ""
        shown = (shown if gap else shown.removesuffix("…")) + gap + flat[max(start, end) : stop]
        shown += "…" if stop < len(flat) else ""
        left -= stop - max(start, end)
        end = stop
    return f"{shown} ({left} more characters: --full)" if left else shown


def _contexts(asked: Case, answer: Answer, cited: Collection[str] | None) -> Iterator[RenderableType]:
    """What was retrieved, each by its beginning and what is `cited`, whole where that is None; and what was not."""
    if answer.retrieved_contexts is None:
        return
    yield Text()
    if not answer.retrieved_contexts:
        yield _labelled("contexts", "nothing was retrieved")
    ids = answer.retrieved_context_ids or ()
    needed = {*(asked.reference_context_ids or ()), *(asked.reference_contexts or ())}
    if answer.retrieved_contexts:
        yield _labelled("contexts", f"best first{'; + marks what the dataset says is needed' if needed else ''}")
    for place, text in enumerate(answer.retrieved_contexts):
        label = ids[place] if place < len(ids) else f"{place + 1}"
        mark = "+" if needed & {label, text} else " "
        whole = text if cited is None else _excerpt(text, cited)
        yield WrappedText(f"[{label}] {whole}", "" if mark == "+" else "dim", indent=4, lead=Text(f"{mark} "))
    if missing := [name for name in asked.reference_context_ids or () if ids and name not in ids]:
        yield _labelled("missing", ", ".join(missing), "yellow")


def _scores(outcomes: Mapping[str, Outcome], ids: Sequence[str]) -> Iterator[RenderableType]:
    """All values in a row, what each rests on, then what has no value, once for each reason."""
    values = [f"{name} {_value(name, outcome)}" for name, outcome in outcomes.items() if isinstance(outcome, Score)]
    if values:
        yield Text()
        yield Units(values, Text("scores:".ljust(_LABEL)))
        yield Text()
    if any(v.support is not None for outcome in outcomes.values() for v in _verdicts(outcome)):
        yield WrappedText("✓ is yes, ✗ is no; the number behind it says how far, from 0 to 1", "dim")
    for names, outcome in _together(outcomes):
        if isinstance(outcome, Score) and outcome.evidence != Evidence(prompts=outcome.evidence.prompts):
            yield WrappedText(names, "bold", indent=2)
            yield from _evidence(names.partition(":")[0], outcome.evidence, ids)
    yield from _without_value(outcomes, ids)


def _together(outcomes: Mapping[str, Outcome]) -> Iterator[tuple[str, Outcome]]:
    """Each outcome under its metric's name; those that rest on the same, as rankings do, under all of their names."""
    for _, group in groupby(outcomes.items(), key=lambda pair: _basis(*pair)):
        pairs = [*group]
        values = [f"{name}: {_value(name, outcome)}" for name, outcome in pairs if isinstance(outcome, Score)]
        yield " · ".join(values), pairs[-1][1]


def _basis(name: str, outcome: Outcome) -> object:
    """What an outcome rests on; alone where that is verdicts, or nothing."""
    shared = isinstance(outcome, Score) and outcome.evidence.details and not outcome.evidence.verdicts
    return str(outcome.evidence.details) if shared and isinstance(outcome, Score) else name


def _value(name: str, outcome: Score) -> str:
    return formatting.with_unit(formatting.number(outcome.value), METRICS.load(name).unit if name in METRICS else "")


def _without_value(outcomes: Mapping[str, Outcome], ids: Sequence[str]) -> Iterator[RenderableType]:
    """The metrics without a value, those of one reason together; apart where something was looked at all the same."""
    alone: dict[str, NotApplicable] = {}
    together: dict[str, list[str]] = {}
    for name, outcome in outcomes.items():
        if isinstance(outcome, NotApplicable) and (outcome.evidence.verdicts or outcome.evidence.details):
            alone[name] = outcome
        elif not isinstance(outcome, Score):
            together.setdefault(_lack(outcome), []).append(name)
    for name, outcome in alone.items():
        yield WrappedText(f"{name}: {_lack(outcome)}", "yellow", indent=2)
        yield from _evidence(name, outcome.evidence, ids)
    for lack, names in together.items():
        yield WrappedText(f"{', '.join(names)}: {lack}", "yellow", indent=2)


def _lack(outcome: NotApplicable | Failure) -> str:
    """Why there is no value."""
    if isinstance(outcome, Failure):
        return f"failure: {outcome.reason}: {outcome.message}"
    return f"not applicable: {_why(outcome.reason)}"


def _why(reason: str) -> str:
    return "the answer refuses, and so claims nothing" if reason == REFUSED else reason


def _evidence(name: str, evidence: Evidence, ids: Sequence[str]) -> Iterator[RenderableType]:
    by_contexts = name in METRICS and METRICS.load(name).held_to == "contexts"
    for part, verdicts in groupby(dict.fromkeys(evidence.verdicts), key=lambda v: v.part):
        yield WrappedText(f"  {_PARTS.get((part, by_contexts), part)}", "italic", indent=2)
        for verdict in verdicts:
            yield from _verdict(verdict, _statement(verdict, ids))
    for key, value in evidence.details.items():
        yield WrappedText(f"  {_DETAILS.get(key, key.replace('_', ' '))}: {_detail(value)}", "dim", indent=4)


def _statement(v: Verdict, ids: Sequence[str]) -> str:
    """A statement; a context that is named by its place also by its id."""
    if v.part == "context" and (place := _CONTEXT.fullmatch(v.statement)) and int(place[1]) <= len(ids):
        return f"{v.statement} [{ids[int(place[1]) - 1]}]"
    return v.statement.removeprefix(_WOULD) if v.part == "question" else v.statement


def _verdict(v: Verdict, statement: str) -> Iterator[RenderableType]:
    """A statement with what was said of it, and why on a line of its own."""
    support = "" if v.support is None else f" {formatting.number(v.support, 2)}"
    mark = Text(f"  {'✓' if v.verdict else '✗'}{support} ", style="green" if v.verdict else "red")
    yield WrappedText(statement, indent=len(mark), lead=mark)
    if v.reason:
        yield WrappedText(v.reason, "dim", indent=len(mark) + 2, lead=Text(" " * (len(mark) + 2)))


def _detail(value: JsonValue) -> str:
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return formatting.number(value) if isinstance(value, float) else str(value)
