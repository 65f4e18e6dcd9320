"""Table of safety events. It holds no text: what was said stays in the conversation."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from needlewise.db import Base, utc_now


class SafetyEvent(Base):
    """A red flag that was shown. `pattern` is the pattern's id, or `model` when only the model saw it."""

    __tablename__ = "safety_events"

    id: Mapped[int] = mapped_column(primary_key=True)
    level: Mapped[str] = mapped_column(String(12))
    pattern: Mapped[str] = mapped_column(String(80))
    conversation: Mapped[str] = mapped_column(String(64), index=True)
    turn: Mapped[str | None] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(default=utc_now)
    seen_at: Mapped[datetime | None]
    seen_by: Mapped[str | None] = mapped_column(String(120))
