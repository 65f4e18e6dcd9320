"""Business minutes: how long somebody waited while the clinic was open."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from needlewise.clinic import BusinessHours


def business_minutes(hours: BusinessHours, start: datetime, end: datetime) -> int:
    """Whole open minutes between two aware times; 0 when `end` is not later. Nights, holidays and breaks do not count.

    Openings are compared in UTC, so a day on which the clocks change counts its real minutes.
    """
    start, end = start.astimezone(UTC), end.astimezone(UTC)
    day, last = start.astimezone(hours.zone).date(), end.astimezone(hours.zone).date()
    waited = timedelta()
    while day <= last:
        for opening, closing in hours.openings(day):
            waited += max(min(closing, end) - max(opening, start), timedelta())
        day += timedelta(days=1)
    return int(waited.total_seconds() // 60)
