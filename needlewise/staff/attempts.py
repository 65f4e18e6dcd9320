"""Throttling of sign-in: a limit per network address and a growing delay per account."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, delete, func, select, text
from sqlalchemy.orm import Session

from needlewise.db import Sessions
from needlewise.staff.errors import TooManyAttempts
from needlewise.staff.models import SignInAttempt

# OWASP ASVS 5.0 6.3.1: guessing must be slow, a person who mistypes must not be shut out for long.
NETWORK_FAILURES = 5
NETWORK_WINDOW = timedelta(minutes=5)
# From the sixth failure on an account waits 30 s, 1 min, 2 min ... at most 15 min, whatever the address.
ACCOUNT_FAILURES = 5
ACCOUNT_DELAY = timedelta(seconds=30)
ACCOUNT_LONGEST_DELAY = timedelta(minutes=15)
ACCOUNT_WINDOW = timedelta(hours=24)
# An address from which this account signed in before is not held up by what others try: nobody can lock staff out.
KEPT = timedelta(days=30)
# So far the clocks of two replicas may be apart.
SKEW = timedelta(minutes=1)
# Counting and adding must be one step; SQLite's transaction is, PostgreSQL needs a lock (any fixed number).
LOCK = 7_305_511


class Attempts:
    """Counts tries to sign in. Each is written before the password is checked, so parallel tries count too."""

    def __init__(self, sessions: Sessions, now: Callable[[], datetime]) -> None:
        self.sessions = sessions
        self.now = now

    def admit(self, name: str, network: str) -> int:
        """Write an attempt and return its id. Raises TooManyAttempts when it comes too soon (nothing is written).

        `network` is an IPv4 address or an IPv6 network: single addresses of one cost an attacker nothing.
        """
        now = self.now()
        account = account_key(name)
        with self.sessions.begin() as db:
            if db.get_bind().dialect.name == "postgresql":
                db.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})
            wait = max(_network_wait(db, network, now), _account_wait(db, account, network, now))
            if wait > timedelta(0):
                raise TooManyAttempts(math.ceil(wait.total_seconds()))
            db.execute(delete(SignInAttempt).where(SignInAttempt.at < now - KEPT))
            attempt = SignInAttempt(at=now, network=network, account=account)
            db.add(attempt)
            db.flush()
            return attempt.id

    @staticmethod
    def succeeded(db: Session, attempt_id: int) -> None:
        """Mark an attempt as successful: it no longer counts, and ends the account's series of failures."""
        attempt = db.get(SignInAttempt, attempt_id)
        if attempt:
            attempt.succeeded = True

    @staticmethod
    def half_done(db: Session, attempt_id: int) -> None:
        """The password was right and a code is to come: no failure, and nothing that clears the way for guessing it."""
        db.execute(delete(SignInAttempt).where(SignInAttempt.id == attempt_id))


def account_key(name: str) -> str:
    """The typed name as a hash: people sometimes type their password there."""
    return hashlib.sha256(name.strip().casefold().encode("utf-8", "replace")).hexdigest()


def _network_wait(db: Session, network: str, now: datetime) -> timedelta:
    recent = db.scalars(
        select(SignInAttempt.at)
        .where(SignInAttempt.network == network, ~SignInAttempt.succeeded, _within(NETWORK_WINDOW, now))
        .order_by(SignInAttempt.at.desc())
        .limit(NETWORK_FAILURES)
    ).all()
    if len(recent) < NETWORK_FAILURES:
        return timedelta(0)
    return min(recent[-1] + NETWORK_WINDOW - now, NETWORK_WINDOW)


def _account_wait(db: Session, account: str, network: str, now: datetime) -> timedelta:
    mine = SignInAttempt.account == account
    known = select(SignInAttempt.id).where(mine, SignInAttempt.succeeded, SignInAttempt.network == network).limit(1)
    if db.scalar(known) is not None:
        return timedelta(0)
    success = db.scalar(select(func.max(SignInAttempt.id)).where(mine, SignInAttempt.succeeded)) or 0
    failures, last = db.execute(
        select(func.count(SignInAttempt.id), func.max(SignInAttempt.at)).where(
            mine, ~SignInAttempt.succeeded, SignInAttempt.id > success, _within(ACCOUNT_WINDOW, now)
        )
    ).one()
    if failures < ACCOUNT_FAILURES:
        return timedelta(0)
    # 2 ** 5 times 30 s is past the longest delay: more doublings would only make huge numbers.
    doublings = min(failures - ACCOUNT_FAILURES, 5)
    delay: timedelta = min(ACCOUNT_DELAY * 2**doublings, ACCOUNT_LONGEST_DELAY)
    waited: timedelta = last + delay - now
    return min(waited, delay)


def _within(window: timedelta, now: datetime) -> ColumnElement[bool]:
    """Tries in a window that ends now. Those of the future were made before the clock stepped back: to wait until it
    has caught up with them would shut people out for as long as the step."""
    return SignInAttempt.at.between(now - window, now + SKEW)
