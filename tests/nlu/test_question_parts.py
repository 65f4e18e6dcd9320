"""Splitting a message into the questions that it may hold; the classifier drops splits that mean nothing."""

from __future__ import annotations

import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st

from nlu.question_parts import MAX_PARTS, asks, only_announces, question_parts, stands_alone, without_opening

NLP = spacy.blank("en")


def parts(text: str) -> list[str]:
    return question_parts(NLP(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("does it hurt and how long is the recovery?", ["does it hurt", "how long is the recovery?"]),
        ("How much? Is it safe?", ["How much?", "Is it safe?"]),
        ("downtime n price plz", ["downtime", "price plz"]),
        ("im terrified of needles but my scars are bad", ["im terrified of needles", "my scars are bad"]),
        ("hi! does it hurt", ["hi", "does it hurt"]),
        ("how long is the downtime", []),
        ("...", []),
    ],
)
def test_where_a_message_is_split(text: str, expected: list[str]) -> None:
    assert parts(text) == expected


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("hi, does it hurt?", "does it hurt?"),
        ("ok thx so does it hurt", "does it hurt"),
        ("good morning, how much is it", "how much is it"),
        ("hello", "hello"),
        ("hi there!", "hi there!"),
        ("hi there is it safe", "is it safe"),
        ("there is a dent in my cheek", "there is a dent in my cheek"),
        ("higher settings?", "higher settings?"),
    ],
)
def test_a_greeting_before_the_question_is_left_out(text: str, rest: str) -> None:
    assert without_opening(text) == rest


@pytest.mark.parametrize(
    ("text", "announces"),
    [
        ("hello, I have a few questions about the treatment", True),
        ("hi got a question", True),
        ("I have a question about micro-needling: does it hurt?", False),
        ("i have acne scars", False),
        ("hello", False),
    ],
)
def test_a_question_that_is_only_announced(text: str, announces: bool) -> None:
    assert only_announces(text) is announces


@given(st.text(max_size=300))
def test_any_text_gives_a_few_parts_that_stand_in_it(text: str) -> None:
    found = parts(text)
    assert len(found) <= MAX_PARTS
    assert len(found) != 1
    assert all(piece in text for piece in found)


@pytest.mark.parametrize(
    "piece",
    [
        "how much is it",
        "does it hurt",
        "any downtime",
        "the price",
        "strength gets matched to me or no?",
        "whether it is painful at all",
        "whats the recovery like",
        "can i drive home after it",
        "¿cuánto cuesta una sesión con ustedes",
        "es seguro para la piel morena",
    ],
)
def test_a_piece_that_asks(piece: str) -> None:
    assert asks(piece)


@pytest.mark.parametrize(
    "piece",
    [
        "the bills are eating me alive",
        "my wife says i look tired",
        "last time it went red for a week",
        "mi hermana ya se lo hizo",
    ],
)
def test_a_piece_that_only_tells(piece: str) -> None:
    assert not asks(piece)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("whats the price does it hurt", ["whats the price", "does it hurt"]),
        (
            "i have acne scars can it help how long is recovery",
            ["i have acne scars", "can it help", "how long is recovery"],
        ),
        ("cuanto cuesta es seguro", ["cuanto cuesta", "es seguro"]),
        ("how much does it cost", []),
        ("do you know how long it takes", []),
        ("what kind of needles do you use", []),
        ("how much downtime is there", []),
        ("what is it like", []),
        ("if it is for deep scars how many do i need", []),
        ("for my forehead, does it hurt and what is the price", ["for my forehead, does it hurt", "what is the price"]),
        ("for scars? how much", ["for scars?", "how much"]),
        ("Is Micro-Needling Painful?", []),
        ("is it safe - does it hurt", ["is it safe", "does it hurt"]),
        ("does it fade spots, and am I fine by then", ["does it fade spots", "am I fine by then"]),
        ("how is it done and then how much", ["how is it done", "how much"]),
        ("I fell off a bike and there is a white mark now", ["I fell off a bike", "there is a white mark now"]),
        ("duele? y cuanto cuesta", ["duele?", "cuanto cuesta"]),
    ],
)
def test_questions_that_run_on(text: str, expected: list[str]) -> None:
    assert parts(text) == expected


@pytest.mark.parametrize(
    ("piece", "alone"),
    [
        ("what hours could I phone somebody", True),
        ("¿cuánto tiempo dura la cita entera?", True),
        ("is it open", False),
        ("is that something needling is used for", False),
        ("which one of them hurts less", False),
        ("deep boxcar scars on both my cheeks", False),
    ],
)
def test_a_question_that_points_back_does_not_stand_alone(piece: str, alone: bool) -> None:
    assert stands_alone(piece) is alone
