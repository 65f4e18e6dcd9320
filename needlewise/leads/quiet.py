"""Quiet hours: when nobody wants to hear from a clinic, on the clock of the place where the person's number is."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import phonenumbers

# From and until, in minutes of the day; the first is the later one when the range goes over midnight.
Range = tuple[int, int]
NO_QUIET: Range = (0, 0)
UNKNOWN_ZONE = "Etc/Unknown"
# Quiet hours of several zones end one after the other; more rounds than zones of any number change nothing.
ROUNDS = 30


def zones_of(phone: str | None, fallback: ZoneInfo) -> tuple[ZoneInfo, ...]:
    """Where an E.164 number may ring: by its area code, several zones for some; `fallback` when it is not known."""
    from phonenumbers import timezone as number_zones  # a large table that only this needs

    if not phone:
        return (fallback,)
    try:
        names = number_zones.time_zones_for_number(phonenumbers.parse(phone))
        zones = tuple(ZoneInfo(name) for name in names if name != UNKNOWN_ZONE)
    except (phonenumbers.NumberParseException, ZoneInfoNotFoundError, ValueError):
        return (fallback,)
    return zones or (fallback,)


def quiet_until(now: datetime, quiet: Range, zones: tuple[ZoneInfo, ...]) -> datetime | None:
    """When the quiet hours end in every zone; None when it is not quiet in any of them."""
    at = now
    for _ in range(ROUNDS):
        ends = [end for zone in zones if (end := _end(at, quiet, zone)) is not None]
        if not ends:
            break
        at = max(ends)
    return at if at > now else None


def _end(now: datetime, quiet: Range, zone: ZoneInfo) -> datetime | None:
    begins, ends = quiet
    if begins == ends:
        return None
    local = now.astimezone(zone)
    minute = local.hour * 60 + local.minute
    inside = begins <= minute < ends if begins < ends else minute >= begins or minute < ends
    if not inside:
        return None
    day = local.date() + timedelta(days=1 if begins > ends and minute >= begins else 0)
    days, rest = divmod(ends, 24 * 60)
    end = datetime.combine(day + timedelta(days=days), time(rest // 60, rest % 60), zone).astimezone(now.tzinfo)
    # Where the clocks go back, the end may stand twice on the clock and lie behind: then quiet ends in an hour.
    return end if end > now else now + timedelta(hours=1)
