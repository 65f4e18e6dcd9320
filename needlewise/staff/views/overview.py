"""The first page: what waits for somebody, and how the day goes."""

from __future__ import annotations

from datetime import UTC, datetime, time
from typing import Any
from zoneinfo import ZoneInfo

from litestar import Response, get
from litestar.di import NamedDependency as Inject
from sqlalchemy import func, select

from needlewise.chat.models import Conversation
from needlewise.clinic import Clinic
from needlewise.db import Sessions, reading, utc_now
from needlewise.knowledge.service import KnowledgeService
from needlewise.leads.overdue import open_leads
from needlewise.leads.service import LeadService
from needlewise.safety.service import SafetyService
from needlewise.staff.console import Console
from needlewise.staff.links import public_ids
from needlewise.staff.roles import APPROVE_ANSWERS, READ_GAPS, READ_LEADS, STAFF, WRITE_ANSWERS
from needlewise.staff.service import StaffService, Viewer
from needlewise.staff.shelf import Wanted, shelf, today

# More than this in one day is a number, not a list that somebody counts.
EVENTS = 1_000
GAPS = 1_000
FLAGS_SHOWN = 10


@get("/", opt={"access": STAFF}, sync_to_thread=True)
def overview_page(
    console: Inject[Console],
    viewer: Inject[Viewer],
    staff: Inject[StaffService],
    clinic: Inject[Clinic],
    sessions: Inject[Sessions],
    leads: Inject[LeadService],
    knowledge: Inject[KnowledgeService],
    safety: Inject[SafetyService],
) -> Response[Any]:
    """Counts, each a link to what is behind it, and red flags that nobody has looked at."""
    now = utc_now()
    midnight = start_of_day(now, clinic)
    rows = open_leads(leads, clinic, now) if viewer.role in READ_LEADS else []
    flags = [each for each in safety.unseen() if each.level != "staff"]
    answers = []
    if viewer.role in WRITE_ANSWERS:
        answers = shelf(knowledge.publishing.stories(), knowledge.catalogue.current(), Wanted(), console.language)
    approves = viewer.role in APPROVE_ANSWERS
    return console.page(
        "overview.html",
        approves=approves,
        drafts=[each for each in answers if approves and each.story.draft],
        due=[each for each in answers if each.story.due(today(clinic, now))],
        people=staff.names(),
        sees_leads=viewer.role in READ_LEADS,
        sees_gaps=viewer.role in READ_GAPS,
        new=sum(row.lead.unread for row in rows),
        open=len(rows),
        overdue=sum(bool(row.late) for row in rows),
        undelivered=leads.undelivered() if viewer.role in READ_LEADS else (),
        gaps=sum(each.count for each in knowledge.list_gaps(limit=GAPS)),
        red_flags=sum(each.at >= midnight and each.level != "staff" for each in safety.recent(EVENTS)),
        flags=flags[:FLAGS_SHOWN],
        ids=public_ids(sessions, (each.conversation for each in flags[:FLAGS_SHOWN])),
        flags_in_all=len(flags),
        conversations=conversations_since(sessions, midnight),
    )


def start_of_day(now: datetime, clinic: Clinic) -> datetime:
    """Midnight on the clinic's clock."""
    zone = ZoneInfo(clinic.main.timezone)
    return datetime.combine(now.astimezone(zone).date(), time(), zone).astimezone(UTC)


def conversations_since(sessions: Sessions, since: datetime) -> int:
    """Conversations in which a visitor wrote something."""
    with reading(sessions) as db:
        wrote = select(func.count(Conversation.id)).where(Conversation.visitor_messages > 0)
        return db.scalar(wrote.where(Conversation.last_at >= since, Conversation.erased_at.is_(None))) or 0


handlers = [overview_page]
