"""Somebody else's part, named as `package.module:name`."""

from typing import Literal

from pydantic import Field, JsonValue

from rag_eval.records import Record


class CustomConfig(Record):
    """Somebody else's part: `use: package.module:name` is called with `options`."""

    kind: Literal["custom"]
    use: str
    options: dict[str, JsonValue] = Field(default_factory=dict)
    concurrency: int = Field(default=4, ge=1)
