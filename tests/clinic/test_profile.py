"""The clinic's profile: the one that ships, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from needlewise.clinic import CHANNELS, Clinic, ClinicError

SHIPPED = Path(__file__).parents[2] / "data" / "clinic.yml"


@pytest.fixture
def raw() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(SHIPPED.read_text(encoding="utf-8"))
    return loaded


def load(raw: object, tmp_path: Path) -> Clinic:
    path = tmp_path / "clinic.yml"
    path.write_text(yaml.safe_dump(raw), encoding="utf-8")
    return Clinic.load(path)


def test_the_shipped_profile_holds_what_the_article_says_and_no_more() -> None:
    clinic = Clinic.load(SHIPPED)
    assert clinic.public() == {
        "name": "Xage Medical Spa",
        "phone": "+18013733376",
        "phone_display": "(801) 373-3376",
        "address": "3650 N University Ave., #250, Provo, UT 84604",
        "timezone": "America/Denver",
        "hours": None,
        "booking_link": None,
        "languages": ["en", "es"],
        "color": None,
        "locations": [{"id": "provo", "name": "Provo", "address": "3650 N University Ave., #250, Provo, UT 84604"}],
    }
    assert clinic.on_call_display == ""
    assert clinic.words()["on_call"] == "(801) 373-3376", "without an on-call number the clinic's phone stands in"


def test_every_consent_names_the_clinic_and_has_a_version() -> None:
    clinic = Clinic.load(SHIPPED)
    for channel in CHANNELS:
        assert clinic.consent[channel].version
        assert clinic.consent_text(channel, "en").startswith("Xage Medical Spa may ")
        assert clinic.consent_text(channel, "fr") == clinic.consent_text(channel, "en")


WRONG = [
    (("name",), " ", "name"),
    (("locations",), [], "locations"),
    (("locations", 0, "id"), "Provo!", "locations[0].id"),
    (("locations", 0, "phone"), "801-373-3376", "locations[0].phone"),
    (("locations", 0, "phone"), "+1", "locations[0].phone"),
    (("locations", 0, "phone"), 18013733376, "locations[0].phone"),
    (("locations", 0, "phone_display"), "", "locations[0].phone_display"),
    (("locations", 0, "address"), [], "locations[0].address"),
    (("locations", 0, "timezone"), "Denver", "locations[0].timezone"),
    (("locations", 0, "hours"), {"monday": ["09:00-17:00"]}, "locations[0].hours: tuesday is missing"),
    (("locations", 0, "holidays"), {"country": "ZZ"}, "locations[0].holidays"),
    (("locations", 0, "holidays"), {"country": "US", "subdivision": "QQ"}, "locations[0].holidays"),
    (("locations", 0, "fone"), "1", "fone"),
    (("default_hours", "monday"), ["9-17"], "default_hours"),
    (("default_hours", "monday"), ["17:00-09:00"], "default_hours"),
    (("default_hours", "monday"), ["09:00-12:00", "11:00-13:00"], "default_hours: the ranges of monday overlap"),
    (("default_hours", "funday"), [], "default_hours"),
    (("on_call",), "911", "on_call"),
    (("booking_link",), "http://example.com", "booking_link"),
    (("booking_link",), "https://user:secret@example.com", "booking_link"),
    (("booking_fields",), {"name": "n"}, "booking_fields: needs a booking_link"),
    (("color",), "teal", "color"),
    (("languages",), [], "languages"),
    (("languages",), ["en", "fr"], "privacy.fr"),
    (("privacy",), {}, "privacy.en"),
    (("consent", "fax"), {"version": "1", "text": {"en": "x"}}, "consent.fax"),
    (("consent", "call", "version"), "", "consent.call.version"),
    (("consent", "call", "text"), {}, "consent.call.text.en"),
    (("interests",), [], "interests"),
    (("interests", 0, "id"), "Micro needling", "interests[0].id"),
    (("interests", 1, "id"), "micro_needling", "interests"),
]


@pytest.mark.parametrize(("path", "value", "named"), WRONG, ids=[str(each[2]) for each in WRONG])
def test_a_wrong_value_is_refused_by_name(
    raw: dict[str, Any], tmp_path: Path, path: tuple[Any, ...], value: object, named: str
) -> None:
    place: Any = raw
    for step in path[:-1]:
        place = place[step]
    place[path[-1]] = value
    with pytest.raises(ClinicError) as error:
        load(raw, tmp_path)
    assert named in error.value.message
    assert "clinic.yml" in error.value.message


@pytest.mark.parametrize(("field", "parameter"), [("note", "n"), ("question", "q"), ("name", ""), ("name", "a&b")])
def test_a_booking_page_is_told_only_what_may_be_passed_on(
    raw: dict[str, Any], tmp_path: Path, field: str, parameter: str
) -> None:
    raw |= {"booking_link": "https://book.example.com", "booking_fields": {field: parameter}}
    with pytest.raises(ClinicError, match=rf"booking_fields\.{field}"):
        load(raw, tmp_path)


def test_a_missing_consent_is_refused(raw: dict[str, Any], tmp_path: Path) -> None:
    del raw["consent"]["text"]
    with pytest.raises(ClinicError, match=r"consent\.text: is missing"):
        load(raw, tmp_path)


@pytest.mark.parametrize("content", ["name: [", "", "just words", "- a list"])
def test_a_file_that_is_no_profile_is_refused(tmp_path: Path, content: str) -> None:
    path = tmp_path / "clinic.yml"
    path.write_text(content, encoding="utf-8")
    with pytest.raises(ClinicError, match=r"clinic\.yml"):
        Clinic.load(path)
    with pytest.raises(ClinicError):
        Clinic.load(tmp_path / "missing.yml")


def test_several_locations_are_all_named(raw: dict[str, Any], tmp_path: Path) -> None:
    second = {**raw["locations"][0], "id": "orem", "name": "Orem", "address": ["1 Main St."], "phone": "+18015550123"}
    clinic = load({**raw, "locations": [raw["locations"][0], second], "on_call": "+18015550100"}, tmp_path)
    assert "Provo: 3650" in clinic.words()["places"]
    assert "Orem: 1 Main St." in clinic.words()["places"]
    assert clinic.words("orem")["address"] == "1 Main St."
    assert clinic.location("nowhere") is clinic.main
    assert clinic.words()["on_call"] == "(801) 555-0100"
