"""Limits: whose they are, what the client hears, and that workers which share a Redis share them exactly."""

import os
import signal
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx2
import pytest
from staging.serving import Configure, Start, client_of, log_in, problem, running
from starlette.requests import Request
from support.forker import Forker
from support.redis_server import RedisServer

from rag_eval.staging.api import create_app
from rag_eval.staging.limits import key_of

_QUERY = "/api/v1/query/"
_ASKED = {"query": "When is the last boat?"}


def asked_by(host: str, user: str | None = None) -> Request:
    """A request from an address."""
    return Request({"type": "http", "headers": [], "client": (host, 1), "state": {"user": user} if user else {}})


def test_whose_request_it_is() -> None:
    """A user's is his wherever he is; an address' never counts for a user of that name; a customer has one network."""
    assert key_of(asked_by("192.0.2.1", "u1")) == key_of(asked_by("192.0.2.2", "u1")) == "user:u1"
    assert key_of(asked_by("192.0.2.1")) != key_of(asked_by("192.0.2.9", "192.0.2.1"))
    assert key_of(asked_by("2001:db8::1")) == key_of(asked_by("2001:db8::ffff:2")) == "address:2001:db8::/64"
    assert key_of(asked_by("2001:db8:0:1::1")) != key_of(asked_by("2001:db8::1"))
    assert key_of(asked_by("::ffff:192.0.2.1")) == key_of(asked_by("192.0.2.1")) == "address:192.0.2.1"


def test_over_the_limit(start: Start, configure: Configure) -> None:
    """The tenth is answered and the eleventh is not; headers tell before and after; all three endpoints share it."""
    client = log_in(start(create_app(configure(QUERY_LIMIT="10/hour"))))
    for n, path in enumerate(["", "enhanced", "stream", "", "enhanced", "stream", "", "", "", ""]):
        headers = client.post(_QUERY + path, json=_ASKED).raise_for_status().headers
        assert headers["X-RateLimit-Limit"] == "10"
        assert headers["X-RateLimit-Remaining"] == str(9 - n)
        assert 0 <= int(headers["X-RateLimit-Reset"]) - time.time() <= 3601
        assert "Retry-After" not in headers
    refused = client.post(_QUERY, json=_ASKED)
    assert problem(refused)[:2] == (429, "rate_limited")
    assert 3000 <= int(refused.headers["Retry-After"]) <= 3600
    assert refused.headers["X-RateLimit-Remaining"] == "0"
    assert 'rag_limited_total{scope="query"} 1.0' in client.get("/metrics").text


def test_users_do_not_share(start: Start, configure: Configure) -> None:
    """Two users at one address have a limit each, and uploads one of their own."""
    client = start(create_app(configure(QUERY_LIMIT="2/hour", UPLOAD_LIMIT="1/hour")))
    client.post("/api/v1/auth/register", json={"username": "grace", "password": "long enough"})
    for name, password in (("ada", "right horse"), ("grace", "long enough")):
        log_in(client, name, password)
        assert [client.post(_QUERY, json=_ASKED).status_code for _ in range(3)] == [200, 200, 429]
        upload = {"file": ("a.txt", b"some text")}
        sent = [client.post("/api/v1/documents/upload", files=upload).status_code for _ in range(2)]
        assert sent == [202, 429]


def test_logins_are_limited_by_address(start: Start, configure: Configure) -> None:
    """Whoever guesses passwords is stopped, right ones included; registrations count with them."""
    client = start(create_app(configure(ACCOUNT_LIMIT="3/hour")))
    wrong = {"username": "ada", "password": "guess"}
    assert [client.post("/api/v1/auth/login", data=wrong).status_code for _ in range(4)] == [401, 401, 401, 429]
    asked = client.post("/api/v1/auth/register", json={"username": "grace", "password": "long enough"})
    assert problem(asked)[:2] == (429, "rate_limited")


@pytest.mark.parametrize(
    ("trusted", "expected"),
    [({}, [401, 429, 429]), ({"TRUSTED_PROXIES": "127.0.0.0/8"}, [401, 401, 401])],
    ids=["nobody is believed", "the proxy is believed"],
)
def test_behind_a_proxy(start: Start, configure: Configure, trusted: dict[str, str], expected: list[int]) -> None:
    """Clients behind a trusted proxy have a limit each; what anyone else says of his address is not believed."""
    client = start(create_app(configure(ACCOUNT_LIMIT="1/hour", **trusted)))
    wrong = {"username": "ada", "password": "guess"}
    said = [
        client.post("/api/v1/auth/login", data=wrong, headers={"X-Forwarded-For": f"192.0.2.{n}"}).status_code
        for n in range(3)
    ]
    assert said == expected


