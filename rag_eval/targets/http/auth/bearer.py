"""A bearer token that is known from the beginning (RFC 6750)."""

from typing import Literal

from rag_eval.config import secret
from rag_eval.config.kinds import AuthConfig
from rag_eval.targets.http.credentials import Credentials
from rag_eval.targets.http.masking import header


class BearerConfig(AuthConfig):
    """A token from the environment in the `Authorization` header."""

    kind: Literal["bearer"]
    token_env: str
    """Name of the environment variable that holds it."""


Config = BearerConfig


def credentials(config: BearerConfig) -> Credentials:
    """The token in its header; raises `ConfigError` for a variable that is not set."""
    token = header(secret(config.token_env, where="target.auth.token_env"), f"the token in {config.token_env}")
    return Credentials({"authorization": f"Bearer {token}"}, token=token, hidden=frozenset({token}))
