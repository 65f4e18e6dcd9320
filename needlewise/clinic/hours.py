"""When a location is open: weekly hours in its own time zone, closed on its public holidays."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from zoneinfo import ZoneInfo

import holidays as public_holidays

WEEKDAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
# How far ahead to look for the next opening: longer than any usual closure, short enough to be instant.
LOOK_AHEAD_DAYS = 60

_RANGE = re.compile(r"(\d{2}):([0-5]\d)-(\d{2}):([0-5]\d)")
_DAY_MINUTES = 24 * 60

# Minutes of the day, from and until: 09:00-17:00 is (540, 1020).
Range = tuple[int, int]


def read_range(text: str) -> Range:
    """`"09:00-17:00"` as minutes of the day. Raises ValueError with the reason; `24:00` may end a range."""
    match = _RANGE.fullmatch(text)
    if not match:
        raise ValueError(f'"{text}" is not a range of times. Example: "09:00-17:00"')
    hour, minute, end_hour, end_minute = (int(group) for group in match.groups())
    start, end = hour * 60 + minute, end_hour * 60 + end_minute
    if not start < end <= _DAY_MINUTES:
        raise ValueError(f'"{text}" must end later on the same day than it starts. Example: "09:00-17:00"')
    return start, end


def read_week(hours: Mapping[str, Sequence[str]]) -> tuple[tuple[Range, ...], ...]:
    """Seven days of ranges, Monday first. Raises ValueError: unknown or missing day, wrong or overlapping range."""
    for day in hours:
        if day not in WEEKDAYS:
            raise ValueError(f'"{day}" is not a day. The days are {", ".join(WEEKDAYS)}')
    week = []
    for day in WEEKDAYS:
        if day not in hours:
            raise ValueError(f"{day} is missing. Write {day}: [] for a day on which it is closed")
        ranges = sorted(read_range(text) for text in hours[day])
        if any(earlier[1] > later[0] for earlier, later in pairwise(ranges)):
            raise ValueError(f"the ranges of {day} overlap")
        week.append(tuple(ranges))
    return tuple(week)


@cache
def holiday_calendar(country: str, subdivision: str) -> public_holidays.HolidayBase:
    """The public holidays of a country (ISO 3166). Raises NotImplementedError when it or its subdivision is unknown."""
    return public_holidays.country_holidays(country, subdiv=subdivision or None)


@dataclass(frozen=True)
class BusinessHours:
    """The hours that clocks count with. `known` is False when they are the stated default, not the clinic's own."""

    zone: ZoneInfo
    week: tuple[tuple[Range, ...], ...]
    country: str = ""
    subdivision: str = ""
    known: bool = True
    closed: frozenset[date] = frozenset()

    def is_holiday(self, day: date) -> bool:
        if day in self.closed:
            return True
        return bool(self.country) and day in holiday_calendar(self.country, self.subdivision)

    def openings(self, day: date) -> list[tuple[datetime, datetime]]:
        """From and until of each opening on a local day, in UTC so that subtracting counts real minutes across DST."""
        if self.is_holiday(day):
            return []
        found: list[tuple[datetime, datetime]] = []
        for start, end in self.week[day.weekday()]:
            opening, closing = self._at(day, start), self._at(day, end)
            # Where the clocks skip an hour, a time in it falls into the next one: no minute is counted twice.
            if found:
                opening = max(opening, found[-1][1])
            if opening < closing:
                found.append((opening, closing))
        return found

    def is_open(self, now: datetime) -> bool:
        """True from the first minute of an opening until just before its end."""
        return any(start <= now < end for start, end in self.openings(now.astimezone(self.zone).date()))

    def next_opening(self, now: datetime) -> datetime | None:
        """When it opens next, strictly after `now` (UTC); None when that is not within LOOK_AHEAD_DAYS."""
        today = now.astimezone(self.zone).date()
        for days in range(LOOK_AHEAD_DAYS):
            for start, _ in self.openings(today + timedelta(days=days)):
                if start > now:
                    return start
        return None

    def _at(self, day: date, minutes: int) -> datetime:
        days, rest = divmod(minutes, _DAY_MINUTES)
        wall = datetime.combine(day + timedelta(days=days), time(rest // 60, rest % 60), tzinfo=self.zone)
        return wall.astimezone(UTC)
