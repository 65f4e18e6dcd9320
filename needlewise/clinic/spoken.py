"""Hours and times as people read them, in the words of `data/wording/`."""

from __future__ import annotations

from datetime import datetime, timedelta

from needlewise.clinic.hours import WEEKDAYS, read_week
from needlewise.clinic.profile import Clinic
from needlewise.wording import Wording


def spoken_hours(clinic: Clinic, wording: Wording, language: str = "en") -> str:
    """The opening hours of every location as one or more sentences; says honestly when they are unknown."""
    known = [each for each in clinic.locations if each.hours]
    if not known:
        return wording.text("hours.unknown", language)
    sentences = []
    for location in known:
        days = [
            wording.text(
                "hours.day", language, day=wording.text(f"day.{day}", language), time=_ranges(ranges, wording, language)
            )
            for day, ranges in zip(WEEKDAYS, read_week(location.hours), strict=True)
            if ranges
        ]
        name = location.name if len(clinic.locations) > 1 else clinic.name
        sentences.append(wording.text("hours.known", language, location=name, hours=", ".join(days)))
    return " ".join(sentences)


def spoken_moment(when: datetime, now: datetime, clinic: Clinic, wording: Wording, language: str = "en") -> str:
    """A coming time in the main location's zone: "today at 9 AM", or "Tuesday, November 24 at 9 AM"."""
    zone = clinic.business_hours().zone
    local, today = when.astimezone(zone), now.astimezone(zone).date()
    time = _clock(local.hour * 60 + local.minute)
    if local.date() == today:
        return wording.text("moment.today", language, time=time)
    if local.date() == today + timedelta(days=1):
        return wording.text("moment.tomorrow", language, time=time)
    day = wording.text(f"day.{WEEKDAYS[local.weekday()]}", language)
    month = wording.text(f"month.{local.month}", language)
    date = wording.text("moment.date", language, month=month, day=local.day)
    return wording.text("moment.later", language, day=day, date=date, time=time)


def _ranges(ranges: tuple[tuple[int, int], ...], wording: Wording, language: str) -> str:
    return ", ".join(
        wording.text("hours.range", language, start=_clock(start), end=_clock(end)) for start, end in ranges
    )


def _clock(minutes: int) -> str:
    hour, minute = divmod(minutes % (24 * 60), 60)
    half = "AM" if hour < 12 else "PM"
    shown = f"{hour % 12 or 12}"
    return f"{shown}:{minute:02} {half}" if minute else f"{shown} {half}"
