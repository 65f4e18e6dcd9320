"""The own account, and for owners: colleagues and what everybody did."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency as Inject
from litestar.params import FromQuery, PathParameter, URLEncodedBody

from needlewise.errors import NeedlewiseError
from needlewise.settings import Settings
from needlewise.staff.access import cookie, language_cookie, session_cookie
from needlewise.staff.console import Console, go
from needlewise.staff.links import is_number
from needlewise.staff.roles import OWNERS, ROLE_MEANINGS, STAFF
from needlewise.staff.service import ONE_TIME, StaffService, Viewer
from needlewise.staff.translation import NAMES

ACTIVITY_PAGE = 50
AccountId = Annotated[str, PathParameter(pattern=r"^[A-Za-z0-9_-]{1,22}$")]


class LanguageForm(msgspec.Struct):
    """One of `NAMES`, or nothing: the browser decides."""

    language: str = ""


class ColleagueForm(msgspec.Struct):
    name: str = ""
    role: str = ""


class RoleForm(msgspec.Struct):
    role: str = ""


@get("/account", opt={"access": STAFF}, sync_to_thread=True)
def account_page(
    console: Inject[Console],
    viewer: Inject[Viewer],
    staff: Inject[StaffService],
    done: FromQuery[str] = "",
) -> Response[Any]:
    """Role, password, sessions."""
    return console.page(
        "account.html",
        sessions=staff.open_sessions.of(viewer.account_id, viewer.session),
        second_step=staff.has_second_step(viewer),
        codes_left=staff.second_step.codes_left(viewer.account_id),
        meaning=ROLE_MEANINGS[viewer.role],
        languages=NAMES,
        chosen_language=console.chosen_language,
        done=done,
    )


@post("/account/language", opt={"access": STAFF}, status_code=200, sync_to_thread=False)
def choose_language(data: URLEncodedBody[LanguageForm], settings: Inject[Settings]) -> Response[Any]:
    """The console's language in this browser."""
    chosen = data.language if data.language in NAMES else ""
    return go("/staff/account?done=language", [language_cookie(settings, chosen)])


@post("/account/sign-out-everywhere", opt={"access": STAFF}, status_code=200, sync_to_thread=True)
def sign_out_everywhere(
    settings: Inject[Settings], viewer: Inject[Viewer], staff: Inject[StaffService]
) -> Response[Any]:
    """End all sessions of this account, this one too."""
    staff.open_sessions.end_all(viewer.account_id, viewer.account_id)
    return go("/staff/login", [cookie(settings, session_cookie(settings), "")])


@post("/account/sessions/{session_id:str}", opt={"access": STAFF}, status_code=200, sync_to_thread=True)
def end_session(session_id: AccountId, viewer: Inject[Viewer], staff: Inject[StaffService]) -> Response[Any]:
    """End one of the own sessions, in another browser."""
    staff.open_sessions.end(viewer.account_id, session_id)
    return go("/staff/account?done=session")


@get("/colleagues", opt={"access": OWNERS}, sync_to_thread=True)
def colleagues_page(console: Inject[Console], staff: Inject[StaffService]) -> Response[Any]:
    """All accounts, and the form for a new one."""
    return _colleagues(console, staff)


@post("/colleagues", opt={"access": OWNERS}, status_code=200, sync_to_thread=True)
def add_colleague(
    data: URLEncodedBody[ColleagueForm],
    console: Inject[Console],
    viewer: Inject[Viewer],
    staff: Inject[StaffService],
) -> Response[Any]:
    """Make an account and show its one-time password, this once."""
    try:
        password = staff.add_colleague(viewer, data.name, data.role)
    except NeedlewiseError as error:
        return _colleagues(console, staff, status=error.status, error=error.message, name=data.name[:64])
    return _one_time_password(console, data.name.strip().casefold(), password)


@post("/colleagues/{account_id:str}/password", opt={"access": OWNERS}, status_code=200, sync_to_thread=True)
def renew_password(
    account_id: AccountId,
    console: Inject[Console],
    viewer: Inject[Viewer],
    staff: Inject[StaffService],
) -> Response[Any]:
    """Give a colleague a new one-time password; it also opens a closed account again."""
    name, password = staff.renew_password(viewer, account_id)
    return _one_time_password(console, name, password)


@post("/colleagues/{account_id:str}/role", opt={"access": OWNERS}, status_code=200, sync_to_thread=True)
def change_role(
    account_id: AccountId, data: URLEncodedBody[RoleForm], viewer: Inject[Viewer], staff: Inject[StaffService]
) -> Response[Any]:
    """Give a colleague another role."""
    staff.set_role(viewer, account_id, data.role)
    return go("/staff/colleagues")


@post("/colleagues/{account_id:str}/close", opt={"access": OWNERS}, status_code=200, sync_to_thread=True)
def close_account(account_id: AccountId, viewer: Inject[Viewer], staff: Inject[StaffService]) -> Response[Any]:
    """Close an account; the colleague is logged out at once."""
    staff.disable(viewer, account_id)
    return go("/staff/colleagues")


@post("/colleagues/{account_id:str}/sign-out", opt={"access": OWNERS}, status_code=200, sync_to_thread=True)
def sign_colleague_out(account_id: AccountId, viewer: Inject[Viewer], staff: Inject[StaffService]) -> Response[Any]:
    """Log a colleague out of every browser; the account stays open."""
    staff.other(viewer, account_id)
    staff.open_sessions.end_all(viewer.account_id, account_id)
    return go("/staff/colleagues")


@post("/colleagues/{account_id:str}/second-step", opt={"access": OWNERS}, status_code=200, sync_to_thread=True)
def remove_second_step(account_id: AccountId, viewer: Inject[Viewer], staff: Inject[StaffService]) -> Response[Any]:
    """For a colleague who has lost the phone: the next log-in asks for the password alone."""
    staff.other(viewer, account_id)
    staff.second_step.remove(viewer.account_id, account_id)
    return go("/staff/colleagues")


@get("/activity", opt={"access": OWNERS}, sync_to_thread=True)
def activity_page(
    console: Inject[Console], staff: Inject[StaffService], before: FromQuery[str] = "", check: FromQuery[str] = ""
) -> Response[Any]:
    """The audit log, newest first; `before` is the last line's id of the page above; `check` follows its chain."""
    last = int(before) if is_number(before) else None
    rows = staff.audit.activity(last, ACTIVITY_PAGE + 1)
    older = rows[ACTIVITY_PAGE - 1].id if len(rows) > ACTIVITY_PAGE else None
    return console.page(
        "activity.html",
        rows=rows[:ACTIVITY_PAGE],
        older=older,
        before=last,
        checked=staff.audit.check() if check else None,
    )


def _colleagues(
    console: Console,
    staff: StaffService,
    status: int = 200,
    error: str = "",
    name: str = "",
) -> Response[Any]:
    return console.page(
        "colleagues.html", status=status, colleagues=staff.colleagues(), roles=ROLE_MEANINGS, error=error, name=name
    )


def _one_time_password(console: Console, name: str, password: str) -> Response[Any]:
    return console.page("one_time_password.html", name=name, password=password, days=ONE_TIME.days)


handlers = [
    account_page,
    choose_language,
    sign_out_everywhere,
    end_session,
    colleagues_page,
    add_colleague,
    renew_password,
    change_role,
    close_account,
    sign_colleague_out,
    remove_second_step,
    activity_page,
]
