"""The clinic's profile: edited by the owner, live at once, every version kept."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Response, get, post
from litestar.di import NamedDependency as Inject
from litestar.params import FromQuery, PathParameter, URLEncodedBody

from needlewise.clinic.errors import ProfileRefused
from needlewise.clinic.hours import WEEKDAYS
from needlewise.clinic.live import Profiles
from needlewise.staff.clinic_form import field_of, fields_of, profile_of
from needlewise.staff.console import Console, go
from needlewise.staff.links import is_number
from needlewise.staff.roles import OWNERS
from needlewise.staff.service import StaffService, Viewer

Number = Annotated[str, PathParameter(pattern=r"^[0-9]{1,9}$")]


@get("/clinic", opt={"access": OWNERS}, sync_to_thread=True)
def clinic_page(
    console: Inject[Console], staff: Inject[StaffService], profiles: Inject[Profiles], done: FromQuery[str] = ""
) -> Response[Any]:
    """The form and the versions."""
    return _page(
        console, staff, profiles, fields_of(profiles.as_data()), done=done if done in {"saved", "back"} else ""
    )


@post("/clinic", opt={"access": OWNERS}, status_code=200, sync_to_thread=True)
def save_clinic(
    data: URLEncodedBody[dict[str, str]],
    console: Inject[Console],
    viewer: Inject[Viewer],
    staff: Inject[StaffService],
    profiles: Inject[Profiles],
) -> Response[Any]:
    """Put what was typed into force, or say beside each field what is wrong."""
    seen = data.get("seen", "")
    try:
        profile = profile_of(data, profiles.as_data())
        number = profiles.save(profile, viewer.account_id, int(seen) if is_number(seen) else -1)
    except ProfileRefused as error:
        faults = {field_of(key): (key, text) for key, text in error.faults.items()}
        return _page(console, staff, profiles, dict(data), faults=faults, status=error.status)
    staff.audit.record(viewer.account_id, "clinic.edited", str(number))
    return go("/staff/clinic?done=saved")


@post("/clinic/{number:str}", opt={"access": OWNERS}, status_code=200, sync_to_thread=True)
def back_to(
    number: Number, viewer: Inject[Viewer], staff: Inject[StaffService], profiles: Inject[Profiles]
) -> Response[Any]:
    """Put an older version into force again; that can be taken back the same way."""
    added = profiles.back_to(int(number), viewer.account_id)
    staff.audit.record(viewer.account_id, "clinic.rolled_back", str(added), number)
    return go("/staff/clinic?done=back")


def _page(
    console: Console,
    staff: StaffService,
    profiles: Profiles,
    fields: dict[str, str],
    *,
    faults: dict[str, tuple[str, str]] | None = None,
    done: str = "",
    status: int = 200,
) -> Response[Any]:
    clinic = profiles.current
    return console.page(
        "clinic.html",
        status=status,
        fields=fields,
        faults=faults or {},
        profile=clinic,
        seen=profiles.number,
        weekdays=WEEKDAYS,
        versions=profiles.versions(),
        people=staff.names(),
        done=done,
    )


handlers = [clinic_page, save_clinic, back_to]
