"""Who asks, and with what the routes work."""

from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import OAuth2PasswordBearer

from rag_eval.staging.circuits import Deadline
from rag_eval.staging.errors import ServiceRefusal
from rag_eval.staging.parts import Parts

LOGIN = "/api/v1/auth/login"

_Bearer = Annotated[
    str | None, Depends(OAuth2PasswordBearer(tokenUrl=LOGIN, refreshUrl="/api/v1/auth/refresh", auto_error=False))
]


def _parts(request: Request) -> Parts:
    parts: Parts = request.app.state.parts
    return parts


Ours = Annotated[Parts, Depends(_parts)]


def unauthorized(message: str) -> ServiceRefusal:
    """What somebody is told who is not known."""
    return ServiceRefusal(401, "unauthorized", message, {"WWW-Authenticate": "Bearer"})


async def known(request: Request, parts: Ours, token: _Bearer) -> str:
    """Let nobody pass without a good token; missing, forged and expired ones are told the same.

    Returns the id of the account, and notes it for limits and logs.
    """
    claims = parts.tokens.read(token, "access") if token is not None else None
    if claims is None or not parts.store.has_user(claims.user):
        raise unauthorized(f"no good token; get one from POST {LOGIN} and send it as 'Authorization: Bearer TOKEN'")
    request.state.user = claims.user
    return claims.user


Known = Annotated[str, Depends(known)]


def deadline_of(request: Request) -> Deadline:
    """When the request must have been answered."""
    deadline: Deadline = request.state.deadline
    return deadline
