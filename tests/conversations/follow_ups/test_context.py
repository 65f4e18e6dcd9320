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


def test_the_condition_of_the_question_decides_the_answer(visitor: Visitor) -> None:
    for text, words in (
        ("does it help stretch marks?", "stretch marks"),
        ("what about large pores", "large pores"),
        ("and wrinkles?", "wrinkles"),
    ):
        turn = visitor.say(text)
        assert (turn["outcome"], turn["topics"]) == ("answered", ["what_it_treats"]), text
        assert words in visitor.said


def test_a_follow_up_keeps_the_topic_for_another_condition(visitor: Visitor) -> None:
    visitor.say("how long is the downtime")
    turn = visitor.say("what about acne scars")
    assert turn["topics"] == ["downtime"]
    assert "nothing separate about acne scars" in visitor.said


def test_tell_me_more_says_when_there_is_no_more(visitor: Visitor) -> None:
    visitor.say("how long is the downtime")
    turn = visitor.say("tell me more")
    assert turn["topics"] == ["downtime"]
    assert "This is all" in visitor.said
