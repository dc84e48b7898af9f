"""What a run remembers about itself, beside its cases and scores."""

import json
from collections.abc import Collection, Mapping
from typing import Self

from pydantic import JsonValue
from pydantic_core import to_json

from rag_eval.records.base import Record
from rag_eval.records.gates import GateResult
from rag_eval.records.judging import ObservedJudge
from rag_eval.records.summary import MetricTraits, Origin, SequentialDesign, WorkTree, limit_said


class RunMeta(Record):
    """A journal's table `meta`, read once; what an older run did not keep has its default and is not `known`."""

    format: str = ""
    """Of the journal's tables."""
    key: str = ""
    """Tells the run from every other, also on other machines."""
    name: str = ""
    """Of the experiment, unless the run was renamed."""
    origin: Origin = Origin(judge={}, metrics={}, dataset="", code="")
    judged: ObservedJudge = ObservedJudge()
    """What the judge's endpoint showed of itself."""
    metrics: tuple[MetricTraits, ...] = ()
    """The metrics that are measured; see `traits`."""
    primary: str = ""
    """The metric to read first."""
    listed: tuple[str, ...] = ()
    """Metrics that the experiment names itself."""
    target: dict[str, JsonValue] | None = None
    """What tells the system from another; nothing secret."""
    limit: int | None = None
    """Cases that the run was told to ask at most."""
    dataset_cases: int | None = None
    """Cases of the whole dataset, where the run was limited and that is known."""
    total: int = 0
    """Questions that are to be asked, with their repetitions."""
    round: int = 0
    """How often failures were tried again."""
    git: WorkTree | None = None
    """None where the run began outside of a work tree."""
    began: float = 0.0
    """Seconds since 1970."""
    gates: tuple[GateResult, ...] = ()
    """What became of the experiment's gates."""
    sequential: SequentialDesign | None = None
    """How the run was looked at while it went on; None where it was not."""
    replay: dict[str, JsonValue] | None = None
    """What was played, and what was not, where answers were captured before."""
    former: tuple[str, ...] = ()
    """The ids that the run had before."""

    @classmethod
    def read(cls, texts: Mapping[str, str]) -> Self:
        """Read the texts of a journal or of a baseline; keys that are not known are left out."""
        known = {key: text for key, text in texts.items() if key in cls.model_fields}
        plain = {key for key, field in cls.model_fields.items() if field.annotation is str}
        return cls.model_validate({key: text if key in plain else json.loads(text) for key, text in known.items()})

    def texts(self) -> dict[str, str]:
        """What `read` takes, of all that is known."""
        values = {key: getattr(self, key) for key in self.model_fields_set}
        return {key: value if isinstance(value, str) else to_json(value).decode() for key, value in values.items()}

    def known(self, key: str) -> bool:
        """Whether the run has kept something under a key; older ones have not kept all of them."""
        return key in self.model_fields_set

    @property
    def traits(self) -> tuple[MetricTraits, ...]:
        """Its metrics in the order in which reports show them; older runs do not list those that are derived."""
        names = {trait.name for trait in self.metrics}
        return (*self.metrics, *(MetricTraits(name=name) for name in self.origin.metrics if name not in names))

    @property
    def names(self) -> list[str]:
        """The names of its metrics."""
        return [trait.name for trait in self.traits]

    @property
    def limit_said(self) -> str:
        """How the run was limited: `--limit 5 of 16`; nothing where it was not."""
        return limit_said(self.limit, self.dataset_cases)

    def only(self, keys: Collection[str]) -> Self:
        """The same with nothing known but what stands under these keys."""
        return self.model_validate({key: getattr(self, key) for key in keys if key in self.model_fields_set})
