"""Staff accounts: who there is, new ones, new passwords, closing."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from needlewise.db import Sessions, reading
from needlewise.errors import InvalidInput, NotFound
from needlewise.settings import Settings
from needlewise.staff.attempts import Attempts
from needlewise.staff.audit import AuditLog
from needlewise.staff.errors import NameTaken
from needlewise.staff.models import StaffAccount, StaffSession
from needlewise.staff.passwords import Passwords, one_time_password
from needlewise.staff.roles import READ_CLINICAL, SECOND_STEP_ROLES, Role
from needlewise.staff.second_step import SecondStep
from needlewise.staff.sessions import OpenSessions

OWNER = "owner"
# A colleague's one-time password that was never used stops working.
ONE_TIME = timedelta(days=7)

NAME = re.compile(r"[a-z0-9][a-z0-9._-]{1,39}")


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


class Accounts:
    """The accounts, and what belongs to each. Times come from `now`, aware UTC."""

    def __init__(self, sessions: Sessions, settings: Settings, now: Callable[[], datetime]) -> None:
        self.sessions = sessions
        self.settings = settings
        self.now = now
        self.passwords = Passwords()
        self.attempts = Attempts(sessions, now)
        self.audit = AuditLog(sessions, now)
        self.second_step = SecondStep(sessions, self.audit, now)
        self.open_sessions = OpenSessions(sessions, self.audit, now)

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

    def not_clinical(self) -> frozenset[str]:
        """Ids of the colleagues who may not read what is about somebody's health."""
        return frozenset(each.id for each in self.colleagues() if each.role not in READ_CLINICAL)

    def add_colleague(self, viewer: Viewer, name: str, role: str) -> str:
        """Make an account and return its one-time password. Raises InvalidInput or NameTaken."""
        name = name.strip().casefold()
        if not NAME.fullmatch(name):
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

    def set_role(self, viewer: Viewer, account_id: str, role: str) -> None:
        """Give a colleague another role, in open browsers from the next page on. Raises InvalidInput, and NotFound;
        nobody changes their own, so that one owner is left."""
        if role not in set(Role):
            raise InvalidInput("Please choose one of the listed roles.")
        with self.sessions.begin() as db:
            account = self._other(db, viewer, account_id)
            if account.role != role:
                account.role = role
                self.audit.write(db, viewer.account_id, "account.role_changed", account.id, role)

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
