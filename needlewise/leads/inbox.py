"""Reading leads for the console: pages, one lead with its history, counts."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import Session

from needlewise.errors import InvalidInput
from needlewise.leads import merging, states
from needlewise.leads.models import Consent, Delivery, Lead, LeadEvent, Outbox
from needlewise.leads.views import (
    ConsentView,
    Counts,
    DeliveryView,
    EventView,
    LeadDetail,
    LeadView,
    OutboxView,
    Page,
    view,
)

PAGE_SIZE = 50
LARGEST_PAGE = 200
UNDELIVERED_SHOWN = 100
SEARCH_LIMIT = 80
# What stands for "no owner" where an owner's id is asked for; ids are longer.
NOBODY = "none"


def page(db: Session, show: str, after: str | None, limit: int, search: str, owner: str = "") -> Page:
    """One page by key, so that it costs the same however deep it is. Raises InvalidInput."""
    size = max(1, min(limit, LARGEST_PAGE))
    query = _owned(_searched(_shown(select(Lead), show), search), owner)
    if after:
        unread, number = _read_cursor(after)
        later = and_(Lead.unread.is_(unread), Lead.number < number)
        query = query.where(or_(later, Lead.unread.is_(False)) if unread else later)
    query = query.order_by(Lead.unread.desc(), Lead.number.desc()).limit(size + 1)
    rows = db.scalars(query).all()
    leads = tuple(view(LeadView, row) for row in rows[:size])
    last = leads[-1] if len(rows) > size else None
    return Page(leads, f"{int(last.unread)}-{last.number}" if last else None)


def open_leads(db: Session, owner: str, most: int | None) -> tuple[LeadView, ...]:
    """Urgent first, then unread, then the newest."""
    query = _owned(_shown(select(Lead), "open"), owner)
    ordered = query.order_by(Lead.urgent.desc(), Lead.unread.desc(), Lead.number.desc())
    return tuple(view(LeadView, row) for row in db.scalars(ordered.limit(most)))


def detail(db: Session, lead: Lead, waiting_minutes: int, may: tuple[str, ...]) -> LeadDetail:
    """A lead with its events, consents and messages, oldest first."""
    events = db.scalars(select(LeadEvent).where(LeadEvent.lead_id == lead.id).order_by(LeadEvent.id))
    consents = db.scalars(select(Consent).where(Consent.lead_id == lead.id).order_by(Consent.id))
    messages = db.scalars(select(Outbox).where(Outbox.lead_id == lead.id).order_by(Outbox.id)).all()
    others = merging.others(db, lead)
    return LeadDetail(
        lead=view(LeadView, lead),
        events=tuple(view(EventView, each) for each in events),
        consents=tuple(view(ConsentView, each) for each in consents),
        messages=with_deliveries(db, messages),
        moves=tuple(state for state in states.STATES if state in states.MOVES[lead.state]),
        waiting_minutes=waiting_minutes,
        may=may,
        same=tuple(view(LeadView, each) for each in others),
        mergeable=tuple(each.id for each in others if merging.may_merge(lead, each)),
        merged=tuple(view(LeadView, each) for each in merging.merged(db, lead)),
    )


def counts(db: Session) -> Counts:
    def count(table: type[Any], *where: Any) -> int:
        return db.scalar(select(func.count()).select_from(table).where(*where)) or 0

    is_open = Lead.state.in_(states.OPEN)
    return Counts(
        unread=count(Lead, Lead.unread),
        open=count(Lead, is_open),
        urgent=count(Lead, is_open, Lead.urgent),
        undelivered=count(Outbox, Outbox.state == "dead"),
        newest=db.scalar(select(func.max(Lead.last_seen_at)).where(Lead.state != states.SPAM)),
    )


def undelivered(db: Session) -> tuple[OutboxView, ...]:
    rows = select(Outbox).where(Outbox.state == "dead").order_by(Outbox.id.desc()).limit(UNDELIVERED_SHOWN)
    return with_deliveries(db, db.scalars(rows).all())


def with_deliveries(db: Session, messages: Any) -> tuple[OutboxView, ...]:
    tries: dict[int, list[DeliveryView]] = defaultdict(list)
    ids = [each.id for each in messages]
    for row in db.scalars(select(Delivery).where(Delivery.outbox_id.in_(ids)).order_by(Delivery.id)):
        tries[row.outbox_id].append(view(DeliveryView, row))
    return tuple(view(OutboxView, each, deliveries=tuple(tries[each.id])) for each in messages)


def _shown(query: Select[Lead], show: str) -> Select[Lead]:
    if show == "all":
        return query
    wanted = {"open": states.OPEN, "closed": states.CLOSED}.get(show, (show,))
    if not set(wanted) <= set(states.STATES):
        raise InvalidInput(f"There is no such state. Possible: open, closed, all, {', '.join(states.STATES)}")
    return query.where(Lead.state.in_(wanted))


def _searched(query: Select[Lead], search: str) -> Select[Lead]:
    search = search.strip()[:SEARCH_LIMIT]
    if not search:
        return query
    found = [Lead.name.icontains(search, autoescape=True), Lead.email_key.contains(search.lower(), autoescape=True)]
    digits = "".join(each for each in search if each.isdigit())
    if len(digits) >= 4:
        found.append(Lead.phone.contains(digits))
    return query.where(or_(*found))


def _owned(query: Select[Lead], owner: str) -> Select[Lead]:
    if not owner:
        return query
    return query.where(Lead.owner_id.is_(None) if owner == NOBODY else Lead.owner_id == owner)


def _read_cursor(after: str) -> tuple[bool, int]:
    unread, _, number = after.partition("-")
    if unread not in {"0", "1"} or not number.isascii() or not number.isdigit() or len(number) > 18:
        raise InvalidInput("This is not a cursor of a page of leads.")
    return unread == "1", int(number)
