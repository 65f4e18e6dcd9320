"""Leads taken out of the console: a spreadsheet, a calendar entry, a card to copy. Each is audited."""

from __future__ import annotations

import csv
import io
from datetime import datetime
from typing import Annotated, Any

from litestar import Response, get
from litestar.di import NamedDependency as Inject
from litestar.params import FromQuery, QueryParameter

from needlewise.clinic import Clinic
from needlewise.db import utc_now
from needlewise.leads.export import csv_cell, tentative_event
from needlewise.leads.inbox import LARGEST_PAGE
from needlewise.leads.service import LeadService
from needlewise.leads.views import LeadView
from needlewise.leads.wish import wished_time
from needlewise.settings import Settings
from needlewise.staff import words
from needlewise.staff.console import Console
from needlewise.staff.lead_card import card
from needlewise.staff.lead_changes import MINE
from needlewise.staff.roles import READ_LEADS, WRITE_LEADS
from needlewise.staff.service import StaffService, Viewer
from needlewise.staff.views.leads import LeadId, clean_search

# A spreadsheet that somebody opens by hand; more is a matter for the webhook.
MOST_EXPORTED = 10_000

# The question for clinical staff is left out: spreadsheets travel.
COLUMNS = (
    "number", "id", "state", "reason", "name", "phone", "extension", "email", "wants", "day", "part", "location",
    "interest", "visit", "note", "urgent", "owner", "next_step", "next_step_due", "source", "page", "referrer",
    "utm_source", "utm_medium", "utm_campaign", "came", "seen", "contacted", "closed",
    "business_minutes_to_seen", "business_minutes_to_contact",
)  # fmt: skip


@get("/leads/export.csv", opt={"access": WRITE_LEADS}, sync_to_thread=True)
def export_leads(
    viewer: Inject[Viewer],
    staff: Inject[StaffService],
    leads: Inject[LeadService],
    show: FromQuery[str] = "open",
    owner: FromQuery[str] = "",
    search: Annotated[str, QueryParameter(max_length=80)] = "",
) -> Response[bytes]:
    """The leads of a list, for a spreadsheet. Starts with a byte order mark, without which Excel misreads accents."""
    found: list[LeadView] = []
    cursor: str | None = None
    owner = viewer.account_id if owner == MINE else owner
    while len(found) < MOST_EXPORTED:
        page = leads.list(show, cursor, LARGEST_PAGE, clean_search(search), owner)
        found.extend(page.leads)
        cursor = page.after
        if cursor is None:
            break
    people = staff.names()
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for lead in found:
        writer.writerow([csv_cell(each) for each in _row(lead, people)])
    staff.audit.record(viewer.account_id, "leads.exported", detail=f"{show}: {len(found)}")
    return _file("﻿" + text.getvalue(), "text/csv; charset=utf-8", "leads.csv")


@get("/leads/{lead_id:str}/request.ics", opt={"access": WRITE_LEADS}, sync_to_thread=True)
def lead_calendar(
    lead_id: LeadId,
    viewer: Inject[Viewer],
    staff: Inject[StaffService],
    leads: Inject[LeadService],
    clinic: Inject[Clinic],
    settings: Inject[Settings],
) -> Response[bytes]:
    """A tentative calendar entry at the wished time. Calendars are shared, so it names nobody."""
    detail = leads.get(lead_id)
    now = utc_now()
    start, end = wished_time(detail.lead, clinic, now)
    event = tentative_event(
        uid=f"{lead_id}@needlewise",
        start=start,
        end=end,
        summary="Consultation request (not confirmed)",
        stamp=now,
        location=clinic.location(detail.lead.location or None).address_line,
        url=f"{settings.base_url}/staff/leads/{lead_id}",
        sequence=sum(each.kind in {"repeated", "step"} for each in detail.events),
    )
    staff.audit.record(viewer.account_id, "lead.calendar", lead_id)
    return _file(event, "text/calendar; charset=utf-8", "request.ics")


@get("/leads/{lead_id:str}/card.txt", opt={"access": READ_LEADS}, sync_to_thread=True)
def lead_card(
    lead_id: LeadId,
    console: Inject[Console],
    viewer: Inject[Viewer],
    staff: Inject[StaffService],
    leads: Inject[LeadService],
    clinic: Inject[Clinic],
) -> Response[bytes]:
    """How to reach the person, as plain text: what the copy button copies, and opens where scripts are off."""
    text = card(leads.get(lead_id).lead, clinic, console.say)
    staff.audit.record(viewer.account_id, "lead.copied", lead_id)
    return Response(text.encode(), media_type="text/plain; charset=utf-8")


def _row(lead: LeadView, people: dict[str, str]) -> list[object]:
    reason = ": ".join(filter(None, (words.REASONS.get(lead.reason_code, ""), lead.reason)))
    campaign = [lead.campaign.get(key, "") for key in ("utm_source", "utm_medium", "utm_campaign")]
    return [
        lead.number, lead.id, lead.state, reason, lead.name, lead.phone, lead.phone_extension, lead.email, lead.method,
        lead.day, lead.part, lead.location, lead.interest, lead.visit, lead.note, "yes" if lead.urgent else "",
        people.get(lead.owner_id or "", ""), lead.next_step, _iso(lead.next_due_at), lead.source, lead.page,
        lead.referrer, *campaign, _iso(lead.created_at), _iso(lead.seen_at), _iso(lead.contacted_at),
        _iso(lead.closed_at), lead.seen_minutes, lead.contact_minutes,
    ]  # fmt: skip


def _iso(at: datetime | None) -> str:
    return at.isoformat(timespec="seconds").replace("+00:00", "Z") if at else ""


def _file(text: str, media_type: str, name: str) -> Response[Any]:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(text.encode(), media_type=media_type, headers=headers)


handlers = [export_leads, lead_calendar, lead_card]
