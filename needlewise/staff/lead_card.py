"""A lead on a card: what somebody copies into another program to reach the person."""

from __future__ import annotations

from collections.abc import Callable

from needlewise.clinic import Clinic
from needlewise.leads.views import LeadView
from needlewise.staff import words


def card(lead: LeadView, clinic: Clinic, say: Callable[..., str]) -> str:
    """Name, ways to reach the person and wishes, a line each, in the reader's language; nothing about health."""
    extension = " " + say("ext. {number}", number=lead.phone_extension) if lead.phone_extension else ""
    lines = [
        lead.name,
        words.phone(lead.phone) + extension if lead.phone else "",
        lead.email or "",
        say(words.label(lead.method, words.METHODS)),
        ", ".join(say(words.label(each)) for each in (lead.day, lead.part) if each),
        clinic.location(lead.location).name if lead.location and len(clinic.locations) > 1 else "",
    ]
    return "\n".join(line for line in lines if line) + "\n"
