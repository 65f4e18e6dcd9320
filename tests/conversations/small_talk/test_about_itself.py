"""What visitors ask of the assistant itself, and what is no question at all."""

from __future__ import annotations

import pytest

from tests.stack import Visitor


@pytest.mark.parametrize("text", ["what can you do?", "what can i ask you", "qué puedes hacer"])
def test_it_says_what_it_can_do(visitor: Visitor, text: str) -> None:
    assert visitor.say(text)["outcome"] == "smalltalk"
    assert len(visitor.choices) == 5


@pytest.mark.parametrize("text", ["are you real?", "am i talking to a robot", "¿eres una persona real?"])
def test_it_says_that_it_is_no_person(visitor: Visitor, text: str) -> None:
    assert visitor.say(text)["outcome"] == "smalltalk"
    assert "not a person" in visitor.said or "no soy una persona" in visitor.said


def test_starting_over_forgets_what_it_was_about(visitor: Visitor) -> None:
    visitor.say("does it help with acne scars")
    assert visitor.say("start over")["outcome"] == "smalltalk"
    assert visitor.choices
    assert visitor.say("tell me more")["outcome"] == "clarify"


def test_starting_over_leaves_a_booking(visitor: Visitor) -> None:
    visitor.say("I would like to make an appointment")
    assert visitor.say("start over")["outcome"] == "smalltalk"
    assert visitor.say("how long is the downtime")["outcome"] == "answered"
    assert "your name" not in visitor.said


@pytest.mark.parametrize("text", ["😀", "🤔🤔🤔", "❤️", "👍👍", "😭", "🙏"])
def test_emoji_only(visitor: Visitor, text: str) -> None:
    assert visitor.say(text)["outcome"] in {"smalltalk", "declined", "unanswered"}
    assert visitor.say("how long is the downtime")["outcome"] == "answered"
