"""The filters of the list of conversations as an address holds them: readable, and harmless whatever it says."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, fields, replace
from datetime import date, datetime, time, timedelta
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from needlewise.chat.text import tidy
from needlewise.clinic import Clinic
from needlewise.conversations.listing import ONGOING, Filters
from needlewise.conversations.reviews import TAG_LENGTH
from needlewise.db import utc_now
from needlewise.staff import words

HERE = "/staff/conversations"
# What a filter's checkbox sends.
CHECKED = "1"
SEARCH_LENGTH = 80
# Only for those who may read what visitors say about their health: they tell something about hidden words.
CLINICAL = ("search", "tag", "topic")


@dataclass(frozen=True)
class Chosen:
    """The filters as text, as the form shows them; what an address holds beyond that is left out."""

    search: str = ""
    outcome: str = ""
    topic: str = ""
    since: str = ""
    until: str = ""
    below: str = ""
    longer: str = ""
    state: str = ""
    tag: str = ""
    unread: str = ""
    thumbs_down: str = ""
    has_lead: str = ""
    red_flag: str = ""
    ongoing: str = ""
    # What a bar of the figures stands for.
    fact: str = ""

    @classmethod
    def read(cls, query: Mapping[str, str], topics: Collection[str], *, clinical: bool) -> Chosen:
        """What of a query makes sense."""
        given = {each.name: query.get(each.name, "").strip() for each in fields(cls)}
        kept = {
            "search": " ".join(tidy(given["search"][:SEARCH_LENGTH]).split()),
            "tag": tidy(given["tag"][:TAG_LENGTH]),
            "outcome": given["outcome"] if given["outcome"] in words.OUTCOMES else "",
            "topic": given["topic"] if given["topic"] in topics else "",
            "since": given["since"] if _day(given["since"]) else "",
            "until": given["until"] if _day(given["until"]) else "",
            "below": given["below"] if _number(given["below"], 100) else "",
            "longer": given["longer"] if _number(given["longer"], 1_000) else "",
            "fact": given["fact"] if words.fact(given["fact"][:40]) else "",
            "state": given["state"] if given["state"] in words.REVIEW_STATES else "",
        }
        switches = ("unread", "thumbs_down", "has_lead", "red_flag", "ongoing")
        kept |= {name: CHECKED if given[name] == CHECKED else "" for name in switches}
        chosen = cls(**kept)
        return chosen if clinical else replace(chosen, **dict.fromkeys(CLINICAL, ""))

    @property
    def query(self) -> str:
        """The query string; empty when nothing is chosen."""
        return urlencode({each.name: value for each in fields(self) if (value := getattr(self, each.name))})

    def address(self, path: str = HERE, **more: str) -> str:
        """The list's address, or another one that keeps the filters."""
        query = "&".join(part for part in (self.query, urlencode(more)) if part)
        return f"{path}?{query}" if query else path

    def filters(self, clinic: Clinic) -> Filters:
        """What the list is asked for; days are the clinic's."""
        zone = ZoneInfo(clinic.main.timezone)
        since, until = _day(self.since), _day(self.until)
        return Filters(
            outcome=self.outcome,
            topic=self.topic,
            has_lead=bool(self.has_lead),
            red_flag=bool(self.red_flag),
            since=datetime.combine(since, time(), zone) if since else None,
            until=datetime.combine(until + timedelta(days=1), time(), zone) if until else None,
            below=int(self.below) / 100 if self.below else None,
            thumbs_down=bool(self.thumbs_down),
            longer=int(self.longer or 0),
            state=self.state,
            unread=bool(self.unread),
            tag=self.tag,
            search=self.search,
            fact=self.fact,
            active_since=utc_now() - ONGOING if self.ongoing else None,
        )


def _day(text: str) -> date | None:
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    # The ends of the calendar cannot be moved by a zone.
    return day if 2000 <= day.year <= 2999 else None


def _number(text: str, most: int) -> int:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= 4 and int(text) <= most else 0
