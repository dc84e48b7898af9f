"""The main job, stage by stage. This is the file to read first.

    dataset ─ Case ─▶ target ─ Answer|Failure ─▶ metrics × judge ─ Score|Failure ─▶ journal
                                                       journal ─▶ Summary ─▶ reports, MLflow
                                                 two summaries ─▶ Comparison

Each stage is a module of `evaluation`: what comes before the first question is in `plan`, asking and scoring in
`session` and `engine`, what is made from the journal, at any time and as often as wanted, in `results`. How MLflow
comes to have it is in `pushing`.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING

from rag_eval import config, pushing, runs
from rag_eval.evaluation import results, session, workers
from rag_eval.evaluation.plan import Plan, prepare
from rag_eval.ports import PushProgress
from rag_eval.pushing import FinishedRun

if TYPE_CHECKING:
    from rag_eval.evaluation import stopping


@dataclass(frozen=True)
class Options:
    """What the command line may add to an experiment."""

    limit: int | None = None
    """Only the first so many cases."""
    resume: runs.RunFolder | None = None
    """A run to go on with, instead of a new one."""
    retry_errors: bool = False
    """Try cases again that ended in a failure."""
    gates: bool = True
    """Hold the run to the experiment's gates; without, a first baseline can be made."""
    against: results.ScoreFolder | None = None
    """What stands for every baseline that gates name."""
    stop: bool = False
    """Ask in a random order, and no more than it takes to decide the gates; needs `against`."""
    workers: int | None = None
    """Processes that score, where the judge computes; None takes the machine's cores where that pays."""


def run(
    experiment: config.Experiment,
    options: Options = Options(),
    display: session.Display = session.unseen,
    pushed: PushProgress = lambda _, __: None,
) -> FinishedRun:
    """Do an experiment from beginning to end; `pushed` is told how far the tracker is.

    Raises `UsageError` before anything is asked, and `Interruption` when it is stopped, with what was done kept.
    """
    plan = prepare(experiment, options.limit, gated=options.gates, implied=options.against is not None)
    rule = check(plan, options)
    with (
        session.begin(plan, options.resume, retry_errors=options.retry_errors) as job,
        pushing.followed(job.folder, job.experiment, plan.survey.asked) as following,
    ):
        with session.timed(job), display(job.start) as shown:
            session.work(job, pushing.telling(following, shown), rule, options.against, options.workers)
        result = results.write_reports(job.folder, job.journal, plan.gates, options.against, following.tell_rest)
    return pushing.track(result, pushed=pushed, sent=following.sent)


def check(plan: Plan, options: Options) -> "stopping.StoppingRule | None":
    """See that the gates can be decided, that workers would work, and when asking may stop; raises `UsageError`."""
    workers.check(plan.experiment, options.workers, ordered=options.stop)
    plan.check_gates(None if options.against is None else results.measured_as(options.against))
    if not options.stop:
        return None
    from rag_eval.evaluation import stopping

    return stopping.rule(plan.experiment, plan.gates, plan.traits)
