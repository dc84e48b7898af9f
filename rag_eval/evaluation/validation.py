"""What an experiment would do, as far as that can be told without asking anybody."""

from dataclasses import dataclass
from itertools import product

from rag_eval import config, gates, judges, metrics, targets
from rag_eval.evaluation.plan import Plan
from rag_eval.evaluation.replay_input import notes, open_replay
from rag_eval.evaluation.survey import Survey, dataset_kind, survey
from rag_eval.gates import Gate
from rag_eval.records import Answer, Case
from rag_eval.targets.replay import report


@dataclass(frozen=True)
class Validation:
    """What an experiment would do."""

    survey: Survey
    applies: dict[str, int]
    """Metric to the number of cases that have what it needs of a dataset."""
    needs: dict[str, str]
    """Metric to what the first case it does not apply to lacks."""
    replay: report.ReplayReport | None = None
    """What would be played, where nobody is asked."""
    ground_truth: bool = True
    """False where the cases are questions out of traces."""
    gates: tuple[Gate, ...] = ()
    """What the run will have to keep."""

    @property
    def remarks(self) -> tuple[str, ...]:
        """What is worth knowing before the first question."""
        return notes(self.survey, self.replay)


def validate(experiment: config.Experiment) -> Validation:
    """Check all of an experiment that can be checked without asking anybody; raises `UsageError`."""
    demanded = gates.of_experiment(experiment)
    config.demand_files(experiment, "dataset", "target")
    whole, kinds = survey(experiment, None, gates.ids(demanded))
    targets.check(experiment.target)
    judges.check(experiment.judge)
    specs = tuple(metrics.select(experiment.metrics, experiment.refusals))
    Plan(experiment, whole, specs, demanded).check_gates()
    measured = [metric for metric in specs if not metric.hidden and not metric.derived]
    with open_replay(experiment, None) as played:
        played_report = played.report if played else None
    silent = (
        {name for name, count in played_report.lacking.items() if count == played_report.answers}
        if played_report
        else set()
    )
    silent |= experiment.target.lacks
    applies = dict.fromkeys((metric.name for metric in measured), 0)
    needs: dict[str, str] = {}
    for kind, metric in product(kinds, measured):
        reason = metrics.why_not(metric, kind.first, Answer(), among={*Case.model_fields, *silent})
        applies[metric.name] += 0 if reason else kind.count
        if reason:
            needs.setdefault(metric.name, reason)
    return Validation(whole, applies, needs, played_report, dataset_kind(experiment.dataset) == "rows", demanded)
