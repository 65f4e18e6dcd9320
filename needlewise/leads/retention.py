"""Forgetting leads: on wish at once, and all of them after the time that the settings name."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, delete, func, or_, select, update
from sqlalchemy.orm import Session

from needlewise.leads import outbox, states
from needlewise.leads.models import Consent, Delivery, Lead, LeadEvent, Outbox

# A consent or its withdrawal may have to be proved for this long (TCPA claims four years, HIPAA papers six).
KEEP_CONSENT = timedelta(days=6 * 365 + 2)


def erase_conversation(db: Session, conversation_id: str, now: datetime) -> int:
    """Blank every lead that a conversation began, and what it added to others; returns the number of leads touched.

    The conversation is named by its public id or by one of its Rasa sender ids.
    """
    theirs = or_(Lead.conversation_id == conversation_id, Lead.sender == conversation_id)
    begun = list(db.scalars(select(Lead).where(theirs, Lead.erased_at.is_(None))))
    for lead in begun:
        _blank(db, lead, now)
    own = {lead.id for lead in begun}
    added = db.scalars(select(LeadEvent).where(LeadEvent.conversation_id == conversation_id)).all()
    for event in added:
        event.text, event.details, event.conversation_id = "", {}, None
    return len(own | {event.lead_id for event in added})


def erase_person(db: Session, phone: str, email: str, now: datetime) -> dict[str, int]:
    """Blank every lead with this E.164 number or this address. Counts: leads, consents (kept, without the person)."""
    known = [column == value for column, value in ((Lead.phone, phone), (Lead.email_key, email.lower())) if value]
    if not known:
        return {"leads": 0, "consents": 0}
    leads = list(db.scalars(select(Lead).where(or_(*known))))
    ids = [lead.id for lead in leads]
    consents = db.scalar(select(func.count()).select_from(Consent).where(Consent.lead_id.in_(ids))) or 0
    for lead in leads:
        _blank(db, lead, now)
    return {"leads": len(leads), "consents": consents}


def erase(db: Session, lead_ids: Sequence[str], now: datetime) -> None:
    """Blank these leads."""
    for lead in db.scalars(select(Lead).where(Lead.id.in_(lead_ids))):
        _blank(db, lead, now)


def due(db: Session, now: datetime, keep_days: int) -> dict[str, int]:
    """How many rows `expire` would delete now."""
    counts = {"leads": Lead, "alerts": Outbox, "consents": Consent}
    where = zip(counts, _old(now, keep_days), strict=True)
    return {
        name: db.scalar(select(func.count()).select_from(counts[name]).where(*conditions)) or 0
        for name, conditions in where
    }


def _old(now: datetime, keep_days: int) -> tuple[tuple[ColumnElement[bool], ...], ...]:
    """What leads, alerts and ledger rows that are past their time have in common."""
    old = now - timedelta(days=keep_days)
    alerts = (Outbox.lead_id.is_(None), Outbox.created_at < old)
    return (Lead.last_seen_at < old,), alerts, (Consent.at < now - KEEP_CONSENT,)


def expire(db: Session, now: datetime, keep_days: int) -> dict[str, int]:
    """Delete leads not heard of for `keep_days`, alerts as old, and ledger rows past their time. Safe to run again."""
    old_leads, old_alerts, old_consents = _old(now, keep_days)
    gone = list(db.scalars(select(Lead.id).where(*old_leads)))
    _loosen_consents(db, gone)
    leads = _count(db.execute(delete(Lead).where(Lead.id.in_(gone))))
    alerts = _count(db.execute(delete(Outbox).where(*old_alerts)))
    consents = _count(db.execute(delete(Consent).where(*old_consents)))
    return {"leads": leads, "alerts": alerts, "consents": consents}


def _blank(db: Session, lead: Lead, now: datetime) -> None:
    """Take the person out of a lead; times, states and flags stay for the figures."""
    lead.name = lead.note = lead.question = lead.reason = lead.phone_extension = lead.next_step = ""
    lead.day = lead.part = lead.interest = lead.visit = lead.page = lead.referrer = ""
    lead.phone = lead.email = lead.email_key = lead.conversation_id = lead.sender = lead.turn_id = None
    lead.campaign = {}
    lead.unread, lead.next_due_at = False, None
    if lead.state in states.OPEN:
        lead.state, lead.closed_at = states.WITHDRAWN, now
    lead.erased_at = now
    outbox.cancel(db, lead.id, now)
    # A receiver's answer may repeat what it was sent.
    told = select(Outbox.id).where(Outbox.lead_id == lead.id)
    db.execute(update(Delivery).where(Delivery.outbox_id.in_(told)).values(answer=""))
    db.execute(update(Outbox).where(Outbox.lead_id == lead.id).values(last_error=""))
    db.execute(update(LeadEvent).where(LeadEvent.lead_id == lead.id).values(text="", details={}, conversation_id=None))
    db.add(LeadEvent(lead_id=lead.id, at=now, actor="system", kind="erased", after=lead.state))
    _loosen_consents(db, [lead.id])


def _loosen_consents(db: Session, lead_ids: list[str]) -> None:
    """The ledger keeps the keyed hash, the text and the times; not which lead it was, nor on which page."""
    db.execute(update(Consent).where(Consent.lead_id.in_(lead_ids)).values(lead_id=None, page=""))


def _count(result: Any) -> int:
    return int(result.rowcount)
