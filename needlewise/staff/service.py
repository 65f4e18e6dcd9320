"""Staff accounts and their sessions."""

from __future__ import annotations

import re
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
from needlewise.staff.errors import NameTaken, WeakPassword, WrongCode, WrongCredentials
from needlewise.staff.models import StaffAccount, StaffSession
from needlewise.staff.passwords import Passwords, one_time_password
from needlewise.staff.roles import SECOND_STEP_ROLES, Role
from needlewise.staff.second_step import SecondStep
from needlewise.staff.sessions import IDLE, LONGEST, OpenSessions, open_session, token_hash

OWNER = "owner"
# The last use is written at most this often, so that reading pages does not write each time.
TOUCH = timedelta(minutes=1)
# A colleague's one-time password that was never used stops working.
ONE_TIME = timedelta(days=7)

_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,39}")


@dataclass(frozen=True)
class Viewer:
    """The person behind a request."""

    account_id: str
    name: str
    role: Role
    must_change: bool
    session: str  # the session's hash, never its token
    needs_code: bool = False
    must_enrol: bool = False

    @property
    def limited(self) -> bool:
        """Whether something has to be done before any page may be opened."""
        return self.must_change or self.needs_code or self.must_enrol


@dataclass(frozen=True)
class Colleague:
    """An account as the owner sees it."""

    id: str
    name: str
    role: Role
    created_at: datetime
    must_change: bool
    disabled: bool
    second_step: bool


class StaffService:
    """Everything about who may use the console. Times come from `now`, aware UTC."""

    def __init__(self, sessions: Sessions, settings: Settings, now: Callable[[], datetime]) -> None:
        self.sessions = sessions
        self.settings = settings
        self.now = now
        self.passwords = Passwords()
        self.attempts = Attempts(sessions, now)
        self.audit = AuditLog(sessions, now)
        self.second_step = SecondStep(sessions, self.audit, now)
        self.open_sessions = OpenSessions(sessions, self.audit, now)

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

    def rescue_owner(self) -> str:
        """A new one-time password for the account "owner", without a second step: for whoever runs the server."""
        password = one_time_password()
        hashed = self.passwords.hash(password)
        with self.sessions.begin() as db:
            account = db.scalar(select(StaffAccount).where(StaffAccount.name == OWNER).with_for_update())
            if account is None:
                raise NotFound("There is no account with the name owner yet.")
            account.password_hash, account.must_change, account.one_time_until = hashed, True, self.now() + ONE_TIME
            account.disabled_at = None
            self.audit.write(db, None, "account.rescued", account.id)
            account_id = account.id
        self.second_step.remove(account_id, account_id)
        self.open_sessions.end_all(account_id, account_id)
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

    def other(self, viewer: Viewer, account_id: str) -> None:
        """Raises NotFound unless this is somebody else's account."""
        with reading(self.sessions) as db:
            self._other(db, viewer, account_id)

    def has_second_step(self, viewer: Viewer) -> bool:
        """Whether this account logs in with a code as well."""
        with reading(self.sessions) as db:
            return db.get_one(StaffAccount, viewer.account_id).totp_confirmed

    def needs_second_step(self, role: Role) -> bool:
        """Whether the clinic's settings ask for a code from this role."""
        return self.settings.require_second_step and role in SECOND_STEP_ROLES

    def _other(self, db: Session, viewer: Viewer, account_id: str) -> StaffAccount:
        account = db.get(StaffAccount, account_id)
        if account is None or account.id == viewer.account_id:
            raise NotFound("There is no such colleague.")
        return account

    # Signing in and out

    def sign_in(self, name: str, password: str, address: str, old_token: str | None = None, browser: str = "") -> str:
        """Check name and password; return a new session's token. The browser's old session ends.

        Where the account has a second step, the session waits for its code (`enter_code`).

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
            passed = self.attempts.half_done if account.totp_confirmed else self.attempts.succeeded
            passed(db, attempt)
            if fresh_hash:
                db.execute(update(StaffAccount).where(StaffAccount.id == account.id).values(password_hash=fresh_hash))
            over = (StaffSession.seen_at < now - IDLE) | (StaffSession.created_at < now - LONGEST)
            db.execute(delete(StaffSession).where(over))
            if old_token:
                db.execute(delete(StaffSession).where(StaffSession.token_hash == token_hash(old_token)))
            self.audit.write(db, account.id, "sign_in")
            return open_session(db, account, now, address, browser, needs_code=account.totp_confirmed)

    def confirm_code(self, viewer: Viewer, code: str, address: str) -> None:
        """Check a code before something that an unattended browser must not do. Raises as `enter_code`."""
        attempt = self.attempts.admit(viewer.name, address)
        with self.sessions.begin() as db:
            account = db.get_one(StaffAccount, viewer.account_id, with_for_update=True)
            right = self.second_step.check(db, account, code)
            if right:
                self.attempts.succeeded(db, attempt)
        if not right:
            raise WrongCode

    def enter_code(self, viewer: Viewer, code: str, address: str, browser: str = "") -> str:
        """The second step: check the code, end the waiting session and return a new one's token.

        Raises WrongCode and TooManyAttempts; the limits are those of passwords.
        """
        attempt = self.attempts.admit(viewer.name, address)
        with self.sessions.begin() as db:
            account = db.get_one(StaffAccount, viewer.account_id, with_for_update=True)
            if self.second_step.check(db, account, code):
                self.attempts.succeeded(db, attempt)
                db.execute(delete(StaffSession).where(StaffSession.token_hash == viewer.session))
                self.audit.write(db, account.id, "sign_in.second_step")
                return open_session(db, account, self.now(), address, browser)
            self.audit.write(db, account.id, "sign_in.second_step_failed")
        raise WrongCode

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
                .where(StaffSession.token_hash == token_hash(token))
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
        role = Role(account.role)
        return Viewer(
            account_id=account.id,
            name=account.name,
            role=role,
            must_change=account.must_change,
            session=session.token_hash,
            needs_code=session.needs_code,
            must_enrol=self.needs_second_step(role) and not account.totp_confirmed,
        )

    def sign_out(self, viewer: Viewer) -> None:
        """End this session."""
        with self.sessions.begin() as db:
            db.execute(delete(StaffSession).where(StaffSession.token_hash == viewer.session))
            self.audit.write(db, viewer.account_id, "sign_out")

    def change_password(self, viewer: Viewer, current: str | None, new: str, address: str, browser: str = "") -> str:
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
            return open_session(db, account, now, address, browser)


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
        second_step=account.totp_confirmed,
    )
