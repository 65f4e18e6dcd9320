"""What goes out by itself: overdue leads to the people named for it, the day's digest, the week's summary.

All of it is off until its setting is set. Each message has an id made of what it is about, and an id stands once:
however many workers look, it is told once. Nothing tells of made-up leads.
"""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from needlewise.clinic import Clinic
from needlewise.db import Sessions, reading
from needlewise.leads import outbox, states
from needlewise.leads.models import MADE_UP, Lead, Outbox
from needlewise.leads.overdue import Waiting, open_leads
from needlewise.leads.service import LeadService
from needlewise.settings import Settings

DAY, WEEK = timedelta(days=1), timedelta(days=7)
ID_LENGTH = 22
_REAL = ~Lead.id.startswith(MADE_UP)


class FollowUp:
    """Looks what is due to be told. `unanswered` counts the questions without an approved answer."""

    def __init__(
        self,
        sessions: Sessions,
        clinic: Clinic,
        settings: Settings,
        leads: LeadService,
        unanswered: Callable[[], int],
        now: Callable[[], datetime],
    ) -> None:
        self._sessions = sessions
        self._clinic = clinic
        self._settings = settings
        self._leads = leads
        self._unanswered = unanswered
        self._now = now

    def escalate(self) -> int:
        """Tell the people named for it of each overdue lead, once for each way of being late; returns how many."""
        if not self._settings.escalate_to:
            return 0
        told = 0
        for row in self._open(self._now()):
            if not row.late:
                continue
            due = row.lead.next_due_at.isoformat() if row.late == "step" and row.lead.next_due_at else ""
            message_id = stable_id("overdue", row.lead.id, row.late, due)
            link = f"/staff/leads/{row.lead.id}"
            told += self._once("escalation", "lead.overdue", message_id, link, row.lead.id, row.lead.urgent)
        return told

    def summarise(self) -> int:
        """The day's digest and the week's summary, when the clinic opens on the day; returns how many."""
        if not (self._settings.daily_digest or self._settings.weekly_summary_to):
            return 0
        now, hours = self._now(), self._clinic.business_hours()
        today = now.astimezone(hours.zone).date()
        openings = hours.openings(today)
        if not openings or now < openings[0][0]:
            return 0
        told = 0
        if self._settings.daily_digest:
            told += self._once("email", "digest.daily", f"daily-{today}", "/staff/leads", text=self._day(now))
        monday = today - timedelta(days=today.weekday())
        first_day = next(day for day in (monday + timedelta(days=each) for each in range(7)) if hours.openings(day))
        # Its id stands once, so a worker that was away on the first day makes up for it on the next.
        if self._settings.weekly_summary_to and today >= first_day:
            told += self._once("summary", "digest.weekly", f"weekly-{monday}", "/staff", text=self._week(now))
        return told

    def _open(self, now: datetime) -> list[Waiting]:
        return [row for row in open_leads(self._leads, self._clinic, now) if not row.lead.id.startswith(MADE_UP)]

    def _day(self, now: datetime) -> str:
        rows = self._open(now)
        due = [row.lead.next_due_at for row in rows if row.lead.next_due_at]
        return _lines(
            ("Open", len(rows)),
            ("Urgent", sum(row.lead.urgent for row in rows)),
            ("Overdue", sum(bool(row.late) for row in rows)),
            ("Unread", sum(row.lead.unread for row in rows)),
            ("Looked after by nobody", sum(row.lead.owner_id is None for row in rows)),
            ("Next steps due within a day", sum(each < now + DAY for each in due)),
            ("Came in the last 24 hours", self._came(now - DAY)),
            ("Messages that failed", self._failed()),
        )

    def _week(self, now: datetime) -> str:
        since = now - WEEK
        clocks = self._leads.clocks(since, made_up=False)
        with reading(self._sessions) as db:
            ended = (Lead.closed_at >= since, Lead.state.in_(states.CLOSED))
            closed = db.execute(select(Lead.state, Lead.reason_code).where(_REAL, *ended)).all()
        results = Counter(row.state for row in closed)
        reasons = Counter(row.reason_code for row in closed if row.state == states.NOT_BOOKED)
        return _lines(
            ("Leads that came", self._came(since)),
            ("Booked", results[states.BOOKED]),
            ("Not booked", results[states.NOT_BOOKED]),
            *((f"  because of: {reason or 'other'}", count) for reason, count in reasons.most_common()),
            ("Could not be reached", results[states.UNREACHABLE]),
            ("Median to first look", _median(clocks.seen, clocks.seen_of)),
            ("Median to first contact", _median(clocks.contact, clocks.contact_of)),
            ("Questions without an answer", self._unanswered()),
            ("Messages that failed", self._failed()),
        )

    def _came(self, since: datetime) -> int:
        with reading(self._sessions) as db:
            came = select(func.count()).select_from(Lead)
            return db.scalar(came.where(_REAL, Lead.created_at >= since, Lead.state.not_in(states.NOT_COUNTED))) or 0

    def _failed(self) -> int:
        made_up = select(Outbox.id).where(Outbox.lead_id.startswith(MADE_UP))
        with reading(self._sessions) as db:
            failed = select(func.count()).select_from(Outbox)
            return db.scalar(failed.where(Outbox.state == "dead", Outbox.id.not_in(made_up))) or 0

    def _once(
        self,
        channel: str,
        kind: str,
        message_id: str,
        link: str,
        lead_id: str | None = None,
        urgent: bool = False,
        text: str = "",
    ) -> int:
        with reading(self._sessions) as db:
            if db.scalars(select(Outbox.id).where(Outbox.message_id == message_id)).first() is not None:
                return 0
        try:
            with self._sessions.begin() as db:
                outbox.enqueue(db, (channel,), kind, link, self._now(), lead_id, urgent, message_id, text)
        except IntegrityError:
            return 0  # another worker was quicker
        return 1


def stable_id(*parts: str) -> str:
    """A message id that is always the same for the same thing."""
    digest = hashlib.sha256("\n".join(parts).encode()).digest()
    return base64.urlsafe_b64encode(digest).decode()[:ID_LENGTH]


def _lines(*figures: tuple[str, int | str]) -> str:
    width = max(len(name) for name, _ in figures)
    return "\n".join(f"{name + ':':<{width + 1}} {value}" for name, value in figures)


def _median(minutes: float | None, of: int) -> str:
    return "no lead yet" if minutes is None else f"{minutes:.0f} minutes of opening hours ({of} leads)"
