"""The row that the readiness check writes."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from needlewise.db import Base


class Heartbeat(Base):
    """The last time the database was seen to take a write; one row."""

    __tablename__ = "heartbeats"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