@contextmanager
def workers(forker: Forker, folder: Path, pages: Path, number: int, **variables: str) -> Iterator[str]:
    """The service with several workers, as the command line starts it; told to stop as service managers do it.

    Parent and workers get the signal at once, and it is no failure.
    """
    login = {"USERNAME": "ada", "PASSWORD": "right horse", "CORPUS": str(pages), "ACCOUNT_LIMIT": "unlimited"}
    # The interpreter that looks after a forked program's semaphores is not the forked one, and complains of its end.
    quiet = {"PYTHONWARNINGS": "ignore:resource_tracker"}
    environ = os.environ | quiet | {f"RAG_STAGING_{name}": value for name, value in (login | variables).items()}
    ready, printed = folder / "ready", folder / "printed"
    argv = ("staging", "--workers", str(number), "--port", "0", "--ready-file", str(ready))
    with forker.start(*argv, env=environ, out=printed, error=printed, session=True) as process:
        while not ready.exists():
            assert process.poll() is None, printed.read_text()
            time.sleep(0.02)
        yield ready.read_text()
        os.killpg(process.pid, signal.SIGTERM)
        assert process.wait() == 0, printed.read_text()
    lines = printed.read_text().splitlines()
    assert all(line.startswith(("{", "staging listens")) for line in lines), lines
    assert not [line for line in lines if '"level": "error"' in line or "Traceback" in line], lines


def burst(url: str) -> list[httpx2.Response]:
    """Forty questions by one user, from four connections that the kernel spreads over the workers."""
    with client_of(url) as client:
        token = log_in(client).headers["Authorization"]

    def ten(_: int) -> list[httpx2.Response]:
        with client_of(url) as mine:
            return [mine.post(_QUERY, json=_ASKED, headers={"Authorization": token}) for _ in range(10)]

    with ThreadPoolExecutor(4) as pool:
        return [response for part in pool.map(ten, range(4)) for response in part]


@pytest.mark.slow
def test_two_workers_share_one_limit(forker: Forker, pages: Path, tmp_path: Path) -> None:
    """Of 40 questions at once exactly 10 are answered, whichever worker took them; without Redis they go on."""
    with RedisServer(tmp_path) as redis:
        limit = {"QUERY_LIMIT": "10/hour", "REDIS_URL": redis.url, "BREAKER_RECOVERY_S": "1", "REDIS_TIMEOUT_S": "60"}
        with workers(forker, tmp_path, pages, 2, **limit) as url, client_of(url) as client:
            assert Counter(response.status_code for response in burst(url)) == {200: 10, 429: 30}
            assert client.get("/ready").json()["status"] == "ready"

            redis.stop()
            answers = burst(url)
            statuses = Counter(response.status_code for response in answers)
            assert set(statuses) == {200, 429}, "no request fails for want of Redis"
            assert 10 <= statuses[200] <= 20, "each worker keeps the limit by itself"
            assert {response.json()["degraded"] for response in answers if response.status_code == 200} == {True}
            assert client.get("/ready").json()["parts"]["redis"] == "down"

            redis.start()
            ready = {"status": "ready", "parts": {"llm": "off", "retrieval": "off", "redis": "ok"}}
            back = 0
            while back < 20:  # each worker finds out by a probe of its own
                back = back + 1 if httpx2.get(f"{url}/ready", trust_env=False).json() == ready else 0
                time.sleep(0.02)
            answers = burst(url)
            assert Counter(response.status_code for response in answers) == {200: 10, 429: 30}
            assert not any(response.json()["degraded"] for response in answers if response.status_code == 200)


@pytest.mark.slow
@pytest.mark.usefixtures("clock")
def test_a_redis_that_hangs_holds_nobody_up(start: Start, configure: Configure, tmp_path: Path) -> None:
    """While it is silent, other requests go on, and nobody gets less than an answer."""
    with RedisServer(tmp_path) as redis:
        app = create_app(configure(QUERY_LIMIT="1000/minute", REDIS_URL=redis.url, REDIS_TIMEOUT_S="60"))
        client = log_in(start(app))
        assert client.post(_QUERY, json=_ASKED).json()["degraded"] is False
        app.state.parts.circuits["redis"]._timeout_s = 0.1
        redis.pause()
        with ThreadPoolExecutor(2) as pool:
            waiting = pool.submit(client.post, _QUERY, json=_ASKED)
            assert client.get("/health").status_code == 200
            assert waiting.result().json()["degraded_by"] == ["redis"]
        for _ in range(4):
            client.post(_QUERY, json=_ASKED)
        assert client.post(_QUERY, json=_ASKED).json()["degraded_by"] == ["redis"]
        assert 'rag_breaker_state{part="redis"} 2.0' in client.get("/metrics").text, "from now on nobody waits for it"


def test_a_stranger_s_answer_in_redis_is_none(start: Start, configure: Configure, tmp_path: Path) -> None:
    """What is not ours there is not shown, and is no error."""
    import redis
    from support.llm_server import Model

    with RedisServer(tmp_path) as server, running(Model().app) as llm:
        app = create_app(configure(REDIS_URL=server.url, LLM_BASE_URL=f"{llm}/v1", LLM_MODEL="tiny"))
        client = log_in(start(app))
        first = client.post(_QUERY, json=_ASKED).json()
        with redis.Redis.from_url(server.url) as foreign:
            (key,) = foreign.keys("rag-staging:answer:*")
            assert client.post(_QUERY, json=_ASKED).json()["cached"] is True
            for strange in (b'{"answer": 5, "at": "x"}', b"[]", b"\xff", b'{"answer": "x"}'):
                foreign.set(key, strange)
                assert client.post(_QUERY, json=_ASKED).json() == first
