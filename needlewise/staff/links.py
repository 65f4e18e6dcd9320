"""Ids in the console's addresses: from Rasa's sender ids to them, and what a cursor may look like."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select

from needlewise.chat.models import Conversation, Sender
from needlewise.db import Sessions, reading

# Every 18-digit number fits into the database's 64-bit ids.
ID_DIGITS = 18


def is_number(text: str) -> bool:
    """Whether a cursor from an address is a number that a database takes."""
    return text.isascii() and text.isdecimal() and len(text) <= ID_DIGITS


def public_ids(sessions: Sessions, senders: Iterable[str]) -> dict[str, str]:
    """Public id by sender id; a conversation that was erased has none."""
    query = select(Sender.sender, Conversation.public_id).join(Conversation, Conversation.id == Sender.conversation_id)
    query = query.where(Sender.sender.in_(set(senders)), Conversation.erased_at.is_(None))
    with reading(sessions) as db:
        return {row.sender: row.public_id for row in db.execute(query)}
