"""Which leads a conversation led to: a lead names the conversation's public id or one of its Rasa sender ids."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Index, Select, or_, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from needlewise.chat.models import Conversation, Sender
from needlewise.leads.models import Lead, LeadEvent

# Leads are looked up by their sender here only.
Index("ix_leads_sender", Lead.sender)


def leads_of(conversation: Conversation) -> Select[str]:
    """Ids of the leads that a conversation began or added to, oldest first."""
    names = select(Sender.sender).where(Sender.conversation_id == conversation.id)
    own = [Lead.conversation_id == conversation.public_id, Lead.conversation_id.in_(names), Lead.sender.in_(names)]
    added = select(LeadEvent.lead_id).where(
        or_(LeadEvent.conversation_id == conversation.public_id, LeadEvent.conversation_id.in_(names))
    )
    return select(Lead.id).where(or_(*own, Lead.id.in_(added))).order_by(Lead.number)


def tied_among(db: Session, conversations: Sequence[Conversation]) -> set[int]:
    """Numbers of those among some conversations that began a lead or added to one."""
    numbers = {each.public_id: each.id for each in conversations}
    senders = select(Sender.sender, Sender.conversation_id).where(Sender.conversation_id.in_(numbers.values()))
    numbers |= {row.sender: row.conversation_id for row in db.execute(senders)}
    columns = (Lead.conversation_id, Lead.sender, LeadEvent.conversation_id)
    found = (db.scalars(select(column).where(column.in_(numbers)).distinct()) for column in columns)
    return {numbers[name] for names in found for name in names if name is not None}


def tied_to_lead() -> ColumnElement[bool]:
    """True for a row of `Conversation` that began a lead or added to one."""
    return or_(*(_named_in(column) for column in (Lead.conversation_id, Lead.sender, LeadEvent.conversation_id)))


def _named_in(column: InstrumentedAttribute[str | None]) -> ColumnElement[bool]:
    # One list of names per column, looked up by the index of each: an OR inside would read the leads for every row.
    by_id = select(column).where(column.is_not(None))
    by_sender = select(Sender.conversation_id).where(Sender.sender.in_(by_id))
    return or_(Conversation.public_id.in_(by_id), Conversation.id.in_(by_sender))
