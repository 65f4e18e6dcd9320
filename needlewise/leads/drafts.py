"""What a visitor asks for before it is a lead, and what must be true of it."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import parse_qsl, urlsplit

from needlewise.chat.text import tidy
from needlewise.clinic import CHANNELS
from needlewise.clinic.hours import WEEKDAYS
from needlewise.leads.errors import LeadInvalid

NAME_LIMIT = 80
NOTE_LIMIT = 500
CHOICE_LIMIT = 200  # a day, part of the day or interest in the visitor's own words
QUESTION_LIMIT = 1000
PAGE_LIMIT = 500
HOST_LIMIT = 253  # the longest name of the internet's name system
CAMPAIGN_LIMIT = 200

DAYS = ("any_day", *WEEKDAYS)
PARTS = ("any_time", "morning", "midday", "afternoon", "evening")
VISITS = ("first", "returning")
# The only parts of a page's address that are kept beside its path; click ids identify a person and are not.
CAMPAIGN_KEYS = ("utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content")

_SPACES = re.compile(r"\s+")


@dataclass(frozen=True)
class ConsentAnswer:
    """Yes or no to one way of contact, with exactly the text that was shown."""

    channel: str
    granted: bool
    version: str
    text: str
    language: str = "en"


@dataclass(frozen=True)
class LeadDraft:
    """A request to be contacted. `source` is chat or form; `kind` normal, urgent or question.

    A chat's `sender` is Rasa's id of it; the conversation that it belongs to is found from that.
    """

    name: str
    method: str
    phone: str = ""
    extension: str = ""
    email: str = ""
    location: str = ""
    day: str = ""
    part: str = ""
    interest: str = ""
    visit: str = ""
    note: str = ""
    question: str = ""
    kind: str = "normal"
    language: str = "en"
    source: str = "chat"
    page: str = ""
    referrer: str = ""
    campaign: dict[str, str] = field(default_factory=dict)
    consents: tuple[ConsentAnswer, ...] = ()
    conversation_id: str | None = None
    sender: str | None = None
    turn_id: str | None = None
    is_spam: bool = False


def check(draft: LeadDraft) -> None:
    """Raise LeadInvalid naming every field that is missing, too long or does not fit the others."""
    wrong: dict[str, str] = {}
    if not 1 <= len(draft.name) <= NAME_LIMIT:
        wrong["name"] = f"A name has 1 to {NAME_LIMIT} characters."
    if draft.method not in CHANNELS:
        wrong["method"] = f"It is one of {', '.join(CHANNELS)}."
    elif draft.method == "email" and not draft.email:
        wrong["email"] = "To be written to, an e-mail address is needed."
    elif draft.method != "email" and not draft.phone:
        wrong["phone"] = "To be called or texted, a phone number is needed."
    if len(draft.note) > NOTE_LIMIT:
        wrong["note"] = f"A note has at most {NOTE_LIMIT} characters."
    for name, limit in (("day", CHOICE_LIMIT), ("part", CHOICE_LIMIT), ("interest", CHOICE_LIMIT)):
        if len(getattr(draft, name)) > limit:
            wrong[name] = f"It has at most {limit} characters."
    if len(draft.question) > QUESTION_LIMIT:
        wrong["question"] = f"It has at most {QUESTION_LIMIT} characters."
    if wrong:
        raise LeadInvalid(wrong)


def clean(text: str, keep_lines: bool = False) -> str:
    """Text without control and invisible characters, in NFC, on one line unless lines are kept, spaces in order."""
    lines = [_SPACES.sub(" ", line).strip() for line in tidy(text).split("\n")]
    return "\n".join(lines).strip() if keep_lines else " ".join(filter(None, lines))


def split_name(name: str) -> tuple[str, str]:
    """First and last name for programs that want two: split before the last word. A single word is a first name."""
    first, _, last = name.rpartition(" ")
    return (first, last) if first else (last, "")


def origin_of(page: str) -> tuple[str, dict[str, str]]:
    """A page's address without its query and fragment (http and https only), and the campaign values worth keeping."""
    try:
        parts = urlsplit(clean(page))
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            return "", {}
    except ValueError:
        return "", {}
    place = f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"[:PAGE_LIMIT]
    return place, _campaign(parts.query)


def _campaign(query: str) -> dict[str, str]:
    pairs = parse_qsl(query, max_num_fields=100) if query.count("&") < 100 else []
    return {key: clean(value)[:CAMPAIGN_LIMIT] for key, value in pairs if key in CAMPAIGN_KEYS and value.strip()}
