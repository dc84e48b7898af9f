"""A form login that yields a bearer token."""

from collections.abc import Mapping
from typing import Literal

from rag_eval.config import Url, expand, secret
from rag_eval.config.kinds import AuthConfig
from rag_eval.targets.http.credentials import TokenEndpoint


class LoginConfig(AuthConfig):
    """A form login that yields a bearer token; repeated before the token expires, and when the service answers 401."""

    kind: Literal["login"]
    url: Url
    username_env: str
    password_env: str
    token: str = "access_token"  # noqa: S105 - a JMESPath, not a token
    """JMESPath of the token in the login's answer."""
    expires_in: str = "expires_in"
    """JMESPath of the seconds it is good for; where there is nothing, it is used until it is refused."""
    refresh_url: Url | None = None
    """Where a new token is had for the refresh token, instead of another login."""
    refresh_token: str = "refresh_token"  # noqa: S105 - a JMESPath, not a token
    """JMESPath of the refresh token in the login's answer."""

    @property
    def addresses(self) -> Mapping[str, str]:
        """Where tokens are fetched."""
        return {"url": self.url} | ({"refresh_url": self.refresh_url} if self.refresh_url else {})


Config = LoginConfig


def credentials(config: LoginConfig) -> TokenEndpoint:
    """Where the token is fetched, and with what; raises `ConfigError` for a variable that is not set."""
    refresh_url = expand(config.refresh_url, where="target.auth.refresh_url") if config.refresh_url else None
    return TokenEndpoint(
        url=expand(config.url, where="target.auth.url"),
        form={
            "username": secret(config.username_env, where="target.auth.username_env"),
            "password": secret(config.password_env, where="target.auth.password_env"),
        },
        name=f"login at {config.url}",
        token=config.token,
        expires_in=config.expires_in,
        refresh_token=config.refresh_token if refresh_url else None,
        refresh_url=refresh_url,
    )
