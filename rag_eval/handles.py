"""A run and a comparison as a program holds them: numbers, tables for pandas, gates that say why they do not pass."""

import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import PrivateAttr

from rag_eval import configfile, frames, gates, records, run_scores, runs, stats
from rag_eval.errors import UsageError
from rag_eval.evaluation import results
from rag_eval.evaluation.comparison import compare_folders, paired_scores
from rag_eval.evaluation.results import ScoreFolder
from rag_eval.evaluation.shortage import too_little
from rag_eval.journal import Journal, Row
from rag_eval.language.sentences import shorten
from rag_eval.records import REFUSED, Answer, GateOutcome, GateResult, MetricTraits, Movement, Summary, overall_outcome
from rag_eval.reports import formatting

if TYPE_CHECKING:
    import pandas as pd

_SHOWN = 120
"""Letters of a question and of an answer that are shown where a gate does not pass."""


@dataclass(frozen=True)
class GateCheck:
    """What became of gates that a program asked for: true where each one passed, and enough was scored.

    One that is undecided did not pass. As a text it says why, with the questions that speak most against it.
    """

    gates: tuple[GateResult, ...]
    shortage: str = ""
    """What to say where too little of the run was scored for any mean of it to stand for the dataset."""
    examples: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Expression to lines about the questions that speak most against it, for gates that did not pass."""

    @property
    def outcome(self) -> GateOutcome:
        """`failed` where one gate failed, else `undecided` where one is, or where too little was scored."""
        outcome = overall_outcome(self.gates) or "passed"
        return "undecided" if outcome == "passed" and self.shortage else outcome

    def __bool__(self) -> bool:
        return self.outcome == "passed"

    def __repr__(self) -> str:
        return f"<{'; '.join(self._reasons)}>"

    def __str__(self) -> str:
        lines = []
        for gate in self.gates:
            if gate.outcome != "passed" or self:
                lines += [gate.sentence, *(f"  {line}" for line in self.examples.get(gate.expression, ()))]
        return "\n".join([*lines, *filter(None, [self.shortage])])

    @property
    def _reasons(self) -> list[str]:
        """What stands against it; what became of each gate where nothing does."""
        return [
            *(gate.sentence for gate in self.gates if gate.outcome != "passed" or self),
            *filter(None, [self.shortage]),
        ]


def _unwatched(_: GateCheck) -> None:
    pass


@dataclass(frozen=True)
class Run:
    """A run that was made, by its folder; made by `open_run`."""

    folder: runs.RunFolder
    baselines: Path
    """Where baselines are looked for that gates name."""
    against: ScoreFolder | None = None
    """A run or a baseline that stands for every baseline that gates name."""
    watch: Callable[[GateCheck], None] = field(default=_unwatched, repr=False, compare=False)
    """Is told of each check of gates."""

    def __repr__(self) -> str:
        return f"<Run {self.id}>"

    @property
    def id(self) -> str:
        """Its folder's name."""
        return self.folder.id

    @property
    def path(self) -> Path:
        """Its folder."""
        return self.folder.path

    @property
    def report(self) -> Path:
        """The page for people."""
        return self.folder.html

    @cached_property
    def summary(self) -> Summary:
        """The run at a glance, as it was when this was first asked for; `Summary.state` says whether it is finished."""
        return results.summary_of(self.folder)

    def cases(self) -> Iterator[Row]:
        """Each case that was asked, in the order of the dataset: case, reply, and the outcome of each metric."""
        with self.folder.open_() as journal:
            yield from journal.rows()

    def case(self, case_id: str) -> Row:
        """One case; raises `MismatchError` if it has not been asked."""
        return results.case_of(self.folder, case_id)

    def to_pandas(self) -> "pd.DataFrame":
        """A row for each case that was asked, with the columns of `results.parquet`; docs/api.md lists them."""
        with self.folder.open_() as journal:
            names = _metric_columns(journal)
            return frames.frame(frames.cases(names), (frames.case_row(row, names) for row in journal.rows()))

    def evidence(self) -> "pd.DataFrame":
        """A row for each verdict beneath a score, with the columns of `evidence.parquet`."""
        with self.folder.open_() as journal:
            verdicts = (verdict for row in journal.rows() for verdict in frames.evidence_rows(row))
            return frames.frame(frames.EVIDENCE, verdicts)

    def means(self) -> "pd.DataFrame":
        """A row for each metric: its mean with the interval, and how many cases it stands on."""
        return frames.frame(frames.METRICS, map(frames.metric_row, self.summary.metrics))

    def gate(self, expression: str, *, against: "Runlike | None" = None) -> GateResult:
        """What becomes of one gate, such as `correctness.mean >= 0.8`; docs/gates.md has them all.

        `against` stands for the baseline that it names. Raises `ConfigError` for what cannot be read or the run does
        not have, and `MismatchError` for a baseline that is not there or was measured otherwise.
        """
        demanded = [gates.parse(expression)]
        with self._trial(demanded, against) as trial:
            return gates.decide(demanded, trial)[0]

    def passes(self, *expressions: str, against: "Runlike | None" = None) -> GateCheck:
        """Whether every one of these gates passes, decided together; those of the experiment if none is given.

        An undecided gate does not pass, nor does any where too little was scored. Raises as `gate` does, and
        `UsageError` where there is no gate at all.
        """
        demanded = [gates.parse(text) for text in expressions] or [*self._own_gates()]
        with self._trial(demanded, against) as trial:
            decided = gates.decide(demanded, trial)
            short = [gate for gate, result in zip(demanded, decided, strict=True) if result.outcome != "passed"]
            examples = {gate.text: tuple(self._examples(gate, trial)) for gate in short}
        shortage = too_little(self.summary, self.path) if self.summary.finished else ""
        check = GateCheck(decided, shortage, examples)
        self.watch(check)
        return check

    def compare(self, other: "Runlike", *, force: bool = False, partial: bool = False, seed: int = 0) -> "Comparison":
        """Whether this run is better than another one: it is B, and the other, a run or a baseline, is A.

        Raises `MismatchError` for runs that were measured otherwise unless `force`, and for one that is not finished
        unless `partial`.
        """
        return _compared(self._located(other), self.folder, force=force, partial=partial, seed=seed)

    def _own_gates(self) -> Sequence[gates.Gate]:
        demanded = gates.of_experiment(configfile.load(self.folder.experiment))
        if not demanded:
            raise UsageError(f"{self.id}: its experiment has no gates. Give some, such as 'correctness.mean >= 0.8'")
        return demanded

    def _trial(self, demanded: Sequence[gates.Gate], against: "Runlike | None") -> AbstractContextManager[gates.Trial]:
        stand_in = self.against if against is None else self._located(against)
        return results.trial(self.folder, demanded, against=stand_in, root=self.baselines, summary=self.summary)

    def _located(self, other: "Runlike") -> ScoreFolder:
        return _located(other, self.path.parent, self.baselines)

    def _examples(self, gate: gates.Gate, trial: gates.Trial) -> Iterator[str]:
        with self.folder.open_() as journal:
            for case in gates.worst(gate, trial):
                was = "" if case.before is None else f"{formatting.number(case.before, 2)} → "
                yield f"{was}{formatting.number(case.value, 2)}  {case.case_id}  {_line(case.user_input)}"
                yield f"      {_reply(journal, case.case_id)}"


