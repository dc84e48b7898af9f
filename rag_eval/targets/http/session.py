"""Who asks: what is presented with the requests of one target, shared by all of them."""

import asyncio
from collections.abc import Awaitable, Callable

import httpx2

from rag_eval.config import AuthConfig
from rag_eval.errors import TargetError
from rag_eval.records import Reason
from rag_eval.targets.http.credentials import Credentials, credentials_of
from rag_eval.targets.http.response import in_time
from rag_eval.targets.http.status import REFUSED_FOR_GOOD
from rag_eval.targets.http.tokens import TokenLife, TokenReply

Via = Callable[[Callable[[], Awaitable[Credentials]]], Awaitable[Credentials]]
"""Sends what has to be fetched, with the policy of every other request."""


class AuthSession:
    """What is presented with each request of one target: fetched once for all, and renewed."""

    def __init__(self, auth: AuthConfig, timeout: float, via: Via) -> None:
        """Raises `ConfigError`; `via` sends what has to be fetched."""
        made = credentials_of(auth)
        self._fixed = made if isinstance(made, Credentials) else None
        self._token = None if isinstance(made, Credentials) else TokenLife(made)
        self._timeout, self._via = timeout, via
        self._lock = asyncio.Lock()
        self._refused: str | None = None

    @property
    def renewable(self) -> bool:
        """Whether another token can be had where one is refused."""
        return self._token is not None

    @property
    def secrets(self) -> set[str]:
        """What must not be repeated: passwords, keys, and every token there was."""
        hidden = self._fixed.hidden if self._fixed else frozenset()
        return {secret for secret in hidden | (self._token.secrets if self._token else frozenset()) if secret}

    async def present(self, client: httpx2.AsyncClient, instead_of: Credentials | None = None) -> Credentials:
        """What to send; a fresh token if there is none, if it is about to end, or only the one that was refused."""
        if self._token is None:
            assert self._fixed is not None
            return self._fixed
        token = self._token
        async with self._lock:
            if self._refused is not None:  # to try again for each question might lock the account
                raise TargetError(self._refused, reason=Reason.UNAUTHORIZED)
            return token.current(instead_of) or await self._via(lambda: self._renewed(client, token))

    async def _renewed(self, client: httpx2.AsyncClient, token: TokenLife) -> Credentials:
        flow = token.renew()
        try:
            request = next(flow)
            while True:
                async with in_time(self._timeout, token.endpoint.name):
                    response = await client.post(request.url, data=dict(request.form))
                reply = TokenReply(response.status_code, response.content, response.headers.get("retry-after"))
                request = flow.send(reply)
        except StopIteration as end:
            renewed: Credentials = end.value
            return renewed
        except TargetError as error:
            if error.status in REFUSED_FOR_GOOD:
                self._refused = str(error)
            raise
