"""Log in, log out, and replace a one-time password."""

from __future__ import annotations

import secrets
from typing import Any

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency as Inject
from litestar.params import FromQuery, URLEncodedBody

from needlewise.chat.requests import client_address
from needlewise.settings import Settings
from needlewise.staff.access import AnyRequest, cookie, safe_next, session_cookie, sign_in_cookie
from needlewise.staff.console import Console, go
from needlewise.staff.errors import TooManyAttempts, WeakPassword, WrongCredentials
from needlewise.staff.passwords import SHORTEST
from needlewise.staff.roles import ANYONE, STAFF
from needlewise.staff.service import StaffService, Viewer

# Logging out works at every stage.
WITHOUT_ANYTHING = {"before_code": True, "with_one_time_password": True, "while_enrolling": True}


class SignInForm(msgspec.Struct):
    name: str = ""
    password: str = ""
    next: str = ""


class PasswordForm(msgspec.Struct):
    """`current` is not asked for while a one-time password is being replaced."""

    current: str = ""
    new: str = ""
    repeated: str = ""
    next: str = ""


@get("/login", opt={"access": ANYONE}, sync_to_thread=False)
def sign_in_page(
    request: AnyRequest,
    console: Inject[Console],
    settings: Inject[Settings],
    next: FromQuery[str] = "",
) -> Response[Any]:
    """The log-in form; somebody who is logged in goes on."""
    if console.viewer:
        return go(safe_next(next))
    secret = request.cookies.get(sign_in_cookie(settings)) or secrets.token_urlsafe(32)
    cookies = [cookie(settings, sign_in_cookie(settings), secret)]
    return console.page("sign_in.html", cookies=cookies, form_secret=secret, next=next, name="", error="")


@post("/login", opt={"access": ANYONE}, status_code=200, sync_to_thread=True)
def sign_in(
    data: URLEncodedBody[SignInForm],
    request: AnyRequest,
    console: Inject[Console],
    settings: Inject[Settings],
    staff: Inject[StaffService],
) -> Response[Any]:
    """Check name and password; a new session begins at each log-in."""
    old_token = request.cookies.get(session_cookie(settings))
    try:
        address = client_address(request, settings.trusted_proxies)
        token = staff.sign_in(data.name, data.password, address, old_token, agent(request))
    except (WrongCredentials, TooManyAttempts) as error:
        return console.page(
            "sign_in.html",
            status=error.status,
            headers=error.headers,
            next=data.next,
            name=data.name[:64],
            error=error.message,
        )
    cookies = [
        cookie(settings, session_cookie(settings), token),
        cookie(settings, sign_in_cookie(settings), ""),
    ]
    return go(safe_next(data.next), cookies)


@post("/logout", opt={"access": STAFF, **WITHOUT_ANYTHING}, status_code=200, sync_to_thread=True)
def sign_out(settings: Inject[Settings], viewer: Inject[Viewer], staff: Inject[StaffService]) -> Response[Any]:
    """End this session."""
    staff.sign_out(viewer)
    return go("/staff/login", [cookie(settings, session_cookie(settings), "")])


@get("/password", opt={"access": STAFF, "with_one_time_password": True, "while_enrolling": True}, sync_to_thread=False)
def password_page(console: Inject[Console], next: FromQuery[str] = "") -> Response[Any]:
    """The form for a new password."""
    return console.page("password.html", next=next, error="", shortest=SHORTEST)


@post(
    "/password",
    opt={"access": STAFF, "with_one_time_password": True, "while_enrolling": True},
    status_code=200,
    sync_to_thread=True,
)
def change_password(
    data: URLEncodedBody[PasswordForm],
    request: AnyRequest,
    console: Inject[Console],
    settings: Inject[Settings],
    viewer: Inject[Viewer],
    staff: Inject[StaffService],
) -> Response[Any]:
    """Set a new password; every other session of the account ends."""
    try:
        if data.new != data.repeated:
            raise WeakPassword("The two new passwords are not the same. Please type the new one twice.")
        address = client_address(request, settings.trusted_proxies)
        token = staff.change_password(viewer, data.current, data.new, address, agent(request))
    except (WeakPassword, WrongCredentials, TooManyAttempts) as error:
        message = "The current password is not right." if isinstance(error, WrongCredentials) else error.message
        # 422 also for a wrong current password: the person is logged in, only the form is wrong.
        status = 429 if isinstance(error, TooManyAttempts) else 422
        values: dict[str, Any] = {"next": data.next, "error": message, "shortest": SHORTEST}
        return console.page("password.html", status=status, headers=error.headers, **values)
    target = safe_next(data.next) if viewer.must_change else "/staff/account?done=password"
    return go(target, [cookie(settings, session_cookie(settings), token)])


def agent(request: AnyRequest) -> str:
    """How the browser names itself."""
    return request.headers.get("user-agent", "")


handlers = [sign_in_page, sign_in, sign_out, password_page, change_password]
