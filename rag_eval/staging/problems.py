"""One shape for everything that is refused or fails: `{"error": {"code": ..., "message": ...}}`."""

import sqlite3
from collections.abc import Mapping
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException as RoutingError

from rag_eval.staging.errors import ServiceRefusal
from rag_eval.staging.logs import get_logger
from rag_eval.staging.wire import ProblemDetail, ProblemReply

_log = get_logger(__name__)

_CODES = {
    400: "bad_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    408: "request_timeout",
    409: "conflict",
    413: "too_large",
    415: "unsupported_type",
    422: "invalid_request",
    429: "rate_limited",
    500: "internal_error",
    503: "unavailable",
    504: "deadline_exceeded",
}
_WHEN_TO_COME_AGAIN = {"Retry-After": {"schema": {"type": "integer"}, "description": "Seconds to wait."}}
_HEADERS = {
    401: {"WWW-Authenticate": {"schema": {"type": "string"}, "description": "How to be known: Bearer."}},
    429: _WHEN_TO_COME_AGAIN,
    503: _WHEN_TO_COME_AGAIN,
}


def documented(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Return what OpenAPI is to say of these statuses."""
    return {
        status: {"model": ProblemReply, "description": _CODES[status], "headers": _HEADERS.get(status, {})}
        for status in statuses
    }


def answer_problems(app: FastAPI) -> None:
    """Have the application answer what it refuses in the one shape; see `middleware` for what fails."""
    app.add_exception_handler(RoutingError, _on_http)
    app.add_exception_handler(ServiceRefusal, _on_refusal)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(sqlite3.OperationalError, _on_busy)


def refused(refusal: ServiceRefusal) -> JSONResponse:
    """The answer to a request that is refused."""
    return _reply(refusal.status, refusal.code, refusal.message, refusal.headers)


async def _on_refusal(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, ServiceRefusal)
    return refused(error)


async def _on_busy(_: Request, error: Exception) -> JSONResponse:
    """The store is locked by somebody, or its disk is full."""
    _log.error("store failed", exc_info=error)
    return _reply(503, _CODES[503], "accounts and documents cannot be reached; try again", {"Retry-After": "1"})


async def _on_http(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RoutingError)
    return _reply(error.status_code, _CODES.get(error.status_code, "error"), str(error.detail), error.headers)


async def _on_invalid(_: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, RequestValidationError)
    # Where and what, never the value: it may be a password.
    sentences = (f"{_where(fault['loc'])}: {fault['msg']}" for fault in error.errors())
    return _reply(422, _CODES[422], "; ".join(sentences))


def _reply(status: int, code: str, message: str, headers: Mapping[str, str] | None = None) -> JSONResponse:
    problem = ProblemDetail(code=code, message=message)
    return JSONResponse(ProblemReply(error=problem).model_dump(), status_code=status, headers=headers)


def _where(loc: tuple[str | int, ...]) -> str:
    return ".".join(str(part) for part in loc[1:]) or str(loc[0])
