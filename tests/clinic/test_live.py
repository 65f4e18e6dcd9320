"""The profile that staff edit: live without restart, versions kept, consents named exactly."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import msgspec
import pytest

from needlewise.clinic.errors import ProfileRefused
from needlewise.clinic.live import Profiles
from needlewise.db import Sessions
from needlewise.errors import NotFound
from tests.databases import lost
from tests.shipped import CLINIC

NOW = datetime(2026, 11, 21, tzinfo=UTC)


def _profiles(database: Sessions, from_file: Any = CLINIC) -> Profiles:
    profiles = Profiles(database, from_file, lambda: NOW)
    profiles.load_file()
    return profiles


def test_an_edit_is_in_force_everywhere_without_a_restart(database: Sessions) -> None:
    profiles, elsewhere = _profiles(database), _profiles(database)
    clinic, theirs = profiles.live, elsewhere.live
    assert profiles.save(profiles.as_data() | {"name": "Rose Spa"}, "owner", profiles.number) == 2
    assert clinic.name == "Rose Spa"
    assert clinic.consent_text("call", "en").startswith("Rose Spa may call")
    assert theirs.name == CLINIC.name
    assert elsewhere.refresh() == 1
    assert theirs.name == "Rose Spa"
    assert elsewhere.refresh() == 0
    assert _profiles(database).live.name == "Rose Spa", "the same file again takes nothing back"


def test_a_file_that_changed_becomes_the_next_version(database: Sessions) -> None:
    profiles = _profiles(database)
    profiles.save(profiles.as_data() | {"name": "Rose Spa"}, "owner", 1)
    profiles = _profiles(database, msgspec.structs.replace(CLINIC, name="From the file"))
    assert (profiles.live.name, profiles.number) == ("From the file", 3)
    newest = profiles.versions()[0]
    assert (newest.origin, newest.changes) == ("file", {"name": ("Rose Spa", "From the file")})


def test_a_changed_consent_text_gets_a_version_that_no_text_had(database: Sessions) -> None:
    profiles = _profiles(database)

    def save(text: str) -> str:
        data = profiles.as_data()
        data["consent"]["call"]["text"]["en"] = text
        profiles.save(data, "owner", profiles.number)
        return profiles.current.consent["call"].version

    first = profiles.current.consent["call"].text["en"]
    assert save("You may call me.") == "call-2"
    assert profiles.current.consent["text"].version == "text-1"
    profiles.back_to(1, "owner")
    assert profiles.current.consent["call"].version == "call-1"
    assert profiles.current.consent["call"].text["en"] == first
    assert save("You may call me at noon.") == "call-3"


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"name": " "}, "name"),
        ({"on_call": "801"}, "on_call"),
        ({"booking_link": "http://x.example"}, "booking_link"),
        ({"color": "teal"}, "color"),
        ({"locations": []}, "locations"),
        ({"name": 5}, ""),
    ],
)
def test_what_is_wrong_is_refused_and_changes_nothing(database: Sessions, change: dict[str, Any], key: str) -> None:
    profiles = _profiles(database)
    with pytest.raises(ProfileRefused) as refused:
        profiles.save(profiles.as_data() | change, "owner", 1)
    assert key in refused.value.faults
    assert (profiles.number, len(profiles.versions())) == (1, 1)


def test_two_people_do_not_overwrite_each_other(database: Sessions) -> None:
    profiles = _profiles(database)
    profiles.save(profiles.as_data() | {"name": "One"}, "a", 1)
    with pytest.raises(ProfileRefused) as refused:
        profiles.save(profiles.as_data() | {"name": "Two"}, "b", 1)
    assert "colleague" in refused.value.faults[""]
    assert profiles.live.name == "One"


def test_an_older_version_comes_back_as_the_next_one(database: Sessions) -> None:
    profiles = _profiles(database)
    profiles.save(profiles.as_data() | {"name": "One"}, "a", 1)
    assert profiles.back_to(1, "a") == 3
    assert profiles.live.name == CLINIC.name
    with pytest.raises(NotFound):
        profiles.back_to(99, "a")


def test_without_a_database_the_last_profile_stays(database: Sessions) -> None:
    profiles = _profiles(database)
    with lost(database, "clinic_versions"):
        assert profiles.refresh() == 0
        assert profiles.live.name == CLINIC.name


def test_a_day_that_the_clinic_closes_by_itself_is_closed(database: Sessions) -> None:
    profiles = _profiles(database)
    data = profiles.as_data()
    data["locations"][0]["closed"] = ["2026-12-24"]
    profiles.save(data, "owner", 1)
    hours = profiles.live.business_hours()
    assert hours.openings(date(2026, 12, 23))
    assert hours.openings(date(2026, 12, 24)) == []
