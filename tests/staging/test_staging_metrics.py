"""The numbers for Prometheus: that they are there, and that nobody can make them many."""

import asyncio
from collections.abc import Sequence

import httpx2
import pytest
from fastapi import FastAPI
from staging.serving import Configure, Start, log_in

from rag_eval.staging.api import create_app


def series(client: httpx2.Client) -> set[str]:
    """The names and labels of all samples."""
    lines = client.get("/metrics").text.splitlines()
    return {line.rpartition(" ")[0] for line in lines if line and not line.startswith("#")}


@pytest.mark.slow
def test_users_and_questions_make_no_series(start: Start, configure: Configure) -> None:
    """Distinct users, questions, paths, methods and headers: as many series after as before."""
    app = create_app(configure())
    client = log_in(start(app))
    for path in ("", "enhanced", "stream"):
        client.post(f"/api/v1/query/{path}", json={"query": "warm"})
    client.post("/api/v1/query/", json={})
    client.get("/nowhere")
    client.get("/api/v1/documents/x")
    before = series(client)
    asyncio.run(_many(app, 300))
    assert series(client) == before
    assert len(before) < 250


async def _many(app: FastAPI, count: int) -> None:
    """So many users with a question each, without the socket, which has nothing to do with it."""
    parts = app.state.parts
    transport = httpx2.ASGITransport(app)
    async with httpx2.AsyncClient(transport=transport, base_url="http://test") as client:
        for n in range(count):
            # An account each, without the tenth of a second that hashing its password takes.
            token = parts.tokens.issue(_account(parts.store, n), "access")
            headers = {
                "Authorization": f"Bearer {token}",
                "X-Request-ID": f"request-{n:08}",
                "User-Agent": f"agent {n}",
            }
            body = {"query": f"What is the toll of bridge {n}?"}
            asked = await client.post("/api/v1/query/", json=body, headers=headers)
            assert asked.status_code == 200
            if n % 20 == 0:
                await client.get(f"/nowhere/{n}")
                await client.get(f"/api/v1/documents/{n}")
                await client.request(f"VERB{n}", "/api/v1/query/")


def _account(store: object, n: int) -> str:
    from rag_eval.staging.store import ServiceStore, User

    assert isinstance(store, ServiceStore)
    store.add_user(User(f"user-{n}", f"name-{n}", "no hash"))
    return f"user-{n}"


_EXPECTED: Sequence[str] = (
    'http_requests_total{handler="/api/v1/query/",method="POST",status="2xx"} 1.0',
    'rag_retrieval_seconds_count{retriever="bm25"} 1.0',
    "rag_log_lines_lost_total 0.0",
)


def test_what_is_told(start: Start, configure: Configure) -> None:
    """Requests by route and class of status, retrieval, lost log lines; nothing of health checks and of itself."""
    client = log_in(start(create_app(configure())))
    client.post("/api/v1/query/", json={"query": "ferry"})
    for path in ("/health", "/ready", "/metrics"):
        client.get(path)
    response = client.get("/metrics")
    assert response.headers["Content-Type"].startswith("text/plain; version=")
    for line in _EXPECTED:
        assert line in response.text
    for path in ("/health", "/ready", "/metrics"):
        assert f'handler="{path}"' not in response.text


def test_two_applications_have_their_own(start: Start, configure: Configure) -> None:
    """Nothing is kept for the whole process."""
    one, other = (log_in(start(create_app(configure()))) for _ in range(2))
    one.post("/api/v1/query/", json={"query": "ferry"})
    assert 'rag_retrieval_seconds_count{retriever="bm25"}' not in other.get("/metrics").text
