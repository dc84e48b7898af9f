"""Before anything is asked or paid for: what an experiment would do, and whether it can."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice, product

from rag_eval import config, dataset, judges, metrics, targets
from rag_eval.errors import ConfigError
from rag_eval.records import Answer, Case


@dataclass(frozen=True)
class Plan:
    """What is about to be done, known before anything is asked or paid for."""

    total: int
    """Cases."""
    fingerprint: str
    """Of the cases."""


@dataclass
class _Alike:
    """Cases that have the same fields and lack the same."""

    first: Case
    count: int = 0


def look_ahead(experiment: config.Experiment, limit: int | None) -> Plan:
    """Read every case once, so that a bad row is told of before the first question; raises `BadRows`."""
    return _survey(experiment, limit)[0]


def _survey(experiment: config.Experiment, limit: int | None) -> tuple[Plan, Sequence[_Alike]]:
    """What there is to do, and the kinds of cases in the order of their first ones: a handful, however many rows."""
    kinds: dict[tuple[bool, ...], _Alike] = {}

    def counted() -> Iterator[Case]:
        for case in cases(experiment, limit):
            kinds.setdefault(_has(case), _Alike(case)).count += 1
            yield case

    fingerprint = dataset.fingerprint(counted())
    if not kinds:
        raise ConfigError(f"dataset.path: {experiment.dataset.path} holds no cases")
    return Plan(sum(kind.count for kind in kinds.values()), fingerprint), tuple(kinds.values())


def _has(case: Case) -> tuple[bool, ...]:
    """Which fields hold something."""
    return tuple([bool(value.strip() if isinstance(value, str) else value) for _, value in case])


def cases(experiment: config.Experiment, limit: int | None) -> Iterator[Case]:
    """The cases of an experiment, one at a time, the first `limit` of them if there is one; raises `BadRows`."""
    return (item.case for item in islice(dataset.cases(experiment.dataset), limit))


def captured(experiment: config.Experiment) -> Iterator[tuple[Case, Answer]]:
    """What a replay plays: the rows of its own file, or of the dataset's."""
    said = experiment.target
    assert isinstance(said, config.Replay)
    own = config.Dataset(path=said.path, fields=said.fields) if said.path else None
    fields = {**experiment.dataset.fields, **said.fields}
    source = own or experiment.dataset.model_copy(update={"fields": fields})
    return ((item.case, item.answer) for item in dataset.cases(source))


@dataclass(frozen=True)
class Validated:
    """What an experiment would do."""

    plan: Plan
    applies: dict[str, int]
    """Metric to the number of cases that have what it needs of a dataset."""
    needs: dict[str, str]
    """Metric to what the first case it does not apply to lacks."""


def validate(experiment: config.Experiment) -> Validated:
    """Check all of an experiment that can be checked without asking anybody; raises `UsageError`."""
    plan, kinds = _survey(experiment, None)
    targets.check(experiment.target)
    judges.check(experiment.judge)
    measured = metrics.connect(experiment.metrics, metrics.Nobody(), metrics.Nobody())
    applies = dict.fromkeys((metric.name for metric in measured), 0)
    needs: dict[str, str] = {}
    for kind, metric in product(kinds, measured):
        reason = metrics.why_not([f for f in metric.needs if f in Case.model_fields], kind.first, Answer())
        applies[metric.name] += 0 if reason else kind.count
        if reason:
            needs.setdefault(metric.name, reason)
    return Validated(plan, applies, needs)
