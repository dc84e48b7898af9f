"""Somebody else's judge."""

from typing import Literal

from pydantic import Field, JsonValue

from rag_eval.config.kinds import JudgeConfig


class CustomJudgeConfig(JudgeConfig):
    """Somebody else's judge: `use: package.module:name` is called with `options`."""

    kind: Literal["custom"]
    use: str
    options: dict[str, JsonValue] = Field(default_factory=dict)
    concurrency: int = Field(default=4, ge=1)


Config = CustomJudgeConfig
