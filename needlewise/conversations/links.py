"""Which leads a conversation led to: a lead names the conversation's public id or one of its Rasa sender ids."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import ColumnElement, Index, Select, or_, select, union
from sqlalchemy.orm import Session, aliased

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


def numbers_by_name(db: Session, conversations: Sequence[Conversation]) -> dict[str, int]:
    """The number of each conversation under every name that a lead may know it by."""
    numbers = {each.public_id: each.id for each in conversations}
    senders = select(Sender.sender, Sender.conversation_id).where(Sender.conversation_id.in_(numbers.values()))
    return numbers | {row.sender: row.conversation_id for row in db.execute(senders)}


def tied_among(db: Session, conversations: Sequence[Conversation]) -> set[int]:
    """Numbers of those among some conversations that began a lead or added to one."""
    numbers = numbers_by_name(db, conversations)
    columns = (Lead.conversation_id, Lead.sender, LeadEvent.conversation_id)
    found = (db.scalars(select(column).where(column.in_(numbers)).distinct()) for column in columns)
    return {numbers[name] for names in found for name in names if name is not None}


def tied_to_lead() -> ColumnElement[bool]:
    """True for a row of `Conversation` that began a lead or added to one."""
    # One set of numbers that begins at the leads: asked the other way round, every conversation looks for its leads.
    named = (Lead.conversation_id, Lead.sender, LeadEvent.conversation_id)
    names = union(*(select(column).where(column.is_not(None)) for column in named)).scalar_subquery()
    other = aliased(Conversation)
    by_name = select(other.id).where(other.public_id.in_(names))
    by_sender = select(Sender.conversation_id).where(Sender.sender.in_(names))
    return Conversation.id.in_(union(by_name, by_sender))
