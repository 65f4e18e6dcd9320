"""The second step of logging in: a code from an app on the phone (TOTP, RFC 6238), or a recovery code from paper."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Callable, Sequence
from datetime import datetime

import pyotp
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from needlewise.db import Sessions, reading
from needlewise.errors import InvalidInput
from needlewise.staff.audit import AuditLog
from needlewise.staff.errors import WrongCode
from needlewise.staff.models import RecoveryCode, StaffAccount, StaffSession
from needlewise.staff.passwords import ONE_TIME_ALPHABET

ISSUER = "Needlewise"
SECONDS = 30
# A phone's clock may be one step off, either way (RFC 6238, 5.2).
DRIFT = 1
RECOVERY_CODES = 10
# 10 of 31 characters are 49 bits; each code works once and guessing is throttled.
CODE_LENGTH = 10


class SecondStep:
    """Sets up, checks and removes the second step of accounts."""

    def __init__(self, sessions: Sessions, audit: AuditLog, now: Callable[[], datetime]) -> None:
        self._sessions = sessions
        self._audit = audit
        self._now = now

    def begin(self, account_id: str) -> tuple[str, str]:
        """The secret for the app, and as an otpauth address; the same until it is confirmed."""
        with self._sessions.begin() as db:
            account = db.get_one(StaffAccount, account_id, with_for_update=True)
            if account.totp_confirmed:
                raise InvalidInput("The second step is set up already. Remove it first to use another phone.")
            account.totp_secret = account.totp_secret or pyotp.random_base32()
            address = pyotp.TOTP(account.totp_secret).provisioning_uri(name=account.name, issuer_name=ISSUER)
            return account.totp_secret, address

    def confirm(self, account_id: str, code: str, session: str = "") -> Sequence[str]:
        """Switch it on with a first code from the app; returns the recovery codes, this once. Raises WrongCode.

        The account's sessions but the one with this hash end: they were opened with a password alone.
        """
        with self._sessions.begin() as db:
            account = db.get_one(StaffAccount, account_id, with_for_update=True)
            if account.totp_confirmed or not account.totp_secret:
                raise InvalidInput("The second step is set up already, or was not begun. Please open its page again.")
            if not self._is_current(account, code):
                raise WrongCode
            account.totp_confirmed = True
            others = (StaffSession.account_id == account_id, StaffSession.token_hash != session)
            db.execute(delete(StaffSession).where(*others))
            self._audit.write(db, account_id, "second_step.on", account_id)
            return self._new_codes(db, account_id)

    def check(self, db: Session, account: StaffAccount, code: str) -> bool:
        """Whether a code is right, in a transaction of the caller that has the account locked. Each works once."""
        typed = _plain(code)
        if self._is_current(account, typed):
            return True
        unused = RecoveryCode.used_at.is_(None)
        mine = update(RecoveryCode).where(RecoveryCode.account_id == account.id, unused)
        used = db.execute(mine.where(RecoveryCode.code_hash == _hash(account.id, typed)).values(used_at=self._now()))
        if used.rowcount:  # type: ignore[attr-defined]
            self._audit.write(db, account.id, "second_step.recovery_used", account.id)
            return True
        return False

    def renew_codes(self, account_id: str) -> Sequence[str]:
        """New recovery codes instead of the old ones."""
        with self._sessions.begin() as db:
            self._audit.write(db, account_id, "second_step.codes_renewed", account_id)
            return self._new_codes(db, account_id)

    def codes_left(self, account_id: str) -> int:
        """How many recovery codes still work."""
        mine = (RecoveryCode.account_id == account_id, RecoveryCode.used_at.is_(None))
        with reading(self._sessions) as db:
            return db.scalar(select(func.count(RecoveryCode.id)).where(*mine)) or 0

    def remove(self, actor_id: str, account_id: str) -> None:
        """Switch it off: by oneself, or by the owner for a colleague who has lost the phone."""
        with self._sessions.begin() as db:
            account = db.get_one(StaffAccount, account_id, with_for_update=True)
            account.totp_secret, account.totp_confirmed, account.totp_used = None, False, 0
            db.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account_id))
            self._audit.write(db, actor_id, "second_step.off", account_id)

    def _is_current(self, account: StaffAccount, code: str) -> bool:
        """Whether the app shows this code now; one that was used, or is older than one that was, never counts."""
        typed = _plain(code)
        if not account.totp_secret or not re.fullmatch(r"[0-9]{6}", typed, re.ASCII):
            return False
        totp = pyotp.TOTP(account.totp_secret, interval=SECONDS)
        step = int(self._now().timestamp()) // SECONDS
        for each in range(step - DRIFT, step + DRIFT + 1):
            if each > account.totp_used and hmac.compare_digest(totp.generate_otp(each), typed):
                account.totp_used = each
                return True
        return False

    def _new_codes(self, db: Session, account_id: str) -> Sequence[str]:
        db.execute(delete(RecoveryCode).where(RecoveryCode.account_id == account_id))
        codes = ["".join(secrets.choice(ONE_TIME_ALPHABET) for _ in range(CODE_LENGTH)) for _ in range(RECOVERY_CODES)]
        db.add_all(RecoveryCode(account_id=account_id, code_hash=_hash(account_id, each)) for each in codes)
        half = CODE_LENGTH // 2
        return [f"{each[:half]}-{each[half:]}" for each in codes]


def _plain(code: str) -> str:
    return re.sub(r"[\s-]", "", code).casefold()


def _hash(account_id: str, code: str) -> str:
    # A plain hash is enough: a code is 49 random bits and works once.
    return hashlib.sha256(f"{account_id}:{code}".encode("utf-8", "replace")).hexdigest()
