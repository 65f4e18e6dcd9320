"""A follow-up is understood from what was said before."""

from __future__ import annotations

from tests.stack import Visitor


def test_another_condition_keeps_the_topic(visitor: Visitor) -> None:
    visitor.say("does it help with acne scars")
    turn = visitor.say("and for stretch marks?")
    assert turn["topics"] == ["what_it_treats"]
    assert "stretch marks" in visitor.said


def test_a_condition_that_no_document_names_is_said_so(visitor: Visitor) -> None:
    visitor.say("can it fix hair loss?")
    assert "hair loss" in visitor.said.casefold()
    assert "Neither" in visitor.said or "not" in visitor.said


def test_yes_after_an_offer_starts_the_booking(visitor: Visitor) -> None:
    visitor.say("can somebody from the clinic call me")
    turn = visitor.say("yes please")
    assert turn["outcome"] == "booking"
    assert "name" in visitor.said
