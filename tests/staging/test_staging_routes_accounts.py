"""Register, log in, refresh: over the routes, without a socket."""

from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from staging.serving import Configure, answered, problem

from rag_eval.staging.api import create_app

_AUTH = "/api/v1/auth"
_RIGHT = {"username": "ada", "password": "right horse"}


@pytest.fixture(name="now")
def _now() -> list[float]:
    """A time that can be set."""
    return [1_000_000.0]


@pytest.fixture(name="app")
def _app(configure: Configure, now: list[float]) -> FastAPI:
    """A service where anybody may register."""
    return create_app(configure(REGISTRATION="open", TOKEN_TTL_S="60", REFRESH_TTL_S="600"), clock=lambda: now[0])


def login(app: FastAPI, **form: Any) -> httpx2.Response:
    """Log in."""
    return answered(app, "POST", f"{_AUTH}/login", data={**_RIGHT, **form})


def refresh(app: FastAPI, token: str) -> httpx2.Response:
    """Change a token for new ones."""
    return answered(app, "POST", f"{_AUTH}/refresh", data={"grant_type": "refresh_token", "refresh_token": token})


def asks(app: FastAPI, token: str) -> int:
    """What somebody with a token is told: 200 where it is good."""
    headers = {"Authorization": f"Bearer {token}"}
    return answered(app, "POST", "/api/v1/query/", json={"query": "boat"}, headers=headers).status_code


def test_a_login_brings_tokens_that_nobody_keeps(app: FastAPI) -> None:
    """Of two kinds, good for as long as they say; no cache on the way may hold them."""
    response = login(app)
    body = response.json()
    assert response.headers["cache-control"] == "no-store"
    assert (body["token_type"], body["expires_in"]) == ("bearer", 60)
    assert body["access_token"] != body["refresh_token"]
    assert asks(app, body["access_token"]) == 200


@pytest.mark.parametrize(
    "form", [{"password": "wrong"}, {"username": "bob"}, {"username": "ADA"}, {"password": "right horse "}]
)
def test_a_wrong_login_is_told_nothing_of_what_was_wrong(app: FastAPI, form: dict[str, str]) -> None:
    """Neither whether there is such a user, nor how near the password was."""
    response = login(app, **form)
    assert problem(response) == (401, "unauthorized", "wrong username or password")
    assert response.headers["www-authenticate"] == "Bearer"


def test_a_token_ends(app: FastAPI, now: list[float]) -> None:
    """At its time, to the second."""
    token = login(app).json()["access_token"]
    now[0] += 59.5
    assert asks(app, token) == 200
    now[0] += 0.5
    assert asks(app, token) == 401


def test_a_refresh_token_is_good_for_one_time(app: FastAPI, now: list[float]) -> None:
    """It brings new ones after the first have ended, and then nothing any more."""
    first = login(app).json()
    now[0] += 100
    second = refresh(app, first["refresh_token"])
    assert second.headers["cache-control"] == "no-store"
    assert asks(app, second.json()["access_token"]) == 200
    assert problem(refresh(app, first["refresh_token"]))[:2] == (401, "unauthorized")
    assert refresh(app, second.json()["refresh_token"]).status_code == 200


def test_a_token_is_good_for_its_own_use(app: FastAPI) -> None:
    """One to ask with cannot be refreshed, and one to refresh with asks nothing."""
    tokens = login(app).json()
    status, _, message = problem(refresh(app, tokens["access_token"]))
    assert status == 401
    assert message == f"no good refresh token; log in anew with POST {_AUTH}/login"
    assert asks(app, tokens["refresh_token"]) == 401


def test_a_refresh_token_ends_too(app: FastAPI, now: list[float]) -> None:
    """And one that somebody made up never began."""
    token = login(app).json()["refresh_token"]
    now[0] += 600
    assert refresh(app, token).status_code == 401
    assert refresh(app, "a.b.c").status_code == 401


@pytest.mark.parametrize(
    "form",
    [{}, {"grant_type": "refresh_token"}, {"grant_type": "password", "refresh_token": "x"}, {"refresh_token": ""}],
)
def test_a_refresh_of_another_form_is_refused(app: FastAPI, form: dict[str, str]) -> None:
    """As a mistake of the client, and not as a token that is not good."""
    assert problem(answered(app, "POST", f"{_AUTH}/refresh", data=form))[:2] == (422, "invalid_request")


def test_who_registers_can_log_in(app: FastAPI) -> None:
    """Under the name that was free, once; the password comes back nowhere."""
    account = {"username": "bob", "password": "correct battery"}
    response = answered(app, "POST", f"{_AUTH}/register", json=account)
    assert response.status_code == 201
    assert response.json().keys() == {"id", "username"}
    assert response.json()["username"] == "bob"
    assert login(app, **account).status_code == 200
    again = answered(app, "POST", f"{_AUTH}/register", json={**account, "password": "another one"})
    assert problem(again) == (409, "username_taken", "somebody has this username already; choose another one")
    assert login(app, **account).status_code == 200


@pytest.mark.parametrize(
    "account",
    [{"username": "bo", "password": "long enough"}, {"username": "bob", "password": "short"}, {"username": "bob"}],
)
def test_an_account_that_cannot_be_is_refused_by_its_field(app: FastAPI, account: dict[str, str]) -> None:
    """And nobody has it then."""
    status, code, message = problem(answered(app, "POST", f"{_AUTH}/register", json=account))
    assert (status, code) == (422, "invalid_request")
    assert message.split(":")[0] in {"username", "password"}
    assert account.get("password", "-") not in message


def test_where_registration_is_closed_nobody_registers(configure: Configure) -> None:
    """Whoever is known can log in all the same."""
    app = create_app(configure(REGISTRATION="closed"))
    account = {"username": "bob", "password": "correct battery"}
    response = answered(app, "POST", f"{_AUTH}/register", json=account)
    assert problem(response) == (403, "registration_closed", "accounts are made by whoever runs this service")
    assert login(app).status_code == 200


@pytest.mark.slow
def test_tokens_of_another_service_are_not_known(app: FastAPI, configure: Configure) -> None:
    """Each has a secret of its own unless one was given; with the same one they are."""
    assert asks(create_app(configure()), login(app).json()["access_token"]) == 401
    secret = {"JWT_SECRET": "s" * 32}
    first, second = (create_app(configure(**secret)) for _ in range(2))
    token = login(first).json()["access_token"]
    assert asks(first, token) == 200
    assert asks(second, token) == 401, "the account has another id there"


def test_requests_for_accounts_are_limited(configure: Configure) -> None:
    """So that nobody can try passwords as fast as he likes."""
    app = create_app(configure(ACCOUNT_LIMIT="2/minute"))
    assert [login(app, password="wrong").status_code for _ in range(3)] == [401, 401, 429]
