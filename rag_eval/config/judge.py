"""Who judges: the judge inside, or a language model."""

from typing import Literal

from pydantic import Field

from rag_eval.config.env import Url
from rag_eval.records import Record


class EmbeddedJudgeConfig(Record):
    """The judge inside: no key, no network, the same numbers every time. It reads words, not meaning."""

    kind: Literal["embedded"] = "embedded"
    concurrency: int = Field(default=2, ge=1)


class PricesConfig(Record):
    """US dollars for a million tokens."""

    prompt: float = Field(ge=0)
    completion: float = Field(ge=0)


class OpenAIJudgeConfig(Record):
    """A language model behind an OpenAI-compatible API."""

    kind: Literal["openai"]
    model: str
    base_url: Url | None = None
    """`OPENAI_BASE_URL`, else OpenAI's own, if left out."""
    api_key_env: str = "OPENAI_API_KEY"
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
    method: Literal["auto", "json_schema", "function_calling", "json_mode"] = "auto"
    """How the shape of a reply is asked for; `auto` takes the first that the endpoint knows."""
    prices: PricesConfig | None = None
