"""The profile in force: that of the file until somebody edits it in the console, then the newest version."""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

import msgspec
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.orm import Session

from needlewise.clinic.checks import problems
from needlewise.clinic.errors import ProfileRefused
from needlewise.clinic.models import ClinicVersion
from needlewise.clinic.profile import Clinic
from needlewise.db import Sessions, reading
from needlewise.errors import NotFound

logger = logging.getLogger(__name__)

FILE, STAFF = "file", "staff"
# Other processes follow a change this fast.
REFRESH_SECONDS = 1.0
VERSIONS_SHOWN = 50
MEANWHILE = {"": "A colleague has changed the profile meanwhile. Please look at it first."}


class LiveClinic:
    """Stands for the profile in force wherever a `Clinic` is asked for; each attribute is that of the newest one."""

    def __init__(self, clinic: Clinic) -> None:
        self.current = clinic

    def __getattr__(self, name: str) -> Any:
        return getattr(self.current, name)


@dataclass(frozen=True)
class Version:
    """One version with what it changed: key -> (before, after)."""

    number: int
    origin: str
    account_id: str | None
    at: datetime
    changes: dict[str, tuple[str, str]]


class Profiles:
    """Reads, checks and keeps the versions of the profile."""

    def __init__(self, sessions: Sessions, from_file: Clinic, now: Callable[[], datetime]) -> None:
        self._sessions = sessions
        self._file = from_file
        self._now = now
        self._live = LiveClinic(from_file)
        self._number = 0

    @property
    def live(self) -> Clinic:
        """The profile in force, also after it has changed."""
        return cast(Clinic, self._live)

    @property
    def current(self) -> Clinic:
        """The profile in force at this moment."""
        return self._live.current

    @property
    def number(self) -> int:
        """The version in force; 0 while it is the file's and no database was read."""
        return self._number

    def load_file(self) -> None:
        """Make the file's profile the next version, where it is not the one that the file held last."""
        profile = _plain(self._file)
        with self._sessions.begin() as db:
            query = select(ClinicVersion).where(ClinicVersion.origin == FILE)
            last = db.scalar(query.order_by(ClinicVersion.number.desc()).limit(1))
            if last is None or last.profile != profile:
                self._add(db, profile, FILE, None)
        self.refresh()

    def refresh(self) -> int:
        """Take over what another process has changed; returns 1 when something was. Keeps the last one on a fault."""
        try:
            with reading(self._sessions) as db:
                newest = db.scalar(select(func.max(ClinicVersion.number))) or 0
                if newest == self._number:
                    return 0
                row = db.get_one(ClinicVersion, newest)
            self._live.current = msgspec.convert(row.profile, Clinic)
        except (SQLAlchemyError, msgspec.ValidationError) as error:
            logger.error("The clinic's profile could not be read: %s", type(error).__name__)
            return 0
        self._number = newest
        return 1

    def follow(self) -> None:
        """Refresh from now on, in a thread that ends with the process."""

        def run() -> None:
            while True:
                time.sleep(REFRESH_SECONDS)
                self.refresh()

        self.refresh()
        threading.Thread(target=run, name="clinic", daemon=True).start()

    def save(self, profile: dict[str, Any], account_id: str, seen: int) -> int:
        """Put a profile into force; consent texts that changed get a new version. Returns the number.

        Raises ProfileRefused with every fault, also when somebody saved another one since `seen`.
        """
        try:
            with self._sessions.begin() as db:
                if (db.scalar(select(func.max(ClinicVersion.number))) or 0) != seen:
                    raise ProfileRefused(MEANWHILE)
                checked = _checked(self._with_versions(db, profile))
                number = self._add(db, checked, STAFF, account_id)
        except IntegrityError:  # at this very moment
            raise ProfileRefused(MEANWHILE) from None
        self.refresh()
        return number

    def back_to(self, number: int, account_id: str) -> int:
        """Put an older version into force again, as the next one. Raises NotFound, ProfileRefused."""
        with self._sessions.begin() as db:
            old = db.get(ClinicVersion, number)
            if old is None:
                raise NotFound("There is no such version of the profile.")
            checked = _checked(old.profile)
            added = self._add(db, checked, STAFF, account_id)
        self.refresh()
        return added

    def versions(self) -> list[Version]:
        """The newest first, each with what it changed."""
        query = select(ClinicVersion).order_by(ClinicVersion.number.desc()).limit(VERSIONS_SHOWN + 1)
        with reading(self._sessions) as db:
            rows = list(db.scalars(query))
        found = []
        for at, row in enumerate(rows[:VERSIONS_SHOWN]):
            before = rows[at + 1].profile if at + 1 < len(rows) else {}
            changes = _changes(before, row.profile) if before else {}
            found.append(Version(row.number, row.origin, row.account_id, row.at, changes))
        return found

    def _add(self, db: Session, profile: dict[str, Any], origin: str, account_id: str | None) -> int:
        newest = db.scalar(select(func.max(ClinicVersion.number))) or 0
        row = ClinicVersion(number=newest + 1, profile=profile, origin=origin, account_id=account_id, at=self._now())
        db.add(row)
        db.flush()
        return row.number

    def _with_versions(self, db: Session, profile: dict[str, Any]) -> dict[str, Any]:
        """A consent text that changed gets a version that no other text ever had: consents name it."""
        known: Sequence[dict[str, Any]] = [self.as_data(), *db.scalars(select(ClinicVersion.profile))]
        for channel, consent in profile["consent"].items():
            texts = {each["consent"][channel]["version"]: each["consent"][channel]["text"] for each in reversed(known)}
            if texts.get(consent["version"]) == consent["text"]:
                continue
            highest = max(int(match[1]) if (match := re.search(r"(\d+)$", name)) else 0 for name in texts)
            consent["version"] = f"{channel}-{highest + 1}"
        return profile

    def as_data(self) -> dict[str, Any]:
        """The profile in force as plain values, to be edited."""
        return _plain(self.current)


