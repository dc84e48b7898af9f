"""A gate proves itself: a run's answers are spoilt in known ways, scored again, and held to the experiment's gates.

Each answer is spoilt and scored once for each kind of damage, by the run's own judge and metrics; how much of it gates
notice is then a matter of drawing, in `gates.trials`. What was scored is kept in the run's folder and is not asked for
again.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydantic import Field

from rag_eval import aio, config, configfile, gates, metrics, runs
from rag_eval.errors import MismatchError, UsageError
from rag_eval.evaluation import results
from rag_eval.gates import checking, trials
from rag_eval.gates.damage import DAMAGES
from rag_eval.gates.expressions import CasesGate, guardrail
from rag_eval.journal import Journal, Row
from rag_eval.proving import scoring
from rag_eval.records import ANSWERED, Record, Summary

SHARES = (0.01, 0.02, 0.05, 0.10)
SLICE_SHARES = (*SHARES, 0.25, 0.5, 1.0)
"""Of a slice more must be spoilt until all gates together notice it."""


@dataclass(frozen=True)
class ProofOptions:
    """What the command line says of a proof."""

    questions: int | None = None
    """Questions in a trial, drawn with replacement; as many as the run has if None."""
    trials: int = 200
    sample: int | None = None
    """Only so many of the run's questions, drawn at random, are spoilt and drawn from; all if None."""
    undecided_blocks: bool = False
    slices: bool = True
    more: tuple[gates.Gate, ...] = ()
    """Gates besides those of the experiment."""
    paid: bool = False
    """Whether a judge that costs money may be asked."""


class KindProof(Record):
    """What gates notice of one kind of damage."""

    name: str
    what: str
    possible: int
    """Questions that can be spoilt in this way."""
    cells: tuple[trials.TrialCell | None, ...]
    """One for each share; None where too few questions can be spoilt."""
    smallest: float | None
    """The smallest share that is caught."""
    slices: dict[str, float | None] = Field(default_factory=dict)
    """Tag to the smallest share of its questions that is caught, if they alone are spoilt; only where some can be."""
    tried: dict[str, float] = Field(default_factory=dict)
    """The same tags to the largest share that could be tried."""


class Proof(Record):
    """What an experiment's gates notice."""

    run: str
    gates: tuple[str, ...]
    left_out: dict[str, str]
    """Gate to why it cannot prove anything here."""
    asked: int
    """Questions of the run."""
    questions: int
    """Questions in a trial."""
    shares: tuple[float, ...]
    unspoilt: trials.TrialCell
    """Trials in which nothing is worse."""
    repeated: bool
    """Whether repetitions of the run say how much changes by itself."""
    undecided_blocks: bool
    spoilt: int
    """Spoilt answers that were scored."""
    failed: int
    """Scores of spoilt answers that are missing because the judge failed; gates take them at their best and worst."""
    calls: int
    """Replies of the judge that were paid for, by this and earlier proofs of the run."""
    kinds: tuple[KindProof, ...]
    embedded_judge: bool


Tell = Callable[[str], None]


def prove(
    experiment: config.Experiment, folder: runs.RunFolder, options: ProofOptions, tell: Tell = lambda _: None
) -> Proof:
    """Prove the gates of an experiment on a run; `tell` is told what is about to be done.

    Raises `UsageError` where the run is not finished, was measured otherwise than its metrics would now, or has no
    gate left, and where a judge would have to be paid and nobody said so.
    """
    own = configfile.load(folder.experiment)
    with folder.open_() as journal:
        summary = results.summary_of(folder)
        _demand_finished(folder, summary)
        demanded, left_out = _useful(experiment, folder, summary, journal, options.more)
        questions = _sampled(_questions(journal), options.sample, experiment.seed)
        tasks = scoring.spoil(questions, experiment.seed)
        with scoring.scored_before(folder, journal, own) as proof:
            measured = _measured(own, demanded, journal)
            _demand_leave(own, tasks, measured, options, proof, tell)
            aio.run_sync(scoring.score(own, journal, proof, tasks, measured))
            calls, failed = proof.usage().calls, scoring.failed(tasks, measured, proof)
            population = scoring.population(journal.meta, questions, tasks, proof)
    drawn = trials.Experimenter(
        population=population,
        gates=demanded,
        summary=summary,
        smallest=experiment.smallest,
        questions=options.questions or len(questions),
        trials=options.trials,
        undecided_blocks=options.undecided_blocks,
        seed=experiment.seed,
    )
    tell(f"drawing up to {options.trials} trials of {drawn.questions} questions for each kind and share")
    tags = sorted({tag for question in questions for row in question for tag in row.case.tags})
    return Proof(
        run=folder.id,
        gates=tuple(gate.text for gate in demanded),
        left_out=left_out,
        asked=len(questions),
        questions=drawn.questions,
        shares=SHARES,
        unspoilt=drawn.unspoilt(SHARES[-1]),
        repeated=population.repeated,
        undecided_blocks=options.undecided_blocks,
        spoilt=len(tasks),
        failed=failed,
        calls=calls,
        kinds=tuple(_kind(damage.name, damage.what, drawn, tags if options.slices else ()) for damage in DAMAGES),
        embedded_judge=summary.embedded_judge,
    )


