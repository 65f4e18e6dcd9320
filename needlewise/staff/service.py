"""Staff accounts and their sessions."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from needlewise.db import Sessions, reading
from needlewise.errors import InvalidInput, NotFound
from needlewise.settings import Settings
from needlewise.staff.attempts import Attempts
from needlewise.staff.audit import AuditLog
from needlewise.staff.errors import NameTaken, WeakPassword, WrongCredentials
from needlewise.staff.models import StaffAccount, StaffSession
from needlewise.staff.passwords import Passwords, one_time_password
from needlewise.staff.roles import Role

OWNER = "owner"
# A reception computer that nobody touches, and the longest shift with overtime (OWASP ASVS 5.0, 7.3).
IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=12)
# The last use is written at most this often, so that reading pages does not write each time.
TOUCH = timedelta(minutes=1)
# A colleague's one-time password that was never used stops working.
ONE_TIME = timedelta(days=7)
TOKEN_BYTES = 32

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,39}")


@dataclass(frozen=True)
class Viewer:
    """The person behind a request."""

    account_id: str
    name: str
    role: Role
    must_change: bool
    session: str  # the session's hash, never its token


@dataclass(frozen=True)
class Colleague:
    """An account as the owner sees it."""

    id: str
    name: str
    role: Role
    created_at: datetime
    must_change: bool
    disabled: bool


class StaffService:
    """Everything about who may use the console. Times come from `now`, aware UTC."""

    def __init__(self, sessions: Sessions, settings: Settings, now: Callable[[], datetime]) -> None:
        self.sessions = sessions
        self.settings = settings
        self.now = now
        self.passwords = Passwords()
        self.attempts = Attempts(sessions, now)
        self.audit = AuditLog(sessions, now)

    # Accounts

    def ensure_owner(self) -> str | None:
        """Make the account "owner" when there is no account at all; return its one-time password, this once only."""
        password = one_time_password()
        with reading(self.sessions) as db:
            if db.scalar(select(func.count(StaffAccount.id))):
                return None
        hashed = self.passwords.hash(password)
        try:
            with self.sessions.begin() as db:
                if db.scalar(select(func.count(StaffAccount.id))):
                    return None
                account = StaffAccount(name=OWNER, role=Role.OWNER, password_hash=hashed, created_at=self.now())
                db.add(account)
                db.flush()
                self.audit.write(db, account.id, "account.created", account.id, Role.OWNER)
        except IntegrityError:  # another process was faster, and has shown its password
            return None
        return password

    def colleagues(self) -> list[Colleague]:
        """All accounts by name."""
        with reading(self.sessions) as db:
            return [_colleague(each) for each in db.scalars(select(StaffAccount).order_by(StaffAccount.name))]

    def names(self) -> dict[str, str]:
        """Account names by id, for histories that keep ids."""
        with reading(self.sessions) as db:
            return {each.id: each.name for each in db.scalars(select(StaffAccount))}

    def add_colleague(self, viewer: Viewer, name: str, role: str) -> str:
        """Make an account and return its one-time password. Raises InvalidInput or NameTaken."""
        name = name.strip().casefold()
        if not _NAME.fullmatch(name):
            raise InvalidInput(
                "Please choose a name of 2 to 40 letters without accents, digits, dots or hyphens, such as ana.lopez."
            )
        if role not in set(Role):
            raise InvalidInput("Please choose one of the listed roles.")
        password = one_time_password()
        hashed = self.passwords.hash(password)
        now = self.now()
        account = StaffAccount(
            name=name, role=role, password_hash=hashed, created_at=now, one_time_until=now + ONE_TIME
        )
        try:
            with self.sessions.begin() as db:
                db.add(account)
                db.flush()
                self.audit.write(db, viewer.account_id, "account.created", account.id, role)
        except IntegrityError as error:
            raise NameTaken("There is already an account with this name. Please choose another one.") from error
        return password

    def renew_password(self, viewer: Viewer, account_id: str) -> tuple[str, str]:
        """Give a colleague a new one-time password, sign them out, and return their name and it. Raises NotFound."""
        password = one_time_password()
        hashed = self.passwords.hash(password)
        with self.sessions.begin() as db:
            account = self._other(db, viewer, account_id)
            account.password_hash, account.must_change = hashed, True
            account.one_time_until = self.now() + ONE_TIME
            account.disabled_at = None
            db.execute(delete(StaffSession).where(StaffSession.account_id == account.id))
            self.audit.write(db, viewer.account_id, "account.password_renewed", account.id)
            return account.name, password

    def disable(self, viewer: Viewer, account_id: str) -> None:
        """Close a colleague's account and sign them out at once. Raises NotFound; nobody can close their own."""
        with self.sessions.begin() as db:
            account = self._other(db, viewer, account_id)
            account.disabled_at = self.now()
            db.execute(delete(StaffSession).where(StaffSession.account_id == account.id))
            self.audit.write(db, viewer.account_id, "account.disabled", account.id)

    def _other(self, db: Session, viewer: Viewer, account_id: str) -> StaffAccount:
        account = db.get(StaffAccount, account_id)
        if account is None or account.id == viewer.account_id:
            raise NotFound("There is no such colleague.")
        return account

    # Signing in and out

    def sign_in(self, name: str, password: str, address: str, old_token: str | None = None) -> str:
        """Check name and password; return a new session's token. The browser's old session ends.

        Raises WrongCredentials (the same for every reason) and TooManyAttempts.
        """
        attempt = self.attempts.admit(name, address)
        account = self._account(name.strip().casefold())
        hashed = account.password_hash if account else self.passwords.nobody
        right = self.passwords.matches(password, hashed)
        now = self.now()
        if not account or not right or account.disabled_at or _expired(account, now):
            with self.sessions.begin() as db:
                self.audit.write(db, account.id if account else None, "sign_in.failed")
            raise WrongCredentials
        fresh_hash = self.passwords.hash(password) if self.passwords.outdated(hashed) else None
        with self.sessions.begin() as db:
            self.attempts.succeeded(db, attempt)
            if fresh_hash:
                db.execute(update(StaffAccount).where(StaffAccount.id == account.id).values(password_hash=fresh_hash))
            over = (StaffSession.seen_at < now - IDLE) | (StaffSession.created_at < now - LONGEST)
            db.execute(delete(StaffSession).where(over))
            if old_token:
                db.execute(delete(StaffSession).where(StaffSession.token_hash == _hash(old_token)))
            self.audit.write(db, account.id, "sign_in")
            return _open(db, account.id, now)

    def _account(self, name: str) -> StaffAccount | None:
        # Nothing but a possible name reaches the database: it refuses some characters that people can send.
        if not _NAME.fullmatch(name):
            return None
        with reading(self.sessions) as db:
            return db.scalar(select(StaffAccount).where(StaffAccount.name == name))

    def viewer(self, token: str, in_use: bool = True) -> Viewer | None:
        """Who a session's token belongs to; None when unknown, idle for too long, too old, or the account closed.

        `in_use` is False when no person asked but a page by itself: the session goes on being idle then.
        """
        now = self.now()
        with reading(self.sessions) as db:
            row = db.execute(
                select(StaffSession, StaffAccount)
                .join(StaffAccount, StaffAccount.id == StaffSession.account_id)
                .where(StaffSession.token_hash == _hash(token))
            ).one_or_none()
        if row is None:
            return None
        session, account = row
        if now - session.seen_at >= IDLE or now - session.created_at >= LONGEST or account.disabled_at:
            with self.sessions.begin() as db:
                db.execute(delete(StaffSession).where(StaffSession.token_hash == session.token_hash))
            return None
        if in_use and now - session.seen_at >= TOUCH:
            with self.sessions.begin() as db:
                db.execute(
                    update(StaffSession).where(StaffSession.token_hash == session.token_hash).values(seen_at=now)
                )
        return Viewer(account.id, account.name, Role(account.role), account.must_change, session.token_hash)

    def sign_out(self, viewer: Viewer) -> None:
        """End this session."""
        with self.sessions.begin() as db:
            db.execute(delete(StaffSession).where(StaffSession.token_hash == viewer.session))
            self.audit.write(db, viewer.account_id, "sign_out")

    def sign_out_everywhere(self, viewer: Viewer) -> None:
        """End all sessions of this account."""
        with self.sessions.begin() as db:
            db.execute(delete(StaffSession).where(StaffSession.account_id == viewer.account_id))
            self.audit.write(db, viewer.account_id, "sign_out.everywhere")

    def session_count(self, viewer: Viewer) -> int:
        """In how many browsers this account is signed in at the moment."""
        now = self.now()
        with reading(self.sessions) as db:
            count = db.scalar(
                select(func.count(StaffSession.token_hash)).where(
                    StaffSession.account_id == viewer.account_id,
                    StaffSession.seen_at > now - IDLE,
                    StaffSession.created_at > now - LONGEST,
                )
            )
        return count or 0

    def change_password(self, viewer: Viewer, current: str | None, new: str, address: str) -> str:
        """Set a new password, end all sessions and return a new one's token.

        `current` may be None only while a one-time password is to be replaced.
        Raises WrongCredentials, WeakPassword, TooManyAttempts.
        """
        with reading(self.sessions) as db:
            account = db.get_one(StaffAccount, viewer.account_id)
        self.passwords.check_new(new, account.name)
        attempt = None
        if account.must_change:
            same = self.passwords.matches(new, account.password_hash)
        else:
            same = new == current
            attempt = self.attempts.admit(account.name, address)
            if not self.passwords.matches(current or "", account.password_hash):
                raise WrongCredentials
        if same:
            raise WeakPassword("This is the password you have now. Please choose a new one.")
        hashed = self.passwords.hash(new)
        now = self.now()
        with self.sessions.begin() as db:
            account = db.get_one(StaffAccount, viewer.account_id)
            account.password_hash, account.must_change, account.one_time_until = hashed, False, None
            if attempt:
                self.attempts.succeeded(db, attempt)
            db.execute(delete(StaffSession).where(StaffSession.account_id == account.id))
            self.audit.write(db, account.id, "password.changed", account.id)
            return _open(db, account.id, now)


def _open(db: Session, account_id: str, now: datetime) -> str:
    token = secrets.token_urlsafe(TOKEN_BYTES)
    db.add(StaffSession(token_hash=_hash(token), account_id=account_id, created_at=now, seen_at=now))
    return token


def _hash(token: str) -> str:
    # A plain hash is enough: the token itself is 256 random bits.
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


def _expired(account: StaffAccount, now: datetime) -> bool:
    return account.must_change and account.one_time_until is not None and now > account.one_time_until


def _colleague(account: StaffAccount) -> Colleague:
    return Colleague(
        id=account.id,
        name=account.name,
        role=Role(account.role),
        created_at=account.created_at,
        must_change=account.must_change,
        disabled=account.disabled_at is not None,
    )
