"""The clinic's profile as a form: what its fields show, and the profile that somebody typed."""

from __future__ import annotations

import copy
import re
from collections.abc import Mapping
from typing import Any

import phonenumbers

from needlewise.clinic.hours import WEEKDAYS
from needlewise.staff import words

_TIME = r"(\d{1,2})(?:[:.]?([0-5]\d))?\s*([ap])?\.?m?\.?"
_RANGE = re.compile(rf"{_TIME}\s*(?:-|–|to|a)\s*{_TIME}", re.IGNORECASE)
NOON = 12


def fields_of(profile: Mapping[str, Any]) -> dict[str, str]:
    """Field -> what stands in it."""
    fields = {name: str(profile[name]) for name in ("name", "on_call", "booking_link", "color")}
    fields["on_call"] = words.phone(fields["on_call"])
    for number, location in enumerate(profile["locations"]):
        at = f"location-{number}-"
        fields |= {at + "name": location["name"], at + "address": "\n".join(location["address"])}
        fields |= {at + "phone": words.phone(location["phone"]), at + "closed": ", ".join(location["closed"])}
        fields |= {at + part: location["holidays"][part] for part in ("country", "subdivision")}
        fields[at + "timezone"] = location["timezone"]
        fields |= {at + day: ", ".join(location["hours"].get(day, [])) for day in WEEKDAYS}
        fields[at + "known"] = "1" if location["hours"] else ""
    for language in profile["languages"]:
        fields[f"privacy-{language}"] = profile["privacy"][language]
        fields |= {f"consent-{name}-{language}": each["text"][language] for name, each in profile["consent"].items()}
    return fields


def profile_of(typed: Mapping[str, str], before: Mapping[str, Any]) -> dict[str, Any]:
    """The profile with what was typed in it; what the form does not show stays."""
    profile: dict[str, Any] = copy.deepcopy(dict(before))
    line = {name: " ".join(value.replace("\x00", "").split()) for name, value in typed.items()}
    for name in ("name", "booking_link", "color"):
        profile[name] = line.get(name, "")
    if not profile["booking_link"]:
        profile["booking_fields"] = {}
    main = profile["locations"][0]["phone"]
    profile["on_call"] = _phone(line.get("on_call", ""), main)
    for number, location in enumerate(profile["locations"]):
        at = f"location-{number}-"
        location["name"] = line.get(at + "name", "")
        lines = (" ".join(each.split()) for each in typed.get(at + "address", "").replace("\x00", "").splitlines())
        location["address"] = [each for each in lines if each]
        number_typed = line.get(at + "phone", "")
        if number_typed != words.phone(location["phone"]):
            location["phone"] = _phone(number_typed, location["phone"])
            location["phone_display"] = words.phone(location["phone"])
        location["timezone"] = line.get(at + "timezone", "")
        location["holidays"] = {part: line.get(at + part, "").upper() for part in ("country", "subdivision")}
        location["closed"] = [each for each in re.split(r"[,;\s]+", line.get(at + "closed", "")) if each]
        known = line.get(at + "known") == "1"
        location["hours"] = {day: _ranges(line.get(at + day, "")) for day in WEEKDAYS} if known else {}
    for language in profile["languages"]:
        profile["privacy"][language] = line.get(f"privacy-{language}", "")
        for channel, consent in profile["consent"].items():
            consent["text"][language] = line.get(f"consent-{channel}-{language}", "")
    return profile


def field_of(key: str) -> str:
    """The form's field of a key of the profile, to lead there from what is wrong with it."""
    key = re.sub(r"^locations\[(\d+)\]\.(\w+)$", r"location-\1-\2", key)
    key = re.sub(r"^(location-\d+-)(hours)$", r"\1known", key)
    key = re.sub(r"^(location-\d+-)(holidays)$", r"\1country", key)
    key = re.sub(r"^consent\.(\w+)\.text\.(\w+)$", r"consent-\1-\2", key)
    return re.sub(r"^privacy\.(\w+)$", r"privacy-\1", key)


def _phone(typed: str, like: str) -> str:
    """E.164, read as in the country of another number of the clinic; what cannot be read stays for the check."""
    if not typed:
        return ""
    try:
        region = phonenumbers.region_code_for_number(phonenumbers.parse(like))
        number = phonenumbers.parse(typed, region)
    except phonenumbers.NumberParseException:
        return typed
    if not phonenumbers.is_possible_number(number):
        return typed
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _ranges(typed: str) -> list[str]:
    return [_range(part.strip()) for part in re.split(r"[,;]", typed) if part.strip()]


def _range(typed: str) -> str:
    """`9-17`, `9 am to 5 pm` or `09:00-17:00` as the last one; what is none of them stays for the check."""
    match = _RANGE.fullmatch(typed)
    if not match:
        return typed
    start, end = _time(*match.group(1, 2, 3)), _time(*match.group(4, 5, 6))
    return f"{start}-{end}"


def _time(hour: str, minute: str | None, half: str | None) -> str:
    number = int(hour)
    if half and number <= NOON:
        number = number % NOON + (NOON if half.lower() == "p" else 0)
    return f"{number:02}:{minute or '00'}"
