"""A few questions of an experiment, asked and scored as a run would and then forgotten."""

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from rag_eval import config
from rag_eval.errors import FirstContactError
from rag_eval.evaluation import results, session
from rag_eval.evaluation.plan import prepare
from rag_eval.journal import Row
from rag_eval.records import UNKNOWN, Answer, Summary, Usage

_LONGEST = 60


@dataclass(frozen=True)
class Probe:
    """What the first questions came to."""

    rows: tuple[Row, ...]
    summary: Summary
    cases: int
    """Of the whole dataset, with repetitions."""
    error: FirstContactError | None = None
    """Why no more was asked, where the first calls all ended alike."""

    @property
    def is_whole(self) -> bool:
        """Whether every answer and every score came."""
        return self.error is None and not self.summary.failures

    @property
    def expected(self) -> Usage | None:
        """What the judge will cost for all cases, as these few did; None where it was not asked."""
        usage, scored = self.summary.usage, self.summary.scored
        if not usage.calls or not scored:
            return None
        times = self.cases / scored
        return Usage(
            calls=round(usage.calls * times),
            prompt_tokens=round(usage.prompt_tokens * times),
            completion_tokens=round(usage.completion_tokens * times),
            cost_usd=None if usage.cost_usd is None else usage.cost_usd * times,
        )


def probe(experiment: config.Experiment, limit: int, cases: int) -> Probe:
    """Ask and score the first `limit` of so many cases; nothing is kept. Raises as a run does."""
    with tempfile.TemporaryDirectory(prefix="rag-eval-") as folder:
        plan = prepare(experiment.model_copy(update={"runs": folder}), limit, gated=False)
        error = None
        with session.begin(plan) as job:
            try:
                with session.clocked(job.journal):
                    session.work(job, lambda _: None, None, None)
            except FirstContactError as first:
                error = first
            summary = results.summarise(job.folder.id, job.journal, experiment)
            return Probe(tuple(job.journal.rows()), summary, cases, error)


def selected(target: config.TargetConfig, answer: Answer) -> Iterator[tuple[str, str, str]]:
    """Of each path that a target's answers are read by its setting, the path, and what it found in one answer."""
    select = getattr(target, "select", None)
    if not isinstance(select, config.SelectConfig):
        return
    if select.use:
        yield "select.use", select.use, _seen(answer.response)
        return
    whole = _place_of_text(target)
    if whole is not None:
        yield *whole, _seen(answer.response)
    for name in ("response", "retrieved_contexts", "retrieved_context_ids", "scores", "usage", "degraded", "session"):
        path = getattr(select, name)
        if path is not None and (name != "response" or whole is None):
            value = getattr(answer, name) if name in Answer.model_fields else answer.metadata.get(name)
            yield f"select.{name}", path, _why(answer, name) or _seen(value)


def _place_of_text(target: config.TargetConfig) -> tuple[str, str] | None:
    """The setting by which the text of an answer is taken as it comes, with its value; None where `select` finds it."""
    stream = getattr(target, "stream", None)
    if isinstance(stream, config.StreamConfig):
        return ("stream.delta", stream.piece) if stream.piece else ("stream.kind", stream.kind)
    return ("receive", "text") if getattr(target, "receive", "json") == "text" else None


def _why(answer: Answer, name: str) -> str:
    """Why a list that came cannot be used."""
    whys = answer.metadata.get(UNKNOWN)
    return str(whys[name]) if isinstance(whys, dict) and name in whys else ""


def _seen(value: Any) -> str:
    match value:
        case None:
            return "nothing"
        case str():
            return f"{len(value)} letters: {_begin(value)}"
        case list() | tuple():
            return f"{len(value)}{f', the first: {_begin(str(value[0]))}' if value else ''}"
        case _:
            return _begin(str(value))


def _begin(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _LONGEST else f"{line[: _LONGEST - 1]}…"
