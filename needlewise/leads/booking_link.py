"""The clinic's online booking page with what a visitor has given already, in the fields that the page accepts."""

from __future__ import annotations

from urllib.parse import quote, urlencode, urlsplit

from needlewise.clinic import Clinic
from needlewise.leads.drafts import LeadDraft, split_name


def booking_link(clinic: Clinic, draft: LeadDraft) -> str:
    """The address to book at; empty where there is none, and for what is no appointment (a question, an urgent call).

    It holds nothing but who the person is, the location and an interest of the clinic's own list: never a note, a
    question or anything else in the visitor's words.
    """
    if not clinic.booking_link or draft.kind != "normal":
        return ""
    known = _known(clinic, draft)
    given = {parameter: known[field] for field, parameter in clinic.booking_fields.items() if known[field]}
    if not given:
        return clinic.booking_link
    parts = urlsplit(clinic.booking_link)
    # A full stop at the very end would be taken for the end of a sentence.
    query = "&".join(filter(None, (parts.query, urlencode(given, quote_via=quote).replace(".", "%2E"))))
    return parts._replace(query=query).geturl()


def _known(clinic: Clinic, draft: LeadDraft) -> dict[str, str]:
    """By the names of BOOKING_FIELDS."""
    first, last = split_name(draft.name)
    listed = {each.id for each in clinic.interests}
    return {
        "name": draft.name,
        "first_name": first,
        "last_name": last,
        "phone": draft.phone,
        "email": draft.email,
        "location": draft.location,
        "interest": draft.interest if draft.interest in listed else "",
        "language": draft.language,
    }
