"""Questions asked in the middle of a booking are answered, and then the booking goes on where it was."""

from __future__ import annotations

import pytest

from tests.conversations.booking import ANSWERS, walk
from tests.stack import Stack, Visitor

QUESTIONS = (
    "how long is the downtime", "does it hurt", "is it safe", "what does it treat", "is laser better",
    "does it work on dark skin", "how is it done", "what is micro needling", "how deep do you go",
    "when will I see results",
)  # fmt: skip


@pytest.mark.parametrize("step", [name for name, _answer in ANSWERS if name != "start"])
def test_a_question_at_any_step_is_answered_and_the_step_is_asked_again(stack: Stack, step: str) -> None:
    visitor = stack.visitor()
    walk(visitor, before=step)
    asked = [message["text"] for message in visitor.turn["messages"] if message["role"] == "assistant"][-1]
    turn = visitor.say("how long is the downtime?")
    assert turn["outcome"] == "answered"
    assert turn["topics"] == ["downtime"]
    assert asked in visitor.said
    dict(ANSWERS)[step](visitor)
    assert visitor.turn["outcome"] == "booking"


def test_ten_questions_in_a_row_do_not_lose_the_booking(visitor: Visitor) -> None:
    walk(visitor, before="contact")
    for question in QUESTIONS:
        assert visitor.say(question)["outcome"] == "answered", question
    dict(ANSWERS)["contact"](visitor)
    assert "day" in visitor.said
    for _step, answer in ANSWERS[4:]:
        answer(visitor)
    assert "Nothing is booked yet" in visitor.said


@pytest.mark.parametrize("thing", ["acne scars", "micro needling", "stretch marks on my belly", "botox"])
def test_a_thing_named_at_what_is_it_about_is_written_down(visitor: Visitor, thing: str) -> None:
    walk(visitor, before="interest")
    turn = visitor.say(thing)
    assert turn["outcome"] == "booking"
    assert "first visit" in visitor.said
    visitor.choose("My first visit")
    visitor.choose("Skip")
    assert f"About: {thing}".casefold().replace("-", " ") in visitor.said.casefold().replace("-", " ")


@pytest.mark.parametrize("typed", ["call me", "llámenme"])
def test_a_typed_way_to_be_reached_goes_on_with_the_booking(visitor: Visitor, typed: str) -> None:
    walk(visitor, before="method")
    assert visitor.say(typed)["outcome"] == "booking"
    assert visitor.turn["messages"][-1]["form"] == "phone"
