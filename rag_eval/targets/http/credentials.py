"""What goes along with requests, and where it is fetched if it has to be."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from rag_eval.config import AuthConfig
from rag_eval.plugins import AUTHS

_SECRET = frozenset({"password", "client_secret"})
"""Fields of the forms that must not be repeated."""


@dataclass(frozen=True)
class Credentials:
    """What goes along with a request."""

    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    token: str | None = None
    """The token in them, to tell it from a newer one."""
    hidden: frozenset[str] = frozenset()
    """What of it must not be repeated."""


@dataclass(frozen=True)
class TokenEndpoint:
    """Where a token is fetched and with what, and where it is fetched anew."""

    url: str
    form: Mapping[str, str]
    name: str
    """Names the request in messages, without its secrets."""
    token: str
    """JMESPaths into what comes back."""
    expires_in: str
    refresh_token: str | None = None
    refresh_url: str | None = None

    @property
    def secrets(self) -> frozenset[str]:
        """What of the form must not be repeated."""
        return frozenset(value for name, value in self.form.items() if name in _SECRET)


def credentials_of(auth: AuthConfig) -> Credentials | TokenEndpoint:
    """What is known from the beginning, or where it is fetched; raises `ConfigError`."""
    made: Credentials | TokenEndpoint = AUTHS.load(auth.kind).credentials(auth)
    return made
