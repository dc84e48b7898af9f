"""What an experiment says of answers that were captured before."""

from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, Field, field_validator

from rag_eval.config.kinds import TargetConfig
from rag_eval.config.paths import FileName, FilePath
from rag_eval.config.target import Thinking
from rag_eval.records import Record
from rag_eval.traces import SpanSettings

Way = Literal["trace", "id", "question", "fuzzy"]
"""What a captured answer has in common with its case."""

_AUTO: tuple[Way, ...] = ("trace", "id", "question")


def _list_of_one(value: object) -> object:
    return [value] if isinstance(value, str) else value


class SpanNames(Record):
    """Names in the traces of a service, for what no rule can know."""

    retriever: str | None = None
    """Name of the spans that retrieve; no others do then."""
    answer: str | None = None
    """Name of the span that gives the answer back; the last, where there are several."""
    question: str | None = None
    """Attribute of a span that holds the question."""


class ReplayConfig(TargetConfig):
    """Answers that were captured before."""

    asks_live: ClassVar[bool] = False

    kind: Literal["replay"]
    path: FileName | None = None
    """Traces (a file, a folder or a pattern), a run of ours, or rows of answers as JSONL, CSV or Parquet; the dataset's
    own file if it is left out."""
    format: Literal["auto", "rows", "traces", "run"] = "auto"
    """What stands at `path`; `auto` looks."""
    fields: dict[str, str] = Field(default_factory=dict)
    """RAGAs' name to a JMESPath into the row."""
    spans: SpanNames = Field(default_factory=SpanNames)
    """Which spans of a trace retrieve and answer, and which attribute has the question, where that is not found."""
    contexts: Literal["prompt", "retrieved"] = "prompt"
    """Whether passages count that were retrieved and do not stand in the prompt of the answer."""
    match: Annotated[tuple[Literal["auto", "trace", "id", "question", "fuzzy"], ...], BeforeValidator(_list_of_one)] = (
        "auto",
    )
    """How a captured answer finds its case, one way or several in order; `auto` is its trace, id and question."""
    pick: Literal["fail", "latest", "first"] = "fail"
    """Which answer counts where several belong to one case; `fail` none, and says which there are."""
    run: str | None = None
    """The live run that the traces came from, where several could be meant."""
    corpus: FilePath | None = None
    """Passages for contexts of which only the ids were captured; the dataset's own if it is left out."""
    thinking: Thinking = "keep"
    """Whether what a model thought before it answered is left out of the answers."""
    concurrency: int = Field(default=8, ge=1)

    @field_validator("match")
    @classmethod
    def _some_way(cls, match: tuple[str, ...]) -> tuple[str, ...]:
        if not match:
            raise ValueError("the list is empty; leave it out for `auto`")
        return match

    @property
    def span_settings(self) -> SpanSettings:
        """How traces are read."""
        names = self.spans
        return SpanSettings(names.retriever, names.answer, names.question, self.contexts)

    @property
    def ways(self) -> tuple[Way, ...]:
        """The ways to match, in order and each once."""
        ways: dict[Way, None] = {}
        for way in self.match:
            ways |= dict.fromkeys(_AUTO if way == "auto" else (way,))
        return tuple(ways)
