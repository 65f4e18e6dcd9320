"""How a page of the console is made: template, person, time zone, headers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined, pass_context
from jinja2.runtime import Context
from litestar import MediaType, Response
from litestar.datastructures import Cookie, MutableScopeHeaders
from litestar.enums import ScopeType
from litestar.middleware import ASGIMiddleware
from litestar.response import Redirect
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from needlewise.clinic import Clinic
from needlewise.staff import roles, words
from needlewise.staff.access import AnyRequest, form_token
from needlewise.staff.assets import asset_url
from needlewise.staff.roles import Group
from needlewise.staff.service import Viewer

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src 'self' data:; "
        "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cache-Control": "no-store",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}

# Address, title, who sees it.
NAVIGATION: Sequence[tuple[str, str, Group]] = (
    ("/staff", "Overview", roles.STAFF),
    ("/staff/conversations", "Conversations", roles.READ_CONVERSATIONS),
    ("/staff/leads", "Leads", roles.READ_LEADS),
    ("/staff/delivery", "Delivery", roles.READ_LEADS),
    ("/staff/gaps", "Unanswered", roles.READ_GAPS),
    ("/staff/understanding", "Not understood", roles.READ_GAPS),
    ("/staff/answers", "Answers", roles.READ_ANSWERS),
    ("/staff/colleagues", "Colleagues", roles.OWNERS),
    ("/staff/activity", "Activity", roles.OWNERS),
)


class StaffHeaders(ASGIMiddleware):
    """Puts the security headers on every response of the console; style sheets keep their own caching."""

    scopes = (ScopeType.HTTP,)

    async def handle(self, scope: Scope, receive: Receive, send: Send, next_app: ASGIApp) -> None:
        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableScopeHeaders.from_message(message)
                for name, value in HEADERS.items():
                    if name != "Cache-Control" or name not in headers:
                        headers[name] = value
            await send(message)

        await next_app(scope, receive, send_with_headers)


class Console:
    """Renders pages for one request."""

    def __init__(self, request: AnyRequest, clinic: Clinic | None) -> None:
        self.request = request
        self.clinic = clinic

    @property
    def viewer(self) -> Viewer | None:
        """The signed-in person."""
        return getattr(self.request.state, "viewer", None)

    def page(
        self,
        template: str,
        *,
        status: int = 200,
        cookies: Sequence[Cookie] = (),
        headers: Mapping[str, str] | None = None,
        form_secret: str | None = None,
        **values: Any,
    ) -> Response[str]:
        """A page from `templates/`. `form_secret` is needed only where the request had none yet (log-in)."""
        viewer = self.viewer
        secret = form_secret or getattr(self.request.state, "form_secret", "")
        # While something has to be done first (a code, a password), links would only lead back.
        signed_in = viewer is not None and not viewer.limited
        html = (
            _environment()
            .get_template(template)
            .render(
                viewer=viewer,
                navigation=[each for each in NAVIGATION if signed_in and viewer and viewer.role in each[2]],
                here=self.request.url.path,
                clinic_name=self.clinic.name if self.clinic else "",
                zone=ZoneInfo(self.clinic.main.timezone) if self.clinic else None,
                csrf=form_token(secret) if secret else "",
                can=lambda group: bool(viewer and viewer.role in getattr(roles, group)),
                **values,
            )
        )
        return Response(
            html, status_code=status, media_type=MediaType.HTML, cookies=list(cookies), headers=dict(headers or {})
        )


def go(path: str, cookies: Sequence[Cookie] = ()) -> Redirect:
    """See-other: the browser opens the page with GET, and a reload sends nothing twice."""
    return Redirect(path, status_code=303, cookies=list(cookies))


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(local=_local, day=_day, phone=words.phone, label=words.label, minutes=words.minutes)
    environment.globals.update(asset=asset_url, words=words)
    return environment


@pass_context
def _local(context: Context, at: datetime) -> str:
    """A time on the clinic's clock, with the zone's name: `Nov 21, 2026, 3:05 PM MST`."""
    there = at.astimezone(context["zone"])
    return f"{there:%b} {there.day}, {there.year}, {there.hour % 12 or 12}:{there:%M} {there:%p} {there:%Z}"


@pass_context
def _day(context: Context, at: datetime) -> str:
    there = at.astimezone(context["zone"])
    return f"{there:%b} {there.day}, {there.year}"
