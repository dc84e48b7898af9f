"""What is set for a language model behind an API that speaks as OpenAI's does, and what follows from it."""

import os
from collections.abc import Mapping
from typing import ClassVar, Literal
from urllib.parse import urlsplit, urlunsplit

from pydantic import Field

from rag_eval.config import Url, expand, secret
from rag_eval.config.kinds import JudgeConfig
from rag_eval.errors import ConfigError
from rag_eval.records import Record

OPENAI_KEY = "OPENAI_API_KEY"
"""The variable that OpenAI's own key is in, by custom."""


class PricesConfig(Record):
    """US dollars for a million tokens."""

    prompt: float = Field(ge=0)
    completion: float = Field(ge=0)


class OpenAIJudgeConfig(JudgeConfig):
    """A language model behind an OpenAI-compatible API."""

    imports: ClassVar[tuple[str, ...]] = ("rag_eval.judges.openai.backend",)

    kind: Literal["openai"]
    model: str
    base_url: Url | None = None
    """`OPENAI_BASE_URL`, else OpenAI's own, if left out."""
    api_key_env: str = OPENAI_KEY
    temperature: float | None = 0.0
    """None leaves it out, for models that refuse it."""
    max_tokens: int = Field(default=2048, ge=16)
    """Doubled, up to three times, when a reply is cut off."""
    embedding_model: str | None = None
    """None embeds with the judge inside, and says so."""
    timeout: float = Field(default=120.0, gt=0)
    """Seconds for one call."""
    retries: int = Field(default=4, ge=0)
    concurrency: int = Field(default=16, ge=1)
    """Calls in flight."""
    rate: str | None = None
    """`10/minute`, `5/second;200/hour`: calls that go out at most; without one as many as the endpoint takes."""
    patience: float = Field(default=600.0, ge=0)
    """Seconds in which an endpoint that only says that it is asked too often is waited for."""
    method: Literal["auto", "json_schema", "function_calling", "json_mode"] = "auto"
    """How the shape of a reply is asked for; `auto` takes the first that the endpoint knows."""
    prices: PricesConfig | None = None

    @property
    def variables(self) -> tuple[str, ...]:
        """None where the model is served by somebody else than OpenAI, who may want no key, and none was named."""
        elsewhere = self.base_url or os.environ.get("OPENAI_BASE_URL")
        return () if elsewhere and not self.names_its_key else super().variables

    @property
    def names_its_key(self) -> bool:
        """Whether another variable than OpenAI's own is named: the file that a run keeps has every setting in it."""
        return self.api_key_env != OPENAI_KEY

    @property
    def addresses(self) -> Mapping[str, str]:
        """Where the model is served."""
        return {"base_url": self.base_url or "${OPENAI_BASE_URL:-https://api.openai.com/v1}"}

    @property
    def is_priced(self) -> bool:
        """Whether `prices` says it."""
        return self.prices is not None

    def cost_usd(self, prompt_tokens: int, completion_tokens: int) -> float | None:
        """What so many tokens cost by `prices`."""
        if self.prices is None:
            return None
        return (prompt_tokens * self.prices.prompt + completion_tokens * self.prices.completion) / 1e6


def endpoint(config: OpenAIJudgeConfig) -> str | None:
    """The base URL in force, None for OpenAI's own."""
    return expand(config.base_url or "${OPENAI_BASE_URL:-}", where="judge.base_url") or None


def api_key(config: OpenAIJudgeConfig) -> str:
    """The API key; an endpoint of one's own often wants none, OpenAI's does, and so does who names its variable.

    Raises `ConfigError` where it is not set.
    """
    if endpoint(config) and not config.names_its_key and not os.environ.get(config.api_key_env):
        return "none"
    key = secret(config.api_key_env, where="judge.api_key_env")
    if not (key.isascii() and key.isprintable()):
        message = f"{config.api_key_env} holds a character that cannot be sent in a header, such as a line break"
        raise ConfigError(f"judge.api_key_env: {message}")
    return key


def shown(url: str | None) -> str:
    """An endpoint without the credentials in it, as it may stand anywhere."""
    if url is None:
        return "api.openai.com"
    parts = urlsplit(url)
    return urlunsplit((parts.scheme, parts.netloc.rpartition("@")[2], parts.path, "", ""))
