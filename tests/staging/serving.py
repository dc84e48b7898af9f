"""The service on a real socket, for the tests of this folder."""

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import httpx2
from fastapi import FastAPI
from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from rag_eval.staging.server import Server, base_url, listen
from rag_eval.staging.settings import Settings

Start = Callable[[FastAPI], httpx2.Client]
Configure = Callable[..., Settings]
QUICK_PASSWORDS = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=8, parallelism=1),))
"""Hashing as the service does takes a tenth of a second a login."""


class Clock:
    """What breakers go by: it moves when it is told to, so that no test depends on how fast the machine is."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        """Seconds."""
        return self.now


@contextmanager
def running(app: FastAPI) -> Iterator[str]:
    """Serve an application on a free loopback port; yields its base URL."""
    ready = threading.Event()
    with listen("127.0.0.1", 0) as listener:
        server = Server(app, lambda _: ready.set())
        url = base_url(listener)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            assert ready.wait(120)
            yield url
        finally:
            server.should_exit = True
            thread.join()


def client_of(url: str) -> AbstractContextManager[httpx2.Client]:
    """A client that goes there directly, whatever proxy the environment names."""
    # Reading the certificates of all authorities takes longer than most requests; there is no TLS here.
    return httpx2.Client(base_url=url, trust_env=False, timeout=120, verify=False)


def log_in(client: httpx2.Client, username: str = "ada", password: str = "right horse") -> httpx2.Client:
    """Log in and send the token from now on."""
    form = {"username": username, "password": password}
    token = client.post("/api/v1/auth/login", data=form).raise_for_status().json()["access_token"]
    client.headers["Authorization"] = f"Bearer {token}"
    return client


def problem(response: httpx2.Response) -> tuple[int, str, str]:
    """Status, code and message of a refusal, whose shape is checked."""
    body = response.json()
    assert set(body) == {"error"}
    assert set(body["error"]) == {"code", "message"}
    return response.status_code, body["error"]["code"], body["error"]["message"]


def answered(app: FastAPI, method: str, path: str, **request: Any) -> httpx2.Response:
    """What an application answers to one request, without a socket and without its beginning and its end."""

    async def ask() -> httpx2.Response:
        transport = httpx2.ASGITransport(app, raise_app_exceptions=False)
        async with httpx2.AsyncClient(transport=transport, base_url="http://test") as client:
            return await client.request(method, path, **request)

    return asyncio.run(ask())
