"""How a page of the console is made: template, person, time zone, headers."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from datetime import date, datetime
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
from markupsafe import Markup, escape

from needlewise.clinic import Clinic
from needlewise.staff import roles, words
from needlewise.staff.access import LANGUAGE_COOKIE, AnyRequest, form_token
from needlewise.staff.assets import asset_url
from needlewise.staff.roles import Group
from needlewise.staff.service import Viewer
from needlewise.staff.translation import NAMES, SPANISH, language_of, retell, translate

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

STAMP_LENGTH = 16
MONTHS = ("ene", "feb", "mar", "abr", "may", "jun", "jul", "ago", "sep", "oct", "nov", "dic")

# Address, title, who sees it.
NAVIGATION: Sequence[tuple[str, str, Group]] = (
    ("/staff", "Overview", roles.STAFF),
    ("/staff/conversations", "Conversations", roles.READ_CONVERSATIONS),
    ("/staff/analytics", "Figures", roles.READ_FIGURES),
    ("/staff/leads", "Leads", roles.READ_LEADS),
    ("/staff/delivery", "Delivery", roles.READ_LEADS),
    ("/staff/gaps", "Unanswered", roles.READ_GAPS),
    ("/staff/understanding", "Not understood", roles.READ_GAPS),
    ("/staff/training", "Training", roles.READ_GAPS),
    ("/staff/answers", "Answers", roles.READ_ANSWERS),
    ("/staff/clinic", "Clinic", roles.OWNERS),
    ("/staff/privacy", "Privacy", roles.OWNERS),
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
    def language(self) -> str:
        """The language that the reader chose, else the one that the browser asks for."""
        chosen = self.chosen_language
        return chosen or language_of(self.request.headers.get("accept-language", ""))

    @property
    def chosen_language(self) -> str:
        """What was chosen on the account's page in this browser; empty where the browser decides."""
        chosen = self.request.cookies.get(LANGUAGE_COOKIE, "")
        return chosen if chosen in NAMES else ""

    def say(self, sentence: str, **values: object) -> str:
        """A sentence of the console in that language."""
        return translate(self.language, sentence, **values)

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
                language=self.language,
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


def unless_known(page: Response[Any], stamp: str, headers: Mapping[str, str] | None = None) -> Response[Any]:
    """The page with its stamp, or 204 with `headers` when the asking script shows that already."""
    new_stamp = hashlib.sha256(str(page.content).encode()).hexdigest()[:STAMP_LENGTH]
    if new_stamp == stamp:
        return Response(None, status_code=204, headers=dict(headers or {}))
    page.headers["X-Stamp"] = new_stamp
    return page


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(local=_local, day=_day, phone=words.phone, label=_label, minutes=words.minutes)
    environment.globals.update(asset=asset_url, words=words, _=_translated, plural=_plural, retold=_retold)
    return environment


@pass_context
def _translated(context: Context, sentence: str, **values: object) -> str:
    """A sentence in the page's language. Values are escaped, so that one may be a piece of the page itself."""
    text = translate(context["language"], sentence)
    return escape(text).format(**values) if values else text


@pass_context
def _plural(context: Context, count: int, one: str, other: str, **values: object) -> str:
    """`one` for 1 and `other` for the rest, as English and Spanish have it; {count} stands for the number."""
    return escape(translate(context["language"], one if count == 1 else other)).format(count=f"{count:,}", **values)


@pass_context
def _retold(context: Context, said: str) -> str:
    return said if isinstance(said, Markup) else retell(context["language"], said)


@pass_context
def _label(context: Context, value: str | None, names: dict[str, str] | None = None) -> str:
    return translate(context["language"], words.label(value, names))


@pass_context
def _local(context: Context, at: datetime) -> str:
    """A time on the clinic's clock, with the zone's name: `Nov 21, 2026, 3:05 PM MST`."""
    there = at.astimezone(context["zone"])
    if context["language"] == SPANISH:
        return f"{there.day} {MONTHS[there.month - 1]} {there.year}, {there:%H:%M} {there:%Z}"
    return f"{there:%b} {there.day}, {there.year}, {there.hour % 12 or 12}:{there:%M} {there:%p} {there:%Z}"


@pass_context
def _day(context: Context, at: date) -> str:
    """A day, or the day of a time on the clinic's clock: `Nov 21, 2026`."""
    there = at.astimezone(context["zone"]) if isinstance(at, datetime) else at
    if context["language"] == SPANISH:
        return f"{there.day} {MONTHS[there.month - 1]} {there.year}"
    return f"{there:%b} {there.day}, {there.year}"
