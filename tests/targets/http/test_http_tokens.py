"""The life of a token, by the answers that are sent into its flow; nothing is asked."""

import json
from collections.abc import Callable

import pytest

from rag_eval.errors import ConfigError, ReasonedError
from rag_eval.targets.http.credentials import Credentials, TokenEndpoint
from rag_eval.targets.http.tokens import TokenLife, TokenReply, TokenRequest

LOGIN = TokenEndpoint("http://h/login", {"username": "ada", "password": "p4ss"}, "login at h", "token", "life")
REFRESHED = TokenEndpoint(**{**vars(LOGIN), "refresh_token": "refresh", "refresh_url": "http://h/refresh"})


def reply(status: int = 200, **body: object) -> TokenReply:
    """An answer of the service that gives tokens."""
    return TokenReply(status, json.dumps(body).encode())


def drive(token: TokenLife, *replies: TokenReply) -> tuple[list[TokenRequest], Credentials]:
    """What was asked for, and what came of it."""
    flow = token.renew()
    requests = [next(flow)]
    for each in replies:
        try:
            requests.append(flow.send(each))
        except StopIteration as end:
            return requests, end.value
    raise AssertionError("it wants more")


def clocked(endpoint: TokenEndpoint, start: float = 0.0) -> tuple[TokenLife, Callable[[float], None]]:
    """A token with a clock that is set by hand."""
    now = [start]
    return TokenLife(endpoint, lambda: now[0]), lambda value: now.__setitem__(0, value)


def test_a_login_yields_a_token() -> None:
    """It is presented as a bearer token, and is as secret as the password."""
    token = TokenLife(LOGIN)
    assert token.current() is None
    requests, credentials = drive(token, reply(token="t1"))
    assert requests == [TokenRequest("http://h/login", {"username": "ada", "password": "p4ss"})]
    assert credentials == Credentials({"authorization": "Bearer t1"}, token="t1", hidden=frozenset({"t1", "p4ss"}))
    assert token.current() == credentials
    assert token.secrets == {"t1", "p4ss"}


@pytest.mark.parametrize(
    ("life", "good_until"), [(1000, 970.0), (100, 90.0), (0, None), (-5, None), (True, None), ("100", None)]
)
def test_a_token_is_renewed_before_its_end(life: object, good_until: float | None) -> None:
    """30 seconds before, or a tenth of its life; without a length of life it is used until it is refused."""
    token, at = clocked(LOGIN)
    drive(token, reply(token="t1", life=life))
    at((good_until or 1e9) - 0.1)
    assert token.current() is not None
    at(good_until or 1e12)
    assert (token.current() is None) == (good_until is not None)


def test_only_the_token_that_was_refused_is_fetched_anew() -> None:
    """A question that was sent with an older one needs no new login."""
    token = TokenLife(LOGIN)
    _, old = drive(token, reply(token="t1"))
    _, new = drive(token, reply(token="t2"))
    assert token.current(old) == new
    assert token.current(new) is None


def test_a_refresh_token_is_used_once_and_before_the_login() -> None:
    """The next one is the one that came with the new token."""
    token = TokenLife(REFRESHED)
    drive(token, reply(token="t1", refresh="r1"))
    requests, credentials = drive(token, reply(token="t2", refresh="r2"))
    assert requests == [TokenRequest("http://h/refresh", {"grant_type": "refresh_token", "refresh_token": "r1"})]
    assert credentials.token == "t2"
    requests, credentials = drive(token, reply(401), reply(token="t3"))
    assert [request.url for request in requests] == ["http://h/refresh", "http://h/login"]
    assert requests[0].form["refresh_token"] == "r2"
    assert token.secrets == {"p4ss", "t1", "t2", "t3", "r1", "r2"}


@pytest.mark.parametrize(
    ("answer", "reason", "message"),
    [
        (reply(401), "unauthorized", "login at h was refused: 401"),
        (reply(302), "unauthorized", "login at h was refused: 302"),
        (reply(503), "http_status", "login at h: 503"),
        (reply(408), "http_status", "login at h: 408"),
        (reply(token=""), "unauthorized", "login at h: no token at 'token' in its answer"),
        (reply(token="a\nb"), "unauthorized", "login at h: no token at 'token' in its answer"),
        (reply(other="t1"), "unauthorized", "login at h: no token at 'token' in its answer"),
        (TokenReply(200, b"<html>"), "not_json", "login at h: expected JSON in its answer"),
    ],
)
def test_an_answer_without_a_token_is_told(answer: TokenReply, reason: str, message: str) -> None:
    """What may pass can be tried again; no token is presented."""
    token = TokenLife(LOGIN)
    with pytest.raises(ReasonedError) as raised:
        drive(token, answer)
    assert (str(raised.value), raised.value.reason) == (message, reason)
    assert raised.value.retriable == (reason == "http_status")
    assert token.current() is None


def test_a_path_that_is_none_is_told_at_once() -> None:
    """Before anybody logs in."""
    with pytest.raises(ConfigError, match=r"target\.auth\.token: '\[' is not a JMESPath"):
        TokenLife(TokenEndpoint(**{**vars(LOGIN), "token": "["}))
