"""User name and password with each request."""

import base64
from typing import Literal

from rag_eval.config import secret
from rag_eval.config.kinds import AuthConfig
from rag_eval.targets.http.credentials import Credentials


class BasicConfig(AuthConfig):
    """User name and password in the `Authorization` header (RFC 7617)."""

    kind: Literal["basic"]
    username_env: str
    password_env: str


Config = BasicConfig


def credentials(config: BasicConfig) -> Credentials:
    """Both in their header; raises `ConfigError` for a variable that is not set."""
    user = secret(config.username_env, where="target.auth.username_env")
    password = secret(config.password_env, where="target.auth.password_env")
    pair = base64.b64encode(f"{user}:{password}".encode()).decode()
    return Credentials({"authorization": f"Basic {pair}"}, token=password, hidden=frozenset({password, pair}))
