"""Tables of figures. They hold counts; who said what stays in the conversations, and goes with them."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from needlewise.db import Base


class DailyFigure(Base):
    """How often something happened in conversations that began on a day of the clinic's clock."""

    __tablename__ = "daily_figures"

    day: Mapped[date] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(60), primary_key=True)
    count: Mapped[int]


class CountedDay(Base):
    """A day whose figures stand, and when they were counted."""

    __tablename__ = "counted_days"

    day: Mapped[date] = mapped_column(primary_key=True)
    at: Mapped[datetime]


class ConversationFact(Base):
    """What is true of a conversation and no other table says: by it the conversations behind a figure are found."""

    __tablename__ = "conversation_facts"

    fact: Mapped[str] = mapped_column(String(40), primary_key=True)
    conversation_id: Mapped[int] = mapped_column(
        ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True, index=True
    )
