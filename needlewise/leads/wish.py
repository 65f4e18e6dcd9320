"""When a lead would like to come, as a time for a calendar: a suggestion that staff move, never an appointment."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

from needlewise.clinic import BusinessHours, Clinic
from needlewise.clinic.hours import LOOK_AHEAD_DAYS, WEEKDAYS
from needlewise.leads.views import LeadView

LENGTH = timedelta(minutes=30)
# When each part of the day begins; any time is when the clinic opens.
BEGINS = {"morning": time(9), "midday": time(12), "afternoon": time(14), "evening": time(17)}
FALLBACK = time(9)


def wished_time(lead: LeadView, clinic: Clinic, now: datetime) -> tuple[datetime, datetime]:
    """From and until, in UTC: the planned next step if there is one, else the first wished day and time to come.

    A day in the visitor's own words counts as any day: what a person wrote is never read as a date in silence.
    """
    if lead.next_due_at is not None and lead.next_due_at > now:
        return lead.next_due_at, lead.next_due_at + LENGTH
    hours = clinic.business_hours(lead.location or None)
    today = now.astimezone(hours.zone).date()
    for days in range(LOOK_AHEAD_DAYS):
        day = today + timedelta(days=days)
        if lead.day in WEEKDAYS and WEEKDAYS[day.weekday()] != lead.day:
            continue
        if hours.is_holiday(day) or (lead.day not in WEEKDAYS and not hours.openings(day)):
            continue
        begins = BEGINS.get(lead.part) or _opening(hours, day)
        start = datetime.combine(day, begins, hours.zone).astimezone(UTC)
        if start > now:
            return start, start + LENGTH
    start = now.astimezone(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=1)
    return start, start + LENGTH


def _opening(hours: BusinessHours, day: date) -> time:
    openings = hours.openings(day)
    return openings[0][0].astimezone(hours.zone).time() if openings else FALLBACK
