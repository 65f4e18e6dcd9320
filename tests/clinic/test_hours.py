"""Opening hours: zones, holidays, the switch to summer time, and hours that nobody has stated."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from needlewise.clinic import BusinessHours, Clinic, spoken_hours, spoken_moment
from needlewise.clinic.hours import read_range, read_week
from needlewise.wording import Wording

DATA = Path(__file__).parents[2] / "data"
DENVER = ZoneInfo("America/Denver")
WEEK = {
    "monday": ["09:00-12:00", "13:00-17:00"],
    "tuesday": ["09:00-17:00"],
    "wednesday": [],
    "thursday": ["09:00-17:00"],
    "friday": ["09:00-17:30"],
    "saturday": ["22:00-24:00"],
    "sunday": [],
}
HOURS = BusinessHours(zone=DENVER, week=read_week(WEEK), country="US", subdivision="UT")


def denver(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=DENVER)  # type: ignore[arg-type]


def with_hours(clinic: Clinic) -> Clinic:
    return msgspec.structs.replace(clinic, locations=(msgspec.structs.replace(clinic.main, hours=WEEK),))


@pytest.mark.parametrize(
    ("now", "is_open", "opens"),
    [
        (denver(2026, 11, 23, 8, 59), False, denver(2026, 11, 23, 9)),
        (denver(2026, 11, 23, 9), True, denver(2026, 11, 23, 13)),
        (denver(2026, 11, 23, 12), False, denver(2026, 11, 23, 13)),
        (denver(2026, 11, 23, 17), False, denver(2026, 11, 24, 9)),
        (denver(2026, 11, 25, 12), False, denver(2026, 11, 27, 9)),  # Wednesday, then Thanksgiving
        (denver(2026, 7, 24, 10), False, denver(2026, 7, 25, 22)),  # Pioneer Day is Utah's own
        (denver(2026, 11, 28, 23, 59), True, denver(2026, 11, 30, 9)),
        (denver(2026, 11, 29, 0, 0), False, denver(2026, 11, 30, 9)),
    ],
)
def test_open_and_next_opening(now: datetime, is_open: bool, opens: datetime) -> None:
    assert HOURS.is_open(now) is is_open
    assert HOURS.next_opening(now) == opens
    assert HOURS.is_open(now.astimezone(UTC)) is is_open


def test_a_day_with_a_skipped_hour_has_fewer_minutes() -> None:
    night = BusinessHours(zone=DENVER, week=read_week({**WEEK, "sunday": ["00:00-06:00"]}))
    (start, end), *_ = night.openings(date(2026, 3, 8))
    assert end - start == timedelta(hours=5)


def test_hours_that_never_come_have_no_next_opening() -> None:
    never = BusinessHours(zone=DENVER, week=read_week({day: [] for day in WEEK}))
    assert never.next_opening(denver(2026, 11, 23, 9)) is None
    assert not never.is_open(denver(2026, 11, 23, 9))


def test_unknown_hours_are_unknown_but_clocks_have_the_stated_default(clinic: Clinic) -> None:
    tuesday = denver(2026, 11, 24, 10)
    assert clinic.is_open(tuesday) is None
    assert clinic.next_opening(tuesday) is None
    default = clinic.business_hours()
    assert not default.known
    assert default.is_open(tuesday)
    assert not default.is_open(denver(2026, 11, 26, 10)), "a public holiday"


def test_known_hours_are_used(clinic: Clinic) -> None:
    known = with_hours(clinic)
    assert known.is_open(denver(2026, 11, 24, 10)) is True
    assert known.next_opening(denver(2026, 11, 24, 18)) == denver(2026, 11, 27, 9)
    assert known.business_hours().known


def test_hours_as_people_read_them(clinic: Clinic, wording: Wording) -> None:
    assert spoken_hours(clinic, wording) == "I do not have the opening hours; please ask when you call."
    assert spoken_hours(with_hours(clinic), wording) == (
        "Xage Medical Spa is open Monday 9 AM to 12 PM, 1 PM to 5 PM, Tuesday 9 AM to 5 PM, Thursday 9 AM to 5 PM, "
        "Friday 9 AM to 5:30 PM, Saturday 10 PM to 12 AM."
    )


@pytest.mark.parametrize(
    ("when", "spoken"),
    [
        (denver(2026, 11, 23, 13), "today at 1 PM"),
        (denver(2026, 11, 24, 9, 5), "tomorrow at 9:05 AM"),
        (denver(2026, 11, 27, 9), "Friday, November 27 at 9 AM"),
    ],
)
def test_a_coming_time_as_people_read_it(clinic: Clinic, wording: Wording, when: datetime, spoken: str) -> None:
    now = denver(2026, 11, 23, 12)
    assert spoken_moment(when.astimezone(UTC), now.astimezone(UTC), clinic, wording) == spoken


@pytest.mark.parametrize(
    ("when", "spoken"),
    [
        (denver(2026, 11, 23, 13), "hoy (1 PM)"),
        (denver(2026, 11, 24, 9, 5), "mañana (9:05 AM)"),
        (denver(2026, 11, 27, 9), "el viernes 27 de noviembre (9 AM)"),
    ],
)
def test_a_coming_time_in_spanish(clinic: Clinic, wording: Wording, when: datetime, spoken: str) -> None:
    now = denver(2026, 11, 23, 12)
    assert spoken_moment(when.astimezone(UTC), now.astimezone(UTC), clinic, wording, "es") == spoken


@given(st.text(max_size=15))
def test_a_range_is_read_or_refused(text: str) -> None:
    try:
        start, end = read_range(text)
    except ValueError:
        return
    assert 0 <= start < end <= 24 * 60


@given(st.datetimes(min_value=datetime(2024, 1, 1), max_value=datetime(2030, 1, 1), timezones=st.just(UTC)))
def test_the_next_opening_is_later_and_open(now: datetime) -> None:
    opening = HOURS.next_opening(now)
    assert opening is not None
    assert opening > now
    assert HOURS.is_open(opening)
