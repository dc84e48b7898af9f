"""A key in a header or in the query of the URL."""

from typing import Literal

from rag_eval.config import secret
from rag_eval.config.kinds import AuthConfig
from rag_eval.targets.http.credentials import Credentials
from rag_eval.targets.http.masking import header


class ApiKeyConfig(AuthConfig):
    """A key from the environment in a header, or in the query of the URL."""

    kind: Literal["api_key"]
    key_env: str
    header: str = "X-API-Key"
    query: str | None = None
    """Name of a parameter of the URL, instead of the header."""


Config = ApiKeyConfig


def credentials(config: ApiKeyConfig) -> Credentials:
    """The key where it goes; raises `ConfigError` for a variable that is not set."""
    key = header(secret(config.key_env, where="target.auth.key_env"), f"the key in {config.key_env}")
    if config.query:
        return Credentials(query={config.query: key}, token=key, hidden=frozenset({key}))
    return Credentials({config.header: key}, token=key, hidden=frozenset({key}))
