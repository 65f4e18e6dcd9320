"""The second step of logging in: entering a code, setting it up, recovery codes."""

from __future__ import annotations

from typing import Any

import msgspec
import segno
from litestar import Response, get, post
from litestar.di import NamedDependency as Inject
from litestar.params import FromQuery, URLEncodedBody

from needlewise.chat.requests import client_address
from needlewise.errors import InvalidInput
from needlewise.settings import Settings
from needlewise.staff.access import AnyRequest, cookie, safe_next, session_cookie
from needlewise.staff.console import Console, go
from needlewise.staff.errors import TooManyAttempts, WrongCode
from needlewise.staff.roles import STAFF
from needlewise.staff.service import StaffService, Viewer
from needlewise.staff.views.sign_in import agent


class CodeForm(msgspec.Struct):
    code: str = ""
    do: str = ""
    next: str = ""


@get("/code", opt={"access": STAFF, "before_code": True}, sync_to_thread=False)
def code_page(console: Inject[Console], viewer: Inject[Viewer], next: FromQuery[str] = "") -> Response[Any]:
    """Asks for the code; who has entered it goes on."""
    return console.page("code.html", next=next, error="") if viewer.needs_code else go(safe_next(next))


@post("/code", opt={"access": STAFF, "before_code": True}, status_code=200, sync_to_thread=True)
def enter_code(
    data: URLEncodedBody[CodeForm],
    request: AnyRequest,
    console: Inject[Console],
    settings: Inject[Settings],
    viewer: Inject[Viewer],
    staff: Inject[StaffService],
) -> Response[Any]:
    """Check the code; the session that waited for it is replaced."""
    if not viewer.needs_code:
        return go(safe_next(data.next))
    try:
        address = client_address(request, settings.trusted_proxies)
        token = staff.enter_code(viewer, data.code[:40], address, agent(request))
    except (WrongCode, TooManyAttempts) as error:
        return console.page(
            "code.html", status=error.status, headers=error.headers, next=data.next, error=error.message
        )
    return go(safe_next(data.next), [cookie(settings, session_cookie(settings), token)])


@get("/account/second-step", opt={"access": STAFF, "while_enrolling": True}, sync_to_thread=True)
def set_up_page(console: Inject[Console], viewer: Inject[Viewer], staff: Inject[StaffService]) -> Response[Any]:
    """The secret for the app, and the field for its first code."""
    if staff.has_second_step(viewer):
        return go("/staff/account")
    return _set_up(console, viewer, staff)


@post("/account/second-step", opt={"access": STAFF, "while_enrolling": True}, status_code=200, sync_to_thread=True)
def set_up(
    data: URLEncodedBody[CodeForm], console: Inject[Console], viewer: Inject[Viewer], staff: Inject[StaffService]
) -> Response[Any]:
    """Switch it on with the first code, and show the recovery codes this once."""
    try:
        codes = staff.second_step.confirm(viewer.account_id, data.code[:40], viewer.session)
    except WrongCode as error:
        return _set_up(console, viewer, staff, error)
    return console.page("recovery_codes.html", codes=codes, fresh=True)


@post("/account/second-step/change", opt={"access": STAFF}, status_code=200, sync_to_thread=True)
def change(
    data: URLEncodedBody[CodeForm],
    request: AnyRequest,
    console: Inject[Console],
    settings: Inject[Settings],
    viewer: Inject[Viewer],
    staff: Inject[StaffService],
) -> Response[Any]:
    """New recovery codes, or off (and on again with another phone); with a code, so that no unattended browser does."""
    if data.do not in {"codes", "off"}:
        raise InvalidInput("Please use the buttons on the page.")
    staff.confirm_code(viewer, data.code[:40], client_address(request, settings.trusted_proxies))
    if data.do == "codes":
        return console.page("recovery_codes.html", codes=staff.second_step.renew_codes(viewer.account_id), fresh=False)
    staff.second_step.remove(viewer.account_id, viewer.account_id)
    return go("/staff/account?done=off")


def _set_up(console: Console, viewer: Viewer, staff: StaffService, error: WrongCode | None = None) -> Response[Any]:
    secret, address = staff.second_step.begin(viewer.account_id)
    groups = [secret[at : at + 4] for at in range(0, len(secret), 4)]
    return console.page(
        "second_step.html",
        status=error.status if error else 200,
        secret=" ".join(groups),
        otpauth=address,
        # Made here: the secret goes to no other server. Black on white in dark mode too, as cameras expect.
        picture=segno.make(address, error="m").svg_data_uri(scale=5, dark="#000", light="#fff"),
        required=viewer.must_enrol,
        error=error.message if error else "",
    )


handlers = [code_page, enter_code, set_up_page, set_up, change]
