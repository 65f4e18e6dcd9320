"""Tables of the understanding inbox."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from needlewise.db import Base


class Misreading(Base):
    """A turn of which a colleague said that it was understood wrongly."""

    __tablename__ = "misreadings"

    turn_id: Mapped[int] = mapped_column(ForeignKey("turns.id", ondelete="CASCADE"), primary_key=True)
    account_id: Mapped[str] = mapped_column(String(22))
    at: Mapped[datetime]


class Example(Base):
    """What staff decided about a wording: an example of an intent, or (`intent` empty) nothing to learn from.

    `text` is what training reads, without phone numbers, addresses and names. The wording itself is not kept, only a
    keyed hash to know it again, so that an example outlives the conversation that it came from.
    """

    __tablename__ = "examples"

    id: Mapped[int] = mapped_column(primary_key=True)
    wording: Mapped[str] = mapped_column(String(64), unique=True)
    language: Mapped[str] = mapped_column(String(8))
    text: Mapped[str] = mapped_column(Text, default="")
    # What two wordings of the same text share: no text may have two labels. Null when there is nothing to learn from.
    normalized: Mapped[str | None] = mapped_column(String(200), unique=True)
    intent: Mapped[str] = mapped_column(String(80), index=True)
    account_id: Mapped[str] = mapped_column(String(22))
    at: Mapped[datetime]
    # The second colleague, whom a clinical topic needs.
    needs_second: Mapped[bool] = mapped_column(default=False)
    second_id: Mapped[str | None] = mapped_column(String(22))
    second_at: Mapped[datetime | None]