def _kind(name: str, what: str, drawn: trials.Experimenter, tags: Sequence[str]) -> KindProof:
    cells = tuple(drawn.cell(name, share) for share in SHARES)
    tried = {tag: [share for share in SLICE_SHARES if drawn.possible(name, share, tag)] for tag in tags}
    return KindProof(
        name=name,
        what=what,
        possible=len(drawn.population.spoilt[name]),
        cells=cells,
        smallest=next((cell.share for cell in cells if cell is not None and cell.caught), None),
        slices={tag: drawn.smallest_caught(name, shares, tag) for tag, shares in tried.items() if shares},
        tried={tag: shares[-1] for tag, shares in tried.items() if shares},
    )


def _demand_finished(folder: runs.RunFolder, summary: Summary) -> None:
    if not summary.finished:
        raise MismatchError(
            f"{folder.id} is unfinished ({summary.scored} of {summary.planned} cases scored) and proves nothing. "
            f"Do: rag-eval run --resume {folder.path}"
        )


def _default_gates(primary: str) -> tuple[gates.Gate, ...]:
    """What is demanded where an experiment demands nothing: neither the primary metric nor answers may be lost."""
    return tuple(guardrail(name) for name in dict.fromkeys((primary, ANSWERED)))


def _useful(
    experiment: config.Experiment,
    folder: runs.RunFolder,
    summary: Summary,
    journal: Journal,
    more: Sequence[gates.Gate],
) -> tuple[tuple[gates.Gate, ...], dict[str, str]]:
    """The gates that can notice something, and the others with why they cannot."""
    every = {gate.text: gate for gate in (*gates.of_experiment(experiment), *more)}
    demanded = tuple(every.values()) or _default_gates(journal.meta.primary or summary.metrics[0].name)
    left_out = {g.text: "it names one case" for g in demanded if isinstance(g, CasesGate) and g.by == "id"}
    rest = [gate for gate in demanded if gate.text not in left_out]
    decided = results.gate(folder, rest, against=folder, root=Path(experiment.baselines))
    left_out |= {gate.expression: "the run fails it as it is" for gate in decided if gate.outcome == "failed"}
    useful = tuple(gate for gate in rest if gate.text not in left_out)
    if not useful:
        reasons = "; ".join(f"{text}: {why}" for text, why in left_out.items())
        raise UsageError(f"{folder.id}: no gate is left that could notice damage: {reasons}")
    return useful, left_out


def _questions(journal: Journal) -> list[list[Row]]:
    """The run's cases, each with its repetitions, in the order of the dataset."""
    repeats = journal.repeats()
    by_question: dict[str, list[Row]] = {}
    for row in journal.rows():
        by_question.setdefault(repeats.get(row.case.id, row.case.id), []).append(row)
    return [*by_question.values()]


def _sampled(questions: list[list[Row]], sample: int | None, seed: int) -> list[list[Row]]:
    if sample is None or sample >= len(questions):
        return questions
    chosen = np.random.default_rng(seed).choice(len(questions), sample, replace=False)
    return [questions[place] for place in sorted(chosen)]


def _measured(own: config.Experiment, demanded: Sequence[gates.Gate], journal: Journal) -> frozenset[str]:
    """The names of the metrics that gates speak of, and of those that these follow from; of all for `coverage`."""
    primary = journal.meta.primary
    wanted = {name for gate in demanded for name in checking.subjects(gate, primary)}
    specs = metrics.select(own.metrics, own.refusals)
    return frozenset(
        metrics.scored_for(specs, [spec.name for spec in specs] if "coverage" in wanted else sorted(wanted))
    )


def _demand_leave(
    own: config.Experiment,
    tasks: Sequence[scoring.SpoiltAnswer],
    measured: frozenset[str],
    options: ProofOptions,
    proof: Journal,
    tell: Tell,
) -> None:
    missing = [scoring.missing(task, measured, proof) for task in tasks]
    due, scores = sum(map(bool, missing)), sum(map(len, missing))
    plan = f"{due} spoilt answers are scored, {scores} scores by {len(measured)} metrics"
    tell(plan)
    if due and not own.judge.is_free and not options.paid:
        raise UsageError(
            f"{plan}. A score takes a call of the judge or two, or none where the run has asked the same. "
            "Say --yes to that, or take fewer with --sample"
        )
