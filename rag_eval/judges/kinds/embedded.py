"""The judge inside."""

from typing import ClassVar, Literal

from pydantic import Field, JsonValue

from rag_eval.config.kinds import JudgeConfig
from rag_eval.judges.backend import Backend, DeferredBackend, PlainBackend
from rag_eval.judges.embedded.version import EMBEDDINGS, VERSION


class EmbeddedJudgeConfig(JudgeConfig):
    """The judge inside: no key, no network, the same numbers every time. It reads words, not meaning."""

    is_free: ClassVar[bool] = True
    reads_words: ClassVar[bool] = True
    is_instant: ClassVar[bool] = True
    imports: ClassVar[tuple[str, ...]] = ("rag_eval.judges.embedded.judge",)

    kind: Literal["embedded"] = "embedded"
    concurrency: int = Field(default=2, ge=1)


Config = EmbeddedJudgeConfig


def check(_: EmbeddedJudgeConfig) -> None:
    """Nothing can be wrong with it."""


def origin(_: EmbeddedJudgeConfig, __: int) -> dict[str, JsonValue]:
    """Its version."""
    return {"kind": "embedded", "version": VERSION, "embeddings": EMBEDDINGS}


def open_backend(config: EmbeddedJudgeConfig, seed: int) -> Backend:
    """The judge and the embedder inside; they are imported when the judge is first asked."""
    who = origin(config, seed)

    def made() -> Backend:
        from rag_eval.judges.embedded.embedder import HashingEmbedder
        from rag_eval.judges.embedded.judge import EmbeddedJudge

        return PlainBackend(EmbeddedJudge(), HashingEmbedder(), who, "embedded")

    return DeferredBackend(who, "embedded", None, made)
