"""Two requests of one person made one, and taken apart again: nothing is copied, so nothing is lost."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from needlewise.errors import Conflict
from needlewise.leads import states
from needlewise.leads.history import note
from needlewise.leads.models import Lead, LeadEvent

# A person with more requests than this is looked for with the search.
SHOWN = 20


def same_person(lead: Lead) -> ColumnElement[bool] | None:
    """What finds the other requests of a lead's person: the number or the address, never the name."""
    known = [(Lead.phone, lead.phone), (Lead.email_key, lead.email_key)]
    reached = [column == value for column, value in known if value]
    return or_(*reached) if reached else None


def person(db: Session, lead: Lead) -> set[str]:
    """The ids of all requests of a lead's person: same number or address, and what colleagues merged with these."""
    same = same_person(lead)
    found = {lead.id} | (set(db.scalars(select(Lead.id).where(same))) if same is not None else set())
    while True:
        into = select(Lead.merged_into).where(Lead.id.in_(found), Lead.merged_into.is_not(None))
        more = select(Lead.id).where(or_(Lead.merged_into.in_(found), Lead.id.in_(into)), Lead.id.not_in(found))
        joined = set(db.scalars(more))
        if not joined:
            return found
        found |= joined


def others(db: Session, lead: Lead) -> list[Lead]:
    """The person's other requests that could be one with this, newest first."""
    same = same_person(lead)
    if same is None:
        return []
    aside = (states.WITHDRAWN, states.SPAM)
    found = select(Lead).where(same, Lead.id != lead.id, Lead.merged_into.is_(None), Lead.erased_at.is_(None))
    return list(db.scalars(found.where(Lead.state.not_in(aside)).order_by(Lead.number.desc()).limit(SHOWN)))


def merged(db: Session, lead: Lead) -> list[Lead]:
    """What was merged into a lead, oldest first."""
    return list(db.scalars(select(Lead).where(Lead.merged_into == lead.id).order_by(Lead.number)))


def merge(db: Session, one: Lead, other: Lead, actor: str, now: datetime) -> Lead:
    """Make the newer of two a duplicate of the older, whose clocks run on; returns the older. Raises Conflict."""
    first, later = sorted((one, other), key=lambda lead: lead.number)
    _check(first, later)
    details: dict[str, Any] = {"lead": later.id, "urgent": first.urgent, "for_staff": first.for_staff}
    note(db, first.id, actor, "merged", now, details=details)
    note(db, later.id, actor, "merged", now, before=later.state, after=states.DUPLICATE, details={"lead": first.id})
    first.urgent = first.urgent or later.urgent
    first.for_staff = first.for_staff or later.for_staff
    first.unread = first.unread or later.unread
    first.last_seen_at = max(first.last_seen_at, later.last_seen_at)
    # What was merged into the later one stays under it: each step can be undone by itself.
    later.merged_into, later.state, later.closed_at, later.unread = first.id, states.DUPLICATE, now, False
    return first


def unmerge(db: Session, lead: Lead, first: Lead | None, actor: str, now: datetime) -> None:
    """Make a merged lead one of its own again, in the state it had; `first` is the lead it was merged into."""
    if lead.merged_into is None:
        raise Conflict("This lead is not merged into another one.")
    if lead.state != states.DUPLICATE:
        raise Conflict("This lead was withdrawn or erased and stays as it is.")
    came = select(LeadEvent).where(LeadEvent.lead_id == lead.id, LeadEvent.kind == "merged", LeadEvent.before != "")
    event = db.scalars(came.order_by(LeadEvent.id.desc()).limit(1)).first()
    before = event.before if event else states.ACKNOWLEDGED
    lead.merged_into, lead.state = None, before
    lead.closed_at = lead.closed_at if before in states.CLOSED else None
    note(db, lead.id, actor, "unmerged", now, before=states.DUPLICATE, after=before)
    if first is None or first.erased_at is not None:
        return
    here = select(LeadEvent).where(LeadEvent.lead_id == first.id, LeadEvent.kind == "merged")
    for each in db.scalars(here.order_by(LeadEvent.id.desc())):
        if each.details.get("lead") == lead.id:
            # What the other one had brought goes with it, unless something else is still merged.
            if not merged(db, first):
                first.urgent, first.for_staff = bool(each.details["urgent"]), bool(each.details["for_staff"])
            break
    note(db, first.id, actor, "unmerged", now, details={"lead": lead.id})


def may_merge(one: Lead, other: Lead) -> bool:
    """Whether the two can be made one."""
    first, later = sorted((one, other), key=lambda lead: lead.number)
    try:
        _check(first, later)
    except Conflict:
        return False
    return True


def _check(first: Lead, later: Lead) -> None:
    if first.id == later.id:
        raise Conflict("A lead cannot be merged with itself.")
    same = (first.phone and first.phone == later.phone) or (first.email_key and first.email_key == later.email_key)
    if not same:
        raise Conflict(
            "Only requests with the same phone number or e-mail address are merged, never by the name alone."
        )
    for lead in (first, later):
        if lead.merged_into is not None:
            raise Conflict("One of the two is already merged. Separate it first.")
        if lead.state in (states.WITHDRAWN, states.SPAM) or lead.erased_at is not None:
            raise Conflict("A request that was withdrawn, is spam or was erased is not merged.")
    if first.state in states.CLOSED and later.state in states.OPEN:
        # It would vanish from the open leads: the person asked again and waits.
        raise Conflict("The earlier request is closed, so this one is a request of its own. Take the earlier up first.")
