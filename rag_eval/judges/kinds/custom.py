"""Somebody else's judge."""

import hashlib
from typing import Any, Literal

from pydantic import Field, JsonValue

from rag_eval import plugins
from rag_eval.config.kinds import JudgeConfig
from rag_eval.judges.backend import Backend, PlainBackend, embedder_of


class CustomJudgeConfig(JudgeConfig):
    """Somebody else's judge: `use: package.module:name` is called with `options`."""

    kind: Literal["custom"]
    use: str
    options: dict[str, JsonValue] = Field(default_factory=dict)
    concurrency: int = Field(default=4, ge=1)


Config = CustomJudgeConfig


def check(config: CustomJudgeConfig) -> None:
    """See that there is such a judge; it is built when it is asked, as that may take long. Raises `ConfigError`."""
    plugins.check(config.use, config.options)


def origin(config: CustomJudgeConfig, _: int) -> dict[str, JsonValue]:
    """What is called, and a digest of its options, which may hold secrets."""
    digest = hashlib.sha256(repr(sorted(config.options.items())).encode()).hexdigest()[:12]
    return {"kind": "custom", "use": config.use, "options": digest}


def open_backend(config: CustomJudgeConfig, seed: int) -> Backend:
    """The judge that is built with the options; it embeds as well if it can."""
    part: Any = plugins.build(config.use, config.options)
    return PlainBackend(part, embedder_of(part), origin(config, seed), config.use)
