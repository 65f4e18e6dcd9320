"""Logged-in browsers: beginning a session, the list that a person sees of their own, ending them."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from needlewise.db import Sessions, reading
from needlewise.staff.audit import AuditLog
from needlewise.staff.models import StaffAccount, StaffSession

# A reception computer that nobody touches, and the longest shift with overtime (OWASP ASVS 5.0, 7.3).
IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=12)
TOKEN_BYTES = 32
NETWORK_LENGTH = 64

# How browsers and systems name themselves, in the order in which to look: many name several.
BROWSERS = {"Edg": "Edge", "OPR": "Opera", "Firefox": "Firefox", "Chrome": "Chrome", "Safari": "Safari"}
SYSTEMS = {
    "iPhone": "iPhone",
    "iPad": "iPad",
    "Android": "Android",
    "Windows": "Windows",
    "Mac OS": "Mac",
    "Linux": "Linux",
}


@dataclass(frozen=True)
class OpenSession:
    """A browser in which an account is logged in."""

    id: str
    began: datetime
    used: datetime
    network: str
    browser: str
    here: bool


class OpenSessions:
    """The sessions of accounts, as people see them."""

    def __init__(self, sessions: Sessions, audit: AuditLog, now: Callable[[], datetime]) -> None:
        self._sessions = sessions
        self._audit = audit
        self._now = now

    def of(self, account_id: str, here: str = "") -> Sequence[OpenSession]:
        """Where an account is logged in at the moment, the one used last first; `here` is this browser's hash."""
        now = self._now()
        alive = (StaffSession.seen_at > now - IDLE, StaffSession.created_at > now - LONGEST)
        query = select(StaffSession).where(StaffSession.account_id == account_id, *alive)
        with reading(self._sessions) as db:
            return [
                OpenSession(
                    each.public_id, each.created_at, each.seen_at, each.network, each.browser, each.token_hash == here
                )
                for each in db.scalars(query.order_by(StaffSession.seen_at.desc()))
            ]

    def end(self, account_id: str, public_id: str) -> None:
        """End one session of one's own; nothing happens where there is none."""
        with self._sessions.begin() as db:
            mine = StaffSession.account_id == account_id
            db.execute(delete(StaffSession).where(mine, StaffSession.public_id == public_id))
            self._audit.write(db, account_id, "sign_out.other", account_id)

    def end_all(self, actor_id: str, account_id: str) -> None:
        """End all sessions of an account."""
        with self._sessions.begin() as db:
            db.execute(delete(StaffSession).where(StaffSession.account_id == account_id))
            self._audit.write(db, actor_id, "sign_out.everywhere", account_id)


def open_session(
    db: Session,
    account: StaffAccount,
    now: datetime,
    network: str,
    browser: str,
    *,
    needs_code: bool = False,
) -> str:
    """Begin a session and return its token."""
    token = secrets.token_urlsafe(TOKEN_BYTES)
    db.add(
        StaffSession(
            token_hash=token_hash(token),
            account_id=account.id,
            created_at=now,
            seen_at=now,
            network=network[:NETWORK_LENGTH],
            browser=browser_name(browser),
            needs_code=needs_code,
        )
    )
    return token


def token_hash(token: str) -> str:
    """What is kept of a token. A plain hash is enough: the token itself is 256 random bits."""
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def browser_name(agent: str) -> str:
    """A browser's own words in short: `Firefox, Windows`; nothing else of them is kept."""
    found = [next((name for mark, name in names.items() if mark in agent), "") for names in (BROWSERS, SYSTEMS)]
    return ", ".join(each for each in found if each) or "Another browser"
