"""The audit log: who did what, and who looked at whose data. Each line carries the one before in its hash."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from needlewise.chat.text import tidy
from needlewise.db import Sessions, reading
from needlewise.staff.models import DETAIL_LENGTH, SUBJECT_LENGTH, AuditEntry, StaffAccount

# Any fixed number, not used for anything else.
LOCK = 7_305_512
# The same line is not written again so soon where it would come every few seconds.
MOMENT = timedelta(minutes=5)
# Lines that a check holds in memory.
AT_ONCE = 1_000


@dataclass(frozen=True)
class Activity:
    """A line of the audit log; `who` is empty when a sign-in named no account."""

    id: int
    at: datetime
    who: str
    action: str
    subject: str
    detail: str


@dataclass(frozen=True)
class Check:
    """`lines` in unbroken order up to the one with the hash `last`; `broken` is the id of the line after, if any."""

    lines: int
    last: str
    broken: int | None = None
    broken_at: datetime | None = None


class AuditLog:
    """Adds lines and reads them; nothing changes or removes one."""

    def __init__(self, sessions: Sessions, now: Callable[[], datetime]) -> None:
        self.sessions = sessions
        self.now = now

    def write(self, db: Session, account_id: str | None, action: str, subject: str = "", detail: str = "") -> None:
        """Add a line in a transaction of the caller: fixed words and ids only, never a visitor's data."""
        # One line at a time, in the order of their ids; SQLite's transaction sees to that by itself.
        if db.get_bind().dialect.name == "postgresql":
            db.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
        before = db.scalar(select(AuditEntry.hash).order_by(AuditEntry.id.desc()).limit(1)) or ""
        subject, detail = _fitting(subject, detail)
        line = AuditEntry(at=self.now(), account_id=account_id, action=action, subject=subject, detail=detail)
        line.hash = _chained(before, line)
        db.add(line)
        db.flush()

    def record(self, account_id: str | None, action: str, subject: str = "", detail: str = "") -> None:
        """Add a line in a transaction of its own."""
        with self.sessions.begin() as db:
            self.write(db, account_id, action, subject, detail)

    def record_once(self, account_id: str | None, action: str, subject: str = "", detail: str = "") -> None:
        """Add a line unless the same one was added a moment ago: for what goes on by itself, as a page that looks for
        news does, or somebody who tries passwords. Without that the log would hold little else."""
        subject, detail = _fitting(subject, detail)
        same = (AuditEntry.action == action, AuditEntry.subject == subject, AuditEntry.detail == detail)
        lately = (AuditEntry.at > self.now() - MOMENT, AuditEntry.account_id.is_not_distinct_from(account_id))
        with reading(self.sessions) as db:
            if db.scalar(select(AuditEntry.id).where(*lately, *same).limit(1)) is not None:
                return
        self.record(account_id, action, subject, detail)

    def check(self) -> Check:
        """Follow the chain from the first line to the last."""
        lines, before, last = 0, "", 0
        query = select(AuditEntry).order_by(AuditEntry.id).limit(AT_ONCE)
        with reading(self.sessions) as db:
            while batch := db.scalars(query.where(AuditEntry.id > last)).all():
                for line in batch:
                    if line.hash != _chained(before, line):
                        return Check(lines, before, line.id, line.at)
                    lines, before = lines + 1, line.hash
                last = batch[-1].id
                db.expunge_all()
        return Check(lines, before)

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


def _fitting(subject: str, detail: str) -> tuple[str, str]:
    """Some of it comes from an address, which may hold anything of any length."""
    return tidy(subject)[:SUBJECT_LENGTH], tidy(detail)[:DETAIL_LENGTH]


def _chained(before: str, line: AuditEntry) -> str:
    at = line.at.astimezone(UTC).isoformat(timespec="microseconds")
    content = [before, at, line.account_id or "", line.action, line.subject, line.detail]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()
