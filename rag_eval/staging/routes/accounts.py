"""Register, log in, and change a refresh token for new ones."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.security import OAuth2PasswordRequestForm

from rag_eval.staging.errors import ServiceRefusal
from rag_eval.staging.parts import Parts
from rag_eval.staging.problems import documented
from rag_eval.staging.routes.known import LOGIN, Ours, unauthorized
from rag_eval.staging.wire import Refresh, RegisteredAccount, Registration, Token


def router(parts: Parts) -> APIRouter:
    """The routes, as the settings have them."""
    limited = parts.limits.on(parts.settings.account_limit, "account")
    routes = APIRouter(
        prefix="/api/v1/auth", tags=["accounts"], responses=documented(400, 408, 413, 422, 429, 500, 503, 504)
    )
    routes.post("/register", status_code=201, responses=documented(403, 409))(limited(register))
    routes.post("/login", responses=documented(401))(limited(login))
    routes.post("/refresh", responses=documented(401))(limited(refresh))
    return routes


async def register(parts: Ours, asked: Registration, request: Request, response: Response) -> RegisteredAccount:  # noqa: ARG001
    """Make an account, where this service lets anyone do so."""
    if parts.settings.registration == "closed":
        raise ServiceRefusal(403, "registration_closed", "accounts are made by whoever runs this service")
    user = await parts.accounts.register(asked.username, asked.password)
    if user is None:
        raise ServiceRefusal(409, "username_taken", "somebody has this username already; choose another one")
    return RegisteredAccount(id=user.id, username=user.name)


async def login(
    parts: Ours,
    form: Annotated[OAuth2PasswordRequestForm, Depends()],
    request: Request,  # noqa: ARG001  the limit looks at it
    response: Response,
) -> Token:
    """Give a bearer token for the right username and password, and a refresh token."""
    user = await parts.accounts.recognise(form.username, form.password)
    if user is None:
        raise unauthorized("wrong username or password")
    return _tokens(parts, user.id, response)


async def refresh(
    parts: Ours,
    form: Annotated[Refresh, Form()],
    request: Request,  # noqa: ARG001  the limit looks at it
    response: Response,
) -> Token:
    """Change a refresh token for new tokens, as RFC 6749 has it (section 6); it is good for one time."""
    claims = parts.tokens.read(form.refresh_token, "refresh")
    is_good = claims is not None and parts.store.has_user(claims.user)
    if claims is None or not is_good or not await asyncio.to_thread(parts.store.use_token, claims.id, claims.expires):
        raise unauthorized(f"no good refresh token; log in anew with POST {LOGIN}")
    return _tokens(parts, claims.user, response)


def _tokens(parts: Parts, user: str, response: Response) -> Token:
    response.headers["Cache-Control"] = "no-store"
    return Token(
        access_token=parts.tokens.issue(user, "access"),
        refresh_token=parts.tokens.issue(user, "refresh"),
        expires_in=parts.settings.token_ttl_s,
    )
