"""Where the questions of an experiment come from."""

from typing import Literal

from pydantic import Field

from rag_eval.config.paths import FilePath
from rag_eval.records import Record


class DatasetConfig(Record):
    """Where the questions come from; a bare string is its path."""

    path: FilePath
    """A dataset folder, a CSV, JSONL or Parquet file, a Hugging Face dataset (a folder or `hf://owner/name`), or
    traces, the questions of which have no ground truth."""
    format: Literal["auto", "rows", "traces"] = "auto"
    """What stands at `path`; `auto` looks."""
    split: str | None = None
    """Split of a Hugging Face dataset; `test` if there is one, else the only one."""
    fields: dict[str, str] = Field(default_factory=dict)
    """RAGAs' name to a JMESPath into the row, for names that are not recognised by themselves."""
    corpus: FilePath | None = None
    """Pages or a file of passages; fills `reference_contexts` from `reference_context_ids`."""
    keep_na: bool = False
    """Whether `None`, `NaN`, `N/A` and the like are texts, where they are taken as no data otherwise."""
