"""Small talk, the way to a person, and what is declined."""

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

from needlewise.booking.service import BookingService
from needlewise.clinic.hours import WEEKDAYS
from needlewise.knowledge.service import KnowledgeService
from needlewise.talk.routes import internal_routes
from needlewise.talk.service import DECLINED, SMALLTALK, TalkService
from needlewise.turn import Bubble, Intent, Reply, Turn
from tests.shipped import CLINIC, FRUSTRATION, WORDING

DATA = Path(__file__).parents[2] / "data"
NOON = datetime(2026, 11, 24, 19, tzinfo=UTC)  # a Tuesday noon in Denver


def turn(intent: str | None, **slots: str) -> Turn:
    return Turn("c" * 22, text="hello", intent=Intent(intent), slots={**slots})


def talk(hours: dict[str, list[str]] | None = None, now: datetime = NOON) -> TalkService:
    main = msgspec.structs.replace(CLINIC.main, hours=hours or {})
    return TalkService(msgspec.structs.replace(CLINIC, locations=(main,)), WORDING, FRUSTRATION, lambda: now)


@pytest.mark.parametrize("intent", [*SMALLTALK, "go_back", "skip", "stop", "anything", None])
def test_small_talk_is_one_sentence_and_no_answer(intent: str | None) -> None:
    reply = talk().smalltalk(turn(intent))
    assert (reply.outcome, reply.topics, reply.slots) == ("smalltalk", [], {"offer": None})
    assert [each.answer_id for each in reply.bubbles] == [None]


def test_asked_whether_it_is_a_bot_it_says_so() -> None:
    text = talk().smalltalk(turn("bot_challenge")).bubbles[0].text
    assert "automated" in text
    assert "not a person" in text
    assert "(801) 373-3376" in text


def test_help_offers_topics_and_a_person() -> None:
    payloads = [each.payload for each in talk().smalltalk(turn("help")).bubbles[0].choices]
    assert payloads[0] == '/ask_topic{"topic":"what_is_it"}'
    assert payloads[-1] == "/booking"
    assert talk().starters("en")[0].title == "What is micro-needling?"


def test_inside_a_booking_help_offers_nothing_else() -> None:
    assert talk().smalltalk(turn("help", requested_slot="booking_name")).bubbles[0].choices == []


OPEN = {day: ["09:00-17:00"] for day in WEEKDAYS}
NEVER: dict[str, list[str]] = {day: [] for day in WEEKDAYS}


@pytest.mark.parametrize(
    ("hours", "now", "words"),
    [
        ({}, NOON, "do not have the opening hours"),
        (OPEN, NOON, "should be open now"),
        (OPEN, NOON.replace(hour=14), "opens again today at 9 AM"),
        (NEVER, NOON, "is closed at the moment. Or"),
    ],
)
def test_the_way_to_a_person_is_honest_about_hours(hours: dict[str, list[str]], now: datetime, words: str) -> None:
    reply = talk(hours, now).handoff(turn("handoff"))
    text = reply.bubbles[0].text
    assert "(801) 373-3376" in text
    assert words in text
    assert (reply.outcome, reply.slots) == ("handoff", {"offer": "booking"})
    assert [each.payload for each in reply.bubbles[0].choices] == ["/booking"]


@pytest.mark.parametrize("intent", [*DECLINED, "anything", None])
def test_declining_is_calm_and_offers_a_person(intent: str | None) -> None:
    reply = talk().decline(turn(intent))
    assert reply.outcome == "declined"
    assert "(801) 373-3376" in reply.bubbles[0].text
    assert [each.payload for each in reply.bubbles[0].choices] == ["/booking"]


@given(st.text(), st.text(), st.text())
def test_any_turn_gets_a_sentence(intent: str, text: str, language: str) -> None:
    service = talk()
    odd = Turn("c", text=text, language=language, intent=Intent(intent))
    for reply in (service.smalltalk(odd), service.handoff(odd), service.decline(odd)):
        assert reply.bubbles[0].text


class Published(KnowledgeService):
    """A knowledge service in which staff have published one answer, or none."""

    def __init__(self, reply: Reply | None) -> None:
        self.reply = reply

    def published(self, _turn: Turn) -> Reply | None:
        return self.reply


class NoBooking(BookingService):
    """A booking service while no booking is under way."""

    def __init__(self) -> None: ...

    def answered_by(self, _turn: Turn) -> None:
        return None


def provide(service: object) -> Provide:
    return Provide(lambda: service, sync_to_thread=False)


@pytest.mark.parametrize(
    ("path", "outcome"), [("smalltalk", "smalltalk"), ("handoff", "handoff"), ("decline", "declined")]
)
def test_the_endpoints(path: str, outcome: str) -> None:
    services = {"talk": talk(), "knowledge": Published(None), "booking": NoBooking()}
    app = Litestar(internal_routes, dependencies={name: provide(each) for name, each in services.items()})
    with TestClient(app) as client:
        reply = client.post(f"/internal/{path}", content=msgspec.json.encode(turn("greeting")))
        assert reply.status_code == 200
        assert reply.json()["outcome"] == outcome


@pytest.mark.parametrize(("intent", "outcome"), [("out_of_scope", "answered"), ("abuse", "declined")])
def test_what_staff_have_published_is_not_declined(intent: str, outcome: str) -> None:
    services = {
        "talk": talk(),
        "knowledge": Published(Reply("answered", bubbles=[Bubble("Yes.")])),
        "booking": NoBooking(),
    }
    app = Litestar(internal_routes, dependencies={name: provide(each) for name, each in services.items()})
    with TestClient(app) as client:
        reply = client.post("/internal/decline", content=msgspec.json.encode(turn(intent)))
        assert reply.json()["outcome"] == outcome
