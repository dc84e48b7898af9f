"""A service that asks who one is, and an HTTP target that asks it."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from support.rag_server import RagServer, Request, Response, plain

from rag_eval.errors import ReasonedError
from rag_eval.records import Answer, Case
from rag_eval.targets.http.config import HttpConfig
from rag_eval.targets.http.target import HttpTarget

CASE = Case(id="c1", user_input="When does the ferry leave?", tags=("time",), metadata={"lang": "en"})

TOKEN = "t0ken-0123456789-abcdef"

PASSWORD = 'pa$$ w"ord/with%signs'

SELECT = {"response": "answer", "retrieved_contexts": "contexts[].text", "retrieved_context_ids": "contexts[].id"}

LOGIN = {"kind": "login", "username_env": "RAG_USER", "password_env": "RAG_PASSWORD"}


def http(url: str, **said: Any) -> HttpConfig:
    """A target's configuration."""
    return HttpConfig.model_validate({"kind": "http", "url": url, "select": SELECT, **said})


def ask_all(said: HttpConfig, *cases: Case) -> list[Answer | BaseException]:
    """Ask all cases at once."""

    async def scenario() -> list[Answer | BaseException]:
        async with HttpTarget(said) as target:
            return await asyncio.gather(*(target.answer(case) for case in cases), return_exceptions=True)

    return asyncio.run(scenario())


def ask(said: HttpConfig, case: Case = CASE) -> Answer:
    """The answer to one case."""
    (answer,) = ask_all(said, case)
    if isinstance(answer, BaseException):
        raise answer
    return answer


def refused(said: HttpConfig, case: Case = CASE) -> ReasonedError:
    """The error that asking one case ends with."""
    with pytest.raises(ReasonedError) as caught:
        ask(said, case)
    return caught.value


def answering(*responses: Response) -> Callable[[Request], Response]:
    """Each response once, then the last one for ever."""
    left = list(responses)
    return lambda _: left.pop(0) if len(left) > 1 else left[0]


def many(number: int) -> list[Case]:
    """So many questions."""
    return [Case(id=f"c{i}", user_input=f"Question {i}?") for i in range(number)]


class Guarded:
    """A service that wants a token from its login, and counts the logins."""

    def __init__(self, *, lifetime: int = 10**9, status: int = 200, token: Any = None, seconds: float = 0.0) -> None:
        self.lifetime, self.status, self.token, self.seconds = lifetime, status, token, seconds
        self.logins: list[Any] = []
        self.uses = 0

    def __call__(self, request: Request) -> Response:
        """Answer a login or a question."""
        if request.path == "/login":
            self.logins.append(request.body)
            self.uses = 0
            token = self.token or f"session-{len(self.logins)}-0123456789"
            return Response(self.status, {"access_token": token, "echo": request.body}, seconds=self.seconds)
        self.uses += 1
        valid = f"Bearer session-{len(self.logins)}-0123456789"
        if request.headers.get("authorization") != valid or self.uses > self.lifetime:
            return Response(401, {"detail": f"not {request.headers.get('authorization')}"})
        return Response(body=plain(request.body["query"]))


def guarded(server: RagServer, **said: Any) -> HttpConfig:
    """A target with a login."""
    return http(f"{server.url}/ask", auth={**LOGIN, "url": f"{server.url}/login"}, **said)
