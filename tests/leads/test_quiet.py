"""Quiet hours on the clock of the place of a number, over changes of the clocks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from needlewise.leads.quiet import quiet_until, zones_of

NIGHT = (21 * 60, 8 * 60)
DENVER, NEW_YORK = ZoneInfo("America/Denver"), ZoneInfo("America/New_York")
moments = st.datetimes(datetime(2025, 1, 1), datetime(2027, 12, 31), timezones=st.just(UTC))
ranges = st.tuples(st.integers(0, 1439), st.integers(0, 1439))
zones = st.lists(st.sampled_from([DENVER, NEW_YORK, ZoneInfo("Pacific/Honolulu"), ZoneInfo("Australia/Lord_Howe")]),
                 min_size=1, max_size=3).map(tuple)  # fmt: skip


@pytest.mark.parametrize(
    ("phone", "zone"),
    [
        ("+18013733376", "America/Denver"),
        ("+12125550100", "America/New_York"),
        ("+18085550100", "Pacific/Honolulu"),
        ("+442079460000", "Europe/London"),
        ("nonsense", "Europe/Paris"),
        (None, "Europe/Paris"),
    ],
)
def test_a_number_says_where_it_rings(phone: str | None, zone: str) -> None:
    assert zones_of(phone, ZoneInfo("Europe/Paris"))[0].key == zone


def test_the_night_ends_in_the_morning() -> None:
    evening = datetime(2026, 11, 16, 22, 30, tzinfo=DENVER)
    morning = datetime(2026, 11, 17, 8, 0, tzinfo=DENVER)
    assert quiet_until(evening, NIGHT, (DENVER,)) == morning
    assert quiet_until(datetime(2026, 11, 17, 3, tzinfo=DENVER), NIGHT, (DENVER,)) == morning
    assert quiet_until(morning, NIGHT, (DENVER,)) is None
    assert quiet_until(evening - timedelta(hours=2), NIGHT, (DENVER,)) is None
    assert quiet_until(evening, (0, 0), (DENVER,)) is None


def test_a_toll_free_number_waits_for_the_last_zone() -> None:
    eight_in_new_york = datetime(2026, 11, 17, 8, tzinfo=NEW_YORK)
    until = quiet_until(eight_in_new_york, NIGHT, (NEW_YORK, DENVER))
    assert until == datetime(2026, 11, 17, 8, tzinfo=DENVER)


def test_the_clocks_change_in_the_night() -> None:
    for day in ((2026, 3, 7), (2026, 10, 31)):
        evening = datetime(*day, 23, tzinfo=DENVER)  # type: ignore[misc]
        until = quiet_until(evening.astimezone(UTC), NIGHT, (DENVER,))
        assert until is not None and until.astimezone(DENVER).hour == 8


@given(moments, ranges, zones)
def test_the_end_is_later_and_loud_everywhere_or_quiet_all_day(
    now: datetime, quiet: tuple[int, int], where: tuple[ZoneInfo, ...]
) -> None:
    until = quiet_until(now, quiet, where)
    if until is None:
        return
    assert now < until
    if len(where) == 1:
        assert until - now <= timedelta(hours=26)
        assert quiet_until(until, quiet, where) is None
