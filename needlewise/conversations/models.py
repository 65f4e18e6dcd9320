"""Tables around conversations: what Rasa understood, what they are found by, and what staff noted about them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from needlewise.db import Base


class Understanding(Base):
    """What Rasa made of one visitor message: shown to staff, so that they see why the assistant did what it did."""

    __tablename__ = "understandings"
    __table_args__ = (Index("ix_understandings_confidence_turn_id", "confidence", "turn_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    turn_id: Mapped[int] = mapped_column(ForeignKey("turns.id", ondelete="CASCADE"), unique=True)
    intent: Mapped[str] = mapped_column(String(80), index=True)
    confidence: Mapped[float]
    # Before the guard: the model's own guess, and why the guard kept or changed it.
    predicted: Mapped[str] = mapped_column(String(80), default="")
    reason: Mapped[str] = mapped_column(String(40), default="")
    # How far the first guess was ahead of the second, 0 to 1; null when there was no model's guess.
    margin: Mapped[float | None]
    ranking: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    entities: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    parts: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    # Slots that the turn set. The booking's hold a person's details: of those only that they were set.
    slots: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    # Id of the pattern that fired, and its level: emergency, urgent or staff.
    red_flag: Mapped[str] = mapped_column(String(120), default="", index=True)
    red_flag_level: Mapped[str] = mapped_column(String(20), default="", server_default=text("''"))
    model: Mapped[str] = mapped_column(String(120), default="")


class ProjectorState(Base):
    """How far the projector has read: one row. Everything up to WINDOW ids behind the cursor is done."""

    __tablename__ = "projector_state"

    id: Mapped[int] = mapped_column(primary_key=True)
    cursor: Mapped[int] = mapped_column(BigInteger)
    unreadable: Mapped[int] = mapped_column(default=0)


class ProjectedEvent(Base):
    """Rasa's event ids that were handled, in a window behind the cursor: a row may become visible late.

    `at` is the event's own time: SQLite gives the id of a deleted row to a new one, and the time tells them apart.
    """

    __tablename__ = "projected_events"

    event_id: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[datetime]


# Found by its beginning, so PostgreSQL has to keep it in the order of its bytes, as SQLite does.
Word = String(40).with_variant(String(40, collation="C"), "postgresql")


class MessageWord(Base):
    """A word that a visitor wrote, as `gaps.normalize` leaves it: conversations are found by their words."""

    __tablename__ = "message_words"

    word: Mapped[str] = mapped_column(Word, primary_key=True)
    conversation_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    message_id: Mapped[int] = mapped_column(ForeignKey("messages.id", ondelete="CASCADE"), primary_key=True, index=True)


class TurnTopic(Base):
    """A topic of a turn, one row each: what `ChatTurn.topics` lists, to be found by."""

    __tablename__ = "turn_topics"

    topic: Mapped[str] = mapped_column(String(40), primary_key=True)
    conversation_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    turn_id: Mapped[int] = mapped_column(ForeignKey("turns.id", ondelete="CASCADE"), primary_key=True, index=True)


class ConversationReview(Base):
    """How far staff are with a conversation. Without a row nobody has opened it."""

    __tablename__ = "conversation_reviews"
    __table_args__ = (Index(None, "state", "conversation_id"),)

    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True)
    state: Mapped[str] = mapped_column(String(12))
    # Who set the state last, and when; null while it was only opened.
    account_id: Mapped[str | None] = mapped_column(String(22))
    at: Mapped[datetime | None]
    # When somebody opened it last: what was said since then is unread.
    read_at: Mapped[datetime]


class ConversationTag(Base):
    """A word that staff put on a conversation, to find it again."""

    __tablename__ = "conversation_tags"

    tag: Mapped[str] = mapped_column(String(40), primary_key=True)
    conversation_id: Mapped[int] = mapped_column(
        ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True, index=True
    )


class ConversationComment(Base):
    """A remark of a colleague about a conversation. `removed_at`: taken out by who wrote it, and can be put back."""

    __tablename__ = "conversation_comments"

    id: Mapped[int] = mapped_column(primary_key=True)
    conversation_id: Mapped[int] = mapped_column(ForeignKey("conversations.id", ondelete="CASCADE"), index=True)
    account_id: Mapped[str] = mapped_column(String(22))
    text: Mapped[str] = mapped_column(Text)
    at: Mapped[datetime]
    removed_at: Mapped[datetime | None]


class SavedView(Base):
    """A person's name for a set of filters. `query` is the address's own query string."""

    __tablename__ = "saved_views"
    __table_args__ = (UniqueConstraint("account_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[str] = mapped_column(String(22))
    name: Mapped[str] = mapped_column(String(60))
    query: Mapped[str] = mapped_column(String(500))
