"""What is said after a request was sent: honest about the hours, never "booked"."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import msgspec
import pytest

from needlewise.clinic import Clinic
from needlewise.leads import ConsentAnswer, LeadDraft
from needlewise.leads.next_step import next_step
from needlewise.wording import Wording
from tests.leads.conftest import MONDAY

YES = ConsentAnswer("call", True, "call-1", "text")
DRAFT = LeadDraft("Ann", "call", phone="+18013733376", consents=(YES,))


@pytest.fixture(scope="module")
def open_clinic(clinic: Clinic) -> Clinic:
    """The clinic with hours of its own: the stated default ones."""
    place = msgspec.structs.replace(clinic.main, hours=clinic.default_hours)
    return msgspec.structs.replace(clinic, locations=(place,))


def say(
    clinic: Clinic, wording: Wording, draft: LeadDraft = DRAFT, repeated: bool = False, now: datetime = MONDAY
) -> str:
    return next_step(draft, repeated, clinic, wording, now)


def test_by_the_hours(clinic: Clinic, open_clinic: Clinic, wording: Wording) -> None:
    assert "should be open now" in say(open_clinic, wording)
    assert "open again tomorrow at 9 AM" in say(open_clinic, wording, now=MONDAY + timedelta(hours=9))
    assert "Monday, November 30 at 9 AM" in say(open_clinic, wording, now=datetime.fromisoformat("2026-11-28T18:00Z"))
    assert "do not have their opening hours" in say(clinic, wording)


def test_without_consent_the_visitor_is_told_to_call(clinic: Clinic, wording: Wording) -> None:
    for consents in ((), (replace(YES, granted=False),), (replace(YES, channel="email"),)):
        assert "please call (801) 373-3376" in say(clinic, wording, replace(DRAFT, consents=consents))


def test_urgent_comes_first(clinic: Clinic, wording: Wording) -> None:
    assert "911" in say(clinic, wording, replace(DRAFT, kind="urgent", consents=()), repeated=True)


def test_a_question_and_a_repeated_request(clinic: Clinic, wording: Wording) -> None:
    assert "Your question is with" in say(clinic, wording, replace(DRAFT, kind="question"))
    assert "before" in say(clinic, wording, repeated=True)


def test_it_is_never_said_to_be_booked(clinic: Clinic, open_clinic: Clinic, wording: Wording) -> None:
    for place in (clinic, open_clinic):
        for kind in ("normal", "urgent", "question"):
            for hours in range(0, 168, 5):
                text = say(place, wording, replace(DRAFT, kind=kind), now=MONDAY + timedelta(hours=hours))
                assert "booked" not in text.replace("Nothing is booked yet", "")
