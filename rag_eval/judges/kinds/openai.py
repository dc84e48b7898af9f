"""A language model behind an API that speaks as OpenAI's does."""

from urllib.parse import urlsplit, urlunsplit

from pydantic import JsonValue

from rag_eval import telemetry
from rag_eval.config import expand
from rag_eval.errors import ConfigError
from rag_eval.judges.backend import Backend
from rag_eval.judges.embedded.version import EMBEDDINGS
from rag_eval.judges.openai.settings import OpenAIJudgeConfig, api_key, endpoint

Config = OpenAIJudgeConfig


def check(config: OpenAIJudgeConfig) -> None:
    """Raise `ConfigError` now for what would fail at the first call."""
    if not config.model.strip():
        raise ConfigError("judge.model: is empty")
    api_key(config)


def origin(config: OpenAIJudgeConfig, seed: int) -> dict[str, JsonValue]:
    """Model, endpoint and parameters."""
    name = config.embedding_model
    return {
        "kind": "openai",
        "model": expand(config.model),
        "endpoint": _without_credentials(endpoint(config)),
        "temperature": config.temperature,
        "max_tokens": config.max_tokens,
        "seed": seed,
        "embeddings": expand(name) if name else EMBEDDINGS,
    }


def open_backend(config: OpenAIJudgeConfig, seed: int) -> Backend:
    """The model behind its API."""
    telemetry.silence()
    from rag_eval.judges.openai.backend import OpenAIBackend

    return OpenAIBackend(config, origin(config, seed), seed=seed)


def _without_credentials(url: str | None) -> str:
    if url is None:
        return "api.openai.com"
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
