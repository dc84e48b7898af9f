"""A token for a client of its own: OAuth 2.0's client credentials."""

from collections.abc import Mapping
from typing import Literal

from rag_eval.config import Url, expand, secret
from rag_eval.config.kinds import AuthConfig
from rag_eval.targets.http.credentials import TokenEndpoint


class OAuth2Config(AuthConfig):
    """A token by client credentials (RFC 6749, section 4.4), renewed before it expires and on 401."""

    kind: Literal["oauth2"]
    token_url: Url
    client_id_env: str
    client_secret_env: str
    scope: str | None = None
    audience: str | None = None

    @property
    def addresses(self) -> Mapping[str, str]:
        """Where tokens are fetched."""
        return {"token_url": self.token_url}


Config = OAuth2Config


def credentials(config: OAuth2Config) -> TokenEndpoint:
    """Where the token is fetched, and with what; raises `ConfigError` for a variable that is not set."""
    wanted = {"scope": config.scope, "audience": config.audience}
    return TokenEndpoint(
        url=expand(config.token_url, where="target.auth.token_url"),
        form={
            "grant_type": "client_credentials",
            "client_id": secret(config.client_id_env, where="target.auth.client_id_env"),
            "client_secret": secret(config.client_secret_env, where="target.auth.client_secret_env"),
            **{name: value for name, value in wanted.items() if value},
        },
        name=f"token from {config.token_url}",
        token="access_token",  # noqa: S106 - a JMESPath, not a token
        expires_in="expires_in",
    )
