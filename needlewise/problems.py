"""Errors as RFC 9457 problem details, rendered in one place for both applications. Nobody ever reads a stack trace."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any

from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.types import ExceptionHandlersMap
from sqlalchemy.exc import DBAPIError

from needlewise.errors import NeedlewiseError

log = logging.getLogger("needlewise.problems")

CODES = {
    400: "bad_request",
    401: "unauthorized",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "unsupported_media_type",
    422: "invalid_input",
    429: "too_many_requests",
}
TRY_LATER = "Something failed on our side. Please try again in a moment, or call the clinic."


def problem(status: int, code: str, detail: str, headers: dict[str, str] | None = None, **more: Any) -> Response[Any]:
    """A problem document: `code` is stable for programs, `detail` one sentence for people."""
    content = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
    }
    return Response(content | more, status_code=status, media_type="application/problem+json", headers=headers)


def _needlewise(_request: Request[Any, Any, Any], error: NeedlewiseError) -> Response[Any]:
    return problem(error.status, error.code, error.message, error.headers, **getattr(error, "more", {}))


def _validation(_request: Request[Any, Any, Any], error: ValidationException) -> Response[Any]:
    fields = [
        {"field": str(each.get("key") or "body"), "message": str(each.get("message", "is not acceptable"))}
        for each in (error.extra if isinstance(error.extra, list) else [])
        if isinstance(each, dict)
    ]
    wrong = (
        "; ".join(f"{each['field']}: {each['message']}" for each in fields) or "the request is not of the right form"
    )
    return problem(422, "invalid_input", f"Please correct the request: {wrong}.", errors=fields)


def http_problem(_request: Request[Any, Any, Any], error: HTTPException) -> Response[Any]:
    """What the framework refuses by itself."""
    headers = dict(error.headers or {})
    detail = error.detail if error.status_code < 500 else TRY_LATER
    return problem(error.status_code, CODES.get(error.status_code, "error"), detail, headers)


def _database(_request: Request[Any, Any, Any], error: DBAPIError) -> Response[Any]:
    log.error("database failed: %s", type(error.orig).__name__)
    return problem(503, "unavailable", TRY_LATER, {"Retry-After": "5"})


def _unexpected(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
    # Only the type and the place: the message of an exception may hold what a visitor wrote.
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    place = f"{frame.tb_frame.f_code.co_filename}:{frame.tb_lineno}" if frame else "unknown place"
    log.error("%s %s failed: %s at %s", request.method, request.scope["path_template"], type(error).__name__, place)
    return problem(500, "internal", TRY_LATER)


HANDLERS: ExceptionHandlersMap = {
    NeedlewiseError: _needlewise,
    ValidationException: _validation,
    HTTPException: http_problem,
    DBAPIError: _database,
    Exception: _unexpected,
}
