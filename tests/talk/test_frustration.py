"""Somebody who has had enough is shown the way to a person."""

from __future__ import annotations

from pathlib import Path

import pytest

from needlewise.talk.frustration import Frustration, FrustrationError
from needlewise.talk.service import TalkService
from needlewise.turn import Bubble, Choice, Intent, Reply, Turn
from tests.shipped import CLINIC, FRUSTRATION, WORDING

TALK = TalkService(CLINIC, WORDING, FRUSTRATION)
OFFER = Choice("Ask reception to contact me", "/booking")


@pytest.mark.parametrize(
    "text",
    [
        "that's not what i asked", "i already asked that!!", "stop repeating yourself", "keep saying that",
        "you are not helping", "this isn’t helpful", "it doesn't help", "you dont understand me", "this is USELESS",
        "what a waste of time", "i give up", "just answer me", "for the last time", "this bot sucks", "so frustrating",
        "no me entiendes", "no es lo que pregunté", "ya te dije", "siempre contestas lo mismo", "no me ayudas",
        "esto no sirve", "qué frustrante", "me rindo",
    ],
)  # fmt: skip
def test_it_is_noticed(text: str) -> None:
    assert FRUSTRATION.shows_in(text)


@pytest.mark.parametrize(
    "text",
    [
        "no thanks", "never mind", "ok", "is it helpful for scars", "can you help me", "what did you say", "no", "stop",
        "i want the same thing as my friend", "does it not hurt", "i have not asked yet", "no gracias", "ya no",
        "ayúdame", "no sé", "para qué sirve", "quiero lo mismo que mi hermana",
    ],
)  # fmt: skip
def test_what_is_none(text: str) -> None:
    assert not FRUSTRATION.shows_in(text)


@pytest.mark.parametrize("outcome", ["smalltalk", "clarify", "unanswered"])
@pytest.mark.parametrize(("language", "words"), [("en", "I am sorry"), ("es", "Siento")])
def test_it_leads_to_a_person(outcome: str, language: str, words: str) -> None:
    turn = Turn("c" * 22, text="that is not what i asked", language=language)
    reply = TALK.towards_a_person(turn, Reply(outcome, bubbles=[Bubble("No problem.")]))
    assert (reply.outcome, reply.slots) == ("handoff", {"offer": "booking"})
    assert reply.bubbles[0].text.startswith(words)
    assert "(801) 373-3376" in reply.bubbles[0].text
    assert [each.payload for each in reply.bubbles[0].choices] == ["/booking"]


@pytest.mark.parametrize(("language", "words"), [("en", "I am sorry that I misunderstood"), ("es", "Siento haberle")])
def test_the_first_calm_no_may_be_said_in_other_words(language: str, words: str) -> None:
    said = Reply("smalltalk", bubbles=[Bubble("No problem.")])
    turn = Turn("c" * 22, intent=Intent("deny"), text="no that's not what i meant", language=language)
    reply = TALK.towards_a_person(turn, said)
    assert reply.outcome == "clarify"
    assert reply.bubbles[0].text.startswith(words)
    payloads = [each.payload for each in reply.bubbles[0].choices]
    assert payloads[0].startswith("/ask_topic") and payloads[-1] == "/booking"
    turn = Turn("c" * 22, intent=Intent("deny"), text="no, still not what i meant", language=language, missed=1)
    assert TALK.towards_a_person(turn, said).outcome == "handoff"


@pytest.mark.parametrize("outcome", ["answered", "declined"])
def test_an_answer_and_a_calm_word_to_abuse_stay(outcome: str) -> None:
    reply = Reply(outcome, bubbles=[Bubble("A")])
    assert TALK.towards_a_person(Turn("c" * 22, text="this is useless"), reply) is reply


@pytest.mark.parametrize("outcome", ["clarify", "unanswered", "declined"])
def test_the_third_time_without_help_names_a_person(outcome: str) -> None:
    said = Reply(outcome, bubbles=[Bubble("?", choices=[Choice("Recovery", "/ask_topic"), OFFER])])
    twice = TALK.towards_a_person(Turn("c" * 22, text="parking", missed=1), said)
    assert twice is said
    reply = TALK.towards_a_person(Turn("c" * 22, text="parking", missed=2), said)
    assert (reply.outcome, reply.slots["offer"]) == (outcome, "booking")
    assert "I am sorry" in reply.bubbles[-1].text
    assert [each.payload for each in reply.bubbles[0].choices] == ["/ask_topic"]
    assert [each.payload for each in reply.bubbles[1].choices] == ["/booking"]


def test_inside_a_booking_nothing_else_is_offered() -> None:
    turn = Turn("c" * 22, text="this is useless", slots={"requested_slot": "booking_name"})
    reply = TALK.towards_a_person(turn, Reply("unanswered", bubbles=[Bubble("?")]))
    assert (reply.bubbles[0].choices, reply.slots) == ([], {"offer": None})


@pytest.mark.parametrize("text", ["- a", "en: useless", "en: []", "en: [1]\nes: ['(']", "en: ['(']"])
def test_a_broken_file_stops_the_start(tmp_path: Path, text: str) -> None:
    (tmp_path / "frustration.yml").write_text(text, encoding="utf-8")
    with pytest.raises(FrustrationError, match="frustration"):
        Frustration.load(tmp_path / "frustration.yml")
