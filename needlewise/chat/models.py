"""Tables of conversations: who said what, in the order of integer ids (a clock may step back, an id does not)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from needlewise.db import Base, new_id

# Longest sender id that Rasa's tracker store holds.
SENDER_LENGTH = 255


class Conversation(Base):
    """One visitor's chat. A row whose `erased_at` is set is all that is left of an erased one: it keeps it erased."""

    __tablename__ = "conversations"
    __table_args__ = (Index("ix_conversations_last_at_id", "last_at", "id"), Index(None, "started_at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(64), unique=True, default=new_id)
    channel: Mapped[str] = mapped_column(String(40), default="web")
    language: Mapped[str] = mapped_column(String(8), default="en")
    # Where the chat was opened: address without query, referring host, utm_* values.
    page: Mapped[str] = mapped_column(String(500), default="")
    referrer: Mapped[str] = mapped_column(String(255), default="")
    campaign: Mapped[dict[str, str]] = mapped_column(JSON, default=dict)
    started_at: Mapped[datetime]
    last_at: Mapped[datetime]
    # Visitor's messages in all, and since the present Rasa sender began.
    visitor_messages: Mapped[int] = mapped_column(default=0)
    sender: Mapped[str] = mapped_column(String(SENDER_LENGTH))
    sender_messages: Mapped[int] = mapped_column(default=0)
    last_outcome: Mapped[str | None] = mapped_column(String(20))
    # Until then a colleague answers, and the assistant is silent but in an emergency.
    staffed_until: Mapped[datetime | None]
    redacted_at: Mapped[datetime | None]
    erased_at: Mapped[datetime | None]
    # When Rasa's rows of an erased or redacted conversation were removed too.
    swept_at: Mapped[datetime | None]
    receipt_id: Mapped[str | None] = mapped_column(String(64))


class Sender(Base):
    """A Rasa sender id that belongs to a conversation: the first is its public id, later ones end in -2, -3 ..."""

    __tablename__ = "conversation_senders"

    sender: Mapped[str] = mapped_column(String(SENDER_LENGTH), primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"), index=True)
    # The turn that Rasa's record is at, for events that do not name theirs.
    turn_id: Mapped[int | None]


class ChatTurn(Base):
    """One visitor message and what came of it. `outcome` is null while it is open, and on other channels if unknown."""

    __tablename__ = "turns"
    __table_args__ = (
        UniqueConstraint("conversation_id", "client_id"),
        Index("ix_turns_conversation_id_id", "conversation_id", "id"),
        Index("ix_turns_open", "is_open", "id"),
        # Staff filter conversations by what came of a turn.
        Index("ix_turns_outcome_conversation_id", "outcome", "conversation_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(64), unique=True, default=new_id)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"))
    client_id: Mapped[str] = mapped_column(String(64))
    sender: Mapped[str] = mapped_column(String(SENDER_LENGTH))
    # What Rasa is sent: the visitor's text, or the payload of a choice.
    payload: Mapped[str] = mapped_column(Text)
    is_open: Mapped[bool] = mapped_column(default=True)
    # How often it was given to Rasa, and until when its present worker may be at it.
    attempts: Mapped[int] = mapped_column(default=0)
    lease_until: Mapped[datetime]
    outcome: Mapped[str | None] = mapped_column(String(20))
    topics: Mapped[list[str]] = mapped_column(JSON, default=list)
    started_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]


class Message(Base):
    """What one side said. `turn_id` is null in the greeting and in what a colleague writes."""

    __tablename__ = "messages"
    __table_args__ = (
        Index("ix_messages_conversation_id_id", "conversation_id", "id"),
        Index("ix_messages_feedback_conversation_id", "feedback", "conversation_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(64), unique=True, default=new_id)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"))
    turn_id: Mapped[int | None] = mapped_column(ForeignKey("turns.id", ondelete="CASCADE"), index=True)
    role: Mapped[str] = mapped_column(String(10))  # visitor | assistant | staff
    author_id: Mapped[str | None] = mapped_column(String(22))  # the colleague who wrote it
    text: Mapped[str] = mapped_column(Text)
    answer_id: Mapped[str | None] = mapped_column(String(120), index=True)
    sources: Mapped[list[dict[str, str]]] = mapped_column(JSON, default=list)
    # What the page should offer for it: "callback" (the form), or the keyboard for a "name", "phone" or "email".
    form: Mapped[str | None] = mapped_column(String(20))
    feedback: Mapped[str | None] = mapped_column(String(4))
    # What the text is written in, for screen readers (WCAG 3.1.2); null where nobody can tell.
    language: Mapped[str | None] = mapped_column(String(8))
    at: Mapped[datetime]


class MessageChoice(Base):
    """Something offered with a message. Only its id and title leave the server."""

    __tablename__ = "message_choices"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(64), unique=True, default=new_id)
    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id", ondelete="CASCADE"), index=True)
    title: Mapped[str] = mapped_column(String(200))
    # The conversation's, which that of the message need not be.
    language: Mapped[str | None] = mapped_column(String(8))
    payload: Mapped[str] = mapped_column(Text)


class ErasureReceipt(Base):
    """That something was erased, when and how much; nothing about whom."""

    __tablename__ = "erasure_receipts"

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(64), unique=True, default=new_id)
    erased_at: Mapped[datetime]
    counts: Mapped[dict[str, int]] = mapped_column(JSON)
