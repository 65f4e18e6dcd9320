"""People correct themselves; the last word counts."""

from __future__ import annotations

from tests.conversations.booking import leads, walk
from tests.stack import Stack, Visitor


def finish(visitor: Visitor) -> None:
    visitor.choose("Yes, this is right")
    visitor.choose("Yes, I agree")


def test_go_back_asks_the_step_before_again(visitor: Visitor) -> None:
    walk(visitor, before="contact")
    visitor.say("go back")
    assert "contact you" in visitor.said
    visitor.choose("E-mail me")
    assert "e-mail" in visitor.said


def test_a_number_is_corrected_later(stack: Stack, visitor: Visitor) -> None:
    walk(visitor, before="interest")
    visitor.say("no, my number is 801 555 0199")
    for title in ("Micro-needling", "My first visit", "Skip"):
        visitor.choose(title)
    assert "555-0199" in visitor.said
    finish(visitor)
    assert [each["phone"] for each in leads(stack, "Ann Lee") if each["phone"] == "+18015550199"]


def test_something_is_changed_at_the_summary(stack: Stack, visitor: Visitor) -> None:
    walk(visitor, before="confirm")
    visitor.say("actually my name is Anna Leeds")
    assert "Anna Leeds" in visitor.said
    finish(visitor)
    assert len(leads(stack, "Anna Leeds")) == 1


def test_a_wrong_number_is_explained_and_asked_again(visitor: Visitor) -> None:
    walk(visitor, before="contact")
    turn = visitor.say("12")
    assert turn["outcome"] == "booking"
    assert "digits" in visitor.said
    visitor.say("801 555 0123")
    assert "day" in visitor.said


def test_a_mistyped_mail_address_gets_a_hint(visitor: Visitor) -> None:
    walk(visitor, before="method")
    visitor.choose("E-mail me")
    visitor.say("ann@gmial.com")
    assert "ann@gmail.com" in visitor.said
