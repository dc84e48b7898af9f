"""Who is let in: accounts, passwords, tokens, and everything that only looks like them."""

import base64
import json
from collections.abc import Callable, Iterator
from itertools import product
from typing import Any

import httpx2
import jwt
import pytest
from pwdlib import PasswordHash
from staging.serving import Configure, Start, client_of, log_in, problem, running

from rag_eval.staging.accounts import Tokens
from rag_eval.staging.api import create_app
from rag_eval.staging.settings import Settings

_SECRET = "0123456789abcdef0123456789abcdef"
_GUARDED = [
    ("POST", "/api/v1/query/"),
    ("POST", "/api/v1/query/enhanced"),
    ("POST", "/api/v1/query/stream"),
    ("POST", "/api/v1/documents/upload"),
    ("GET", "/api/v1/documents/some-id"),
]


@pytest.fixture(scope="module")
def url(configure: Configure) -> Iterator[str]:
    """The service, whose secret this file knows."""
    with running(create_app(configure(JWT_SECRET=_SECRET))) as base:
        yield base


@pytest.fixture
def client(url: str) -> Iterator[httpx2.Client]:
    """A client of that service, not logged in."""
    with client_of(url) as fresh:
        yield fresh


def good(client: httpx2.Client) -> dict[str, object]:
    """The claims of a good token."""
    token = log_in(client).headers["Authorization"].removeprefix("Bearer ")
    said: dict[str, object] = jwt.decode(token, _SECRET, algorithms=["HS256"])
    return said


def unsigned(claims: dict[str, object]) -> str:
    """A token whose header says that it needs no signature."""
    parts = ({"alg": "none", "typ": "JWT"}, claims)
    return ".".join(base64.urlsafe_b64encode(json.dumps(part).encode()).decode().rstrip("=") for part in parts) + "."


def tampered(token: str) -> str:
    """A token whose claims were changed after it was signed."""
    head, body, signature = token.split(".")
    claims = json.loads(base64.urlsafe_b64decode(body + "=="))
    body = base64.urlsafe_b64encode(json.dumps({**claims, "sub": "somebody else"}).encode()).decode().rstrip("=")
    return f"{head}.{body}.{signature}"


_FORGED: dict[str, Callable[[dict[str, Any]], str]] = {
    "alg none": unsigned,
    "wrong key": lambda claims: jwt.encode(claims, "f" * 32, algorithm="HS256"),
    "other algorithm": lambda claims: jwt.encode(claims, _SECRET * 2, algorithm="HS512"),
    "same key, other algorithm": lambda claims: jwt.encode(claims, _SECRET * 2, algorithm="HS384"),
    "tampered": lambda claims: tampered(jwt.encode(claims, _SECRET, algorithm="HS256")),
    "expired": lambda claims: jwt.encode({**claims, "exp": 1}, _SECRET, algorithm="HS256"),
    "never expires": lambda claims: jwt.encode(
        {k: v for k, v in claims.items() if k != "exp"}, _SECRET, algorithm="HS256"
    ),
    "refresh token": lambda claims: jwt.encode({**claims, "use": "refresh"}, _SECRET, algorithm="HS256"),
    "no such user": lambda claims: jwt.encode({**claims, "sub": "nobody"}, _SECRET, algorithm="HS256"),
    "other issuer": lambda claims: jwt.encode({**claims, "iss": "elsewhere"}, _SECRET, algorithm="HS256"),
    "no token": lambda _: "nonsense",
}


@pytest.mark.slow
@pytest.mark.parametrize("kind", sorted(_FORGED))
def test_forged_tokens_open_nothing(client: httpx2.Client, kind: str) -> None:
    """At every guarded endpoint, whatever was done to the token, in the same words as without one."""
    token = _FORGED[kind](good(client))
    for method, path in _GUARDED:
        response = client.request(method, path, headers={"Authorization": f"Bearer {token}"})
        assert problem(response)[:2] == (401, "unauthorized"), (kind, path)
        assert problem(response)[2] == problem(client.request(method, path, headers={"Authorization": ""}))[2]


def test_a_good_token_is_good(client: httpx2.Client) -> None:
    """So that the test above can fail: the same claims, signed as they should be, are let in."""
    token = jwt.encode(good(client), _SECRET, algorithm="HS256")
    response = client.post("/api/v1/query/", json={"query": "ferry"}, headers={"Authorization": f"Bearer {token}"})
    assert response.status_code == 200


def test_register_and_log_in(client: httpx2.Client) -> None:
    """An account that was made can log in; its name is then taken."""
    made = client.post("/api/v1/auth/register", json={"username": "grace", "password": "long enough"})
    assert (made.status_code, made.json()["username"]) == (201, "grace")
    assert log_in(client, "grace", "long enough").post("/api/v1/query/", json={"query": "ferry"}).status_code == 200
    again = client.post("/api/v1/auth/register", json={"username": "grace", "password": "another one"})
    assert problem(again)[:2] == (409, "username_taken")
    with pytest.raises(httpx2.HTTPStatusError):
        log_in(client, "grace", "another one")


