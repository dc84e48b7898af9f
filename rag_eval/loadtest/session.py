"""Who a user of the load test is: logged in once, and again when a token is refused or about to end."""

import time
from collections.abc import Callable
from typing import NamedTuple

from rag_eval.config import AuthConfig
from rag_eval.errors import ReasonedError
from rag_eval.targets.http.credentials import Credentials, credentials_of
from rag_eval.targets.http.tokens import TokenLife, TokenReply, TokenRequest


class LoginResponse(NamedTuple):
    """How a login was answered."""

    reply: TokenReply
    failure: str
    """What went wrong, as a short code; empty where nothing did."""
    keep: Callable[[str], None]
    """Is told, once, what came of it."""


SendLogin = Callable[[TokenRequest], LoginResponse]
"""Posts a form."""


class UserSession:
    """What one user presents with each request."""

    def __init__(self, auth: AuthConfig, send: SendLogin, clock: Callable[[], float] = time.monotonic) -> None:
        """Raises `ConfigError` for a variable that is not set."""
        made = credentials_of(auth)
        self._fixed = made if isinstance(made, Credentials) else None
        self._token = None if isinstance(made, Credentials) else TokenLife(made, clock)
        self._send = send
        self._refused: Credentials | None = None

    def present(self) -> Credentials | None:
        """What to send; None where logging in did not succeed, which has been kept as a failed request."""
        if self._token is None:
            return self._fixed
        return self._token.current(self._refused) or self._renewed(self._token)

    def refused(self, presented: Credentials) -> None:
        """A request with these was answered with 401: log in again before the next."""
        self._refused = presented

    def _renewed(self, token: TokenLife) -> Credentials | None:
        """Each request of the renewal is kept with what became of it: its own failure, or an answer without a token."""
        flow, response = token.renew(), None
        try:
            request = next(flow)
            while True:
                response = self._send(request)
                keep, failure = response.keep, response.failure
                request = flow.send(response.reply)
                keep(failure)  # a refresh token that was not taken: the login itself is next
        except StopIteration as end:
            keep("")
            credentials: Credentials = end.value
            return credentials
        except ReasonedError:
            keep(failure or "no_token")
            return None
