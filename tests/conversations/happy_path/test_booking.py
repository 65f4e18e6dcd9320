"""A booking from the first word to the lead at reception."""

from __future__ import annotations

import sqlite3

from tests.conversations.booking import leads, phone_of, walk
from tests.stack import Stack, Visitor


def test_a_booking_becomes_a_lead_with_its_consent(stack: Stack, visitor: Visitor) -> None:
    walk(visitor, before="confirm")
    for detail in ("Ann Lee", phone_of(visitor)[-4:], "Any day", "Morning", "Micro-needling"):
        assert detail in visitor.said
    visitor.choose("Yes, this is right")
    assert "Xage Medical Spa may call me" in visitor.said
    turn = visitor.choose("Yes, I agree")
    assert turn["outcome"] == "booking"
    assert "Nothing is booked yet" in visitor.said
    number = "+1" + phone_of(visitor).replace(" ", "")
    assert [lead["phone"] for lead in leads(stack, "Ann Lee")].count(number) == 1


def test_the_ledger_names_the_text_that_was_shown(stack: Stack, visitor: Visitor) -> None:
    walk(visitor, before="consent")
    turn = visitor.say("sí, de acuerdo")
    assert turn["outcome"] == "booking"
    number = "+1" + phone_of(visitor).replace(" ", "")
    (lead,) = [lead for lead in leads(stack, "Ann Lee") if lead["phone"] == number]
    with sqlite3.connect(stack.home / "needlewise.db") as database:
        (given,) = database.execute("SELECT granted, text FROM consents WHERE lead_id = ?", (lead["id"],)).fetchall()
    assert given[0] and "may call me" in given[1]


def test_consent_is_never_a_condition(stack: Stack, visitor: Visitor) -> None:
    visitor.say("book me a consultation")
    visitor.say("my name is Bea Stone")
    visitor.choose("E-mail me")
    visitor.say("bea@example.com")
    for _ in range(12):
        if any(choice["title"].startswith("Yes, this is right") for choice in visitor.choices):
            break
        title = next(
            choice["title"]
            for choice in visitor.choices
            if choice["title"] in ("Any day", "Any time", "Micro-needling", "My first visit", "Skip this")
        )
        visitor.choose(title)
    visitor.choose("Yes, this is right")
    visitor.choose("No")
    assert "did not agree to be contacted" in visitor.said
    (lead,) = leads(stack, "Bea Stone")
    assert lead["email"] == "bea@example.com"


def test_the_details_are_forgotten_after_the_booking(visitor: Visitor) -> None:
    walk(visitor)
    visitor.say("I want to book another appointment")
    assert "Ann" not in visitor.said


def test_typed_answers_do_as_well_as_the_buttons(stack: Stack, visitor: Visitor) -> None:
    visitor.say("id like to come in for a consult")
    visitor.say("its Carl Jung-Meyer")
    visitor.say("text me")
    visitor.say("801.555.0144")
    assert visitor.say("any day")["outcome"] == "booking"
    visitor.say("afternoon")
    visitor.say("micro-needling")
    visitor.say("my first visit")
    visitor.say("skip")
    assert "Carl Jung-Meyer" in visitor.said
    visitor.say("yes")
    visitor.say("yes")
    assert "Nothing is booked yet" in visitor.said
    assert len(leads(stack, "Carl Jung-Meyer")) == 1
