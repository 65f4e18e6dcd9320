"""Which days are counted, when, and that a day outlives its conversations."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import delete, select

from needlewise.analytics.facts import (
    ANSWERED,
    ASKED,
    ASSUMED,
    BOOKING_SENT,
    CHECKED,
    CONFIRMED,
    DENIED,
    HANDED_OFF,
    OTHER,
    UNANSWERED,
    WRONG,
    Spoken,
    Told,
    facts_of,
    figures_of,
    lead_hour,
)
from needlewise.analytics.service import Analytics, Period
from needlewise.chat.models import ChatTurn, Conversation
from needlewise.conversations.listing import Filters
from needlewise.conversations.models import Understanding
from needlewise.conversations.service import ConversationService
from needlewise.db import Sessions
from needlewise.leads.history import note
from needlewise.settings import Settings
from tests.conversations_record.conftest import add_lead
from tests.shipped import CLINIC

DAY = date(2026, 11, 3)
NOW = datetime(2026, 11, 3, 18, tzinfo=UTC)


class Clock:
    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


def _talk(database: Sessions, name: str, at: datetime, *outcomes: str) -> None:
    with database.begin() as db:
        talk = Conversation(public_id=name, sender=name, started_at=at, last_at=at, visitor_messages=len(outcomes))
        db.add(talk)
        db.flush()
        for number, outcome in enumerate(outcomes):
            turn = {"client_id": f"{name}{number}", "sender": name, "payload": "x", "is_open": False}
            times = {"lease_until": at, "started_at": at, "finished_at": at + timedelta(milliseconds=120)}
            db.add(ChatTurn(conversation_id=talk.id, outcome=outcome, topics=["downtime"], **turn, **times))


def test_days_are_the_clinics_own_and_today_is_counted_again_after_a_minute(database: Sessions) -> None:
    clock = Clock()
    analytics = Analytics(database, CLINIC, Settings(), clock)
    assert analytics.run_once() == 0
    # 5 in the morning in London is the evening before in Provo.
    _talk(database, "late", datetime(2026, 11, 3, 5, tzinfo=UTC), "answered")
    _talk(database, "noon", datetime(2026, 11, 3, 17, tzinfo=UTC), "unanswered")
    assert analytics.run_once() == 2
    assert analytics.by_day(Period(DAY - timedelta(days=1), DAY), [ANSWERED, UNANSWERED]) == {
        DAY - timedelta(days=1): {ANSWERED: 1},
        DAY: {UNANSWERED: 1},
    }
    assert analytics.totals(Period(DAY, DAY))["topic:downtime"] == 1
    assert analytics.run_once() == 0
    _talk(database, "more", NOW, "answered", "answered")
    clock.now += timedelta(seconds=61)
    assert analytics.run_once() == 2
    totals = analytics.totals(Period(DAY, DAY))
    assert (totals["all"], totals[ANSWERED], totals["wait-250"]) == (2, 1, 3)


def test_a_known_persons_further_request_counts_as_sent(database: Sessions) -> None:
    """The bar and the list behind it hold the same conversations."""
    analytics = Analytics(database, CLINIC, Settings(), Clock())
    slots = {"booking_id": "b2", **dict.fromkeys(ASKED, "x")}
    for name in ("first", "again", "plain"):
        _talk(database, name, NOW, "booking")
    lead = add_lead(database, conversation_id="first")
    with database.begin() as db:
        for turn in db.scalars(select(ChatTurn).where(ChatTurn.sender != "plain")):
            db.add(Understanding(turn_id=turn.id, intent="booking", confidence=1.0, slots=slots))
        note(db, lead, "visitor", "repeated", NOW, conversation_id="again")
    analytics.run_once()
    totals = analytics.totals(Period(DAY, DAY))
    assert totals[BOOKING_SENT] == 2
    assert totals[lead_hour(1, 11)] == 1  # the repeated one, on the clinic's clock
    conversations = ConversationService(database)
    assert {row.id for row in conversations.list(Filters(has_lead=True)).rows} == {"first", "again"}
    assert {row.id for row in conversations.list(Filters(fact=BOOKING_SENT)).rows} == {"first", "again"}


def test_a_day_whose_conversations_are_forgotten_stays_as_it_was_counted(database: Sessions) -> None:
    clock = Clock()
    analytics = Analytics(database, CLINIC, Settings(), clock)
    _talk(database, "old", NOW, "answered")
    analytics.run_once()
    clock.now += timedelta(days=31)
    _talk(database, "new", clock.now, "answered")
    with database.begin() as db:
        db.execute(delete(Conversation).where(Conversation.public_id == "old"))
    while analytics.run_once():
        pass
    assert analytics.totals(Period(DAY, DAY))["all"] == 1


def _said(outcome: str, intent: str = "", wrong: bool = False) -> Spoken:
    return Spoken(outcome, [], intent, 100, frozenset(), wrong)


@pytest.mark.parametrize(
    ("talk", "ending", "resolution"),
    [
        (Told([_said("answered")]), ANSWERED, ASSUMED),
        (Told([_said("answered"), _said("smalltalk", "thanks")]), ANSWERED, CONFIRMED),
        (Told([_said("smalltalk", "greeting"), _said("answered")], {"up"}), ANSWERED, CONFIRMED),
        (Told([_said("answered")], {"up", "down"}), ANSWERED, DENIED),
        (Told([_said("unanswered"), _said("smalltalk", "thanks")]), UNANSWERED, None),
        (Told([_said("answered"), _said("clarify")]), UNANSWERED, None),
        (Told([_said("answered"), _said("staff")]), HANDED_OFF, None),
        (Told([_said("answered")], lead_at=NOW), HANDED_OFF, None),
        (Told([_said("smalltalk", "greeting")]), OTHER, None),
    ],
)
def test_how_a_conversation_ended_and_whether_that_helped(talk: Told, ending: str, resolution: str | None) -> None:
    facts = list(facts_of(talk))
    assert facts[0] == ending
    assert [each for each in facts if each.startswith("helped-")] == ([resolution] if resolution else [])


def test_a_booking_is_followed_question_by_question() -> None:
    def stop_after(*steps: str) -> list[str]:
        talk = Told([Spoken("booking", [], "", 100, frozenset({"booking_id", "booking_location", *steps}))])
        return [each for each in facts_of(talk) if each.startswith("booking-")]

    assert stop_after() == ["booking-started", "booking-asked-name", "booking-left-name"]
    assert stop_after("booking_name", "booking_method")[-2:] == ["booking-asked-contact", "booking-left-contact"]


def test_wrong_answers_are_counted_among_those_that_were_checked() -> None:
    talk = Told([_said("answered", wrong=True), _said("answered"), _said("unanswered", wrong=True)])
    assert (figures_of(talk)[CHECKED], figures_of(talk)[WRONG]) == (0, 0)
    talk.reviewed = True
    assert (figures_of(talk)[CHECKED], figures_of(talk)[WRONG]) == (2, 1)
