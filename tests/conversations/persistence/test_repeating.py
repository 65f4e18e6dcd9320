"""The assistant notices that it repeats itself, and that it does not help."""

from __future__ import annotations

import pytest

from tests.stack import Visitor


def test_the_same_answer_again_says_so_and_offers_a_person(visitor: Visitor) -> None:
    visitor.say("how long is the downtime")
    turn = visitor.say("how long is the recovery")
    assert (turn["outcome"], turn["topics"]) == ("answered", ["downtime"])
    assert turn["messages"][0]["text"].startswith("I have said this before")
    assert turn["messages"][1]["answer_id"].startswith("downtime@")
    assert visitor.say("yes please")["outcome"] == "booking"


def test_another_question_between_them_makes_it_no_repetition(visitor: Visitor) -> None:
    for text in ("how long is the downtime", "does it hurt", "how long is the downtime"):
        visitor.say(text)
    assert "said this before" not in visitor.said


def test_only_the_other_part_is_said(visitor: Visitor) -> None:
    visitor.say("does it hurt?")
    turn = visitor.say("does it hurt and how long is the downtime?")
    assert set(turn["topics"]) == {"fear_of_needles", "downtime"}
    assert [(each["answer_id"] or "").split("@")[0] for each in turn["messages"]] == ["", "downtime"]
    assert "the other part" in visitor.said


@pytest.mark.parametrize(
    "text",
    ["i already asked that!!", "i give up", "stop repeating yourself"],
)
def test_frustration_leads_to_a_person(visitor: Visitor, text: str) -> None:
    assert visitor.say(text)["outcome"] == "handoff"
    assert "(801) 373-3376" in visitor.said
    assert len(visitor.choices) == 1
    assert visitor.say("yes please")["outcome"] == "booking"


@pytest.mark.parametrize(
    ("first", "said", "second"),
    [
        ("no, that is not what I meant", "I am sorry that I misunderstood", "no, still not what I meant"),
        ("that's not what i asked", "I am sorry that I misunderstood", "nope, not what i asked either"),
        ("no me entiendes", "Siento haberle entendido mal", "no es lo que pregunté"),
    ],
)
def test_a_calm_no_may_be_said_in_other_words_once(visitor: Visitor, first: str, said: str, second: str) -> None:
    assert visitor.say(first)["outcome"] == "clarify"
    assert said in visitor.said
    assert visitor.say(second)["outcome"] == "handoff"


def test_the_third_time_without_help_names_a_person(visitor: Visitor) -> None:
    for _ in range(2):
        visitor.say("do you validate parking tickets")
        assert "I am sorry that" not in visitor.said
    visitor.say("do you validate parking tickets")
    assert "I am sorry that I am not more help" in visitor.said
