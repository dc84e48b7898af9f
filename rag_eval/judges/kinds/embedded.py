"""The judge inside."""

from typing import ClassVar, Literal

from pydantic import Field

from rag_eval.config.kinds import JudgeConfig


class EmbeddedJudgeConfig(JudgeConfig):
    """The judge inside: no key, no network, the same numbers every time. It reads words, not meaning."""

    is_free: ClassVar[bool] = True
    reads_words: ClassVar[bool] = True

    kind: Literal["embedded"] = "embedded"
    concurrency: int = Field(default=2, ge=1)


Config = EmbeddedJudgeConfig
