"""What the profile's types cannot say: phone numbers, time zones, hours, texts in every language."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from zoneinfo import available_timezones

import phonenumbers

from needlewise.clinic.hours import holiday_calendar, read_week

if TYPE_CHECKING:
    from needlewise.clinic.profile import Clinic, Location

# The ways to contact a visitor; each needs its own consent text.
CHANNELS = ("call", "text", "email")

# What an online booking page may be told of a visitor. None of it is in their own words but the name.
BOOKING_FIELDS = ("name", "first_name", "last_name", "phone", "email", "location", "interest", "language")

_PARAMETER = re.compile(r"[\w.\[\]-]{1,80}", re.ASCII)
_ID = re.compile(r"[a-z0-9_]{1,40}")
_COLOR = re.compile(r"#[0-9a-fA-F]{6}")
_LANGUAGE = re.compile(r"[a-z]{2}")

Problem = tuple[str, str]


def problems(clinic: Clinic) -> Iterator[Problem]:
    """(key, what is wrong with an example) for each fault of a profile, in the order of the file."""
    if not clinic.name.strip():
        yield "name", "is empty. Example: Xage Medical Spa"
    if not clinic.locations:
        yield "locations", "names no location; at least one is needed"
    ids = [each.id for each in clinic.locations]
    if len(set(ids)) < len(ids):
        yield "locations", f"each id must be different, but they are {', '.join(ids)}"
    for number, location in enumerate(clinic.locations):
        yield from _of_location(f"locations[{number}]", location)
    yield from _of_hours("default_hours", clinic.default_hours)
    if clinic.on_call:
        yield from _of_phone("on_call", clinic.on_call)
    yield from _of_booking(clinic)
    if clinic.color and not _COLOR.fullmatch(clinic.color):
        yield "color", f'"{clinic.color}" is not # and six hexadecimal digits, in quotes. Example: "#0f6b66"'
    if not clinic.languages or not all(_LANGUAGE.fullmatch(each) for each in clinic.languages):
        yield "languages", "must list one or more two-letter codes. Example: [en]"
        return
    yield from _of_texts(clinic)


def _of_booking(clinic: Clinic) -> Iterator[Problem]:
    link = urlsplit(clinic.booking_link)
    if clinic.booking_link and not (link.scheme == "https" and link.hostname and not link.username):
        yield "booking_link", f'"{clinic.booking_link}" is not an https address. Example: https://book.example.com'
    if clinic.booking_fields and not clinic.booking_link:
        yield "booking_fields", "needs a booking_link. Example: https://book.example.com"
    for field, parameter in clinic.booking_fields.items():
        if field not in BOOKING_FIELDS:
            yield f"booking_fields.{field}", f"is nothing that is passed on. Possible: {', '.join(BOOKING_FIELDS)}"
        if not _PARAMETER.fullmatch(parameter):
            yield f"booking_fields.{field}", f'"{parameter}" is not the name of a query parameter. Example: email'


def _of_location(key: str, location: Location) -> Iterator[Problem]:
    if not _ID.fullmatch(location.id):
        yield f"{key}.id", f'"{location.id}" must be 1 to 40 of a-z, 0-9 and _. Example: provo'
    if not location.name.strip():
        yield f"{key}.name", "is empty. Example: Provo"
    if not location.address or not all(line.strip() for line in location.address):
        yield f"{key}.address", "needs at least one line and no empty one"
    yield from _of_phone(f"{key}.phone", location.phone)
    if not location.phone_display.strip():
        yield f"{key}.phone_display", "is empty. Example: (801) 373-3376"
    if location.timezone not in available_timezones():
        yield f"{key}.timezone", f'"{location.timezone}" is not a time zone. Example: America/Denver'
    if location.hours:
        yield from _of_hours(f"{key}.hours", location.hours)
    holidays = location.holidays
    try:
        if holidays.country or holidays.subdivision:
            holiday_calendar(holidays.country, holidays.subdivision)
    except NotImplementedError:
        named = " ".join(filter(None, (holidays.country, holidays.subdivision)))
        yield f"{key}.holidays", f'"{named}" is not known. Example: {{country: US, subdivision: UT}}'


def _of_hours(key: str, hours: Mapping[str, list[str]]) -> Iterator[Problem]:
    try:
        read_week(hours)
    except ValueError as error:
        yield key, str(error)


def _of_phone(key: str, text: str) -> Iterator[Problem]:
    try:
        number = phonenumbers.parse(text)
        written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
        good = written == text and phonenumbers.is_possible_number(number)
    except phonenumbers.NumberParseException:
        good = False
    if not good:
        yield key, f'"{text}" is not an E.164 number: + and digits, in quotes. Example: "+18013733376"'


def _of_texts(clinic: Clinic) -> Iterator[Problem]:
    yield from _in_languages("privacy", clinic.privacy, clinic.languages)
    for channel in CHANNELS:
        if channel not in clinic.consent:
            yield f"consent.{channel}", "is missing: each way to contact a visitor needs its own consent text"
    for channel, consent in clinic.consent.items():
        key = f"consent.{channel}"
        if channel not in CHANNELS:
            yield key, f"is not a way of contact. They are {', '.join(CHANNELS)}"
        if not consent.version.strip():
            yield f"{key}.version", "is empty. Example: call-1"
        yield from _in_languages(f"{key}.text", consent.text, clinic.languages)
    if not clinic.interests:
        yield "interests", "names nothing; at least one is needed"
    ids = [each.id for each in clinic.interests]
    if len(set(ids)) < len(ids):
        yield "interests", f"each id must be different, but they are {', '.join(ids)}"
    for number, interest in enumerate(clinic.interests):
        if not _ID.fullmatch(interest.id):
            yield f"interests[{number}].id", f'"{interest.id}" must be 1 to 40 of a-z, 0-9 and _'
        yield from _in_languages(f"interests[{number}].title", interest.title, clinic.languages)


def _in_languages(key: str, texts: Mapping[str, str], languages: tuple[str, ...]) -> Iterator[Problem]:
    for language in languages:
        if not texts.get(language, "").strip():
            yield f"{key}.{language}", "is missing; every language of the profile needs it"
