"""Signing in to the console, in one step or two, and out; the accounts come with it."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, select, update

from needlewise.db import reading
from needlewise.staff.accounts import NAME, ONE_TIME, Accounts, Viewer
from needlewise.staff.errors import TooManyAttempts, WeakPassword, WrongCode, WrongCredentials
from needlewise.staff.models import StaffAccount, StaffSession
from needlewise.staff.roles import Role
from needlewise.staff.sessions import IDLE, LONGEST, open_session, token_hash

__all__ = ["ONE_TIME", "StaffService", "Viewer"]

# The last use is written at most this often, so that reading pages does not write each time.
TOUCH = timedelta(minutes=1)


class StaffService(Accounts):
    """Everything about who may use the console."""

    def sign_in(self, name: str, password: str, address: str, old_token: str | None = None, browser: str = "") -> str:
        """Check name and password; return a new session's token. The browser's old session ends.

        Where the account has a second step, the session waits for its code (`enter_code`).

        Raises WrongCredentials (the same for every reason) and TooManyAttempts.
        """
        account = self._account(name.strip().casefold())
        attempt = self._admit(name, account.id if account else None, address)
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
        attempt = self._admit(viewer.name, viewer.account_id, address)
        with self.sessions.begin() as db:
            account = db.get_one(StaffAccount, viewer.account_id, with_for_update=True)
            right = self.second_step.check(db, account, code)
            if right:
                self.attempts.succeeded(db, attempt)
            else:
                self.audit.write(db, account.id, "second_step.failed", account.id)
        if not right:
            raise WrongCode

    def enter_code(self, viewer: Viewer, code: str, address: str, browser: str = "") -> str:
        """The second step: check the code, end the waiting session and return a new one's token.

        Raises WrongCode and TooManyAttempts; the limits are those of passwords.
        """
        attempt = self._admit(viewer.name, viewer.account_id, address)
        with self.sessions.begin() as db:
            account = db.get_one(StaffAccount, viewer.account_id, with_for_update=True)
            if self.second_step.check(db, account, code):
                self.attempts.succeeded(db, attempt)
                db.execute(delete(StaffSession).where(StaffSession.token_hash == viewer.session))
                self.audit.write(db, account.id, "sign_in.second_step")
                return open_session(db, account, self.now(), address, browser)
            self.audit.write(db, account.id, "sign_in.second_step_failed")
        raise WrongCode

    def _admit(self, name: str, account_id: str | None, address: str) -> int:
        """Note an attempt and return its id. Raises TooManyAttempts, which the audit log then holds."""
        try:
            return self.attempts.admit(name, address)
        except TooManyAttempts:
            self.audit.record_once(account_id, "sign_in.held_up")
            raise

    def _account(self, name: str) -> StaffAccount | None:
        # Nothing but a possible name reaches the database: it refuses some characters that people can send.
        if not NAME.fullmatch(name):
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
        # Both ways: seen in the future means that the clock stepped back, and idle time counts from now on.
        if in_use and abs(now - session.seen_at) >= TOUCH:
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
            attempt = self._admit(account.name, account.id, address)
            if not self.passwords.matches(current or "", account.password_hash):
                self.audit.record(account.id, "password.failed", account.id)
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
