"""What reception may read of a conversation: when in doubt, nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from needlewise.conversations.listing import FirstTurn, Page, Summary
from needlewise.conversations.redaction import HIDDEN, HIDDEN_WORDS, redacted, redacted_page
from needlewise.conversations.service import Said, Transcript, TurnView, Understood

NOW = datetime(2026, 11, 21, tzinfo=UTC)
WORDS = "I take warfarin, is that a problem?"


def understood(entity: str = "", red_flag: str = "") -> Understood:
    entities = [{"entity": entity, "value": "x"}] if entity else []
    return Understood("x", 1.0, "x", "sure", 1.0, [], entities, red_flag, "", "m")


def talk(outcome: str, meaning: Understood | None) -> Transcript:
    said = Said("visitor", WORDS, NOW, "", [], (), "")
    reply = Said("assistant", "About warfarin: ...", NOW, "a@1", [{"title": "t"}], ("Warfarin",), "")
    greeting = TurnView("", [], (replace(reply, text="Hello"),), None, None)
    turn = TurnView(outcome, ["medicine"], (said, reply), meaning, 5)
    return Transcript("c", 1, "web", "en", "", NOW, NOW, False, (), (greeting, turn))


@pytest.mark.parametrize(
    ("outcome", "meaning"),
    [
        ("staff", understood()),
        ("urgent", understood()),
        ("emergency", understood()),
        ("unanswered", understood()),
        ("error", understood()),
        ("", understood()),
        ("answered", None),
        ("answered", understood("medicine")),
        ("answered", understood("condition")),
        ("booking", understood(red_flag="fever")),
    ],
)
def test_words_that_may_be_about_health_are_hidden(outcome: str, meaning: Understood | None) -> None:
    shown = redacted(talk(outcome, meaning))
    assert shown.turns[0].messages[0].text == "Hello"
    hidden = shown.turns[1]
    assert [each.text for each in hidden.messages] == [HIDDEN, HIDDEN]
    assert "arfarin" not in repr(hidden) and "medicine" not in repr(hidden)
    assert hidden.outcome == outcome


@pytest.mark.parametrize("outcome", ["answered", "booking", "handoff", "smalltalk"])
def test_a_plain_turn_stays(outcome: str) -> None:
    plain = talk(outcome, understood("activity"))
    assert redacted(plain) == plain


def test_the_list_shows_only_first_words_that_say_nothing() -> None:
    row = Summary(
        id="c",
        number=1,
        channel="web",
        started_at=NOW,
        last_at=NOW,
        messages=1,
        first_words=WORDS,
        first=FirstTurn("staff", ()),
        outcomes=("staff",),
        has_lead=False,
        red_flag=False,
        unread=True,
        state="unreviewed",
        tags=("acne",),
        thumbs_down=False,
        lowest=None,
    )
    firsts = {
        FirstTurn("booking", ()): WORDS,
        FirstTurn("answered", ("activity",)): WORDS,
        FirstTurn("booking", ("condition",)): HIDDEN_WORDS,
        FirstTurn("booking", (), "fever"): HIDDEN_WORDS,
        FirstTurn("unanswered", ()): HIDDEN_WORDS,
        FirstTurn("booking"): HIDDEN_WORDS,
        FirstTurn(): HIDDEN_WORDS,
    }
    rows = (row, *(replace(row, first=each, outcomes=("booking",)) for each in firsts))
    assert all(each.tags == () for each in redacted_page(Page(rows, "")).rows)
    words = [each.first_words for each in redacted_page(Page(rows, "")).rows]
    assert words == [HIDDEN_WORDS, *firsts.values()]
