"""A language model behind an API that speaks as OpenAI's does."""

from pydantic import JsonValue

from rag_eval import telemetry
from rag_eval.config import expand
from rag_eval.config.env import demand_http
from rag_eval.errors import ConfigError
from rag_eval.judges.backend import Backend, DeferredBackend
from rag_eval.judges.embedded.version import EMBEDDINGS
from rag_eval.judges.openai.settings import OpenAIJudgeConfig, api_key, endpoint, shown
from rag_eval.resilience import Rate

Config = OpenAIJudgeConfig


def check(config: OpenAIJudgeConfig) -> None:
    """Raise `ConfigError` now for what would fail at the first call."""
    if not config.model.strip():
        raise ConfigError("judge.model: is empty")
    if address := endpoint(config):
        demand_http(address, "judge.base_url")
    api_key(config)
    if config.rate:
        Rate(config.rate, setting="judge.rate")


def origin(config: OpenAIJudgeConfig, seed: int) -> dict[str, JsonValue]:
    """Model, endpoint and parameters."""
    name = config.embedding_model
    return {
        "kind": "openai",
        "model": expand(config.model),
        "endpoint": shown(endpoint(config)),
        "temperature": config.temperature,
        "max_tokens": config.max_tokens,
        "seed": seed,
        "embeddings": expand(name) if name else EMBEDDINGS,
    }


def open_backend(config: OpenAIJudgeConfig, seed: int) -> Backend:
    """The model behind its API; what speaks with it is imported when it is first asked."""
    telemetry.silence()
    who = origin(config, seed)

    def made() -> Backend:
        from rag_eval.judges.openai.backend import OpenAIBackend

        return OpenAIBackend(config, who, seed=seed)

    name = config.embedding_model
    return DeferredBackend(who, expand(config.model), expand(name) if name is not None else None, made)
