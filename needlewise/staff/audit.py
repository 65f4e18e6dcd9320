"""The audit log: who did what, and who looked at whose data."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from needlewise.db import Sessions, reading
from needlewise.staff.models import AuditEntry, StaffAccount


@dataclass(frozen=True)
class Activity:
    """A line of the audit log; `who` is empty when a sign-in named no account."""

    id: int
    at: datetime
    who: str
    action: str
    subject: str
    detail: str


class AuditLog:
    """Adds lines and reads them; nothing changes or removes one."""

    def __init__(self, sessions: Sessions, now: Callable[[], datetime]) -> None:
        self.sessions = sessions
        self.now = now

    def write(self, db: Session, account_id: str | None, action: str, subject: str = "", detail: str = "") -> None:
        """Add a line in a transaction of the caller: fixed words and ids only, never a visitor's data."""
        db.add(AuditEntry(at=self.now(), account_id=account_id, action=action, subject=subject, detail=detail))

    def record(self, account_id: str, action: str, subject: str = "", detail: str = "") -> None:
        """Add a line in a transaction of its own."""
        with self.sessions.begin() as db:
            self.write(db, account_id, action, subject, detail)

    def activity(self, before: int | None = None, limit: int = 50) -> Sequence[Activity]:
        """The newest lines first; `before` is the id of the last line of the page above."""
        query = (
            select(AuditEntry, StaffAccount.name)
            .outerjoin(StaffAccount, StaffAccount.id == AuditEntry.account_id)
            .order_by(AuditEntry.id.desc())
            .limit(limit)
        )
        if before:
            query = query.where(AuditEntry.id < before)
        with reading(self.sessions) as db:
            return [
                Activity(each.id, each.at, name or "", each.action, each.subject, each.detail)
                for each, name in db.execute(query)
            ]
