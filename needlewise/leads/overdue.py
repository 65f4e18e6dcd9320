"""Which leads have waited too long. The clinic's two promises to itself, in minutes during which it was open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from needlewise.clinic import Clinic
from needlewise.leads.business_time import business_minutes
from needlewise.leads.service import LeadService
from needlewise.leads.states import OPEN
from needlewise.leads.views import LeadView

# Somebody reads every lead within an open hour, and tries to reach the person within half an open day.
SEEN_WITHIN = 60
CONTACTED_WITHIN = 240
# An urgent call-back is a same-day clinical matter: it goes before everything else.
URGENT_SEEN_WITHIN = 10
URGENT_CONTACTED_WITHIN = 30
# More open leads than this are a list that nobody works through; the page says that it shows the newest ones only.
MOST_OPEN = 1_000


@dataclass(frozen=True)
class WaitClock:
    """One of a lead's two clocks: business minutes so far or until it stopped, and what was promised."""

    minutes: int
    limit: int
    stopped: bool

    @property
    def late(self) -> bool:
        return self.minutes > self.limit


@dataclass(frozen=True)
class Waiting:
    """A lead and how late it is: `late` is empty, `seen`, `contact` or `step` (what was planned is past its time)."""

    lead: LeadView
    minutes: int
    late: str
    seen: WaitClock
    contact: WaitClock


def waiting(lead: LeadView, clinic: Clinic, now: datetime) -> Waiting:
    """How long a lead has waited in business minutes, and which promise was broken."""
    seen_limit = URGENT_SEEN_WITHIN if lead.urgent else SEEN_WITHIN
    contact_limit = URGENT_CONTACTED_WITHIN if lead.urgent else CONTACTED_WITHIN
    until = lead.contacted_at or lead.closed_at or now
    minutes = business_minutes(clinic.business_hours(lead.location or None), lead.created_at, until)
    closed = lead.state not in OPEN
    seen = WaitClock(_first(lead.seen_minutes, minutes), seen_limit, closed or lead.seen_at is not None)
    contact = WaitClock(_first(lead.contact_minutes, minutes), contact_limit, closed or lead.contacted_at is not None)
    late = ""
    if not contact.stopped and contact.late:
        late = "contact"
    elif not seen.stopped and seen.late:
        late = "seen"
    elif not closed and lead.next_due_at is not None and lead.next_due_at < now:
        late = "step"
    return Waiting(lead, 0 if contact.stopped else minutes, late, seen, contact)


def open_leads(
    leads: LeadService, clinic: Clinic, now: datetime, owner: str = "", *, everything: bool = False
) -> list[Waiting]:
    """Open leads: urgent first, then unread, then overdue, then the newest; those of one colleague if named.

    No more than MOST_OPEN in the same order, unless `everything` is asked for.
    """
    rows = [waiting(each, clinic, now) for each in leads.open(owner, None if everything else MOST_OPEN)]
    return sorted(rows, key=lambda row: (not row.lead.urgent, not row.lead.unread, not row.late, -row.lead.number))


def _first(fixed: int | None, running: int) -> int:
    return running if fixed is None else fixed