@pytest.mark.parametrize(
    "wrong", [{"password": "short"}, {"username": "a b"}, {"username": ""}, {"password": "x" * 300}, {"admin": True}]
)
def test_what_is_no_registration(client: httpx2.Client, wrong: dict[str, object]) -> None:
    """The field is named and its value is not repeated."""
    asked = {"username": "hopper", "password": "canary-password"} | wrong
    status, code, message = problem(client.post("/api/v1/auth/register", json=asked))
    assert (status, code) == (422, "invalid_request")
    assert message.startswith(next(iter(wrong)))
    assert "canary" not in message


def test_registration_closed(start: Start, configure: Configure) -> None:
    """Where whoever runs the service makes the accounts, nobody else does."""
    client = start(create_app(configure(REGISTRATION="closed")))
    asked = client.post("/api/v1/auth/register", json={"username": "grace", "password": "long enough"})
    assert problem(asked)[:2] == (403, "registration_closed")


@pytest.mark.slow
def test_a_refresh_token_is_good_once(client: httpx2.Client) -> None:
    """It brings new tokens, and is used up; an access token does not do in its place."""
    form = {"username": "ada", "password": "right horse"}
    first = client.post("/api/v1/auth/login", data=form).json()
    second = client.post("/api/v1/auth/refresh", data={"refresh_token": first["refresh_token"]})
    assert second.status_code == 200
    assert second.headers["Cache-Control"] == "no-store"
    token = second.json()["access_token"]
    asked = client.post("/api/v1/query/", json={"query": "x"}, headers={"Authorization": f"Bearer {token}"})
    assert asked.status_code == 200
    for used in (first["refresh_token"], first["access_token"], "nonsense"):
        again = client.post("/api/v1/auth/refresh", data={"refresh_token": used})
        assert problem(again)[:2] == (401, "unauthorized")
    third = client.post("/api/v1/auth/refresh", data={"refresh_token": second.json()["refresh_token"]})
    assert third.status_code == 200


def test_tokens_expire(start: Start, configure: Configure) -> None:
    """Access and refresh tokens end each in its own time."""
    now = [1_000_000.0]
    client = start(create_app(configure(TOKEN_TTL_S="60", REFRESH_TTL_S="120"), clock=lambda: now[0]))
    said = client.post("/api/v1/auth/login", data={"username": "ada", "password": "right horse"}).json()
    headers = {"Authorization": f"Bearer {said['access_token']}"}
    now[0] += 59.9
    assert client.post("/api/v1/query/", json={"query": "ferry"}, headers=headers).status_code == 200
    now[0] += 0.2
    assert client.post("/api/v1/query/", json={"query": "ferry"}, headers=headers).status_code == 401
    now[0] += 60
    late = client.post("/api/v1/auth/refresh", data={"refresh_token": said["refresh_token"]})
    assert late.status_code == 401


def test_tokens_differ() -> None:
    """Each login gets its own token, and each service without a secret of its own signs with another."""
    one, other = (Tokens(Settings.from_environ({})) for _ in range(2))
    assert one.issue("u", "access") != one.issue("u", "access")
    assert one.read(one.issue("u", "access"), "access") is not None
    assert other.read(one.issue("u", "access"), "access") is None


@pytest.mark.parametrize("forged", ["", "x" * 43, "\ud800", "é", "a.b.c", "." * 5, "{" * 5000])
def test_no_letters_are_a_token(forged: str) -> None:
    """Whatever stands in the header is answered, and is no token."""
    tokens = Tokens(Settings.from_environ({}))
    assert tokens.read(forged, "access") is None


@pytest.mark.parametrize(
    ("name", "password"), list(product(["ada", "eve"], ["", "wrong horse", "\ud800x", "x" * 5000]))
)
def test_wrong_credentials(client: httpx2.Client, name: str, password: str) -> None:
    """A known and an unknown name are told the same."""
    form = f"username={name}&password={password}".encode(errors="surrogatepass")
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    response = client.post("/api/v1/auth/login", content=form, headers=headers)
    assert response.status_code in ({401, 422} if not password else {401})
    if response.status_code == 401:
        assert problem(response)[2] == "wrong username or password"


@pytest.mark.slow
def test_passwords_are_kept_as_hashes(
    configure: Configure, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By Argon2id as RFC 9106 has it; the file holds no password and no token, and accounts outlive the service."""
    monkeypatch.setattr("rag_eval.staging.accounts._passwords", PasswordHash.recommended)
    data = tmp_path_factory.mktemp("data")
    for _ in range(2):
        with running(create_app(configure(DATA=str(data), JWT_SECRET=_SECRET))) as base, client_of(base) as client:
            log_in(client)
    kept = b"".join(file.read_bytes() for file in data.iterdir())
    assert b"$argon2id$v=19$m=65536,t=3,p=4$" in kept
    assert b"right horse" not in kept
    assert data.stat().st_mode & 0o777 in {0o700, 0o755}


def test_a_form_in_a_wild_encoding(client: httpx2.Client) -> None:
    """Makes halves of letters that cannot be hashed: wrong credentials, no error of ours."""
    body = b"".join(
        b'--X\r\nContent-Disposition: form-data; name="%s"\r\n\r\n\\ud800\r\n' % name
        for name in (b"username", b"password")
    )
    kind = {"Content-Type": "multipart/form-data; boundary=X; charset=unicode_escape"}
    response = client.post("/api/v1/auth/login", content=body + b"--X--\r\n", headers=kind)
    assert problem(response)[:2] == (401, "unauthorized")
