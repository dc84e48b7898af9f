"""The life of a token: fetched, used until it is about to end or is refused, renewed. It asks nobody by itself.

Requests are what a generator yields, and their answers what is sent into it, as in httpx's `auth_flow`: asyncio drives
it in a run, gevent in a load test.
"""

import json
import time
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass
from typing import Any

from rag_eval.errors import TargetError
from rag_eval.records import Reason
from rag_eval.resilience import RetryLater, retry_after
from rag_eval.targets.http.credentials import Credentials, TokenEndpoint
from rag_eval.targets.http.masking import fits_header
from rag_eval.targets.http.paths import path_of, search
from rag_eval.targets.http.status import is_passing, is_success

_EARLY_S = 30.0
"""Seconds before its end at which a token is renewed, or a tenth of its life where that is less."""


@dataclass(frozen=True)
class TokenRequest:
    """A form to be posted."""

    url: str
    form: Mapping[str, str]


@dataclass(frozen=True)
class TokenReply:
    """How a form was answered."""

    status: int
    body: bytes
    retry_after: str | None = None
    """The header of this name."""


TokenFlow = Generator[TokenRequest, TokenReply, Credentials]
"""Yields requests, is sent their answers, and returns what to present; raises `TargetError` or `RetryLater`."""


class TokenLife:
    """The token of one login, or of one client."""

    def __init__(self, endpoint: TokenEndpoint, clock: Callable[[], float] = time.monotonic) -> None:
        """Raises `ConfigError` for a path that is none."""
        self.endpoint = endpoint
        self._clock = clock
        self._token_path = path_of(endpoint.token, "target.auth.token")
        self._expiry_path = path_of(endpoint.expires_in, "target.auth.expires_in")
        refresh = endpoint.refresh_token
        self._refresh_path = path_of(refresh, "target.auth.refresh_token") if refresh else None
        self._current: Credentials | None = None
        self._renew_at = float("inf")
        self._refresh_token: str | None = None
        self._seen: set[str] = set()

    @property
    def secrets(self) -> frozenset[str]:
        """What must not be repeated: the password, and every token there was."""
        return self.endpoint.secrets | self._seen

    def current(self, refused: Credentials | None = None) -> Credentials | None:
        """What can be presented; None where it has to be fetched, as for what a service has refused."""
        if self._current is None or self._clock() >= self._renew_at:
            return None
        return None if refused is not None and refused.token == self._current.token else self._current

    def renew(self) -> TokenFlow:
        """Fetch a token: for a refresh token if there is one and it is taken, else by logging in."""
        endpoint = self.endpoint
        if self._refresh_token and endpoint.refresh_url:
            form = {"grant_type": "refresh_token", "refresh_token": self._refresh_token}
            self._refresh_token = None
            reply = yield TokenRequest(endpoint.refresh_url, form)
            if is_success(reply.status):
                return self._accepted(reply.body)
        reply = yield TokenRequest(endpoint.url, endpoint.form)
        if is_success(reply.status):
            return self._accepted(reply.body)
        if is_passing(reply.status):
            after = retry_after(reply.retry_after)
            message = f"{endpoint.name}: {reply.status}"
            raise RetryLater(message, reason=Reason.HTTP_STATUS, after=after, status=reply.status)
        raise TargetError(
            f"{endpoint.name} was refused: {reply.status}", reason=Reason.UNAUTHORIZED, status=reply.status
        )

    def _accepted(self, content: bytes) -> Credentials:
        try:
            body = json.loads(content)
        except (ValueError, RecursionError) as error:
            raise TargetError(f"{self.endpoint.name}: expected JSON in its answer", reason=Reason.NOT_JSON) from error
        token = search(self._token_path, body, "target.auth.token")
        if not isinstance(token, str) or not fits_header(token):
            message = f"{self.endpoint.name}: no token at {self.endpoint.token!r} in its answer"
            raise TargetError(message, reason=Reason.UNAUTHORIZED)
        self._seen.add(token)
        self._refresh_token = self._refresh_in(body)
        life = search(self._expiry_path, body, "target.auth.expires_in")
        is_good = isinstance(life, int | float) and not isinstance(life, bool) and life > 0
        self._renew_at = self._clock() + life - min(_EARLY_S, life / 10) if is_good else float("inf")
        hidden = self.endpoint.secrets | {token}
        self._current = Credentials({"authorization": f"Bearer {token}"}, token=token, hidden=hidden)
        return self._current

    def _refresh_in(self, body: Any) -> str | None:
        token = search(self._refresh_path, body, "target.auth.refresh_token") if self._refresh_path else None
        if isinstance(token, str) and token:
            self._seen.add(token)
            return token
        return None
