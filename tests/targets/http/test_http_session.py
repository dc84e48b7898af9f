"""What is presented with requests: fetched once, renewed before it ends and where it is refused."""

import asyncio
import json
from collections.abc import Callable
from typing import Any

import pytest
from fastapi import FastAPI, Request, Response
from support.asking import CASE, SECRET, ask_all, ask_case, http, serving

from rag_eval.records import Answer
from rag_eval.targets.http.target import HttpTarget


def guarded(check: Callable[[Request], bool], **more: Any) -> FastAPI:
    """A service that lets in whom a check lets in."""
    app = FastAPI(**more)

    @app.post("/ask")
    async def ask(request: Request) -> Response:
        ok = check(request)
        return Response(json.dumps({"answer": "At nine."}), 200 if ok else 401, media_type="application/json")

    return app


@pytest.mark.parametrize(
    ("auth", "check"),
    [
        ({"kind": "api_key", "key_env": "RAG_SECRET"}, lambda r: r.headers.get("x-api-key") == SECRET),
        ({"kind": "api_key", "key_env": "RAG_SECRET", "header": "Ocp"}, lambda r: r.headers.get("ocp") == SECRET),
        ({"kind": "api_key", "key_env": "RAG_SECRET", "query": "key"}, lambda r: r.query_params.get("key") == SECRET),
        ({"kind": "bearer", "token_env": "RAG_SECRET"}, lambda r: r.headers.get("authorization") == f"Bearer {SECRET}"),
        (
            {"kind": "basic", "username_env": "RAG_USER", "password_env": "RAG_SECRET"},
            lambda r: r.headers.get("authorization") == "Basic YWRhOnMzY3JldC0wMTIzNDU2Nzg5LXZhbHVl",
        ),
    ],
)
def test_keys_and_passwords(auth: dict[str, Any], check: Callable[[Request], bool]) -> None:
    """In a header of one's choice, in the URL, as a bearer token, as user and password."""
    with serving(guarded(check)) as url:
        assert ask_case(http(f"{url}/ask", auth=auth)).response == "At nine."


def tokens(life: float, *, refresh: bool = False) -> tuple[FastAPI, list[str]]:
    """A service whose tokens are good for so many requests, and say for how many seconds."""
    forms, good = list[str](), set[str]()
    app = guarded(lambda r: r.headers.get("authorization", "").removeprefix("Bearer ") in good)

    @app.post("/token")
    async def token(request: Request) -> dict[str, Any]:
        forms.append((await request.body()).decode())
        good.clear()
        good.add(made := f"token-{len(forms)}-0123456789")
        return {
            "access_token": made,
            "expires_in": life,
            **({"refresh_token": f"again-{len(forms)}"} if refresh else {}),
        }

    app.state.good = good
    return app, forms


def test_a_token_is_fetched_once_and_renewed_before_it_ends() -> None:
    """OAuth2 client credentials: one token for all questions at once; a second before the first has expired."""
    app, forms = tokens(life=1000)
    auth = {"kind": "oauth2", "client_id_env": "RAG_USER", "client_secret_env": "RAG_SECRET", "scope": "ask"}
    cases = [CASE.model_copy(update={"id": f"c{n}"}) for n in range(8)]
    with serving(app) as url:
        said = http(f"{url}/ask", auth={**auth, "token_url": f"{url}/token"})
        assert all(isinstance(one, Answer) for one in ask_all(said, *cases))
    assert len(forms) == 1
    assert {"grant_type=client_credentials", "scope=ask", "client_id=ada"} <= set(forms[0].split("&"))
    short, forms = tokens(life=0.01)
    with serving(short) as url:
        said = http(f"{url}/ask", auth={**auth, "token_url": f"{url}/token"}, concurrency=1)

        async def twice() -> None:
            async with HttpTarget(said) as target:
                await target.answer(CASE)
                await asyncio.sleep(0.05)
                await target.answer(CASE)

        asyncio.run(twice())
    assert len(forms) == 2


def test_a_refused_token_is_replaced_by_the_refresh_token() -> None:
    """A 401 in the middle: the refresh token is used, not the password, and the question is answered."""
    app, forms = tokens(life=1000, refresh=True)
    login = {"kind": "login", "username_env": "RAG_USER", "password_env": "RAG_SECRET"}
    with serving(app) as url:
        said = http(f"{url}/ask", auth={**login, "url": f"{url}/token", "refresh_url": f"{url}/token"})

        async def scenario() -> Answer:
            async with HttpTarget(said) as target:
                await target.answer(CASE)
                app.state.good.clear()
                return await target.answer(CASE)

        assert asyncio.run(scenario()).response == "At nine."
    assert "password=" in forms[0]
    assert forms[1] == "grant_type=refresh_token&refresh_token=again-1"


def test_a_login_that_fails_once_does_not_end_the_run() -> None:
    """A 500 of the login is tried again; only a refusal is for good."""
    app, forms = tokens(life=1000)
    came = list[int]()

    @app.post("/second")
    async def second() -> Response:
        came.append(1)
        if len(came) == 1:
            return Response(status_code=500)
        made = "token-again-0123456789"
        app.state.good.add(made)
        return Response(json.dumps({"access_token": made}), media_type="application/json")

    login = {"kind": "login", "username_env": "RAG_USER", "password_env": "RAG_SECRET"}
    with serving(app) as url:
        said = http(f"{url}/ask", auth={**login, "url": f"{url}/second"}, retries=2)
        assert all(isinstance(one, Answer) for one in ask_all(said, CASE, CASE.model_copy(update={"id": "c2"})))
    assert len(came) == 2
    assert not forms
