"""Table of the trainings and switches."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, String
from sqlalchemy.orm import Mapped, mapped_column

from needlewise.db import Base


class TrainingRun(Base):
    """One training from the button to the switch, or (`kind` "back") one return to the model before.

    `file` is the archive in the models folder once there is one, `base` the one it was compared with. Its texts are
    lines for training, which hold nothing personal.
    """

    __tablename__ = "training_runs"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(8))
    state: Mapped[str] = mapped_column(String(12))
    # True or null, and unique: one at a time, whoever presses the button.
    active: Mapped[bool | None] = mapped_column(unique=True)
    account_id: Mapped[str] = mapped_column(String(22))
    at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    attempts: Mapped[int] = mapped_column(default=0)
    done: Mapped[int] = mapped_column(default=0)
    steps: Mapped[int] = mapped_column(default=0)
    taught: Mapped[int] = mapped_column(default=0)
    reason: Mapped[str] = mapped_column(String(20), default="")
    file: Mapped[str] = mapped_column(String(80), default="")
    sha256: Mapped[str] = mapped_column(String(64), default="")
    base: Mapped[str] = mapped_column(String(80), default="")
    score: Mapped[dict[str, Any] | None] = mapped_column(JSON)
