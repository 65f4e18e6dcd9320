"""Messages to reception: how each channel is doing, the log, test and resend."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlencode

import msgspec
from litestar import Response, get, post
from litestar.di import NamedDependency as Inject
from litestar.params import FromQuery, URLEncodedBody

from needlewise.errors import InvalidInput, NeedlewiseError, NotFound
from needlewise.leads.channels import CHANNELS
from needlewise.leads.delivery import STATES
from needlewise.leads.service import LeadService
from needlewise.staff.console import Console, go
from needlewise.staff.links import is_number
from needlewise.staff.roles import READ_LEADS, WRITE_LEADS
from needlewise.staff.service import StaffService, Viewer

PATH = "/staff/delivery"


class DeliveryForm(msgspec.Struct):
    """What to do: `test` a channel or `resend` a message."""

    do: str = ""
    channel: str = ""
    message: str = ""


@get("/delivery", opt={"access": READ_LEADS}, sync_to_thread=True)
def delivery_page(
    console: Inject[Console],
    viewer: Inject[Viewer],
    staff: Inject[StaffService],
    leads: Inject[LeadService],
    show: FromQuery[str] = "",
    channel: FromQuery[str] = "",
    before: FromQuery[str] = "",
    done: FromQuery[str] = "",
) -> Response[Any]:
    """Channels on top, then messages, newest first."""
    return _page(console, viewer, staff, leads, show, channel, before, done=done if done in {"test", "resend"} else "")


@post("/delivery", opt={"access": WRITE_LEADS}, status_code=200, sync_to_thread=True)
def change_delivery(
    data: URLEncodedBody[DeliveryForm],
    console: Inject[Console],
    viewer: Inject[Viewer],
    staff: Inject[StaffService],
    leads: Inject[LeadService],
) -> Response[Any]:
    """Send a test message over a channel, or a message again."""
    try:
        if data.do == "test":
            leads.deliveries.test(data.channel)
            staff.audit.record(viewer.account_id, "channel.tested", data.channel)
        elif data.do == "resend":
            if not is_number(data.message):
                raise NotFound("There is no such message.")
            leads.resend(int(data.message), viewer.account_id)
            staff.audit.record(viewer.account_id, "message.resent", "", data.message)
        else:
            raise InvalidInput("Please use the buttons on the page.")
    except NotFound:
        raise
    except NeedlewiseError as error:
        return _page(console, viewer, staff, leads, status=error.status, error=error.message)
    return go(f"{PATH}?done={data.do}")


def _page(
    console: Console,
    viewer: Viewer,
    staff: StaffService,
    leads: LeadService,
    state: str = "",
    channel: str = "",
    before: str = "",
    status: int = 200,
    error: str = "",
    done: str = "",
) -> Response[Any]:
    state, channel = state if state in STATES else "", channel if channel in CHANNELS else ""
    page = leads.deliveries.log(state, channel, int(before) if is_number(before) else None)
    staff.audit.record(viewer.account_id, "delivery.listed", detail=state)
    chosen = {key: value for key, value in (("show", state), ("channel", channel)) if value}
    return console.page(
        "delivery.html",
        status=status,
        channels=leads.deliveries.channels(),
        mailbox=leads.deliveries.mailbox(),
        problems=leads.deliveries.general_problems(),
        page=page,
        state=state,
        channel=channel,
        names=tuple(CHANNELS),
        newest=f"{PATH}?{urlencode(chosen)}" if is_number(before) else "",
        older=f"{PATH}?{urlencode({**chosen, 'before': page.older})}" if page.older else "",
        error=error,
        done=done,
    )


handlers = [delivery_page, change_delivery]
