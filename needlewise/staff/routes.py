"""All routes of the console under one guard, one set of headers and its own error pages."""

from __future__ import annotations

import logging
from typing import Any
from urllib.parse import quote

from litestar import Response, Router, get
from litestar.di import NamedDependency as Inject
from litestar.di import Provide
from litestar.exceptions import HTTPException, ValidationException
from litestar.params import FromPath
from litestar.types import ExceptionHandlersMap
from sqlalchemy.exc import DBAPIError

from needlewise.clinic import Clinic
from needlewise.errors import NeedlewiseError, NotFound
from needlewise.staff import assets
from needlewise.staff.access import HOME, AnyRequest, check_access, safe_next
from needlewise.staff.console import Console, StaffHeaders, go
from needlewise.staff.errors import CodeNeeded, PasswordChangeNeeded, SecondStepNeeded, SignInNeeded
from needlewise.staff.roles import STAFF
from needlewise.staff.service import Viewer
from needlewise.staff.views import (
    account,
    analytics,
    answer_editor,
    answers,
    clinic,
    conversations,
    delivery,
    gaps,
    lead_files,
    leads,
    overview,
    privacy,
    reviews,
    second_step,
    sign_in,
    training,
    understanding,
)

log = logging.getLogger("needlewise.staff")

# The longest form but the editor's is a note of 2,000 characters; in percent-encoded UTF-8 one takes up to 12 bytes.
BODY_BYTES = 64 * 1024

TITLES = {
    400: "This address is not right",
    403: "Not allowed",
    404: "Not found",
    409: "That does not go together",
    415: "This form cannot be read",
    422: "Something is not right",
    429: "Too many attempts",
    503: "Not available at the moment",
}
TRY_LATER = "Something failed on our side. Please try again in a moment."


@get("/{rest:path}", opt={"access": STAFF}, sync_to_thread=False)
def unknown_page(rest: FromPath[str]) -> Response[Any]:
    """Every other address below /staff."""
    raise NotFound("There is no such page.")


def provide_viewer(request: AnyRequest) -> Viewer:
    """The signed-in person; only routes whose access is not ANYONE may ask for it."""
    viewer: Viewer = request.state.viewer
    return viewer


def provide_console(request: AnyRequest, clinic: Inject[Clinic]) -> Console:
    return Console(request, clinic)


def _sign_in_needed(request: AnyRequest, _error: SignInNeeded) -> Response[Any]:
    return go("/staff/login" + _and_back(request))


def _password_needed(request: AnyRequest, _error: PasswordChangeNeeded) -> Response[Any]:
    return go("/staff/password" + _and_back(request))


def _code_needed(request: AnyRequest, _error: CodeNeeded) -> Response[Any]:
    return go("/staff/code" + _and_back(request))


def _second_step_needed(_request: AnyRequest, _error: SecondStepNeeded) -> Response[Any]:
    return go("/staff/account/second-step")


def _and_back(request: AnyRequest) -> str:
    # A form that was sent cannot be sent again by a link, so only pages are come back to.
    path, query = request.url.path, request.url.query
    if path == HOME or request.method != "GET":
        return ""
    # With the filters that somebody sent a colleague, as far as `next` takes them.
    whole = f"{path}?{query}" if query else path
    return f"?next={quote(whole if safe_next(whole) == whole else path)}"


def _known(request: AnyRequest, error: NeedlewiseError) -> Response[Any]:
    return _problem(request, error.status, error.message, error.headers)


def _validation(request: AnyRequest, _error: ValidationException) -> Response[Any]:
    # The framework's own words name fields and types, which help nobody at a reception desk.
    return _problem(request, 400, "The address or the form holds something that does not belong there.")


def _http(request: AnyRequest, error: HTTPException) -> Response[Any]:
    detail = error.detail if error.status_code < 500 else TRY_LATER
    return _problem(request, error.status_code, detail, dict(error.headers or {}))


def _database(request: AnyRequest, error: DBAPIError) -> Response[Any]:
    log.error("database failed: %s", type(error.orig).__name__)
    return _problem(request, 503, TRY_LATER, {"Retry-After": "5"})


def _unexpected(request: AnyRequest, error: Exception) -> Response[Any]:
    # Only the type and the place: the message of an exception may hold what a visitor wrote.
    place = error.__traceback__
    while place is not None and place.tb_next is not None:
        place = place.tb_next
    where = f"{place.tb_frame.f_code.co_filename}:{place.tb_lineno}" if place else "unknown place"
    log.error("%s %s failed: %s at %s", request.method, request.scope["path_template"], type(error).__name__, where)
    return _problem(request, 500, TRY_LATER)


def _problem(request: AnyRequest, status: int, detail: str, headers: dict[str, str] | None = None) -> Response[Any]:
    title = TITLES.get(status, "Something failed")
    return Console(request, None).page("problem.html", status=status, headers=headers, title=title, detail=detail)


ERROR_PAGES: ExceptionHandlersMap = {
    SignInNeeded: _sign_in_needed,
    CodeNeeded: _code_needed,
    PasswordChangeNeeded: _password_needed,
    SecondStepNeeded: _second_step_needed,
    NeedlewiseError: _known,
    ValidationException: _validation,
    HTTPException: _http,
    DBAPIError: _database,
    Exception: _unexpected,
}

router = Router(
    path=HOME,
    route_handlers=[
        assets.static_file,
        *sign_in.handlers,
        *overview.handlers,
        *conversations.handlers,
        *reviews.handlers,
        *leads.handlers,
        *lead_files.handlers,
        *delivery.handlers,
        *analytics.handlers,
        *gaps.handlers,
        *understanding.handlers,
        *training.handlers,
        *answers.handlers,
        *answer_editor.handlers,
        *clinic.handlers,
        *privacy.handlers,
        *account.handlers,
        *second_step.handlers,
        unknown_page,
    ],
    dependencies={
        "viewer": Provide(provide_viewer, sync_to_thread=False),
        "console": Provide(provide_console, sync_to_thread=False),
    },
    guards=[check_access],
    middleware=[StaffHeaders()],
    exception_handlers=ERROR_PAGES,
    include_in_schema=False,
    request_max_body_size=BODY_BYTES,
)

public_routes: list[Any] = [router]
