"""Two questions in one message get both answers, one bubble each."""

from __future__ import annotations

import pytest

from tests.stack import Visitor


@pytest.mark.parametrize(
    ("text", "topics"),
    [
        ("does it hurt and how long is the recovery?", {"fear_of_needles", "downtime"}),
        ("What does it treat? And does it work on dark skin?", {"what_it_treats", "skin_types"}),
        ("is it safe? how long will my face be red", {"safety", "downtime"}),
        ("I really hate needles but I have awful acne scars", {"fear_of_needles", "what_it_treats"}),
    ],
)
def test_both_are_answered(visitor: Visitor, text: str, topics: set[str]) -> None:
    turn = visitor.say(text)
    assert turn["outcome"] == "answered"
    assert set(turn["topics"]) == topics
    assert len([each for each in turn["messages"] if each.get("answer_id")]) == 2


def test_the_unknown_half_is_said_to_be_unknown(visitor: Visitor) -> None:
    turn = visitor.say("how long is the recovery and how much does it cost?")
    assert turn["outcome"] == "answered"
    assert turn["topics"] == ["downtime"]
    assert "do not have an approved answer" in visitor.said


@pytest.mark.parametrize(
    ("text", "topic"),
    [("whats the downtime and can i book", "downtime"), ("book me in please and where are you located?", "contact")],
)
def test_a_wish_to_book_beside_a_question_is_not_lost(visitor: Visitor, text: str, topic: str) -> None:
    assert visitor.say(text)["topics"] == [topic]
    assert "As to the appointment" in visitor.said
    assert visitor.say("yes please")["outcome"] == "booking"


def test_one_question_with_an_and_stays_one(visitor: Visitor) -> None:
    turn = visitor.say("does it help with fine lines and wrinkles")
    assert turn["topics"] == ["what_it_treats"]


def test_a_health_fact_beside_a_question_wins(visitor: Visitor) -> None:
    assert visitor.say("how long is the downtime and can i have it while pregnant")["outcome"] == "staff"
