"""Leads in other programs: cells of a spreadsheet, entries of a calendar."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from needlewise.chat.text import tidy

# A spreadsheet runs a cell that begins with one of these as a formula (OWASP: CSV injection).
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
_CELL_INSIDE = re.compile(r"([;\t\r\n])(?=[ \"]*[=+\-@])")
# RFC 5545, 3.1: a line has at most 75 octets; longer ones are folded.
_LINE_OCTETS = 75


def csv_cell(value: object) -> str:
    """A value as a cell that no spreadsheet takes for a formula: an apostrophe goes before a dangerous beginning.

    Where the list separator is a semicolon or a tab, a cell begins after each of these in the text as well.
    """
    text = _CELL_INSIDE.sub(r"\1'", "" if value is None else str(value))
    return f"'{text}" if text.lstrip(" ").startswith(_FORMULA_STARTS) or text.startswith(_FORMULA_STARTS) else text


def tentative_event(
    uid: str,
    start: datetime,
    end: datetime,
    summary: str,
    stamp: datetime,
    location: str = "",
    url: str = "",
    sequence: int = 0,
) -> str:
    """An iCalendar file (RFC 5545) with one TENTATIVE event: a request, not an appointment.

    `uid` stays the same and `sequence` rises when the time changes. Times are aware and written in UTC. Put no health
    detail into `summary`: calendars are shared.
    """
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Needlewise//Leads//EN",
        "METHOD:PUBLISH",
        "BEGIN:VEVENT",
        f"UID:{_escaped(uid)}",
        f"SEQUENCE:{sequence}",
        f"DTSTAMP:{_utc(stamp)}",
        f"DTSTART:{_utc(start)}",
        f"DTEND:{_utc(end)}",
        f"SUMMARY:{_escaped(summary)}",
        "STATUS:TENTATIVE",
        "TRANSP:TRANSPARENT",
        *([f"LOCATION:{_escaped(location)}"] if location else []),
        *([f"URL:{''.join(url.split())}"] if url else []),
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return "".join(f"{_folded(line)}\r\n" for line in lines)


def _utc(moment: datetime) -> str:
    if moment.tzinfo is None:
        raise ValueError("a time of an event needs its zone")
    return moment.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _escaped(text: str) -> str:
    text = tidy(text).replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return text.replace("\n", "\\n")


def _folded(line: str) -> str:
    parts: list[str] = []
    part = ""
    for character in line:
        if len((part + character).encode()) > _LINE_OCTETS - bool(parts):
            parts.append(part)
            part = ""
        part += character
    return "\r\n ".join([*parts, part])
