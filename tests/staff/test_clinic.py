"""The owner edits the clinic's profile in the console."""

from __future__ import annotations

import html
import re

import pytest

from needlewise.clinic.live import Profiles
from needlewise.staff.clinic_form import fields_of, profile_of

from .house import Browser, House


def _typed(page: str) -> dict[str, str]:
    """What the form holds."""
    inputs = re.findall(r'<input id="([\w-]+)" name="[\w-]+" value="([^"]*)"', page)
    areas = re.findall(r'<textarea id="([\w-]+)"[^>]*>([^<]*)</textarea>', page)
    seen = re.search(r'name="seen" value="(\d+)"', page)
    assert seen is not None
    return {name: html.unescape(value) for name, value in inputs + areas} | {"seen": seen[1]}


def _profiles(house: House) -> Profiles:
    profiles: Profiles = house.services["profiles"]
    profiles.load_file()
    return profiles


def test_what_the_form_shows_is_the_profile_again(house: House) -> None:
    data = _profiles(house).as_data()
    assert profile_of(fields_of(data), data) == data


def test_hours_phone_and_texts_as_people_type_them(house: House, owner: Browser) -> None:
    profiles = _profiles(house)
    typed = _typed(owner.get("/staff/clinic").text)
    typed |= {"location-0-known": "1", "location-0-monday": "9 - 12:30, 1:30 pm to 5 pm", "location-0-tuesday": "9-17"}
    typed |= {"location-0-phone": "801 373 3377", "on_call": "(801) 373-3378", "location-0-closed": "2026-12-24"}
    typed |= {"consent-call-en": "{clinic} may call me."}
    assert owner.send("/staff/clinic", **typed).status_code == 303
    clinic = profiles.live
    assert clinic.main.hours["monday"] == ["09:00-12:30", "13:30-17:00"]
    assert clinic.main.hours["tuesday"] == ["09:00-17:00"]
    assert clinic.main.hours["sunday"] == []
    assert (clinic.phone, clinic.phone_display, clinic.on_call) == ("+18013733377", "(801) 373-3377", "+18013733378")
    assert clinic.consent["call"].version == "call-2"
    page = owner.get("/staff/clinic?done=saved").text
    assert "in force now" in page
    assert "call-2" in page
    assert owner.send("/staff/clinic/1").status_code == 303
    assert clinic.phone == "+18013733376"
    assert "Edited the clinic" in owner.get("/staff/activity").text


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("name", " ", "is empty"),
        ("location-0-phone", "12", "E.164"),
        ("location-0-monday", "nine to five", "not a range"),
        ("location-0-monday", "17-9", "must end later"),
        ("location-0-timezone", "Utah", "not a time zone"),
        ("location-0-country", "Narnia", "not known"),
        ("location-0-closed", "Christmas", "Invalid"),
        ("consent-text-es", "", "every language"),
        ("booking_link", "javascript:alert(1)", "not an https address"),
        ("color", "red", "hexadecimal"),
    ],
)
def test_what_is_wrong_stands_beside_the_field_and_nothing_is_lost(
    house: House, owner: Browser, field: str, value: str, said: str
) -> None:
    profiles = _profiles(house)
    typed = _typed(owner.get("/staff/clinic").text) | {"location-0-known": "1", field: value}
    typed["privacy-en"] = "Our own words."
    answer = owner.send("/staff/clinic", **typed)
    assert answer.status_code == 422
    assert said in html.unescape(answer.text)
    assert "Our own words." in answer.text
    assert profiles.number == 1
