"""Drafting as it shows on the command line: which kinds, how far it is, and what came of it."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from rag_eval.cli import printing
from rag_eval.cli.guard import print_note
from rag_eval.cli.progress import spend_text
from rag_eval.errors import UsageError

if TYPE_CHECKING:
    from rag_eval.curation import DraftReport, PlannedDrafts, SampleReport
    from rag_eval.dataset.drafting import DraftResult, Kind


def kinds(names: Sequence[str]) -> "tuple[Kind, ...]":
    """The kinds that were named, all if none was; raises `UsageError` for one that there is not."""
    from rag_eval.dataset.drafting import KINDS

    for name in names:
        if name not in KINDS:
            raise UsageError(f"--kind {name}: is no kind of question; there are: {', '.join(KINDS)}")
    return tuple(kind for kind in KINDS if kind in names) or KINDS


@contextmanager
def progress(questions: int) -> "Iterator[Callable[[DraftResult], None]]":
    """Show on standard error how many questions there are; on a terminal as a bar."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    if not console.is_terminal:
        yield lambda _: None
        return
    with Progress(console=console, transient=True) as bar:
        task = bar.add_task("drafted", total=questions)
        yield lambda drafts: bar.update(task, completed=len(drafts.cases))


def tell(report: "DraftReport", *, as_json: bool) -> None:
    """Say what came of drafting."""
    for problem in report.written.problems:
        print_note(f"left out: {problem}")
    for note in report.notes:
        print_note(f"note: {note}")
    if as_json:
        printing.dump(_as_json(report))
        return
    built = report.written
    printing.say(f"{report.documents} documents, {report.passages} passages{_passed_over(report.passed_over)}")
    printing.say(
        f"{built.folder}: {report.drafted} draft questions by {report.by}, fingerprint {built.manifest.fingerprint}"
    )
    printing.say("kinds: " + _listed(report.kinds))
    if report.drafted < report.asked:
        why = "all passages were tried" if report.exhausted else "that many tries gave none"
        why = "the budget is spent" if report.is_spent else why
        printing.say(f"{report.asked - report.drafted} fewer than the {report.asked} asked for; {why}:")
        for cause, count in report.causes.items():
            printing.say(f"  {count:>5}  {cause}")
        if not report.usage.calls:
            printing.say("rules draft of plain sentences alone; a language model finds more: --model NAME")
    for kind, cause in report.fell_out.items():
        printing.say(f"none of kind {kind}: {cause}")
    if report.usage.calls:
        printing.say(f"judge: {report.usage.calls} calls, {spend_text(report.usage)}")
    printing.say(f"they are drafts until somebody has read them: rag-eval review {built.folder}")


def tell_plan(planned: "PlannedDrafts", *, as_json: bool) -> None:
    """Say what drafting will take."""
    for note in planned.notes:
        print_note(f"note: {note}")
    if as_json:
        printing.dump(asdict(planned))
        return
    plan = planned.plan
    printing.say(f"{planned.documents} documents, {planned.passages} passages")
    printing.say(f"{plan.questions} questions by {planned.by} would be tried first: {_listed(plan.kinds)}")
    if planned.is_free:
        printing.say("rules draft; nobody is asked, and nothing is to be paid")
        return
    dollars = (
        f", ${planned.cost_usd:.2f}"
        if planned.cost_usd is not None
        else "; `judge: {prices: …}` would say what it costs"
    )
    printing.say(
        f"about {plan.calls:,} calls, {plan.prompt_tokens:,} tokens of prompts and"
        f" {plan.completion_tokens:,} of replies{dollars}"
    )
    printing.say("nobody was asked, and nothing was written")


def _as_json(report: "DraftReport") -> dict[str, Any]:
    built = report.written
    return {
        **built.manifest.model_dump(mode="json"),
        "folder": str(built.folder),
        "asked": report.asked,
        "drafted": report.drafted,
        "short": report.asked - report.drafted,
        "not_drafted": report.causes,
        "kinds": report.kinds,
        "fell_out": report.fell_out,
        "left_out": [vars(problem) for problem in built.problems],
        "usage": report.usage.model_dump(mode="json"),
    }


def tell_sample(report: "SampleReport", *, as_json: bool) -> None:
    """Say what came of sampling traces."""
    built, sample = report.written, report.sampled
    if as_json:
        counts = {"skipped": dict(sample.skipped), "masked": dict(sample.masked), "topics": dict(sample.topics)}
        record = {"folder": str(built.folder), "asked": sample.asked, "distinct": sample.distinct, **counts}
        printing.dump({**built.manifest.model_dump(mode="json"), **record})
        return
    printing.say(f"{sample.asked} questions in the traces, {sample.distinct} distinct, {len(sample.topics)} topics")
    if sample.skipped:
        printing.say(f"traces without a question that could be used: {_listed(sample.skipped)}")
    if sample.masked:
        printing.say(f"masked: {_listed(sample.masked)}")
    risks = Counter(tag for case in sample.cases for tag in case.tags if tag.endswith(("-feedback", "-confidence")))
    printing.say(f"{built.folder}: {len(sample.cases)} candidates, fingerprint {built.manifest.fingerprint}")
    if risks:
        printing.say(f"among them: {_listed(risks)}")
    printing.say(f"they have no reference until somebody gives them one: rag-eval review {built.folder}")


def _passed_over(endings: dict[str, int]) -> str:
    return f"; passed over: {_listed(endings)}" if endings else ""


def _listed(counts: "Mapping[str, int] | Mapping[Kind, int]") -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))
