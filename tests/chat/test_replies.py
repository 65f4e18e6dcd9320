"""Several payloads of one turn become one reply with one outcome."""

from __future__ import annotations

import pytest

from needlewise.chat.replies import UnusableReply, combined
from needlewise.turn import Bubble, Choice

from .conftest import bubble, said


def test_bubbles_are_joined_and_topics_united() -> None:
    reply = combined([said("answered", "A", topics=("downtime",)), said("booking", "B", topics=("price", "downtime"))])
    assert (reply.outcome, reply.topics) == ("answered", ["downtime", "price"])
    assert [each.text for each in reply.bubbles] == ["A", "B"]


@pytest.mark.parametrize(
    ("outcomes", "outcome", "shown"),
    [
        (["answered", "urgent"], "urgent", ["answered", "urgent"]),
        (["booking", "error"], "error", ["booking", "error"]),
        (["error", "urgent"], "urgent", ["error", "urgent"]),
        (["answered", "emergency", "booking"], "emergency", ["emergency"]),
        (["emergency", "error"], "emergency", ["emergency"]),
        (["unanswered", "answered"], "unanswered", ["unanswered", "answered"]),
    ],
)
def test_what_outweighs_the_first(outcomes: list[str], outcome: str, shown: list[str]) -> None:
    reply = combined([said(each, each) for each in outcomes])
    assert (reply.outcome, [each.text for each in reply.bubbles]) == (outcome, shown)


UNREAD = Bubble("English / español", choices=[Choice("Reception", "/booking")])


@pytest.mark.parametrize(
    ("outcomes", "outcome", "shown"),
    [
        (["answered"], "unanswered", [UNREAD.text]),
        (["smalltalk"], "unanswered", [UNREAD.text]),
        (["answered", "booking"], "unanswered", [UNREAD.text, "booking"]),
        (["booking"], "booking", ["booking"]),
        (["answered", "emergency"], "emergency", ["emergency"]),
        (["urgent"], "urgent", ["urgent"]),
        (["staff"], "staff", ["staff"]),
        (["error"], "error", ["error"]),
    ],
)
def test_an_unknown_language_replaces_what_would_be_no_use(outcomes: list[str], outcome: str, shown: list[str]) -> None:
    reply = combined([said(each, each, topics=("downtime",)) for each in outcomes], [UNREAD])
    assert (reply.outcome, [each.text for each in reply.bubbles]) == (outcome, shown)
    if outcome == "unanswered":
        assert reply.topics == (["downtime"] if "booking" in outcomes else [])
        assert [each.payload for each in reply.bubbles[0].choices] == ([] if "booking" in outcomes else ["/booking"])


def test_texts_are_tidied_and_empty_ones_dropped() -> None:
    reply = combined([said("answered", bubble(" a\x00\ud800 ", ("T" * 300, "/x\x00")), " ")])
    (only,) = reply.bubbles
    assert only.text == "a"
    assert (len(only.choices[0].title), only.choices[0].payload) == (200, "/x")


def test_an_error_may_have_no_words_of_its_own() -> None:
    assert combined([said("error")]).bubbles == []


@pytest.mark.parametrize(
    "said_by_rasa", [[], [said("answered")], [{}], [{"custom": 1}], [{"custom": {"needlewise": 1}}]]
)
def test_anything_else_is_refused(said_by_rasa: list[dict[str, object]]) -> None:
    with pytest.raises(UnusableReply):
        combined(said_by_rasa)
