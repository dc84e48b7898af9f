"""How a service is given credentials: one model a kind; each names environment variables and holds no secret."""

from typing import Literal

from rag_eval.config.env import Url
from rag_eval.records import Record


class NoAuthConfig(Record):
    """The service asks for no credentials."""

    kind: Literal["none"] = "none"


class BearerConfig(Record):
    """A token from the environment in the `Authorization` header."""

    kind: Literal["bearer"]
    token_env: str
    """Name of the environment variable that holds it."""


class ApiKeyConfig(Record):
    """A key from the environment in a header, or in the query of the URL."""

    kind: Literal["api_key"]
    key_env: str
    header: str = "X-API-Key"
    query: str | None = None
    """Name of a parameter of the URL, instead of the header."""


class BasicConfig(Record):
    """User name and password in the `Authorization` header (RFC 7617)."""

    kind: Literal["basic"]
    username_env: str
    password_env: str


class LoginConfig(Record):
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


class OAuth2Config(Record):
    """A token by client credentials (RFC 6749, section 4.4), renewed before it expires and on 401."""

    kind: Literal["oauth2"]
    token_url: Url
    client_id_env: str
    client_secret_env: str
    scope: str | None = None
    audience: str | None = None