class Comparison(records.RunComparison):
    """Whether B is better than A, with every question of both at hand; made by `compare` and `Run.compare`."""

    _runs: tuple[ScoreFolder, ScoreFolder] | None = PrivateAttr(None)

    def __repr__(self) -> str:
        return f"<Comparison: {next(iter(self.sentences), self.verdict)}>"

    def __str__(self) -> str:
        return "\n".join(self.sentences)

    @property
    def regressions(self) -> tuple[Movement, ...]:
        """All questions that lost on the primary metric, the largest loss first; read from the runs each time."""
        return self.losses(self.primary)

    def losses(self, metric: str) -> tuple[Movement, ...]:
        """All questions that lost on a metric, the largest loss first; raises `UsageError` if it is not compared."""
        with paired_scores(*self._both) as (a, b):
            known = {traits.name: (traits, side_a, side_b) for traits, side_a, side_b in run_scores.sides(a, b)}
            if metric not in known:
                raise UsageError(f"{metric}: is not compared here; there are: {', '.join(known)}")
            return stats.losses(*known[metric], a.question)

    def to_pandas(self) -> "pd.DataFrame":
        """A row for each metric that both runs have; docs/api.md lists the columns."""
        return frames.frame(frames.COMPARED, frames.compared_rows(self))

    def questions(self) -> "pd.DataFrame":
        """A row for each question that both runs were asked: for each metric A, B and B minus A.

        Where a question is no pair of a metric, because a run has no value of it, all that is known is there, and the
        difference is missing.
        """
        with paired_scores(*self._both) as (a, b):
            sides = [*run_scores.sides(a, b)]
            keys = run_scores.shared(a, b)
            rows = ({"id": key, "user_input": a.question(key), **_pair(key, sides)} for key in keys)
            return frames.frame(frames.questions([traits.name for traits, *_ in sides]), rows)

    @property
    def _both(self) -> tuple[ScoreFolder, ScoreFolder]:
        if self._runs is None:
            raise UsageError(
                "this comparison was read from JSON, without its runs; compare them: rag_eval.compare(a, b)"
            )
        return self._runs


