"""The one guard of the console: who is asking, may they, and did the form come from our own page.

Each route says who may use it: `opt={"access": READ_LEADS}`. A route that says nothing is refused for everyone.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import re
from typing import Any, cast

from litestar import Request
from litestar.connection import ASGIConnection
from litestar.datastructures import Cookie
from litestar.exceptions import ClientException
from litestar.handlers import BaseRouteHandler

from needlewise.errors import Forbidden
from needlewise.settings import Settings
from needlewise.staff.errors import CodeNeeded, PasswordChangeNeeded, SecondStepNeeded, SignInNeeded, StaleForm
from needlewise.staff.roles import ANYONE, Group
from needlewise.staff.service import StaffService, Viewer

AnyRequest = Request[Any, Any, Any]

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
FORM_TYPE = "application/x-www-form-urlencoded"
HOME = "/staff"
# A taste and no secret; kept in the browser for a year.
LANGUAGE_COOKIE = "needlewise_language"
LANGUAGE_SECONDS = 365 * 24 * 3600
# The only addresses that `next` may lead to: pages of the console, with a plain query. No part begins with a dot.
_NEXT = re.compile(r"/staff(/[A-Za-z0-9_-][A-Za-z0-9_.-]*)*/?(\?[A-Za-z0-9_=&%+.-]*)?", re.ASCII)


async def check_access(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Refuse what the route does not allow. Raises SignInNeeded, CodeNeeded, PasswordChangeNeeded,
    SecondStepNeeded, Forbidden or StaleForm.

    Afterwards `connection.state.viewer` is the signed-in person or None.
    """
    request = cast(AnyRequest, connection)
    access: Group | None = handler.opt.get("access")
    if access is None:
        raise Forbidden("This page is not open to anyone.")
    settings = cast(Settings, await provided(handler, "settings"))
    token = request.cookies.get(session_cookie(settings), "")
    viewer: Viewer | None = None
    if token:
        staff = cast(StaffService, await provided(handler, "staff"))
        # A page that looks for news by itself does not keep an unattended browser logged in.
        viewer = await asyncio.to_thread(staff.viewer, token, not handler.opt.get("background"))
    request.state.viewer = viewer
    # What forms are bound to: the session, or on the log-in page a random cookie of its own.
    request.state.form_secret = token if viewer else request.cookies.get(sign_in_cookie(settings), "")
    if access != ANYONE:
        _check_viewer(request, viewer, access, handler)
    if request.method not in SAFE_METHODS:
        await _check_form(request)


def _check_viewer(request: AnyRequest, viewer: Viewer | None, access: Group, handler: BaseRouteHandler) -> None:
    if viewer is None:
        raise SignInNeeded("Please log in.")
    if viewer.needs_code and not handler.opt.get("before_code"):
        raise CodeNeeded("Please enter the code from your app first.")
    if viewer.must_change and not handler.opt.get("with_one_time_password"):
        raise PasswordChangeNeeded("Please choose your own password first.")
    if viewer.must_enrol and not handler.opt.get("while_enrolling"):
        raise SecondStepNeeded("Please set up the second step of logging in first.")
    if viewer.role not in access:
        raise Forbidden("Your account may not open this page. The owner can give you another role.")


async def _check_form(request: AnyRequest) -> None:
    if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        raise StaleForm
    if request.headers.get("content-type", "").split(";")[0].strip().lower() != FORM_TYPE:
        raise ClientException("Please use the form on the page.", status_code=415)
    sent = (await request.form()).get("csrf", "")
    secret = request.state.form_secret
    if not secret or not isinstance(sent, str) or not hmac.compare_digest(sent.encode(), form_token(secret).encode()):
        raise StaleForm


async def provided(handler: BaseRouteHandler, name: str) -> Any:
    """A service of the composition, for code that runs before Litestar injects dependencies."""
    return await handler.resolve_dependencies()[name]()


def form_token(secret: str) -> str:
    """The hidden value of every form: only somebody who can read our pages knows it."""
    return hmac.new(secret.encode("utf-8", "replace"), b"needlewise.staff.form", hashlib.sha256).hexdigest()


def safe_next(wanted: str) -> str:
    """Where to go after log-in: a path inside the console, never another site."""
    return wanted if _NEXT.fullmatch(wanted) else HOME


# Cookies. With https their names begin with __Host-: no other host of the domain can set or overwrite them.


def is_https(settings: Settings) -> bool:
    return settings.public_url.startswith("https://")


def session_cookie(settings: Settings) -> str:
    return ("__Host-" if is_https(settings) else "") + "needlewise_staff"


def sign_in_cookie(settings: Settings) -> str:
    return ("__Host-" if is_https(settings) else "") + "needlewise_sign_in"


def language_cookie(settings: Settings, language: str) -> Cookie:
    """What remembers the console's language; an empty one lets the browser decide again."""
    made = cookie(settings, LANGUAGE_COOKIE, language)
    made.max_age = LANGUAGE_SECONDS if language else 0
    return made


def cookie(settings: Settings, name: str, value: str) -> Cookie:
    """A cookie that scripts cannot read and that other sites' forms do not send; an empty value removes it."""
    secure = is_https(settings)
    return Cookie(
        key=name,
        value=value,
        path="/" if secure else HOME,
        secure=secure,
        httponly=True,
        samesite="lax",
        max_age=None if value else 0,
    )
