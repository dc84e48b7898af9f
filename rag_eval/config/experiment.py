"""What an experiment may say: one frozen model. `configfile` reads it from YAML."""

import re
from collections import Counter
from collections.abc import Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, field_validator

from rag_eval.config import matrix
from rag_eval.config.dataset import DatasetConfig
from rag_eval.config.env import expand
from rag_eval.config.kinds import JudgeConfig, OfKind, TargetConfig
from rag_eval.config.load import LoadConfig
from rag_eval.config.sensitive import Url
from rag_eval.errors import ConfigError
from rag_eval.plugins import JUDGES, METRICS, TARGETS
from rag_eval.records import Record

DEFAULT_METRICS = (
    "correctness",
    "faithfulness",
    "context_recall",
    "factual_correctness",
    "answer_correctness",
    "latency",
)


class MlflowConfig(Record):
    """Where runs are kept for people to compare."""

    tracking_uri: Url | None = None
    """`MLFLOW_TRACKING_URI`, else `sqlite:///mlflow.db` here, if left out."""
    experiment: str | None = None
    """`MLFLOW_EXPERIMENT_NAME`, else `rag-eval`, if left out."""
    enabled: bool = True


class RefusalsConfig(Record):
    """What counts as a refusal beside what the judge calls one."""

    phrases: tuple[str, ...] = ()
    """Words that only a refusal of this service holds, such as `please contact support`; case does not matter."""
    use: str | None = None
    """`package.module:function` instead of the judge: called with an answer's text, true where it refuses."""


_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")

_LONGEST_NAME = 100


def checked_name(text: str) -> str:
    """A name for an experiment and for the folders of its runs; raises `ValueError` for what can be none."""
    if len(text) > _LONGEST_NAME or not _NAME.fullmatch(text):
        raise ValueError(
            f"{text!r} cannot name a folder of a run: it takes up to {_LONGEST_NAME} letters, digits, dots, dashes and "
            "underscores, a letter or digit first"
        )
    return text


def _resolved_name(text: str) -> str:
    """A name with its environment variables; the folder of a run shows it anyway."""
    try:
        return checked_name(expand(text, where=text))
    except ConfigError as error:
        raise ValueError(str(error)) from error


Matrix = Annotated[tuple[matrix.Variant, ...], BeforeValidator(matrix.variants)]
"""The variants of a sweep."""


def _embedded_judge() -> JudgeConfig:
    """The judge that needs no key and no network, for experiments that name none."""
    judge: JudgeConfig = JUDGES.load("embedded").Config()
    return judge


def _path_only(value: object) -> object:
    return {"path": value} if isinstance(value, str) else value


class Experiment(Record):
    """One experiment: questions, a system, a judge, metrics."""

    name: Annotated[str, AfterValidator(_resolved_name)]
    """What its runs are called; `${NAME}` is resolved at once, as folders are named by it."""
    dataset: Annotated[DatasetConfig, BeforeValidator(_path_only)]
    target: Annotated[TargetConfig, OfKind(TARGETS, TargetConfig)]
    judge: Annotated[JudgeConfig, OfKind(JUDGES, JudgeConfig)] = Field(default_factory=_embedded_judge)
    metrics: tuple[str, ...] = Field(default=DEFAULT_METRICS, min_length=1)
    min_coverage: float = Field(default=0.95, ge=0, le=1)
    """Least share of the cases a metric applies to that must have a value; below it the run ends with exit code 3."""
    refusals: RefusalsConfig = RefusalsConfig()
    smallest: dict[str, float] = Field(default_factory=dict)
    """Metric to the smallest difference of two means that matters, in the metric's unit; 0.01 for scores and the larger
    of 10 % and 50 ms for times if left out."""
    primary: str | None = None
    """The metric to read first; `correctness`, else `faithfulness`, else the first if left out."""
    gates: tuple[str, ...] = ()
    """What a run must keep, such as `correctness.mean >= 0.8`; docs/gates.md has them all."""
    guardrails: tuple[str, ...] = ()
    """Metrics that must not drop against the baseline `main` by more than `smallest`."""
    seed: int = 0
    """Of every random choice, such as resampling."""
    runs: str = "runs"
    """Folder of run folders."""
    baselines: str = "baselines"
    """Folder of baselines."""
    mlflow: MlflowConfig = MlflowConfig()
    load: LoadConfig = LoadConfig()
    matrix: Matrix | None = None
    """Settings of the target that `rag-eval sweep` varies, by dotted path: `target.body.top_k: [3, 5, 8]`, of several
    all combinations; or a list of variants, `[{name: small, target.body.top_k: 3}, …]`."""

    @field_validator("gates", mode="before")
    @classmethod
    def _quoted(cls, gates: Any) -> Any:
        """YAML reads `required: tag:safety` as a mapping."""
        parted = [gate for gate in gates if isinstance(gate, Mapping)] if isinstance(gates, list) else []
        texts = ['- "' + ", ".join(f"{key}: {value}" for key, value in gate.items()) + '"' for gate in parted]
        if texts:
            raise ValueError(f"a gate with a colon and a space needs quotes: {', '.join(texts)}")
        return gates

    @field_validator("smallest")
    @classmethod
    def _not_negative(cls, smallest: dict[str, float]) -> dict[str, float]:
        for name, value in smallest.items():
            if ":" not in name:
                _check_metric(name)
            if value < 0:
                raise ValueError(f"{name}: {value:g}: the smallest difference that matters is not negative")
        return smallest

    @field_validator("metrics")
    @classmethod
    def _known(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            _check_metric(name)
        twice = [name for name, count in Counter(names).items() if count > 1]
        if twice:
            raise ValueError(f"{', '.join(twice)} stands twice in the list")
        return names


def _check_metric(name: str) -> None:
    if ":" not in name and name not in METRICS:
        raise ValueError(METRICS.unknown(name))