def profile_with(db: Session, channel: str, version: str) -> Clinic | None:
    """The newest profile that was in force with a version of a channel's consent text."""
    for profile in db.scalars(select(ClinicVersion.profile).order_by(ClinicVersion.number.desc())):
        if profile["consent"].get(channel, {}).get("version") == version:
            with suppress(msgspec.ValidationError):  # of a release whose profile was another one
                return msgspec.convert(profile, Clinic)
    return None


def _checked(profile: dict[str, Any]) -> dict[str, Any]:
    try:
        clinic = msgspec.convert(profile, Clinic)
    except msgspec.ValidationError as error:
        raise ProfileRefused({"": str(error)}) from error
    faults = dict(problems(clinic))
    if faults:
        raise ProfileRefused(faults)
    return _plain(clinic)


def _plain(clinic: Clinic) -> dict[str, Any]:
    # As a database gives it back: lists, no tuples.
    data: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(clinic))
    return data


def _changes(before: dict[str, Any], after: dict[str, Any]) -> dict[str, tuple[str, str]]:
    old, new = _flat(before), _flat(after)
    keys = dict.fromkeys([*old, *new])
    return {key: (old.get(key, ""), new.get(key, "")) for key in keys if old.get(key, "") != new.get(key, "")}


def _flat(value: Any, key: str = "") -> dict[str, str]:
    if isinstance(value, dict):
        parts = ((f"{key}.{name}" if key else name, each) for name, each in value.items())
        return {name: text for at, each in parts for name, text in _flat(each, at).items()}
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return {name: text for at, each in enumerate(value) for name, text in _flat(each, f"{key}[{at}]").items()}
    return {key: ", ".join(map(str, value)) if isinstance(value, list) else "" if value is None else str(value)}
