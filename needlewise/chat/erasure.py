"""Erasing a conversation: everything that was said goes, an empty row stays so that nothing brings it back."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from needlewise.chat.messages import Receipt
from needlewise.chat.models import ChatTurn, Conversation, ErasureReceipt, Message, MessageChoice, Sender
from needlewise.db import Sessions, new_id

# Removes or redacts what a feature keeps about a conversation, named by its public id or by one of its Rasa sender
# ids, in the given transaction; returns how many records it touched. Calling it again does no harm.
Eraser = Callable[[Session, str], int]


def forget(db: Session, conversation: Conversation) -> dict[str, int]:
    """Delete everything that was said, and what Rasa made of it (the rows that hang on the turns). Returns counts."""
    in_it = select(Message.id).where(Message.conversation_id == conversation.id)
    db.execute(delete(MessageChoice).where(MessageChoice.message_id.in_(in_it)))
    messages = db.execute(delete(Message).where(Message.conversation_id == conversation.id))
    turns = db.execute(delete(ChatTurn).where(ChatTurn.conversation_id == conversation.id))
    return {"messages": messages.rowcount, "turns": turns.rowcount}  # type: ignore[attr-defined]


def erase_records(db: Session, conversation: Conversation, erasers: Sequence[Eraser]) -> int:
    """Let every other feature forget the conversation, under each name that it may know it by."""
    senders = db.scalars(select(Sender.sender).where(Sender.conversation_id == conversation.id))
    names = dict.fromkeys([conversation.public_id, *senders])
    return sum(eraser(db, name) for name in names for eraser in erasers)


def erase(sessions: Sessions, public_id: str, erasers: Sequence[Eraser], now: datetime) -> Receipt | None:
    """Erase a conversation and return its receipt: the first one when it is erased already, None when unknown.

    Rasa's own record of it is removed by the retention sweep as soon as the conversation is idle there: a session
    that is still in Rasa's hands would be written again.
    """
    with sessions.begin() as db:
        found = select(Conversation).where(Conversation.public_id == public_id).with_for_update()
        conversation = db.scalar(found)
        if conversation is None:
            return None
        if conversation.receipt_id is not None:
            kept = db.scalars(select(ErasureReceipt).where(ErasureReceipt.public_id == conversation.receipt_id)).one()
            return Receipt(kept.public_id, kept.erased_at, kept.counts)
        counts = forget(db, conversation) | {"records": erase_records(db, conversation, erasers)}
        receipt = ErasureReceipt(public_id=new_id(), erased_at=now, counts=counts)
        db.add(receipt)
        conversation.page = ""
        conversation.referrer = ""
        conversation.campaign = {}
        conversation.last_outcome = None
        conversation.visitor_messages = 0
        conversation.erased_at = now
        conversation.receipt_id = receipt.public_id
        return Receipt(receipt.public_id, now, counts)
