"""Tables that the projector fills from Rasa's tracker store."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, String, text
from sqlalchemy.orm import Mapped, mapped_column

from needlewise.db import Base


class Understanding(Base):
    """What Rasa made of one visitor message: shown to staff, so that they see why the assistant did what it did."""

    __tablename__ = "understandings"

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