Runlike = Run | ScoreFolder | str | Path
"""A run or a baseline: opened, or by its name or folder."""


def open_run(name: str | Path = "latest", *, root: str | Path = "runs", against: Runlike | None = None) -> Run:
    """A run by its folder, its id, its experiment's name, the beginning of an id, or `latest`.

    `root` is the folder of run folders; `against` stands for every baseline that gates name. Of several the newest is
    taken that ended and was not limited; a newer one that is passed over is warned of. Raises `MismatchError` with near
    names where there is none.
    """
    run = handle(runs.find(str(name), Path(root), tell=_warn))
    return run if against is None else replace(run, against=_located(against, run.path.parent, run.baselines))


def _warn(remark: str) -> None:
    warnings.warn(remark, stacklevel=2)


def handle(folder: runs.RunFolder) -> Run:
    """The run in a folder, wherever the program goes to from here."""
    whole = runs.RunFolder(folder.path.resolve())
    return Run(whole, Path(configfile.load(whole.experiment).baselines).resolve())


def compare(a: Runlike, b: Runlike, *, force: bool = False, partial: bool = False, seed: int = 0) -> Comparison:
    """Whether B is better than A, each a run or a baseline; a text is looked for as the command line does.

    Raises `MismatchError` for runs that were measured otherwise unless `force`, and for one that is not finished unless
    `partial`.
    """
    both = [_located(run, Path("runs"), Path("baselines")) for run in (a, b)]
    return _compared(*both, force=force, partial=partial, seed=seed)


def _compared(a: ScoreFolder, b: ScoreFolder, *, force: bool, partial: bool, seed: int) -> Comparison:
    plain = compare_folders(a, b, force=force, partial=partial, seed=seed)
    comparison = Comparison(**{name: getattr(plain, name) for name in records.RunComparison.model_fields})
    comparison._runs = a, b  # noqa: SLF001 - its own, and no field, so that it stays out of JSON
    return comparison


def _located(run: Runlike, root: Path, baselines: Path) -> ScoreFolder:
    if isinstance(run, Run):
        return run.folder
    located = results.locate(str(run), root, baselines, tell=_warn) if isinstance(run, str | Path) else run
    return replace(located, path=located.path.resolve())


def _metric_columns(journal: Journal) -> list[str]:
    """What `reports.tables.metric_columns` says, without adding the run up."""
    shown = [traits.name for traits in journal.meta.traits if not traits.hidden]
    return [*shown, *([REFUSED] if journal.values(REFUSED) else [])]


def _pair(key: str, sides: Sequence[tuple[MetricTraits, stats.Side, stats.Side]]) -> dict[str, float | None]:
    """What both runs have of each metric for one question."""
    cells: dict[str, float | None] = {}
    for traits, side_a, side_b in sides:
        a, b = (side.values.get(key) for side in (side_a, side_b))  # noqa: PD011 - a dict, no Series
        ends = {"_a": a, "_b": b, "_difference": None if a is None or b is None else b - a}
        cells |= {f"{traits.name}{end}": value for end, value in ends.items()}
    return cells


def _line(text: str) -> str:
    return shorten(" ".join(text.split()), _SHOWN)


def _reply(journal: Journal, case_id: str) -> str:
    """What the system said to a question, in a line."""
    reply = journal.reply(case_id)
    if reply is None:
        return "not asked yet, but for its repetitions"
    return f"answer: {_line(reply.response or '–')}" if isinstance(reply, Answer) else f"no answer: {reply.reason}"
