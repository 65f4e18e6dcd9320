"""Tables of the console: accounts, their sessions, sign-in attempts and the audit log."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, String, event
from sqlalchemy.orm import Mapped, mapped_column

from needlewise.db import Base, new_id

# As long as the longest id, an answer's.
SUBJECT_LENGTH = 120
DETAIL_LENGTH = 80


class StaffAccount(Base):
    """A colleague who may use the console. Never deleted, only disabled: the audit log points here."""

    __tablename__ = "staff_accounts"

    id: Mapped[str] = mapped_column(String(22), primary_key=True, default=new_id)
    name: Mapped[str] = mapped_column(String(64), unique=True)
    role: Mapped[str] = mapped_column(String(16))
    password_hash: Mapped[str] = mapped_column(String(200))
    # True while the password is a one-time one: nothing but changing it is possible.
    must_change: Mapped[bool] = mapped_column(default=True)
    one_time_until: Mapped[datetime | None]
    created_at: Mapped[datetime]
    disabled_at: Mapped[datetime | None]
    # The second step of logging in: the app's secret, whether a code has confirmed it, and the last time step used.
    totp_secret: Mapped[str | None] = mapped_column(String(64))
    totp_confirmed: Mapped[bool] = mapped_column(default=False)
    totp_used: Mapped[int] = mapped_column(BigInteger, default=0)


class RecoveryCode(Base):
    """Stands in for the app's code once. Only its hash is kept."""

    __tablename__ = "staff_recovery_codes"

    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("staff_accounts.id"), index=True)
    code_hash: Mapped[str] = mapped_column(String(64))
    used_at: Mapped[datetime | None]


class StaffSession(Base):
    """A signed-in browser. Only the hash of its token is kept: reading this table lets nobody in."""

    __tablename__ = "staff_sessions"

    token_hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("staff_accounts.id"), index=True)
    created_at: Mapped[datetime]
    seen_at: Mapped[datetime]
    # What the list of sessions names it by, and tells about it.
    public_id: Mapped[str] = mapped_column(String(22), unique=True, default=new_id)
    network: Mapped[str] = mapped_column(String(64), default="")
    browser: Mapped[str] = mapped_column(String(40), default="")
    # True until the second step is done: nothing but that is possible.
    needs_code: Mapped[bool] = mapped_column(default=False)


class SignInAttempt(Base):
    """One try to sign in, for throttling; kept for a month. `account` is a hash of the name that was typed."""

    __tablename__ = "staff_sign_in_attempts"
    __table_args__ = (
        Index("ix_staff_sign_in_attempts_network_at", "network", "at"),
        Index("ix_staff_sign_in_attempts_account_at", "account", "at"),
    )

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    at: Mapped[datetime]
    network: Mapped[str] = mapped_column(String(64))
    account: Mapped[str] = mapped_column(String(64))
    succeeded: Mapped[bool] = mapped_column(default=False)


class AuditEntry(Base):
    """Who did what to which record, and when. Holds ids and fixed words, never names, phones or texts of visitors."""

    __tablename__ = "staff_audit"

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    at: Mapped[datetime] = mapped_column(index=True)
    # The account; None when a sign-in named no account.
    account_id: Mapped[str | None] = mapped_column(String(22))
    action: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(SUBJECT_LENGTH), default="")
    detail: Mapped[str] = mapped_column(String(DETAIL_LENGTH), default="")
    # Over this line and the hash of the one before: a line that is changed, taken out or put in breaks the chain.
    hash: Mapped[str] = mapped_column(String(64))


@event.listens_for(AuditEntry, "before_update")
@event.listens_for(AuditEntry, "before_delete")
def _append_only(_mapper: Any, _connection: Any, _entry: AuditEntry) -> None:
    raise RuntimeError("the audit log is append-only")
