"""One shape for everything that is refused or fails: `{"error": {"code": ..., "message": ...}}`."""

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException as RoutingError

from rag_eval.staging.wire import Problem, ProblemReply

_LARGEST_BODY = 64 * 1024
"""Bytes; the longest question is 2,000 characters."""

_CODES = {
    400: "bad_request",
    401: "unauthorized",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    422: "invalid_request",
    500: "internal_error",
}

_Message = MutableMapping[str, Any]
_Receive = Callable[[], Awaitable[_Message]]
_Send = Callable[[_Message], Awaitable[None]]
_Asgi = Callable[[_Message, _Receive, _Send], Awaitable[None]]


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return what OpenAPI is to say of these statuses."""
    return {status: {"model": ProblemReply, "description": _CODES[status]} for status in statuses}


def answer_problems(app: FastAPI) -> None:
    """Have the application answer every failure in the one shape, and refuse bodies above 64 KiB."""
    app.add_exception_handler(RoutingError, _on_http)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    # The server logs the traceback all the same: Starlette raises the error again after this answer.
    app.add_exception_handler(Exception, _on_internal)
    app.add_middleware(_BodyLimit)


class _BodyLimit:
    """Stops reading a body once it is too large, whatever its Content-Length says."""

    def __init__(self, app: _Asgi) -> None:
        self._app = app

    async def __call__(self, scope: _Message, receive: _Receive, send: _Send) -> None:
        read = 0

        async def counted() -> _Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > _LARGEST_BODY:
                raise HTTPException(413, f"the body may hold {_LARGEST_BODY} bytes")
            return message

        await self._app(scope, counted, send)


async def _on_http(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RoutingError)
    return _reply(error.status_code, str(error.detail), error.headers)


async def _on_invalid(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    # Where and what, never the value: it may be a password.
    said = (f"{_where(one['loc'])}: {one['msg']}" for one in error.errors())
    return _reply(422, "; ".join(said))


async def _on_internal(_: Request, __: Exception) -> JSONResponse:
    return _reply(500, "something went wrong here; the service's log says what")


def _reply(status: int, message: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    problem = Problem(code=_CODES.get(status, "error"), message=message)
    return JSONResponse(ProblemReply(error=problem).model_dump(), status_code=status, headers=headers)


def _where(loc: tuple[str | int, ...]) -> str:
    return ".".join(str(part) for part in loc[1:]) or str(loc[0])
