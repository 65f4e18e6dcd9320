"""The link to the clinic's online booking page: what it fills in, and what it never says."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from needlewise.clinic import Clinic
from needlewise.clinic.checks import BOOKING_FIELDS
from needlewise.leads import LeadDraft
from needlewise.leads.booking_link import booking_link
from tests.shipped import CLINIC

PAGE = "https://book.example.com/new?source=chat#top"
DRAFT = LeadDraft(
    "Ann Marie O'Neil Jr.",
    "call",
    phone="+18015550123",
    email="ann@example.com",
    location="provo",
    interest="micro_needling",
    note="I take warfarin",
    question="is it safe with keloids?",
    day="after my chemo",
    part="morning",
    visit="first",
)


def clinic(link: str = PAGE, **fields: str) -> Clinic:
    return msgspec.structs.replace(CLINIC, booking_link=link, booking_fields=fields)


ALL = clinic(**{field: f"p_{field}" for field in BOOKING_FIELDS})


def test_what_was_given_goes_into_the_fields_that_the_page_has() -> None:
    parts = urlsplit(booking_link(clinic(first_name="first", last_name="last", phone="a1"), DRAFT))
    assert (parts.scheme, parts.netloc, parts.path, parts.fragment) == ("https", "book.example.com", "/new", "top")
    assert parse_qs(parts.query) == {
        "source": ["chat"],
        "first": ["Ann Marie O'Neil"],
        "last": ["Jr."],
        "a1": ["+18015550123"],
    }


def test_a_page_without_fields_is_offered_as_it_is() -> None:
    assert booking_link(clinic(), DRAFT) == PAGE
    assert booking_link(clinic(link=""), DRAFT) == ""


@pytest.mark.parametrize("kind", ["urgent", "question"])
def test_what_is_no_appointment_gets_no_link(kind: str) -> None:
    assert booking_link(ALL, replace(DRAFT, kind=kind)) == ""


def test_nothing_in_the_visitors_words_but_the_name_is_in_it() -> None:
    link = booking_link(ALL, replace(DRAFT, interest="scars after cancer"))
    assert not any(word in link for word in ("warfarin", "keloid", "chemo", "cancer", "p_interest", "morning"))
    assert "p_interest=micro_needling" in booking_link(ALL, DRAFT)


@given(st.text(min_size=1, max_size=80), st.text(max_size=80))
def test_any_name_is_one_value_and_the_link_ends_as_a_link(name: str, interest: str) -> None:
    link = booking_link(ALL, replace(DRAFT, name=name, interest=interest, language="en"))
    # As widget/src/links.tsx finds it: no space, quote or bracket, and no punctuation at its end.
    assert not set(link) & set(" <>\"'\n") and link[-1] not in ".,;:!?)]"
    assert parse_qs(urlsplit(link).query, keep_blank_values=True)["p_name"] == [name]
