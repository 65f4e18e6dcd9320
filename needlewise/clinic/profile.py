"""The profile's shape and its checks. `Clinic.load` reads the file; `live.py` keeps what staff edit."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
import phonenumbers

from needlewise.clinic.checks import problems
from needlewise.clinic.errors import ClinicError
from needlewise.clinic.hours import BusinessHours, read_week
from needlewise.data_files import read_yaml
from needlewise.turn import Source

# A text per language: {"en": "..."}.
Texts = dict[str, str]


class Holidays(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Public holidays on which a location is closed: ISO 3166 country and, where they differ, subdivision."""

    country: str = ""
    subdivision: str = ""


class Location(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    name: str
    address: tuple[str, ...]
    phone: str
    phone_display: str
    timezone: str
    hours: dict[str, list[str]] = {}
    holidays: Holidays = Holidays()
    closed: tuple[date, ...] = ()  # days beside the public holidays

    @property
    def address_line(self) -> str:
        return ", ".join(self.address)


class Consent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a visitor agrees to; `version` changes whenever the text does."""

    version: str
    text: Texts


class Interest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    title: Texts


class Clinic(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole profile. The first location is the main one: its phone and address stand for the clinic."""

    name: str
    locations: tuple[Location, ...]
    default_hours: dict[str, list[str]]
    languages: tuple[str, ...]
    privacy: Texts
    consent: dict[str, Consent]
    interests: tuple[Interest, ...]
    on_call: str = ""
    booking_link: str = ""
    booking_fields: dict[str, str] = {}  # what is passed on to that page -> its query parameter
    color: str = ""
    source: Source | None = None

    @classmethod
    def load(cls, path: Path) -> Clinic:
        """Read and check a profile. Raises ClinicError naming the file and the key."""
        raw = read_yaml(path, ClinicError)
        try:
            clinic = msgspec.convert(raw, cls)
        except msgspec.ValidationError as error:
            raise ClinicError(f"{path.name}: {error}") from error
        for key, problem in problems(clinic):
            raise ClinicError(f"{path.name}: {key}: {problem}")
        return clinic

    # The main location speaks for the clinic.

    @property
    def main(self) -> Location:
        return self.locations[0]

    @property
    def phone(self) -> str:
        """E.164, for links."""
        return self.main.phone

    @property
    def phone_display(self) -> str:
        return self.main.phone_display

    @property
    def on_call_display(self) -> str:
        """The on-call number as people read it, or empty."""
        if not self.on_call:
            return ""
        return phonenumbers.format_number(phonenumbers.parse(self.on_call), phonenumbers.PhoneNumberFormat.NATIONAL)

    def location(self, location_id: str | None = None) -> Location:
        """The location with this id; the main one when there is none."""
        return next((each for each in self.locations if each.id == location_id), self.main)

    # Hours. Unknown hours are None here: only clocks may use the default.

    def business_hours(self, location_id: str | None = None) -> BusinessHours:
        """The hours that clocks count with: the location's own, or the stated default (`known` is then False)."""
        where = self.location(location_id)
        return BusinessHours(
            zone=ZoneInfo(where.timezone),
            week=read_week(where.hours or self.default_hours),
            country=where.holidays.country,
            subdivision=where.holidays.subdivision,
            known=bool(where.hours),
            closed=frozenset(where.closed),
        )

    def is_open(self, now: datetime, location_id: str | None = None) -> bool | None:
        """Whether it is open at an aware time; None when its hours are unknown."""
        hours = self.business_hours(location_id)
        return hours.is_open(now) if hours.known else None

    def next_opening(self, now: datetime, location_id: str | None = None) -> datetime | None:
        """When it opens next after an aware time, in UTC; None when unknown."""
        hours = self.business_hours(location_id)
        return hours.next_opening(now) if hours.known else None

    # Texts.

    def language(self, wanted: str) -> str:
        """The wanted language if the clinic offers it, else its first one."""
        return wanted if wanted in self.languages else self.languages[0]

    def in_language(self, texts: Texts, language: str) -> str:
        """One of the profile's texts in a language, with the clinic's name filled in."""
        text = texts.get(language) or texts[self.languages[0]]
        return text.replace("{clinic}", self.name)

    def consent_text(self, channel: str, language: str) -> str:
        """What a visitor agrees to for `call`, `text` or `email`."""
        return self.in_language(self.consent[channel].text, language)

    def words(self, location_id: str | None = None) -> dict[str, str]:
        """The profile's values for the placeholders of the wording and of approved answers."""
        where = self.location(location_id)
        return {
            "clinic": self.name,
            "phone": where.phone_display,
            "address": where.address_line,
            "places": self._places(),
            "on_call": self.on_call_display or where.phone_display,
        }

    def public(self) -> dict[str, Any]:
        """What the visitor API says about the clinic."""
        where = self.main
        return {
            "name": self.name,
            "phone": where.phone,
            "phone_display": where.phone_display,
            "address": where.address_line,
            "timezone": where.timezone,
            "hours": where.hours or None,
            "booking_link": self.booking_link or None,
            "languages": list(self.languages),
            "color": self.color or None,
            "locations": [{"id": each.id, "name": each.name, "address": each.address_line} for each in self.locations],
        }

    def _places(self) -> str:
        if len(self.locations) == 1:
            return self.main.address_line
        return "; ".join(f"{each.name}: {each.address_line}, {each.phone_display}" for each in self.locations)
