"""A user of a load test: logged in once, again when it has to be, and never without being counted."""

import pytest

from rag_eval.loadtest.session import LoginResponse, UserSession
from rag_eval.targets.http.auth.bearer import BearerConfig
from rag_eval.targets.http.auth.login import LoginConfig
from rag_eval.targets.http.tokens import TokenReply, TokenRequest

TOKEN = b'{"access_token": "t1", "expires_in": 100}'
STATUS = {"": 200, "unauthorized": 401, "rate_limited": 429}


class LoginServer:
    """Lets in who logs in, and counts."""

    def __init__(self, failure: str = "", body: bytes = TOKEN) -> None:
        self.failure, self.body = failure, body
        self.requests: list[TokenRequest] = []
        self.kept: list[str] = []

    def __call__(self, request: TokenRequest) -> LoginResponse:
        """One login."""
        self.requests.append(request)
        return LoginResponse(TokenReply(STATUS.get(self.failure, 0), self.body), self.failure, self.kept.append)


@pytest.fixture
def login(monkeypatch: pytest.MonkeyPatch) -> LoginConfig:
    """Credentials in the environment."""
    monkeypatch.setenv("U", "ada")
    monkeypatch.setenv("P", "right horse")
    return LoginConfig(kind="login", url="http://127.0.0.1/login", username_env="U", password_env="P")


def test_a_user_logs_in_once(login: LoginConfig) -> None:
    """Again when the token is about to end, and when it was refused."""
    server, now = LoginServer(), [0.0]
    session = UserSession(login, server, lambda: now[0])
    for _ in range(3):
        presented = session.present()
        assert presented is not None
        assert presented.headers == {"authorization": "Bearer t1"}
        assert presented.hidden == {"t1", "right horse"}
    assert server.requests == [TokenRequest("http://127.0.0.1/login", {"username": "ada", "password": "right horse"})]
    assert server.kept == [""]
    now[0] = 91.0
    presented = session.present()
    assert presented is not None
    assert len(server.requests) == 2
    session.refused(presented)
    session.present()
    assert len(server.requests) == 3


def test_what_is_known_from_the_beginning_is_fetched_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also after it was refused: there is no other."""
    monkeypatch.setenv("T", "a-token")
    server = LoginServer()
    session = UserSession(BearerConfig(kind="bearer", token_env="T"), server)
    presented = session.present()
    assert presented is not None
    session.refused(presented)
    assert session.present() == presented
    assert server.requests == []


@pytest.mark.parametrize(
    ("failure", "body"),
    [
        ("connection", b""),
        ("rate_limited", b""),
        ("unauthorized", b"{}"),
        ("", b"<html>"),
        ("", b"{}"),
        ("", b'{"access_token": 5}'),
        ("", b"[" * 5000),
    ],
)
def test_a_user_who_is_not_let_in(login: LoginConfig, failure: str, body: bytes) -> None:
    """Asks nothing, and tries again the next time; each login is kept as what it came to, also one without a token."""
    server = LoginServer(failure, body)
    session = UserSession(login, server)
    assert session.present() is None
    assert session.present() is None
    assert len(server.requests) == 2
    assert server.kept == [failure or "no_token"] * 2


def test_a_refresh_token_that_is_not_taken_is_kept_and_the_login_is_next(login: LoginConfig) -> None:
    """Both requests count, each with what became of it."""
    config = login.model_copy(update={"refresh_url": "http://127.0.0.1/refresh"})
    server, now = LoginServer(body=TOKEN[:-1] + b', "refresh_token": "r1"}'), [0.0]
    session = UserSession(config, server, lambda: now[0])
    assert session.present() is not None
    now[0], server.failure = 95.0, "unauthorized"
    assert session.present() is None
    assert [request.url for request in server.requests][1:] == ["http://127.0.0.1/refresh", "http://127.0.0.1/login"]
    assert server.kept == ["", "unauthorized", "unauthorized"]
