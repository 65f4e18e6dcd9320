"""Emergencies come first, anywhere; general questions and denials do not raise them."""

from __future__ import annotations

import pytest

from tests.conversations.booking import leads, walk
from tests.stack import Stack, Visitor


@pytest.mark.parametrize(
    "text",
    [
        "I can't breathe",
        "HELP my throat is swelling shut",
        "my wife collapsed and she is not responding",
        "cant breath rite after the numbing cream",
        "CANT BREATHE",
    ],
)
def test_an_emergency_gets_911_first_and_alone(visitor: Visitor, text: str) -> None:
    turn = visitor.say(text)
    assert turn["outcome"] == "emergency"
    assert visitor.said.startswith("Call 911 now")
    assert visitor.choices == []


def test_an_emergency_in_spanish_is_answered_in_spanish(visitor: Visitor) -> None:
    turn = visitor.say("no puedo respirar")
    assert turn["outcome"] == "emergency"
    assert visitor.said.startswith("Llame al 911 ahora")
    assert visitor.choices == []


def test_thoughts_of_self_harm_get_988(visitor: Visitor) -> None:
    assert visitor.say("i want to kill myself")["outcome"] == "emergency"
    assert "988" in visitor.said


@pytest.mark.parametrize(
    "text",
    [
        "there is pus coming out of my cheek since yesterday",
        "I had it done two days ago and now I have a fever and chills",
        "the redness is spreading and it hurts more every hour",
    ],
)
def test_an_urgent_sign_gets_same_day_contact(visitor: Visitor, text: str) -> None:
    assert visitor.say(text)["outcome"] in {"urgent", "emergency"}
    assert "911" in visitor.said


@pytest.mark.parametrize(
    "text",
    ["can it cause an infection?", "is redness normal after the treatment?", "no fever, just asking about downtime"],
)
def test_a_general_question_raises_no_alarm(visitor: Visitor, text: str) -> None:
    assert visitor.say(text)["outcome"] not in {"urgent", "emergency"}


@pytest.mark.parametrize(
    "text",
    [
        "I am 20 weeks pregnant, can I have it?",
        "on blood thinners",
        "I have diabetes",
        "got glaucoma, how long am I red?",
    ],
)
def test_personal_health_goes_to_staff(visitor: Visitor, text: str) -> None:
    assert visitor.say(text)["outcome"] == "staff"
    assert "clinician" in visitor.said


def test_what_is_told_in_passing_does_not_keep_the_answer_back(visitor: Visitor) -> None:
    turn = visitor.say("I get woozy and pass out at needles, so how much does it hurt?")
    assert (turn["outcome"], turn["topics"]) == ("answered", ["fear_of_needles"])
    assert visitor.say("I pass out at needles, is it safe for me to have it?")["outcome"] == "staff"


@pytest.mark.parametrize("step", ["name", "contact", "note", "consent"])
def test_an_emergency_in_a_booking_leaves_the_booking(stack: Stack, step: str) -> None:
    visitor = stack.visitor()
    before = len(leads(stack, "Ann Lee"))
    walk(visitor, before=step)
    turn = visitor.say("my tongue is swelling and i cant breathe")
    assert turn["outcome"] == "emergency"
    assert visitor.said.startswith("Call 911 now")
    assert visitor.choices == []
    assert len(leads(stack, "Ann Lee")) == before


def test_an_urgent_call_back_is_marked_urgent(stack: Stack, visitor: Visitor) -> None:
    visitor.say("there is pus coming out of my cheek since yesterday")
    visitor.choose("Ask for an urgent call back")
    visitor.say("Ursula Hart")
    for _ in range(8):
        titles = [choice["title"] for choice in visitor.choices]
        if not titles and "number" in visitor.said:
            visitor.say("801 555 0177")
        elif any(title.startswith("Call me") for title in titles):
            visitor.choose("Call me")
        elif any(title.startswith("Yes") for title in titles):
            visitor.choose("Yes")
        elif "number" in visitor.said:
            visitor.say("801 555 0177")
        if leads(stack, "Ursula Hart"):
            break
    (lead,) = leads(stack, "Ursula Hart")
    assert lead["urgent"]
