"""Red flags and personal health: the wording by level, the record of it, and nothing medical answered."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from litestar import Litestar
from litestar.di import Provide
from litestar.testing import TestClient
from sqlalchemy import select
from sqlalchemy import text as sql

import needlewise.knowledge.models
import needlewise.safety.models  # noqa: F401
from needlewise.clinic.hours import WEEKDAYS
from needlewise.db import Sessions
from needlewise.leads.models import Outbox
from needlewise.safety.routes import internal_routes
from needlewise.safety.service import LEVELS, SafetyService, level_of
from needlewise.turn import Intent, RedFlag, Turn
from tests.databases import lost
from tests.shipped import CLINIC, WORDING

DATA = Path(__file__).parents[2] / "data"
NOON = datetime(2026, 11, 24, 19, tzinfo=UTC)  # a Tuesday noon in Denver


@pytest.fixture
def safety(database: Sessions) -> SafetyService:
    return SafetyService(database, CLINIC, WORDING, lambda: NOON)


def turn(level: str | None, id_: str = "breathing", intent: str | None = None, **slots: str) -> Turn:
    flag = RedFlag(id_, level) if level else None
    return Turn(
        "c" * 22, turn="t1", text="what I typed", intent=Intent(intent or level), red_flag=flag, slots={**slots}
    )


def test_an_emergency_says_911_first_and_alone(safety: SafetyService) -> None:
    reply = safety.red_flag(turn("emergency"))
    assert (reply.outcome, reply.topics, len(reply.bubbles)) == ("emergency", [], 1)
    assert reply.bubbles[0].text.startswith("Call 911 now.")
    assert reply.bubbles[0].choices == []
    assert "?" not in reply.bubbles[0].text
    assert reply.slots["offer"] is None


def test_self_harm_gets_988(safety: SafetyService) -> None:
    text = safety.red_flag(turn("emergency", "self_harm")).bubbles[0].text
    assert text.startswith("Call or text 988 now")
    assert "911" in text


def test_an_emergency_that_only_the_model_saw_names_both_numbers(safety: SafetyService) -> None:
    text = safety.red_flag(turn(None, intent="emergency")).bubbles[0].text
    assert text.startswith("Call 911 now.")
    assert "988" in text
    assert safety.unseen()[0].pattern == "model"


@pytest.mark.parametrize("level", ["urgent", None])
def test_an_urgent_sign_sends_to_a_clinician_today(safety: SafetyService, level: str | None) -> None:
    reply = safety.red_flag(turn(level, "fever", intent="urgent"))
    text = reply.bubbles[0].text
    assert reply.outcome == "urgent"
    for words in ("clinician today", "(801) 373-3376", "urgent care", "call 911"):
        assert words in text
    assert [each.payload for each in reply.bubbles[0].choices] == ["/booking"]
    assert reply.slots["offer"] == "urgent_booking"


def test_urgent_in_known_opening_hours_names_the_on_call_number(database: Sessions) -> None:
    hours = {day: ["09:00-17:00"] for day in WEEKDAYS}
    main = msgspec.structs.replace(CLINIC.main, hours=hours)
    clinic = msgspec.structs.replace(CLINIC, locations=(main,), on_call="+18015550100")
    text = SafetyService(database, clinic, WORDING, lambda: NOON).red_flag(turn("urgent")).bubbles[0].text
    assert "(801) 555-0100" in text
    assert "urgent care" not in text
    late = SafetyService(database, clinic, WORDING, lambda: NOON.replace(hour=5))
    assert "urgent care" in late.red_flag(turn("urgent")).bubbles[0].text


def test_the_record_holds_no_words(safety: SafetyService, database: Sessions) -> None:
    safety.red_flag(turn("emergency", "breathing"))
    (event,) = safety.unseen()
    assert (event.level, event.pattern, event.conversation, event.turn, event.at) == (
        "emergency",
        "breathing",
        "c" * 22,
        "t1",
        NOON,
    )
    with database() as db:
        stored = str(db.execute(sql("SELECT * FROM safety_events")).mappings().one())
    assert "typed" not in stored


def test_an_emergency_is_told_to_reception_at_once_and_without_words(safety: SafetyService, database: Sessions) -> None:
    for level in ("urgent", "emergency", "emergency"):
        safety.red_flag(turn(level))
    with database() as db:
        (alert,) = db.scalars(select(Outbox)).all()
    assert (alert.kind, alert.channel, alert.link, alert.urgent) == ("alert.emergency", "email", "/staff", True)


def test_staff_see_an_event_once(safety: SafetyService) -> None:
    safety.red_flag(turn("emergency"))
    event = safety.unseen()[0]
    assert safety.mark_seen(event.id, "ann")
    assert not safety.mark_seen(event.id, "bob")
    assert not safety.mark_seen(999, "bob")
    assert safety.unseen() == []
    assert [(each.seen_by, each.seen_at) for each in safety.recent()] == [("ann", NOON)]


def test_an_erased_conversation_leaves_only_that_something_happened(safety: SafetyService, database: Sessions) -> None:
    safety.red_flag(turn("emergency"))
    with database.begin() as db:
        assert safety.erase_conversation(db, "c" * 22) == 1
    assert [(each.conversation, each.turn) for each in safety.recent()] == [("", None)]


def test_a_dead_database_does_not_keep_an_emergency_back(safety: SafetyService, database: Sessions) -> None:
    with lost(database, "safety_events"):
        assert safety.red_flag(turn("emergency")).outcome == "emergency"


def test_personal_health_is_left_to_staff_and_the_question_kept_for_them(safety: SafetyService) -> None:
    reply = safety.staff(turn("staff", "pregnancy", intent="candidacy"))
    assert (reply.outcome, len(reply.bubbles)) == ("staff", 1)
    assert "clinician has to answer" in reply.bubbles[0].text
    assert [(each.title, each.payload) for each in reply.bubbles[0].choices] == [("Pass my question on", "/booking")]
    assert reply.slots == {"condition": None, "offer": "question_booking", "booking_question": "what I typed"}


def test_a_complaint_is_heard(safety: SafetyService) -> None:
    for each in (turn(None, intent="complaint"), turn("staff", "complaint_refund", intent="candidacy")):
        assert "sorry" in safety.staff(each).bubbles[0].text


def test_inside_a_booking_the_booking_goes_on(safety: SafetyService) -> None:
    reply = safety.staff(turn("staff", intent="candidacy", requested_slot="booking_name"))
    assert reply.bubbles[0].choices == []
    assert reply.slots == {"condition": None, "offer": None}


@pytest.mark.parametrize(
    ("flag", "intent", "level"),
    [
        ("emergency", "urgent", "emergency"),
        ("urgent", "emergency", "emergency"),
        ("staff", "urgent", "urgent"),
        ("staff", "candidacy", "staff"),
        (None, "complaint", "staff"),
        (None, "downtime", "urgent"),
        ("odd", None, "urgent"),
    ],
)
def test_the_higher_level_wins(flag: str | None, intent: str | None, level: str) -> None:
    assert level_of(Turn("c", intent=Intent(intent), red_flag=RedFlag("x", flag) if flag else None)) == level


@given(
    st.builds(
        Turn,
        conversation=st.text(),
        intent=st.builds(Intent, name=st.one_of(st.none(), st.text())),
        red_flag=st.one_of(st.none(), st.builds(RedFlag, id=st.text(), level=st.text())),
    )
)
def test_any_turn_has_a_level(turn: Turn) -> None:
    assert level_of(turn) in LEVELS


@pytest.mark.parametrize(("path", "outcome"), [("red-flag", "emergency"), ("staff", "staff")])
def test_the_endpoints(safety: SafetyService, path: str, outcome: str) -> None:
    app = Litestar(internal_routes, dependencies={"safety": Provide(lambda: safety, sync_to_thread=False)})
    with TestClient(app) as client:
        reply = client.post(f"/internal/{path}", content=msgspec.json.encode(turn("emergency")))
        assert reply.status_code == 200
        assert reply.json()["outcome"] == outcome
