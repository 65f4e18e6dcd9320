"""A visitor asks and gets the clinic's approved words with their source."""

from __future__ import annotations

import pytest

from tests.stack import Stack, Visitor


def test_the_greeting_says_that_it_is_automated_and_names_the_clinic(visitor: Visitor) -> None:
    greeting = visitor.session["messages"][0]["text"]
    assert "automated" in greeting
    assert "Xage Medical Spa" in greeting
    assert visitor.session["clinic"]["phone"]


@pytest.mark.parametrize(
    ("question", "topic", "words"),
    [
        ("how long until the redness is gone", "downtime", "2 to 4 days"),
        ("Does it feel like getting a shot?", "fear_of_needles", "sandpaper"),
        ("can it do something about my acne scars", "what_it_treats", "acne scars"),
        ("how is it different from laser resurfacing", "laser_comparison", "laser"),
        ("Does it work for every skin tone?", "skin_types", "skin tone"),
        ("where is your clinic located", "contact", "Provo"),
    ],
)
def test_a_question_gets_its_approved_answer_with_the_source(
    stack: Stack, question: str, topic: str, words: str
) -> None:
    turn = stack.visitor().say(question)
    assert turn["outcome"] == "answered"
    assert turn["topics"] == [topic]
    message = next(each for each in turn["messages"] if each["role"] == "assistant")
    assert words in message["text"]
    assert message["answer_id"].startswith(topic)
    assert message["sources"][0]["publisher"]


def test_the_documents_differ_on_recovery_and_the_answer_says_both(visitor: Visitor) -> None:
    visitor.say("what is the recovery time")
    assert "Jefferson" in visitor.said
    assert "Xage" in visitor.said


@pytest.mark.parametrize("question", ["how much does it cost", "how many sessions will I need"])
def test_what_nobody_approved_is_said_to_be_unknown_and_offers_reception(visitor: Visitor, question: str) -> None:
    turn = visitor.say(question)
    assert turn["outcome"] == "unanswered"
    assert any("reception" in choice["title"].casefold() for choice in visitor.choices)
    assert "$" not in visitor.said


def test_of_other_treatments_only_peels_and_microdermabrasion_are_compared(visitor: Visitor) -> None:
    turn = visitor.say("is it any better than the chemical peel I had last year?")
    assert (turn["outcome"], turn["topics"]) == ("answered", ["other_comparison"])
    assert "do not say which works better" in visitor.said
    assert visitor.say("is it any better than botox?")["outcome"] == "unanswered"


def test_small_talk_is_short_and_honest(visitor: Visitor) -> None:
    assert visitor.say("hello there")["outcome"] == "smalltalk"
    assert visitor.say("are you a real person?")["outcome"] == "smalltalk"
    assert "not a person" in visitor.said
    assert visitor.say("thank you so much")["outcome"] == "smalltalk"


def test_a_person_is_one_sentence_away(visitor: Visitor) -> None:
    turn = visitor.say("can I talk to a real person please")
    assert turn["outcome"] == "handoff"
    assert "(801) 373-3376" in visitor.said
