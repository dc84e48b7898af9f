"""Who asks: with a good token somebody, and without one nobody."""

import pytest
from fastapi import FastAPI
from staging.serving import Configure, answered, problem

from rag_eval.staging.api import create_app
from rag_eval.staging.parts import Parts
from rag_eval.staging.routes import known


@pytest.fixture(name="app")
def _app(configure: Configure) -> FastAPI:
    """A service."""
    return create_app(configure(JWT_SECRET="s" * 32))


def parts_of(app: FastAPI) -> Parts:
    """What the service is made of."""
    parts: Parts = app.state.parts
    return parts


def user_of(app: FastAPI) -> str:
    """The id of the one account."""
    user = parts_of(app).store.user_named("ada")
    assert user is not None
    return user.id


def asked(app: FastAPI, authorization: str | None) -> tuple[int, str, str]:
    """Status, and code and message where it is refused."""
    headers = {} if authorization is None else {"Authorization": authorization.encode()}
    response = answered(app, "POST", "/api/v1/query/", json={"query": "When is the last boat?"}, headers=headers)
    return (200, "", "") if response.status_code == 200 else problem(response)


def test_a_good_token_lets_somebody_pass(app: FastAPI) -> None:
    """However the word before it is written."""
    token = parts_of(app).tokens.issue(user_of(app), "access")
    assert asked(app, f"Bearer {token}")[0] == 200
    assert asked(app, f"bearer {token}")[0] == 200


@pytest.mark.parametrize("authorization", [None, "", "Bearer", "Bearer ", "Bearer a.b.c", "Basic YWRhOng=", "Bearer é"])
def test_without_one_nobody_passes(app: FastAPI, authorization: str | None) -> None:
    """And all are told the same: how to get one."""
    assert asked(app, authorization) == (
        401,
        "unauthorized",
        "no good token; get one from POST /api/v1/auth/login and send it as 'Authorization: Bearer TOKEN'",
    )


def test_a_token_of_somebody_who_is_gone_is_not_good(app: FastAPI) -> None:
    """Nor one to refresh with, nor one that is cut or changed."""
    tokens = parts_of(app).tokens
    good = tokens.issue(user_of(app), "access")
    for token in (tokens.issue("nobody", "access"), tokens.issue(user_of(app), "refresh"), good[:-2], f"x{good}"):
        assert asked(app, f"Bearer {token}")[:2] == (401, "unauthorized")


def test_who_is_not_known_is_asked_to_say_who_he_is() -> None:
    """By the header that clients go by."""
    refusal = known.unauthorized("who are you?")
    assert (refusal.status, refusal.code, refusal.message) == (401, "unauthorized", "who are you?")
    assert refusal.headers == {"WWW-Authenticate": "Bearer"}
