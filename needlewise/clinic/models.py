"""Table of the clinic's profile: every version that was ever in force."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, String
from sqlalchemy.orm import Mapped, mapped_column

from needlewise.db import Base


class ClinicVersion(Base):
    """A whole profile. The newest is in force; none is changed or deleted, as consents were given under each."""

    __tablename__ = "clinic_versions"

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    profile: Mapped[dict[str, Any]] = mapped_column(JSON)
    origin: Mapped[str] = mapped_column(String(8))  # file | staff
    account_id: Mapped[str | None] = mapped_column(String(22))
    at: Mapped[datetime]
