"""A service on a free port, and an HTTP target that asks it."""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import uvicorn
from fastapi import FastAPI, Request

from rag_eval.errors import ReasonedError
from rag_eval.records import Answer, Case
from rag_eval.targets.http.config import HttpConfig
from rag_eval.targets.http.target import HttpTarget

CASE = Case(id="c 1", user_input="When does the ferry leave?", metadata={"lang": "en", "chat": "a"})

SECRET = "s3cret-0123456789-value"


@contextmanager
def serving(app: FastAPI, **tls: Any) -> Iterator[str]:
    """An application on a free port; gives its address."""
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, lifespan="off", **tls))
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            pass
        port = server.servers[0].sockets[0].getsockname()[1]
        yield f"{'https' if tls else 'http'}://127.0.0.1:{port}"
    finally:
        server.should_exit = True
        thread.join()


def echo() -> tuple[FastAPI, list[dict[str, Any]]]:
    """A service that remembers what came and answers in good order."""
    app, came = FastAPI(), list[dict[str, Any]]()

    @app.api_route("/{path:path}", methods=["GET", "POST", "PUT", "PATCH"])
    async def ask(path: str, request: Request) -> dict[str, Any]:
        came.append({
            "method": request.method, "path": path, "query": dict(request.query_params),
            "headers": dict(request.headers), "body": (await request.body()).decode("utf-8", "replace"),
        })  # fmt: skip
        return {"answer": "At nine.", "docs": [{"t": "Nine.", "id": 7, "s": 0.9}], "tokens": {"prompt": 3}}

    return app, came


def http(url: str, **said: Any) -> HttpConfig:
    """A target's configuration."""
    return HttpConfig.model_validate({"kind": "http", "url": url, "breaker": None, "retries": 0, **said})


def ask_all(said: HttpConfig, *cases: Case, run_key: str | None = None) -> list[Answer | BaseException]:
    """Ask all cases at once."""

    async def scenario() -> list[Answer | BaseException]:
        async with HttpTarget(said, run_key=run_key) as target:
            return await asyncio.gather(*(target.answer(case) for case in cases), return_exceptions=True)

    return asyncio.run(scenario())


def ask_case(said: HttpConfig, case: Case = CASE, run_key: str | None = None) -> Answer:
    """The answer to one case."""
    (answer,) = ask_all(said, case, run_key=run_key)
    if isinstance(answer, BaseException):
        raise answer
    return answer


def refused(said: HttpConfig, case: Case = CASE) -> ReasonedError:
    """The error that asking one case ends with."""
    with pytest.raises(ReasonedError) as caught:
        ask_case(said, case)
    return caught.value
